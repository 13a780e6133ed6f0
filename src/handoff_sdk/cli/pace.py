"""At most so many a second, one after the other.

Source: sdk.md, Command line (``handoff nudge``, rate-limited).
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["Pace"]


class Pace:
    """Turns, evenly spread. Who comes late does not catch up: at no time are there more than so many a second.

    Args:
        rate: How many turns a second.
        sleep: Waits so many seconds; it may return sooner, and then the turn comes sooner too.
        clock: Seconds since some fixed instant, never going back.
    """

    def __init__(
        self,
        rate: float,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.rate = rate
        self._sleep = sleep
        self._clock = clock
        self._next = clock()

    async def turn(self) -> None:
        """Return when the next turn has come."""
        wait = self._next - self._clock()
        if wait > 0:
            await self._sleep(wait)
        self._next = max(self._next, self._clock()) + 1 / self.rate
