"""Durable customer messages a second over HTTP, beside a bare aiohttp and pydantic echo under the same load.

The engine is ``handoff serve`` on a SQLite file with ``synchronous=FULL``; customers have signed tokens, and the
messages are spread over conversations that people own. Rounds of anchor and engine alternate; the medians are compared.
Then once more while some of the customers listen on a stream, on an engine that has rules, a ladder, promises and
office hours to look at, and on the PostgreSQL database that ``HANDOFF_BENCH_POSTGRES`` names.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from bench import database, load
from bench.engine import NO_BOT, listening, served
from bench.listeners import listeners

if TYPE_CHECKING:
    from bench.engine import Served

CONVERSATIONS = 1_000
MESSAGES = 20_000
CONNECTIONS = 64
LISTENERS = 50
RULES = 50
ROUNDS = 3

BODY = json.dumps({"content": {"type": "text", "text": "Where is my parcel? It was due two days ago."}}).encode()


def _ruled() -> dict[str, Any]:
    """A configuration with much to look at for each message, and little to do."""
    words = ("refund", "invoice", "broken", "late", "cancel")
    hours = {"timezone": "Europe/Berlin", "hours": {"mon-sun": ["00:00-12:00", "12:00-24:00"]}}
    return {
        "brands": {"default": {"bot": "none", "schedule": "office", "followups": "gentle"}},
        "schedules": {"office": hours},
        "triggers": [
            {
                "name": f"rule {number}",
                "on": ["message.created"],
                "all": [
                    {"field": "message.text", "op": "contains", "value": f"{words[number % len(words)]} {number}"},
                    {"field": "status", "op": "in", "value": ["new", "open"]},
                ],
                "actions": [{"add_tags": [f"rule_{number}"]}],
            }
            for number in range(RULES - 1)
        ]
        + [
            {
                "name": "everything is normal",
                "on": ["ticket.created"],
                "all": [{"field": "priority", "op": "absent"}],
                "actions": [{"set": {"priority": "normal"}}],
            }
        ],
        "sla": [
            {
                "name": "all",
                "hours": "business",
                "warn": "1m",
                "targets": {"normal": {"first_reply": "10m", "next_reply": "10m", "resolution": "1d"}},
            }
        ],
    }


def _asked(engine: Served, conversations: int, messages: int) -> tuple[list[bytes], list[bytes]]:
    """So many messages, spread over new conversations, and what opens a stream for the first of their customers."""
    begun = engine.conversations(conversations)
    requests = [load.request("POST", f"/v1/conversations/{each}/messages", token, BODY) for each, token in begun]
    streams = [load.request("GET", "/v1/stream", token) for _, token in begun[:LISTENERS]]
    return [requests[number % conversations] for number in range(messages)], streams


def _rates(engine: Served, conversations: int, messages: int, rounds: int) -> float:
    """The median of the messages a second that an engine takes."""
    spread, _ = _asked(engine, conversations, messages)
    return median(load.run(*engine.address, spread, CONNECTIONS).rate for _ in range(rounds))


def measure(*, small: bool = False) -> dict[str, float | str]:
    conversations, messages, rounds = (60, 300, 1) if small else (CONVERSATIONS, MESSAGES, ROUNDS)
    anchor, engine, heard = [], [], []
    on_postgres = "on PostgreSQL, ratio"
    with tempfile.TemporaryDirectory() as folder, listening("bench.echo") as echo:
        with served(Path(folder) / "plain", NO_BOT) as ours:
            spread, streams = _asked(ours, conversations, messages)
            for _ in range(rounds):
                anchor.append(load.run(*echo.address, spread, CONNECTIONS))
                engine.append(load.run(*ours.address, spread, CONNECTIONS))
                with listeners(*ours.address, streams):
                    heard.append(load.run(*ours.address, spread, CONNECTIONS))
        bare, bare_p99 = median(one.rate for one in anchor), median(one.p99 for one in anchor)
        figures: dict[str, float | str] = {
            "bare echo, requests/s": bare,
            "durable messages/s": median(one.rate for one in engine),
            "ratio": median(one.rate for one in engine) / bare,
            f"ratio while {LISTENERS} listen": median(one.rate for one in heard) / bare,
            "bare echo p99, ms": bare_p99 * 1000,
            "durable messages p99, ms": median(one.p99 for one in engine) * 1000,
            "p99 ratio": median(one.p99 for one in engine) / bare_p99,
            on_postgres: database.NONE,
        }
        with served(Path(folder) / "ruled", _ruled()) as ours:
            ruled = _rates(ours, conversations, messages, rounds)
            figures[f"ratio with {RULES} rules, a ladder, promises and hours"] = ruled / bare
        url = database.named()
        if url is not None:
            with database.scratch(url) as store, served(Path(folder) / "postgres", NO_BOT, store) as ours:
                figures[on_postgres] = _rates(ours, conversations, messages, rounds) / bare
    return figures
