"""The order of changes that are written side by side: which wait for which, and when each is told of.

- Changes that touch the same row run one after the other, in the order they were submitted. They would wait for each
  other in the database, where the order is chance and two may wait for ever.
- What came of them is told in the order of their cursors, so that who listens hears of every event once: an outcome is
  held back while another transaction runs that may have drawn a lower cursor. That is the watermark's rule again, for
  what this process knows.

Source: house page, decisions 4 and 8; ``watermark``.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from handoff_sdk.ports import Change

__all__ = ["Lanes", "Telling", "lanes_of"]


def lanes_of(change: Change) -> set[Hashable]:
    """What a change touches that another one may touch too."""
    lanes: set[Hashable] = {("agent", item.agent.id) for item in change.agents}
    if change.after is not None:
        lanes.add(("conversation", change.after.conversation.id))
    if change.customer is not None:
        lanes.update({("customer", change.customer.id), ("external id", change.customer.external_id)})
    if change.answer is not None:
        lanes.add(("answer", change.answer.scope, change.answer.key))
    if change.redaction is not None:
        lanes.update(("answer", answer.scope, answer.key) for answer in change.redaction.answers)
    if change.hook is not None:
        lanes.add(("webhook", change.hook.kept.webhook.id))
    if change.breaker is not None:
        lanes.add(("breaker", change.breaker.channel))
    if change.books is not None:
        lanes.add("books")
    if change.config is not None:
        lanes.add("config")
    if change.slot is not None:
        lanes.add(("slot", change.slot.ladder, change.slot.at))
    return lanes - {("external id", None)}


class Lanes:
    """Who was the last to enter each lane and has not left it."""

    def __init__(self) -> None:
        self._last: dict[Hashable, asyncio.Future[None]] = {}

    def enter(self, lanes: Iterable[Hashable], left: asyncio.Future[None]) -> Sequence[asyncio.Future[None]]:
        """Those to wait for. ``left`` is to be done once whoever enters has left."""
        before = []
        for lane in lanes:
            last = self._last.get(lane)
            if last is not None:
                before.append(last)
            self._last[lane] = left
        return before

    def leave(self, lanes: Iterable[Hashable], left: asyncio.Future[None]) -> None:
        """Let those go on who wait for ``left``."""
        left.set_result(None)
        for lane in lanes:
            if self._last.get(lane) is left:
                del self._last[lane]


class Telling:
    """Tells outcomes by their cursors; one without a cursor comes after all that are known when it ends."""

    def __init__(self) -> None:
        self._highest = 0
        self._begun = 0
        self._floors: dict[int, int] = {}
        """Of those that run, oldest first; so the first one's is the lowest."""
        self._held: list[tuple[int, int, Callable[[], None]]] = []

    def begin(self) -> int:
        """A transaction is about to be sent; the number it goes by. It draws no cursor that is known now."""
        self._begun += 1
        self._floors[self._begun] = self._highest
        return self._begun

    def end(self, number: int, cursor: int, tell: Callable[[], None]) -> None:
        """It has ended, and ``cursor`` is the last that it drew; 0 for none. ``tell`` is called now or later."""
        del self._floors[number]
        self._highest = max(self._highest, cursor)
        heappush(self._held, (cursor or self._highest, number, tell))
        floor = next(iter(self._floors.values()), None)
        while self._held and (floor is None or self._held[0][0] <= floor):
            heappop(self._held)[2]()
