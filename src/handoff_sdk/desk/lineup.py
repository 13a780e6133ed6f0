"""The line-up: waiting tickets in serving order, by queue and by who could take them; how long the last ones waited.

Tickets of one *line* can be taken by the same agents, but for who is passed over.

Source: lifecycle.md, 6.3, 6.4 and 6.15.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict, deque
from dataclasses import dataclass
from heapq import merge
from typing import TYPE_CHECKING, Any, TypeAlias

from handoff_sdk.core.routing import pools, serving_order
from handoff_sdk.core.waits import HISTORY, per_place, wait_range
from handoff_sdk.models.wait import Place

if TYPE_CHECKING:
    from collections.abc import Container, Hashable, Iterator
    from datetime import datetime, timedelta

    from handoff_sdk.models.config import DeskConfig
    from handoff_sdk.models.ticket import Ticket

__all__ = ["Lineup", "Waiting"]

_Order: TypeAlias = tuple[Any, ...]
"""What tickets are served by; the last of it is the ticket's id."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A waiting ticket, whether its customer is silent, and its line."""

    order: _Order
    ticket: Ticket
    inactive: bool
    line: Hashable


class Lineup:
    """All tickets that wait."""

    def __init__(self, config: DeskConfig) -> None:
        self._config = config
        self._waiting: dict[str, Waiting] = {}
        self._queues: dict[str, list[_Order]] = defaultdict(list)
        self._lines: dict[Hashable, list[_Order]] = {}
        self._heads: list[_Order] = []
        self._came: dict[str, tuple[datetime, int]] = {}
        self._history: dict[str, deque[timedelta]] = defaultdict(lambda: deque(maxlen=HISTORY))

    def configure(self, config: DeskConfig) -> None:
        """Line up by another configuration."""
        self._config = config
        waiting = tuple(self._waiting.values())
        self._waiting.clear()
        self._queues.clear()
        self._lines.clear()
        self._heads.clear()
        for one in waiting:
            self._place(one.ticket, inactive=one.inactive)

    def find(self, ticket_id: str) -> Waiting | None:
        """A waiting ticket."""
        return self._waiting.get(ticket_id)

    def tickets(self) -> list[Ticket]:
        """The waiting tickets in serving order."""
        return [self._waiting[order[-1]].ticket for order in merge(*self._queues.values())]

    def add(self, ticket: Ticket, now: datetime, *, inactive: bool) -> None:
        """A ticket waits."""
        self._came.setdefault(ticket.id, (now, len(self._queues[ticket.queue]) + 1))
        self._place(ticket, inactive=inactive)

    def drop(self, ticket_id: str) -> None:
        """A ticket does not wait, or not as it did."""
        waiting = self._waiting.pop(ticket_id, None)
        if waiting is None:
            return
        queue, line = self._queues[waiting.ticket.queue], self._lines[waiting.line]
        del queue[bisect_left(queue, waiting.order)]
        place = bisect_left(line, waiting.order)
        del line[place]
        if place == 0:
            del self._heads[bisect_left(self._heads, waiting.order)]
            if line:
                insort(self._heads, line[0])
            else:
                del self._lines[waiting.line]

    def keep(self, offered: Container[str]) -> None:
        """Forget since when tickets wait that neither wait nor are ``offered``."""
        self._came = {one: since for one, since in self._came.items() if one in self._waiting or one in offered}

    def left(self, ticket: Ticket, now: datetime, *, served: bool) -> None:
        """A ticket has left its queue for good; ``served``: because an agent has it."""
        came = self._came.pop(ticket.id, None)
        if came is not None and served:
            at, places = came
            self._history[ticket.queue].append(per_place(now - at, places))

    def history(self, queue: str) -> tuple[timedelta, ...]:
        """How long the last tickets that a queue gave waited per place."""
        return tuple(self._history.get(queue, ()))

    def place_of(self, ticket: Ticket) -> Place:
        """The place that a ticket has in its queue, or would have."""
        ahead = bisect_left(self._queues.get(ticket.queue, []), serving_order(ticket, self._config))
        return Place(position=ahead + 1, wait=wait_range(self.history(ticket.queue), ahead + 1))

    def lines(self) -> Iterator[Iterator[Waiting]]:
        """The lines, each in serving order, in the order of their first."""
        for head in self._heads:
            yield (self._waiting[order[-1]] for order in self._lines[self._waiting[head[-1]].line])

    def _place(self, ticket: Ticket, *, inactive: bool) -> None:
        waiting = Waiting(serving_order(ticket, self._config), ticket, inactive, self._line(ticket, inactive=inactive))
        self._waiting[ticket.id] = waiting
        insort(self._queues[ticket.queue], waiting.order)
        line = self._lines.setdefault(waiting.line, [])
        place = bisect_left(line, waiting.order)
        if place == 0:
            if line:
                del self._heads[bisect_left(self._heads, line[0])]
            insort(self._heads, waiting.order)
        line.insert(place, waiting.order)

    def _line(self, ticket: Ticket, *, inactive: bool) -> Hashable:
        preferred = frozenset() if ticket.relaxed else frozenset(ticket.prefer_skills)
        return (pools(ticket, self._config), ticket.brand, frozenset(ticket.skills), preferred, inactive)
