"""Messages to a thousand listeners at once, beside a bare aiohttp server that does nothing else.

The listeners are agents: each hears of every message. The bare server sends events of the same size. Memory is what
the server's process has grown by when all listen.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from statistics import median
from time import monotonic
from typing import TYPE_CHECKING, Any

from bench import load
from bench.engine import NO_BOT, listening, served
from bench.listeners import listeners

if TYPE_CHECKING:
    from bench.engine import Served

LISTENERS = 1_000
MESSAGES = 100
CONVERSATIONS = 20
ROUNDS = 3

_STREAMS_EACH = 20
"""As many as one caller may have open."""
_CONNECTIONS = 4
_BODY = json.dumps({"content": {"type": "text", "text": "Where is my parcel? It was due two days ago."}}).encode()


def measure(*, small: bool = False) -> dict[str, float]:
    count, messages, rounds = (40, 20, 1) if small else (LISTENERS, MESSAGES, ROUNDS)
    agents = [f"agent-{number}" for number in range(-(-count // _STREAMS_EACH))]
    config: dict[str, Any] = {**NO_BOT, "agents": {agent: {} for agent in agents}}
    anchor, engine = [], []
    with tempfile.TemporaryDirectory() as folder, served(Path(folder), config) as ours, listening("bench.hose") as hose:
        begun = ours.conversations(CONVERSATIONS)
        key = ours.keys["admin"]
        streams = [load.request("GET", "/v1/stream", key, agent=agent) for agent in agents] * _STREAMS_EACH
        sample = ours.ask("/v1/events?after=0&limit=500", method="GET")["items"]
        [said, *_] = [event for event in sample if event["type"] == "message.created"]
        path = "/v1/conversations/{}/messages"
        bare = [load.request("POST", path.format("any"), key, json.dumps(said).encode())] * messages
        real = [load.request("POST", path.format(each), token, _BODY) for each, token in begun]
        real = [real[number % len(real)] for number in range(messages)]
        for _ in range(rounds):
            anchor.append(_heard(hose, streams[:count], bare))
            engine.append(_heard(ours, streams[:count], real))
    bare_rate, rate = median(one[0] for one in anchor), median(one[0] for one in engine)
    # The first listeners: memory that is given back is not taken anew.
    bare_kib, kib = anchor[0][1], engine[0][1]
    return {
        "listeners": count,
        "bare stream, events/s": bare_rate,
        "engine, events/s": rate,
        "ratio": rate / bare_rate,
        "bare stream, KiB a listener": bare_kib,
        "engine, KiB a listener": kib,
        "more than bare, KiB a listener": kib - bare_kib,
    }


def _heard(server: Served, streams: list[bytes], requests: list[bytes]) -> tuple[float, float]:
    """Events a second that reach listeners, from the first post to the last event; KiB a listener."""
    before = server.resident_kib
    with listeners(*server.address, streams, len(streams) * len(requests)) as all_heard:
        grown = server.resident_kib - before
        begun = monotonic()
        load.run(*server.address, requests, _CONNECTIONS)
        seconds = all_heard() - begun
    return len(streams) * len(requests) / seconds, grown / len(streams)
