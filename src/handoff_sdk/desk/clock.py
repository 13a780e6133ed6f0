"""The system's clock: the only place of the package that reads the time of day.

Source: house page, rooms (``clock.py``).
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

__all__ = ["SystemClock"]

_AT_MOST = timedelta(minutes=1)
"""Sleeps are taken in pieces, so that a clock that is set forward is noticed."""


class SystemClock:
    """The time of the machine, UTC."""

    def now(self) -> datetime:
        """The present instant."""
        return datetime.now(UTC)

    async def sleep_until(self, instant: datetime) -> None:
        """Return when ``instant`` has come."""
        while (left := instant - self.now()) > timedelta(0):  # noqa: ASYNC110 - nothing else tells the time
            await asyncio.sleep(min(left, _AT_MOST).total_seconds())
