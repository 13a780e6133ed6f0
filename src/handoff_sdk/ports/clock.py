"""The time.

Source: house page, decision 10.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["Clock"]


class Clock(Protocol):
    """The time, and waiting for it."""

    def now(self) -> datetime:
        """The present instant, aware UTC."""
        ...

    async def sleep_until(self, instant: datetime) -> None:
        """Return when ``instant`` has come."""
        ...
