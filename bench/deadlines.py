"""A million conversations in which nobody speaks, on the disk: starting, doing nothing, and a thousand due in a second.

They are put into the store beforehand (``bench.silent``); each waits for the step of a ladder that is due in a month.
The thousand that fall due are watched from outside, on a stream: late is the time from an instant to its event.
"""

from __future__ import annotations

import json
import tempfile
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from bench.engine import served
from bench.silent import CONFIG, fill

if TYPE_CHECKING:
    from bench.engine import Served

CONVERSATIONS = 1_000_000
DUE = 1_000
IDLE = 10.0

_AFTERWARDS = timedelta(days=30)
"""When what does not fall due meanwhile does so."""
_BEFOREHAND = 2.0
"""Seconds, beside three times what a start took, from the writing of what falls due to its first instant."""
_PATIENCE = 60.0


def measure(*, small: bool = False) -> dict[str, float]:
    conversations, due, idle = (2_000, 50, 1.0) if small else (CONVERSATIONS, DUE, IDLE)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "handoff.db"
        with served(folder, CONFIG):
            pass
        begun, later = time.perf_counter(), datetime.now(UTC) + _AFTERWARDS
        fill(file, [later + timedelta(milliseconds=number) for number in range(conversations)])
        written = time.perf_counter()
        with served(folder, CONFIG) as engine:
            started = time.perf_counter() - written
            time.sleep(1.0)
            used = engine.cpu_seconds
            time.sleep(idle)
            used = engine.cpu_seconds - used
            memory = engine.resident_kib
        first = datetime.now(UTC) + timedelta(seconds=_BEFOREHAND + 3 * started)
        instants = [first + timedelta(seconds=number / due) for number in range(due)]
        ids = fill(file, instants)
        with served(folder, CONFIG) as engine:
            late = _late(engine, dict(zip(ids, instants, strict=True)))
    return {
        "conversations on the disk": conversations,
        "written beforehand, conversations/s": conversations / (written - begun),
        "engine starts within, s": started,
        "engine's memory, MiB": memory / 1024,
        "idle CPU, % of a core": used / idle * 100,
        "due within one second": due,
        "late, the middle one, ms": median(late) * 1000,
        "late, the last one, ms": max(late) * 1000,
    }


def _late(engine: Served, instants: dict[str, datetime]) -> list[float]:
    """How many seconds after its instant each follow-up was heard of."""
    asked = urllib.request.Request(  # noqa: S310 - our own server
        f"{engine.url}/v1/stream", headers={"Authorization": f"Bearer {engine.keys['admin']}"}
    )
    waiting, late = dict(instants), []
    with urllib.request.urlopen(asked, timeout=_PATIENCE) as stream:  # noqa: S310 - the same
        told = b""
        for line in stream:
            if line.startswith(b"event: "):
                told = line
            elif line.startswith(b"data: ") and told == b"event: followup.sent\n":
                instant = waiting.pop(json.loads(line[6:])["conversation_id"])
                late.append((datetime.now(UTC) - instant).total_seconds())
            if not waiting:
                break
    return late
