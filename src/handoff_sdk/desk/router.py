"""The router: keeps waiting tickets and running offers at hand, and pulls the queue until nothing more can be given.

Its index is an optimisation: what it gives is decided again inside the transaction, and losing the index costs a
rebuild.

Source: lifecycle.md, 6.3, 6.7, 6.11.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left, insort
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handoff_sdk.core.routing import chosen_agent, serving_order, why_not
from handoff_sdk.core.status import eligible
from handoff_sdk.models.prompt import AssignTicket, OfferTicket, WithdrawOffer
from handoff_sdk.ports import CapacityReached

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from datetime import datetime

    from handoff_sdk.core.thread import Thread
    from handoff_sdk.desk.roster import Roster
    from handoff_sdk.models.command import ConversationCommand
    from handoff_sdk.models.config import DeskConfig
    from handoff_sdk.models.ticket import Ticket
    from handoff_sdk.ports import Clock

__all__ = ["Router"]


@dataclass(frozen=True, slots=True, order=True)
class _Place:
    """A waiting ticket's place in the serving order."""

    order: tuple[Any, ...]
    ticket_id: str


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A waiting ticket, and whether its customer is silent."""

    place: _Place
    ticket: Ticket
    inactive: bool


class Router:
    """Knows who waits and who holds an offer; ``act`` carries out what it chooses, one transaction a choice."""

    def __init__(
        self,
        roster: Roster,
        config: DeskConfig,
        clock: Clock,
        act: Callable[[ConversationCommand], Awaitable[object]],
    ) -> None:
        self.wake = asyncio.Event()
        self._roster = roster
        self._config = config
        self._clock = clock
        self._act = act
        self._places: list[_Place] = []
        self._waiting: dict[str, _Waiting] = {}
        self._offers: dict[str, Ticket] = {}
        self._pulling = asyncio.Lock()

    def note(self, before: Thread | None, after: Thread) -> None:
        """Take in what a transaction did to a conversation."""
        old = before.live if before else None
        new = after.live
        inactive = after.conversation.session != "active"
        if old is new and old is not None and self._knows(old, inactive=inactive):
            return
        if old is not None:
            self._drop(old.id)
        if new is not None:
            if new.offer is not None:
                self._offers[new.id] = new
            elif eligible(new):
                place = _Place(serving_order(new, self._config), new.id)
                insort(self._places, place)
                self._waiting[new.id] = _Waiting(place, new, inactive)
        self.wake.set()

    def waiting(self) -> list[Ticket]:
        """The waiting tickets in serving order."""
        return [self._waiting[place.ticket_id].ticket for place in self._places]

    def position(self, ticket_id: str) -> int | None:
        """How many tickets of its queue are served before this one, plus one; ``None`` where it does not wait."""
        entry = self._waiting.get(ticket_id)
        if entry is None:
            return None
        before = self._places[: bisect_left(self._places, entry.place)]
        return sum(self._waiting[place.ticket_id].ticket.queue == entry.ticket.queue for place in before) + 1

    def offers(self, agent_id: str | None = None) -> list[Ticket]:
        """The tickets on offer, to one agent or to anybody, the oldest offer first."""
        tickets = [ticket for ticket in self._offers.values() if agent_id in {None, ticket.offered_to}]
        return sorted(tickets, key=_offered_at)

    async def pull(self) -> None:
        """Withdraw what cannot be held and give what can be given, until nothing more follows."""
        async with self._pulling:
            self.wake.clear()
            while (command := self._next()) is not None:
                try:
                    await self._act(command)
                except CapacityReached:
                    return  # whoever took the capacity meanwhile wakes the router when it is committed

    async def run(self) -> None:
        """Pull the queue whenever something happened that could matter."""
        while True:
            await self.wake.wait()
            await self.pull()

    def _next(self) -> ConversationCommand | None:
        return next(self._withdrawals(), None) or next(self._gifts(), None)

    def _withdrawals(self) -> Iterator[ConversationCommand]:
        for ticket in sorted(self._offers.values(), key=_offered_at, reverse=True):
            offer = ticket.offer
            agent = self._roster.find(offer.agent_id) if offer else None
            if offer is not None and (agent is None or why_not(agent, ticket, self._config) is not None):
                yield WithdrawOffer(conversation_id=ticket.conversation_id, offer_id=offer.id)

    def _gifts(self) -> Iterator[ConversationCommand]:
        routing = self._config.routing
        people = [agent for agent in self._roster.all() if self._config.gives_messaging(agent.status)]
        now: datetime = self._clock.now()
        for place in self._places if people else ():
            waiting = self._waiting[place.ticket_id]
            ticket = waiting.ticket
            inactive = waiting.inactive and not routing.count_inactive
            agent = chosen_agent(ticket, people, self._config, now, inactive=inactive)
            if agent is not None:
                give = AssignTicket if inactive or routing.accept == "auto" else OfferTicket
                yield give(conversation_id=ticket.conversation_id, ticket_id=ticket.id, agent_id=agent.id)

    def _knows(self, ticket: Ticket, *, inactive: bool) -> bool:
        waiting = self._waiting.get(ticket.id)
        return ticket.id in self._offers if waiting is None else waiting.inactive == inactive

    def _drop(self, ticket_id: str) -> None:
        self._offers.pop(ticket_id, None)
        entry = self._waiting.pop(ticket_id, None)
        if entry is not None:
            del self._places[bisect_left(self._places, entry.place)]


def _offered_at(ticket: Ticket) -> tuple[datetime, str]:
    if ticket.offer is None:
        raise ValueError(f"ticket {ticket.id} is not on offer")
    return (ticket.offer.offered_at, ticket.offer.id)
