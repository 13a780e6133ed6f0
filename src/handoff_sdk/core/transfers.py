"""Transfers: who has a ticket gives it to a colleague, who is asked, or back to a queue.

Source: lifecycle.md, 6.13.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handoff_sdk.core.fence import check_known
from handoff_sdk.core.offers import offer_transfer, take_back
from handoff_sdk.core.status import assign, set_status, unassign
from handoff_sdk.core.work import check_brand, ticket_of
from handoff_sdk.errors import Conflict, InvalidRequest, InvalidTransition, UnknownGroup

if TYPE_CHECKING:
    from handoff_sdk.core.draft import Draft
    from handoff_sdk.models.command import TransferTicket
    from handoff_sdk.models.ticket import Ticket

__all__ = ["transfer"]


def transfer(draft: Draft, command: TransferTicket) -> None:
    """Transfer a ticket. Where an agent who has it, or is asked for it already, is named, nothing changes.

    To a group or queue: it loses its assignee, is ``open`` and queues; not with the sender while another can take it.
    To an agent: with ``accept: offer`` a live ticket stays where it is until the agent accepts; else they have it.

    Raises:
        InvalidTransition: The ticket is solved.
        Conflict: The ticket is closed.
        InvalidRequest: There is no such agent or queue, or the agent does not work for the ticket's brand.
        UnknownGroup: There is no such group.
    """
    ticket = ticket_of(draft, command.ticket_id)
    if ticket.status == "solved":
        raise InvalidTransition("A solved ticket cannot be transferred; set it to 'open' before.")
    if ticket.status == "closed":
        raise Conflict("The ticket is closed; nobody can have it any more.")
    if command.agent is not None:
        _to_agent(draft, ticket, command.agent)
    elif command.group is not None:
        check_known("group", command.group, draft.config.groups, UnknownGroup)
        _to_queue(draft, ticket, group=command.group, put_into=None)
    else:
        queue = command.queue or ""  # a command names one of the three
        check_known("queue", queue, draft.config.queue_names, InvalidRequest)
        _to_queue(draft, ticket, put_into=queue, queue=queue)


def _to_agent(draft: Draft, ticket: Ticket, agent_id: str) -> None:
    check_brand(draft, ticket, agent_id)
    running = ticket.offer
    if agent_id == ticket.assignee or (running is not None and running.transfer and running.agent_id == agent_id):
        return
    _tell(draft, ticket, agent=agent_id)
    ticket = take_back(draft, ticket)
    if ticket.live and draft.config.routing.accept == "offer":
        offer_transfer(draft, ticket, agent_id)
    else:
        active = ticket.live and draft.conversation.session == "active"
        set_status(draft, assign(draft, ticket, agent_id, by="transfer", accepted=active), "open", "assignment")


def _to_queue(draft: Draft, ticket: Ticket, **where: Any) -> None:
    _tell(draft, ticket, group=where.get("group"), queue=where.get("queue"))
    ticket = take_back(draft, ticket)
    sender = ticket.assignee or draft.actor.id
    if ticket.assignee is not None:
        ticket = unassign(draft, ticket)
    if ticket.status in {"pending", "on_hold"}:
        ticket = set_status(draft, ticket, "open", "agent")
    draft.set_ticket(ticket, passed_over=sender, retry_at=None, **where)


def _tell(
    draft: Draft, ticket: Ticket, *, agent: str | None = None, group: str | None = None, queue: str | None = None
) -> None:
    told = {"from": ticket.assignee, "agent": agent, "group": group, "queue": queue}
    draft.tell("ticket.transferred", told, ticket)
