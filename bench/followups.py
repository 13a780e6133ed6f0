"""Follow-ups: a morning on which everything that quiet hours held falls due, and plain scheduling and cancelling.

The morning: the engine starts on a store with so many held follow-ups just before eight, sends them at the pace that
its configuration asks for, and takes customers' messages meanwhile; it is a process of its own, the store a SQLite file
with ``synchronous=FULL``. Scheduling and cancelling: so many at once, each durable, beside others that keep work for
later where they are installed.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from time import perf_counter, sleep
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bench import evening, load, schedules

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FOLLOWUPS = 200_000
PACE = 500
WRITERS = 200
MESSAGES_A_SECOND = 50
SCHEDULED = 10_000
ANCHORED = 500

_BEFORE_EIGHT = 5.0
_LOOK_EVERY = 0.5
_CONNECTIONS = 8
_MB = 1024.0
_BODY = json.dumps({"content": {"type": "text", "text": "Where is my parcel? It was due two days ago."}}).encode()


def measure(*, small: bool = False) -> dict[str, float | str]:
    held, pace, scheduled, anchored = (200, 100, 50, 5) if small else (FOLLOWUPS, PACE, SCHEDULED, ANCHORED)
    with tempfile.TemporaryDirectory() as folder:
        return morning(Path(folder), held, pace) | schedules.measure(Path(folder), scheduled, anchored)


def morning(folder: Path, followups: int, pace: int) -> dict[str, float | str]:
    """The morning after an evening on which so many were held.

    Raises:
        RuntimeError: Not each was sent, or more left in a second than the pace allows.
    """
    file = folder / "morning.db"
    writers = asyncio.run(evening.fill(file, followups, WRITERS, evening.configuration(pace)))
    begun = perf_counter()
    with _engine(file, pace) as engine, ThreadPoolExecutor(1) as background:
        url, key = engine.says(), engine.says()
        started = perf_counter() - begun
        parts = urlsplit(url.rpartition(" ")[2])
        requests = [load.request("POST", f"/v1/conversations/{each}/messages", key, _BODY) for each in writers]
        spread = _spread(requests, _BEFORE_EIGHT + followups / pace)

        def write(some: Sequence[bytes]) -> load.Load:
            return load.run(parts.hostname or "", parts.port or 0, some, _CONNECTIONS, MESSAGES_A_SECOND)

        memory = engine.memory("VmRSS")
        meanwhile = background.submit(write, spread)
        seconds, fullest = _all_sent(file, followups, pace)
        during, after = meanwhile.result(), write(_spread(requests, _BEFORE_EIGHT))
        peak = engine.memory("VmHWM")
    return {
        "held follow-ups": followups,
        "pace asked for, a second": pace,
        "sent, a second": followups / seconds,
        "most in one second": fullest,
        "engine started in, seconds": started,
        "all sent after, seconds": seconds,
        "memory at the start, MB": memory,
        "memory at most, MB": peak,
        "customers' messages/s meanwhile": during.rate,
        "message p50 meanwhile, ms": during.p50 * 1000,
        "message p99 meanwhile, ms": during.p99 * 1000,
        "message p99 afterwards, ms": after.p99 * 1000,
    }


class _Engine:
    """``bench.morning`` as a process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def says(self) -> str:
        """Its next line."""
        said = self._process.stdout.readline() if self._process.stdout else ""
        if not said:
            raise RuntimeError("the engine has ended")
        return said.strip()

    def memory(self, which: str) -> float:
        """Its memory in MB as Linux counts it: ``VmRSS`` now, ``VmHWM`` at most."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return next(float(line.split()[1]) for line in status.splitlines() if line.startswith(which)) / _MB


@contextmanager
def _engine(file: Path, pace: int) -> Iterator[_Engine]:
    command = [sys.executable, "-m", "bench.morning", str(file), str(pace), str(_BEFORE_EIGHT)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield _Engine(process)
        finally:
            process.terminate()


def _spread(requests: Sequence[bytes], seconds: float) -> list[bytes]:
    return [requests[number % len(requests)] for number in range(int(seconds * MESSAGES_A_SECOND))]


def _all_sent(file: Path, followups: int, pace: int) -> tuple[float, int]:
    """How long after eight all were sent, and how many in the fullest second; waits until they are."""
    sent = "FROM events WHERE type = 'followup.sent'"
    patience = perf_counter() + 120 + 10 * followups / pace
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        while (count := connection.execute(f"SELECT count(*) {sent}").fetchone()[0]) < followups:
            if perf_counter() > patience:
                raise RuntimeError(f"only {count} of {followups} follow-ups were sent")
            sleep(_LOOK_EVERY)
        (last,) = connection.execute(f"SELECT max(at) {sent}").fetchone()
        seconds = [each for (each,) in connection.execute(f"SELECT count(*) {sent} GROUP BY at / 1000000")]
    if sum(seconds) != followups or max(seconds) > pace:
        raise RuntimeError(
            f"{sum(seconds)} of {followups} were sent, up to {max(seconds)} a second at a pace of {pace}"
        )
    return last / 1_000_000 - evening.EIGHT.timestamp(), max(seconds)
