"""How long somebody waits, and where: what is known of a waiting ticket beside itself.

Source: lifecycle.md, 6.15.
"""

from __future__ import annotations

from datetime import timedelta
from math import ceil

from .noun import Instant, Noun

__all__ = ["Place", "PromisedWait", "WaitRange"]

_MINUTE = 60


class WaitRange(Noun):
    """How long it is likely to take until an agent has it: between so many seconds."""

    low_seconds: int
    high_seconds: int

    @property
    def minutes(self) -> int:
        """What is likely not to be exceeded as people say it: in minutes, rounded up, and never none."""
        return max(1, ceil(self.high_seconds / _MINUTE))


class PromisedWait(WaitRange):
    """The wait that a customer was told when their ticket was queued, at ``at``; ``slipped``: it took longer."""

    at: Instant
    slipped: bool = False

    @property
    def until(self) -> Instant:
        """When it has slipped: after the minutes that were said."""
        return self.at + timedelta(minutes=self.minutes)


class Place(Noun):
    """A place in a queue: 1 is the next one. ``wait`` is ``None`` as long as too little is known of the queue."""

    position: int
    wait: WaitRange | None = None
