"""The router: keeps waiting tickets and running offers at hand, and pulls the queue until nothing more can be given.

Its index is an optimisation: what it gives is decided again inside the transaction, and losing the index costs a
rebuild. Whom the rules choose among is narrowed to the first free agents of each kind, and offers are looked at again
only where their agent or ticket has changed.

Source: lifecycle.md, 6.3, 6.7, 6.11.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from handoff_sdk.core.routing import chosen_agent, why_not
from handoff_sdk.core.status import eligible
from handoff_sdk.desk.lineup import Lineup
from handoff_sdk.models.prompt import AssignTicket, OfferTicket, WithdrawOffer
from handoff_sdk.ports import CapacityReached

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from handoff_sdk.core.thread import Thread
    from handoff_sdk.desk.in_force import InForce
    from handoff_sdk.desk.lineup import Waiting
    from handoff_sdk.desk.roster import Roster
    from handoff_sdk.models.agent import Agent
    from handoff_sdk.models.command import ConversationCommand
    from handoff_sdk.models.ticket import Ticket
    from handoff_sdk.models.wait import Place
    from handoff_sdk.ports import Clock

__all__ = ["Router"]


class Router:
    """Knows who waits and who holds an offer; ``act`` carries out what it chooses, one transaction a choice.

    ``moved`` is set whenever somebody's place in a queue may be another one. Who holds ``pulling`` keeps the queue from
    being pulled.
    """

    def __init__(
        self,
        roster: Roster,
        rules: InForce,
        clock: Clock,
        act: Callable[[ConversationCommand], Awaitable[object]],
    ) -> None:
        self.wake = asyncio.Event()
        self.moved = asyncio.Event()
        self._roster = roster
        self._rules = rules
        self._clock = clock
        self._act = act
        self._lineup = Lineup(rules.config)
        self._watched: dict[str, str] = {}
        self._offers: dict[str, Ticket] = {}
        self._held: dict[str, set[str]] = defaultdict(set)
        self._doubtful: set[str] = set()
        self.pulling = asyncio.Lock()

    def note(self, before: Thread | None, after: Thread) -> None:
        """Take in what a transaction did to a conversation."""
        old = before.live if before else None
        new = after.live
        inactive = after.conversation.session != "active"
        if new is not None and after.clocks.connected:
            self._watched[new.id] = after.customer.id
        elif (gone := new or old) is not None:
            self._watched.pop(gone.id, None)
        if old is not new or old is None or not self._knows(old, inactive=inactive):
            self._change(old, new, inactive=inactive)
            self.wake.set()
        self.moved.set()

    def clear(self) -> None:
        """Know of nobody who waits; ``note`` tells of each again, and then ``tidy``."""
        for ticket in self._lineup.tickets():
            self._lineup.drop(ticket.id)
        for known in (self._offers, self._held, self._doubtful, self._watched):
            known.clear()

    def tidy(self) -> None:
        """Forget since when those wait who were not told of again."""
        self._lineup.keep(self._offers)

    def configure(self) -> None:
        """Go by the configuration in force; every offer is looked at again."""
        self._lineup.configure(self._rules.config)
        self._doubtful |= self._offers.keys()
        self.moved.set()

    def undecided(self) -> list[Ticket]:
        """The tickets that wait or are on offer, in the order they are served, then offered."""
        return [*self._lineup.tickets(), *self.offers()]

    def waiting(self) -> list[Ticket]:
        """The waiting tickets in serving order."""
        return self._lineup.tickets()

    def place(self, ticket_id: str) -> Place | None:
        """A waiting ticket's place in its queue; ``None`` where it does not wait."""
        waiting = self._lineup.find(ticket_id)
        return None if waiting is None else self._lineup.place_of(waiting.ticket)

    def place_of(self, ticket: Ticket) -> Place:
        """The place that a ticket would have in its queue."""
        return self._lineup.place_of(ticket)

    def watched(self) -> list[tuple[str, Ticket, Place]]:
        """The waiting tickets of connected customers, with their places."""
        found = ((customer_id, self._lineup.find(ticket_id)) for ticket_id, customer_id in self._watched.items())
        return [
            (customer_id, waiting.ticket, self._lineup.place_of(waiting.ticket))
            for customer_id, waiting in found
            if waiting is not None
        ]

    def offers(self, agent_id: str | None = None) -> list[Ticket]:
        """The tickets on offer, to one agent or to anybody, the oldest offer first."""
        ids = self._offers if agent_id is None else self._held.get(agent_id, ())
        return sorted((self._offers[ticket_id] for ticket_id in ids), key=_offered_at)

    async def pull(self) -> None:
        """Withdraw what cannot be held and give what can be given, until nothing more follows."""
        async with self.pulling:
            self.wake.clear()
            while (command := self._next()) is not None:
                try:
                    await self._act(command)
                except CapacityReached:
                    return  # whoever took the capacity meanwhile wakes the router when it is committed

    async def run(self) -> None:
        """Pull the queue, and again whenever something happened that could matter."""
        while True:
            await self.pull()
            await self.wake.wait()

    def _next(self) -> ConversationCommand | None:
        return self._withdrawal() or self._gift()

    def _withdrawal(self) -> ConversationCommand | None:
        """Take back the latest offer whose agent cannot have it any more."""
        for agent_id in self._roster.changed:
            self._doubtful |= self._held.get(agent_id, set())
        self._roster.changed.clear()
        doubtful = [self._offers[ticket_id] for ticket_id in self._doubtful]
        for ticket in sorted(doubtful, key=_offered_at, reverse=True):
            offer = ticket.offer
            agent = self._roster.find(offer.agent_id) if offer else None
            if offer is not None and (agent is None or why_not(agent, ticket, self._rules.config) is not None):
                return WithdrawOffer(conversation_id=ticket.conversation_id, offer_id=offer.id)
            self._doubtful.discard(ticket.id)
        return None

    def _gift(self) -> ConversationCommand | None:
        """Give the first ticket that somebody can take."""
        now: datetime = self._clock.now()
        first: tuple[Waiting, Agent] | None = None
        for line in self._lineup.lines():
            for place, waiting in enumerate(line):
                if first is not None and first[0].order < waiting.order:
                    if place == 0:
                        return self._given(*first)
                    break
                agents = self._able(waiting)
                if not agents:
                    break
                agent = chosen_agent(waiting.ticket, agents, self._rules.config, now, inactive=self._silent(waiting))
                if agent is not None:
                    first = (waiting, agent)
                    break
        return None if first is None else self._given(*first)

    def _able(self, waiting: Waiting) -> list[Agent]:
        """The agents among whom the rules find the one who gets a ticket."""
        ticket = waiting.ticket
        agents = self._roster.free.for_line(waiting.line, ticket, inactive=self._silent(waiting))
        passed_over = self._roster.find(ticket.passed_over or "")
        if agents and passed_over is not None and all(agent.id != passed_over.id for agent in agents):
            agents.append(passed_over)
        return agents

    def _silent(self, waiting: Waiting) -> bool:
        return waiting.inactive and not self._rules.config.routing.count_inactive

    def _given(self, waiting: Waiting, agent: Agent) -> ConversationCommand:
        ticket = waiting.ticket
        give = AssignTicket if self._silent(waiting) or self._rules.config.routing.accept == "auto" else OfferTicket
        return give(conversation_id=ticket.conversation_id, ticket_id=ticket.id, agent_id=agent.id)

    def _knows(self, ticket: Ticket, *, inactive: bool) -> bool:
        waiting = self._lineup.find(ticket.id)
        return ticket.id in self._offers if waiting is None else waiting.inactive == inactive

    def _change(self, old: Ticket | None, new: Ticket | None, *, inactive: bool) -> None:
        if old is not None:
            self._lineup.drop(old.id)
            offered = self._offers.pop(old.id, None)
            if offered is not None:
                self._held[offered.offered_to or ""].discard(old.id)
                self._doubtful.discard(old.id)
        waits = new is not None and eligible(new)
        if new is not None and new.offer is not None:
            self._offers[new.id] = new
            self._held[new.offer.agent_id].add(new.id)
            self._doubtful.add(new.id)
        elif new is not None and waits:
            self._lineup.add(new, self._clock.now(), inactive=inactive)
        if old is not None and not waits:
            self._lineup.left(old, self._clock.now(), served=new is not None and new.assignee is not None)


def _offered_at(ticket: Ticket) -> tuple[Any, ...]:
    if ticket.offer is None:
        raise ValueError(f"ticket {ticket.id} is not on offer")
    return (ticket.offer.offered_at, ticket.offer.id)
