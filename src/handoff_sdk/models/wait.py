"""How long somebody waits, and where: what is known of a waiting ticket beside itself.

Source: lifecycle.md, 6.15.
"""

from __future__ import annotations

from .noun import Noun

__all__ = ["Place", "WaitRange"]


class WaitRange(Noun):
    """How long it is likely to take until an agent has it: between so many seconds."""

    low_seconds: int
    high_seconds: int


class Place(Noun):
    """A place in a queue: 1 is the next one. ``wait`` is ``None`` as long as too little is known of the queue."""

    position: int
    wait: WaitRange | None = None
