"""A clock that moves only when told.

Source: scenario.md; house page, decision 10 (``now`` is an argument).
"""

from __future__ import annotations

import asyncio
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["VirtualClock"]


class VirtualClock:
    """A ``ports.Clock`` whose time stands still until ``advance_to``.

    Args:
        start: The present instant, aware.
    """

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._asleep: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._order = count()

    def now(self) -> datetime:
        """The present instant, the same until the next ``advance_to``."""
        return self._now

    def advance_to(self, instant: datetime) -> None:
        """It is ``instant``. Who slept until then or before wakes, in the order of their instants, then of lying down.

        Raises:
            ValueError: ``instant`` has passed already; time does not run back.
        """
        if instant < self._now:
            raise ValueError(f"it is {self._now.isoformat()} already; time does not run back to {instant.isoformat()}")
        self._now = instant
        while self._asleep and self._asleep[0][0] <= instant:
            _, _, sleeper = heappop(self._asleep)
            if not sleeper.done():  # it is when the task that slept was cancelled
                sleeper.set_result(None)

    async def sleep_until(self, instant: datetime) -> None:
        """Return when the clock stands at ``instant`` or later: at once where it does already."""
        if instant <= self._now:
            return
        sleeper = asyncio.get_running_loop().create_future()
        heappush(self._asleep, (instant, next(self._order), sleeper))
        await sleeper
