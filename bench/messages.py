"""Durable customer messages a second over HTTP, beside a bare aiohttp and pydantic echo under the same load.

The engine is ``handoff serve`` on a SQLite file with ``synchronous=FULL``; customers have signed tokens, and the
messages are spread over conversations that people own. Rounds of anchor and engine alternate; the medians are compared.
Then once more while some of the customers listen on a stream.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from statistics import median

from bench import load
from bench.engine import NO_BOT, listening, served
from bench.listeners import listeners

CONVERSATIONS = 1_000
MESSAGES = 20_000
CONNECTIONS = 64
LISTENERS = 50
ROUNDS = 3

BODY = json.dumps({"content": {"type": "text", "text": "Where is my parcel? It was due two days ago."}}).encode()


def measure(*, small: bool = False) -> dict[str, float]:
    conversations, messages, rounds = (60, 300, 1) if small else (CONVERSATIONS, MESSAGES, ROUNDS)
    anchor, engine, heard = [], [], []
    with tempfile.TemporaryDirectory() as folder, served(Path(folder), NO_BOT) as ours, listening("bench.echo") as echo:
        begun = ours.conversations(conversations)
        requests = [load.request("POST", f"/v1/conversations/{each}/messages", token, BODY) for each, token in begun]
        spread = [requests[number % conversations] for number in range(messages)]
        streams = [load.request("GET", "/v1/stream", token) for _, token in begun[:LISTENERS]]
        for _ in range(rounds):
            anchor.append(load.run(*echo.address, spread, CONNECTIONS))
            engine.append(load.run(*ours.address, spread, CONNECTIONS))
            with listeners(*ours.address, streams):
                heard.append(load.run(*ours.address, spread, CONNECTIONS))
    bare, bare_p99 = median(one.rate for one in anchor), median(one.p99 for one in anchor)
    return {
        "bare echo, requests/s": bare,
        "durable messages/s": median(one.rate for one in engine),
        "ratio": median(one.rate for one in engine) / bare,
        f"ratio while {LISTENERS} listen": median(one.rate for one in heard) / bare,
        "bare echo p99, ms": bare_p99 * 1000,
        "durable messages p99, ms": median(one.p99 for one in engine) * 1000,
        "p99 ratio": median(one.p99 for one in engine) / bare_p99,
    }
