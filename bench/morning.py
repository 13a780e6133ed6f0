"""The engine at eight in the morning: on a store that was filled in the evening, a few seconds before.

``python -m bench.morning FILE PACE SECONDS`` prints ``listening on http://HOST:PORT`` and an admin key, and goes on
until it is terminated or its standard input ends.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime, timedelta

import uvloop

from bench.evening import EIGHT, configuration
from handoff_sdk.compose import open_desk
from handoff_sdk.desk.clock import SystemClock


class _Shifted(SystemClock):
    """The machine's clock, set to an instant when it is made."""

    def __init__(self, start: datetime) -> None:
        self._ahead = start - datetime.now(UTC)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead


async def main(file: str, pace: int, seconds: float) -> None:
    clock = _Shifted(EIGHT - timedelta(seconds=seconds))
    async with open_desk(f"sqlite:///{file}", configuration(pace), clock=clock) as desk:
        key = await desk.key("admin")
        print(f"listening on {await desk.listen()}", key, sep="\n", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as started:
        started.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
