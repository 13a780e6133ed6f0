"""An engine that is asked for ten times what it carries: what it accepts, how fast, what it refuses, and its memory.

It carries what 64 customers get who post one message after the other; then 640 do, and nobody waits after a refusal.
"""

from __future__ import annotations

import tempfile
import urllib.request
from pathlib import Path

from bench import crowd, load
from bench.engine import NO_BOT, served
from bench.messages import BODY

CARRIED_BY = 64
TIMES = 10
SECONDS = 10.0


def measure(*, small: bool = False) -> dict[str, float]:
    callers, seconds = (4, 0.5) if small else (CARRIED_BY, SECONDS)
    with tempfile.TemporaryDirectory() as folder, served(Path(folder), NO_BOT) as engine:
        requests = [
            load.request("POST", f"/v1/conversations/{conversation_id}/messages", token, BODY)
            for conversation_id, token in engine.conversations(callers * TIMES)
        ]
        before = _megabytes(engine.url)
        carried = crowd.run(*engine.address, requests[:callers], seconds)
        over = crowd.run(*engine.address, requests, seconds)
        after = _megabytes(engine.url)
    if over.others:
        raise RuntimeError(f"answered {over.others}")
    return {
        "carried, accepted/s": len(carried.accepted) / carried.seconds,
        "carried, p99 ms": carried.within(99) * 1000,
        "10x, accepted/s": len(over.accepted) / over.seconds,
        "10x, shed/s": len(over.refused) / over.seconds,
        "10x, p50 of accepted, ms": over.within(50) * 1000,
        "10x, p99 of accepted, ms": over.within(99) * 1000,
        "RSS before, MB": before,
        "RSS after 10x, MB": after,
    }


def _megabytes(url: str) -> float:
    """The engine's resident memory, as it tells Prometheus."""
    with urllib.request.urlopen(f"{url}/metrics", timeout=30) as answer:  # noqa: S310 - our own server
        lines = answer.read().decode().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("process_resident_memory_bytes")) / 2**20
