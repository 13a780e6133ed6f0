"""Pace: held messages leave second by second, so many of a ladder in each.

A message gets its second when it is held, and keeps it in its thread: when the quiet hours end there is nothing to
hand out, each falls due by itself, and a restart moves none of them. One that comes late, because nobody was there in
its second, leaves at once where the present second has room for it, and else gets another.

Source: lifecycle.md, 7 (``pace``); house page, decision 3.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

__all__ = ["Pacer", "Slot"]

_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in one second, given to one held message of a ladder."""

    ladder: str
    at: datetime


class Pacer:
    """Knows how many messages leave in which second.

    Deciding only asks (``free``); who commits the decision says that its slot is taken (``take``), before another one
    is decided.

    Args:
        taken: What was taken before a restart: how many a slot.
    """

    def __init__(self, taken: Mapping[Slot, int] | None = None) -> None:
        self._taken = Counter(taken)
        self._left: dict[str, tuple[datetime, int]] = {}
        self._looked: dict[tuple[str, int, datetime], datetime] = {}

    def free(self, ladder: str, release: datetime, pace: int) -> Slot:
        """The first place from ``release`` on, in steps of a second, where less than ``pace`` messages leave."""
        start = (ladder, pace, release)
        slot = Slot(ladder, self._looked.get(start, release))
        while self._taken[slot] >= pace:
            slot = Slot(ladder, slot.at + _SECOND)
        self._looked[start] = slot.at  # what is full stays full: the next one looks from here
        return slot

    def take(self, slot: Slot) -> None:
        """One more message leaves there."""
        self._taken[slot] += 1

    def room(self, ladder: str, now: datetime, pace: int) -> Slot | None:
        """The present second, where less than ``pace`` held messages of the ladder have left in it."""
        second = now.replace(microsecond=0)
        at, count = self._left.get(ladder, (second, 0))
        return None if at == second and count >= pace else Slot(ladder, second)

    def leave(self, slot: Slot) -> None:
        """One more held message leaves in the present second."""
        at, count = self._left.get(slot.ladder, (slot.at, 0))
        self._left[slot.ladder] = (slot.at, count + 1 if at == slot.at else 1)

    def forget(self, before: datetime) -> None:
        """Forget the seconds before an instant."""
        self._taken = Counter({slot: count for slot, count in self._taken.items() if slot.at >= before})
        self._looked = {start: at for start, at in self._looked.items() if at >= before}
