"""Tickets: the pieces of work that people do.

Source: api.md, Resources; lifecycle.md, 3 (status) and 6.14 (by hand).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict

from handoff_sdk.client.answer import noun_of
from handoff_sdk.client.request import body_of, command, given, header, path
from handoff_sdk.models.canned import CannedReply
from handoff_sdk.models.command import HandBack, TakeTicket, TransferTicket, UpdateTicket
from handoff_sdk.models.handoff import Explained
from handoff_sdk.models.ticket import Ticket

from .resource import Resource

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import timedelta
    from typing import Unpack

    from handoff_sdk.client.pages import Pages
    from handoff_sdk.models.ticket import Priority, RoutingChannel, Status, Style

__all__ = ["TicketChanges", "Tickets"]


class TicketChanges(TypedDict, total=False):
    """Fields of a ticket that may be changed; those left out stay. ``tags`` replaces, ``add_tags`` adds.

    ``status`` may be a custom one.
    """

    status: str
    custom_status: str | None
    priority: Priority
    group: str | None
    assignee: str | None
    queue: str | None
    routing_channel: RoutingChannel | None
    style: Style
    close_after: str | timedelta
    subject: str | None
    summary: str | None
    tags: Sequence[str]
    add_tags: Sequence[str]
    remove_tags: Sequence[str]
    fields: Mapping[str, Any]


class Tickets(Resource):
    """``client.tickets``."""

    async def get(self, ticket_id: str) -> Ticket:
        """One ticket."""
        return await self._get(Ticket, path("tickets", ticket_id))

    async def explain(self, ticket_id: str) -> Explained:
        """Where a ticket stands with routing: its queue and position, who could take it, why each other can't."""
        return await self._get(Explained, path("tickets", ticket_id, "explain"))

    def canned(self, ticket_id: str) -> Pages[CannedReply]:
        """The canned replies, filled in for a ticket and the agent of this client, in the customer's language."""
        return self._list(CannedReply, path("tickets", ticket_id, "canned"))

    def list(
        self,
        *,
        conversation: str | None = None,
        status: Status | Collection[Status] | None = None,
        assignee: str | None = None,
        group: str | None = None,
        brand: str | None = None,
        priority: Priority | None = None,
        limit: int | None = None,
    ) -> Pages[Ticket]:
        """Tickets, newest first; all filters given must hold.

        Args:
            conversation: Only this conversation's.
            status: Only those with this status, or one of these.
            assignee: Only this agent's.
            group: Only this group's.
            brand: Only this brand's.
            priority: Only those of this priority.
            limit: How many a page.
        """
        return self._list(
            Ticket,
            path("tickets"),
            conversation=conversation,
            status=status if status is None or isinstance(status, str) else ",".join(status),
            assignee=assignee,
            group=group,
            brand=brand,
            priority=priority,
            limit=limit,
        )

    async def update(self, ticket_id: str, *, if_match: int | None = None, **changes: Unpack[TicketChanges]) -> Ticket:
        """Change fields of a ticket.

        Args:
            ticket_id: The ticket.
            if_match: The version that was read; then a field that somebody else changed since is a conflict.
            changes: The new values. ``assignee=None`` puts the ticket back into its queue.

        Raises:
            Conflict: The same field was changed since ``if_match``.
            InvalidTransition: The status cannot change like this.
        """
        asked = command(UpdateTicket, {"ticket_id": ticket_id, **given(if_match=if_match), **changes})
        match = {} if if_match is None else header("If-Match", f'"{if_match}"')
        body = body_of(asked, "ticket_id", "if_match")
        return noun_of(Ticket, await self._send("PATCH", path("tickets", ticket_id), body, headers=match))

    async def take(self, ticket_id: str, *, idempotency_key: str | None = None) -> Ticket:
        """Take a ticket by hand, as the agent of this client."""
        body = body_of(command(TakeTicket, {"ticket_id": ticket_id}), "ticket_id")
        where = path("tickets", ticket_id, "take")
        return noun_of(Ticket, await self._send("POST", where, body, idempotency_key=idempotency_key))

    async def transfer(
        self,
        ticket_id: str,
        *,
        agent: str | None = None,
        group: str | None = None,
        queue: str | None = None,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """Transfer a ticket; give one of ``agent``, ``group`` and ``queue``.

        Args:
            ticket_id: The ticket.
            agent: Is asked, and has it once they accept; with ``accept: auto`` at once.
            group: The ticket goes back to the queue, for the members of this group.
            queue: It goes into this queue.
            idempotency_key: Makes a repeated call harmless; one is made if left out.

        Raises:
            InvalidTransition: The ticket is solved.
        """
        asked = command(TransferTicket, given(ticket_id=ticket_id, agent=agent, group=group, queue=queue))
        where = path("tickets", ticket_id, "transfer")
        answer = await self._send("POST", where, body_of(asked, "ticket_id"), idempotency_key=idempotency_key)
        return noun_of(Ticket, answer)

    async def hand_back(
        self,
        ticket_id: str,
        *,
        note: str | None = None,
        status: Literal["open", "pending", "on_hold", "solved"] | None = None,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """Give control back to the bot.

        Args:
            ticket_id: The live ticket.
            note: What the bot should know.
            status: What becomes of the ticket; ``solved`` if left out.
            idempotency_key: Makes a repeated call harmless; one is made if left out.
        """
        asked = command(HandBack, given(ticket_id=ticket_id, note=note, status=status))
        where = path("tickets", ticket_id, "hand_back")
        answer = await self._send("POST", where, body_of(asked, "ticket_id"), idempotency_key=idempotency_key)
        return noun_of(Ticket, answer)
