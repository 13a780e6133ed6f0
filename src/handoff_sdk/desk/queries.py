"""Reads: what a caller asks to see. They change nothing and take no lock.

Source: api.md, Resources.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from handoff_sdk.core.blanks import canned_replies
from handoff_sdk.core.explaining import explain
from handoff_sdk.core.followups import next_at
from handoff_sdk.core.listing import followups_of
from handoff_sdk.core.preview import preview
from handoff_sdk.core.viewing import shown, statuses_of
from handoff_sdk.core.views import (
    STAFF,
    agents_for,
    among_agents_for,
    sees_agent,
)
from handoff_sdk.errors import NotFound
from handoff_sdk.models.agent import Workload
from handoff_sdk.models.conversation import Returned
from handoff_sdk.models.handoff import Explained, Handoff, HandoffState, Previewed
from handoff_sdk.models.nearest import did_you_mean
from handoff_sdk.models.turn import Turn
from handoff_sdk.ports import EventFilter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from handoff_sdk.core.thread import Thread
    from handoff_sdk.core.views import Audience
    from handoff_sdk.desk.in_force import InForce
    from handoff_sdk.desk.roster import Roster
    from handoff_sdk.desk.router import Router
    from handoff_sdk.desk.threads import Threads
    from handoff_sdk.models.agent import Agent
    from handoff_sdk.models.canned import CannedReply
    from handoff_sdk.models.command import Preview
    from handoff_sdk.models.conversation import Conversation
    from handoff_sdk.models.customer import Customer
    from handoff_sdk.models.followup import Followup
    from handoff_sdk.models.message import Message
    from handoff_sdk.models.noun import JsonObject
    from handoff_sdk.models.ticket import Ticket
    from handoff_sdk.models.turn import OpenTurn
    from handoff_sdk.ports import Clock, ConversationFilter, Store, TicketFilter

__all__ = ["Queries"]

_LISTED = 10_000
"""The most events that a list of follow-ups is made from."""
_VIEWED = 5_000
"""The most tickets that are looked at for a view."""


class Queries:
    """The reads of a desk."""

    def __init__(
        self,
        *,
        store: Store,
        threads: Threads,
        roster: Roster,
        router: Router,
        rules: InForce,
        clock: Clock,
    ) -> None:
        self._store = store
        self._threads = threads
        self._roster = roster
        self._router = router
        self._rules = rules
        self._clock = clock

    async def conversation(self, conversation_id: str) -> Conversation:
        """A conversation with its latest ticket.

        Raises:
            NotFound: There is no such conversation.
        """
        thread = await self._threads.get(conversation_id)
        return thread.conversation.model_copy(update={"ticket": thread.latest})

    async def conversations(
        self, which: ConversationFilter, before: str | None = None, limit: int = 25
    ) -> Sequence[Conversation]:
        """Conversations with their latest ticket, newest first."""
        found = await self._store.conversations(which, before=before, limit=limit)
        return [conversation.model_copy(update={"ticket": ticket}) for conversation, ticket in found]

    async def messages(
        self,
        conversation_id: str,
        *,
        before: str | None = None,
        after: str | None = None,
        limit: int = 25,
        audience: Audience,
    ) -> Sequence[Message]:
        """History, oldest first: the latest ones, those before a message, or those after one (both by id)."""
        await self._threads.get(conversation_id)
        upper = await self._seq(conversation_id, before) if before else None
        lower = await self._seq(conversation_id, after) if after else 0
        return await self._store.messages(
            conversation_id,
            after=lower,
            before=upper,
            limit=limit,
            public=audience.kind == "customer",
            latest=after is None,
        )

    async def ticket(self, ticket_id: str) -> Ticket:
        """One ticket, also a closed one.

        Raises:
            NotFound: There is no such ticket.
        """
        ticket = await self._store.ticket(ticket_id)
        if ticket is None:
            raise NotFound(f"There is no ticket {ticket_id}.")
        return ticket

    async def tickets(self, which: TicketFilter, before: str | None = None, limit: int = 25) -> Sequence[Ticket]:
        """Tickets, newest first."""
        return await self._store.tickets(which, before=before, limit=limit)

    async def viewed(self, name: str, which: TicketFilter, *, after: int, limit: int) -> Sequence[Ticket]:
        """The tickets of a saved view, in its order, past the first ``after``; the latest that may be in it count.

        Raises:
            NotFound: There is no such view.
        """
        view = next((view for view in self._rules.config.views if view.name == name), None)
        if view is None:
            raise NotFound(
                f"There is no view {name!r}{did_you_mean(name, [view.name for view in self._rules.config.views])}"
            )
        statuses = set(statuses_of(view)) & set(which.statuses or statuses_of(view))
        which = replace(which, statuses=tuple(sorted(statuses)))
        tickets = await self._store.tickets(which, before=None, limit=_VIEWED)
        held = [(await self._threads.get(ticket.conversation_id), ticket) for ticket in tickets]
        return shown(view, held, now=self._clock.now(), config=self._rules.config)[after : after + limit]

    async def handoff(self, handoff_id: str) -> Handoff:
        """Where a hand-off stands.

        Raises:
            NotFound: There is no such hand-off.
        """
        ticket = await self._store.ticket_of_handoff(handoff_id)
        if ticket is None:
            raise NotFound(f"There is no hand-off {handoff_id}.")
        returned = None
        if not ticket.live:
            event = await self._store.last_event(ticket.conversation_id, "control.returned", ticket_id=ticket.id)
            returned = Returned.model_validate(event.data["returned"]) if event else None
        return self.standing(ticket, returned)

    def standing(self, ticket: Ticket, returned: Returned | None = None) -> Handoff:
        """Where the hand-off that made a ticket stands."""
        state: HandoffState = "queued"
        if not ticket.live:
            state = "returned"
        elif ticket.assignee is not None:
            state = "accepted"
        elif ticket.offer is not None:
            state = "offered"
        place = self._router.place(ticket.id)
        return Handoff(
            id=ticket.handoff_id or ticket.id,
            key=ticket.handoff_key,
            conversation_id=ticket.conversation_id,
            ticket_id=ticket.id,
            state=state,
            position=place.position if place else None,
            wait=place.wait if place else None,
            returned=returned,
        )

    async def turn(self, thread: Thread, turn: OpenTurn) -> Turn:
        """An open turn as its bot gets it: with what it is about, the conversation and the customer."""
        message = returned = None
        if turn.kind == "message":
            message = await self._store.message(turn.about)
        elif turn.kind == "returned":
            event = await self._store.last_event(thread.conversation.id, "control.returned", ticket_id=turn.about)
            returned = Returned.model_validate(event.data["returned"]) if event else None
        return Turn(
            id=turn.id,
            kind=turn.kind,
            bot=thread.conversation.bot or "",
            conversation=thread.conversation.model_copy(update={"ticket": thread.latest}),
            customer=thread.customer,
            message=message,
            returned=returned,
            timer=turn.about if turn.kind == "timer" else None,
            at=turn.at,
            attempt=turn.attempt,
            leased_until=turn.leased_until or turn.at,
        )

    async def preview(self, command: Preview, audience: Audience = STAFF) -> Previewed:
        """What a hand-off would meet now, by the rules that route; of agents, those whom the audience sees.

        Raises:
            NotFound: There is no such conversation.
            UnknownGroup, UnknownSkill: It names something that the configuration does not have.
        """
        thread = await self._threads.get(command.conversation_id)
        config, agents = self._rules.config, self._roster.all()
        met = preview(
            thread,
            command,
            agents=agents,
            place_of=self._router.place_of,
            now=self._clock.now(),
            config=config,
        )
        return among_agents_for(audience, met, agents, config)

    async def explain(self, ticket_id: str, audience: Audience = STAFF) -> Explained:
        """Where a ticket stands with routing, and who could take it now; of agents, those whom the audience sees.

        Raises:
            NotFound: There is no such ticket.
        """
        ticket = await self.ticket(ticket_id)
        thread = await self._threads.get(ticket.conversation_id)
        config, agents = self._rules.config, self._roster.all()
        place, now = self._router.place(ticket.id), self._clock.now()
        explained = explain(thread, ticket, agents=agents, place=place, now=now, config=config)
        return among_agents_for(audience, explained, agents, config)

    async def canned(self, ticket_id: str, agent_id: str | None) -> tuple[CannedReply, ...]:
        """The canned replies, filled in for a ticket and an agent, or else the one who has it.

        Raises:
            NotFound: There is no such ticket.
        """
        ticket = await self.ticket(ticket_id)
        thread = await self._threads.get(ticket.conversation_id)
        place = self._router.place(ticket.id)
        return canned_replies(thread.customer, ticket, place, self._rules.config, agent_id=agent_id or ticket.assignee)

    async def followups(self, conversation_id: str) -> tuple[Followup, ...]:
        """A conversation's follow-ups, in the order they came up; what is older than its latest events is left out.

        Raises:
            NotFound: There is no such conversation.
        """
        thread = await self._threads.get(conversation_id)
        events = await self._store.events(EventFilter(conversation_id=conversation_id), after=0, limit=_LISTED)
        return followups_of(thread, self._rules.config, events)

    async def next_followup(self, conversation_id: str) -> datetime | None:
        """When the next step of the ladder or the next one-off is due; ``None`` where none is."""
        return next_at(await self._threads.get(conversation_id), self._rules.config)

    def agents(self, audience: Audience = STAFF) -> list[Agent]:
        """All agents whom the audience sees, by id."""
        return agents_for(audience, self._roster.all(), self._rules.config)

    def agent(self, agent_id: str, audience: Audience = STAFF) -> Agent:
        """One agent.

        Raises:
            NotFound: There is no such agent, or not for the audience.
        """
        agent = self._roster.find(agent_id)
        if agent is None or not sees_agent(audience, agent, self._rules.config):
            seen = [each.id for each in self.agents(audience)]
            raise NotFound(f"There is no agent {agent_id!r}{did_you_mean(agent_id, seen)}")
        return agent

    def sees_agent(self, audience: Audience, agent_id: str) -> bool:
        """Whether an agent, if there is one, is there for the audience."""
        agent = self._roster.find(agent_id)
        return agent is not None and sees_agent(audience, agent, self._rules.config)

    async def workload(self, agent_id: str, audience: Audience = STAFF) -> Workload:
        """What an agent has in hand.

        Raises:
            NotFound: There is no such agent, or not for the audience.
        """
        agent = self.agent(agent_id, audience)
        tickets = await self._store.agent_tickets(agent_id)
        return Workload(
            agent_id=agent_id,
            status=agent.status,
            capacity=agent.capacity,
            used=agent.used,
            offers=tuple(ticket.id for ticket in tickets if ticket.offered_to == agent_id),
            tickets=tuple(ticket.id for ticket in tickets if ticket.assignee == agent_id),
        )

    async def offers(self, agent_id: str | None = None) -> list[JsonObject]:
        """Running offers, the oldest first."""
        return [
            {
                **ticket.offer.model_dump(mode="json"),
                "ticket_id": ticket.id,
                "conversation_id": ticket.conversation_id,
                "priority": ticket.priority,
                "subject": ticket.subject,
            }
            for ticket in self._router.offers(agent_id)
            if ticket.offer is not None
        ]

    def position(self, ticket_id: str) -> int | None:
        """A waiting ticket's position in its queue, 1 for the next; ``None`` where it does not wait."""
        place = self._router.place(ticket_id)
        return place.position if place else None

    def waiting(self) -> list[Ticket]:
        """The waiting tickets in serving order."""
        return self._router.waiting()

    async def customer(self, customer_id: str) -> Customer:
        """One customer.

        Raises:
            NotFound: There is no such customer.
        """
        customer = await self._store.customer(customer_id)
        if customer is None:
            raise NotFound(f"There is no customer {customer_id}.")
        return customer

    async def _seq(self, conversation_id: str, message_id: str) -> int:
        message = await self._store.message(message_id)
        if message is None or message.conversation_id != conversation_id:
            raise NotFound(f"There is no message {message_id} in conversation {conversation_id}.")
        return message.seq
