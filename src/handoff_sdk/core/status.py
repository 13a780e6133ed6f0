"""A ticket's status and assignee: the few ways to change them that all rules go through.

Source: lifecycle.md, 3 (status), 2.6 (accepted), 5 (which agent message counts).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff_sdk.core.hours import schedule_of, worked
from handoff_sdk.core.lifecycle import Cause, checked_status
from handoff_sdk.errors import InvalidTransition

if TYPE_CHECKING:
    from typing import Any

    from handoff_sdk.core.draft import Draft
    from handoff_sdk.models.ticket import Status, Ticket

__all__ = ["assign", "eligible", "set_status", "unassign"]

_EVENT = {
    "open": "ticket.opened",
    "pending": "ticket.pending",
    "on_hold": "ticket.on_hold",
    "solved": "ticket.solved",
    "closed": "ticket.closed",
}


def eligible(ticket: Ticket) -> bool:
    """Whether a ticket can be assigned by the engine: live, new or open, nobody's, and messaging work.

    Source: lifecycle.md, 6.1 and 6.10.
    """
    waits = ticket.live and ticket.assignee is None and ticket.status in {"new", "open"}
    return waits and ticket.routing_channel == "messaging"


def set_status(draft: Draft, ticket: Ticket, status: Status, cause: Cause, *, custom: str | None = None) -> Ticket:
    """Move a ticket to a status by the table; setting the one it has changes nothing.

    ``custom`` is the custom status of that category. Inside a category it changes without further ado, and an agent
    who names the category alone does without it.

    Raises:
        InvalidTransition: The table does not have it, or ``solved`` without an assignee.
        ClosedByRuleOnly: An agent asked for ``closed``.
    """
    ticket = draft.tickets[ticket.id]
    if status == ticket.status:
        return draft.set_ticket(ticket, custom_status=custom) if custom or cause == "agent" else ticket
    checked_status(ticket.status, status, cause)
    if status == "solved" and ticket.assignee is None and cause != "abandonment":
        raise InvalidTransition(
            f"A ticket goes from {ticket.status!r} to 'solved' only with an assignee; assign it or take it first."
        )
    changes: dict[str, Any] = {"status": status, "custom_status": custom, "status_at": draft.now}
    if status == "solved":
        changes["solved_at"] = draft.now
    elif status == "closed":
        changes["closed_at"] = draft.now
    elif ticket.status == "solved":
        changes["solved_at"] = None
        if cause == "customer":
            changes["reopens"] = ticket.reopens + 1
            draft.tell("ticket.reopened", {"reopens": ticket.reopens + 1}, ticket)
    if cause != "abandonment":
        told: dict[str, Any] = {"status": status, "from": ticket.status, "by": cause}
        if custom:
            told["custom_status"] = custom
        if status == "solved":
            schedule = schedule_of(ticket.brand, draft.config)
            told["business_seconds"] = worked(schedule, ticket.created_at, draft.now).total_seconds()
        draft.tell(_EVENT[status], told, ticket)
    return draft.set_ticket(ticket, **changes)


def assign(draft: Draft, ticket: Ticket, agent_id: str, *, by: str, accepted: bool = True) -> Ticket:
    """Give a ticket to an agent; a ``new`` one becomes ``open``. Nobody is asked, no maximum is looked at.

    ``by`` is told to those who listen: ``offer``, ``auto``, ``hand``, ``rule``, ``transfer`` or ``message``. Agent
    messages from before do not count for silence any more.
    """
    own_offer = ticket.offer is not None and ticket.offer.agent_id == agent_id
    if own_offer and ticket.offer is not None and not ticket.offer.transfer:
        draft.fact(agent_id, "accepted")
    changes: dict[str, Any] = {
        "assignee": agent_id,
        "assigned_at": draft.now,
        "unassigned_at": None,
        "offer": None if own_offer else ticket.offer,
        "passed_over": None,
        "retry_at": None,
        "given_inactive": False,
    }
    if accepted and ticket.accepted_at is None:
        changes["accepted_at"] = draft.now
    ticket = draft.set_ticket(ticket, **changes)
    if ticket.live:
        draft.set_clocks(unanswered_agent_at=None)
    agent = draft.config.agents.get(agent_id)
    name = agent.name if agent and agent.name else agent_id
    draft.tell("ticket.assigned", {"agent_id": agent_id, "name": name, "by": by, "live": ticket.live}, ticket)
    return set_status(draft, ticket, "open", "assignment") if ticket.status == "new" else ticket


def unassign(draft: Draft, ticket: Ticket) -> Ticket:
    """Take a ticket from its agent.

    Raises:
        InvalidTransition: The ticket is solved; a solved ticket needs an assignee.
    """
    if ticket.status == "solved":
        raise InvalidTransition(
            "A solved ticket needs an assignee; set it to 'open' before you take the assignee away."
        )
    draft.tell("ticket.unassigned", {"agent_id": ticket.assignee, "live": ticket.live}, ticket)
    if ticket.live:
        draft.set_clocks(unanswered_agent_at=None)
    return draft.set_ticket(ticket, assignee=None, assigned_at=None, unassigned_at=draft.now, given_inactive=False)
