"""What people do with a ticket: change it, take it, hand it back; and how a session or a place in the queue ends.

Source: lifecycle.md, 2.6 (returns), 3 (status), 4 (style), 6.13 and 6.14 (by hand); api.md (``If-Match``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast

from handoff_sdk.core.closing import close, leave
from handoff_sdk.core.control import abandon, give_back
from handoff_sdk.core.fence import check_agent, check_bot, check_known
from handoff_sdk.core.routing import may_see
from handoff_sdk.core.session import end
from handoff_sdk.core.status import assign, set_status, unassign
from handoff_sdk.errors import (
    Conflict,
    Forbidden,
    InvalidRequest,
    InvalidTransition,
    NotFound,
    SessionEnded,
    UnknownGroup,
)
from handoff_sdk.models.ticket import CATEGORIES, routing_channel_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from handoff_sdk.core.draft import Draft
    from handoff_sdk.models.command import EndSession, HandBack, LeaveQueue, TakeTicket, UpdateTicket
    from handoff_sdk.models.conversation import EndReason
    from handoff_sdk.models.ticket import Status, Ticket

__all__ = [
    "change",
    "check_brand",
    "end_session",
    "give_back_to_bot",
    "hand_back",
    "leave_queue",
    "take",
    "ticket_of",
    "update",
]

_ENDED_BY: dict[str, EndReason] = {"customer": "customer", "bot": "bot", "rule": "rule", "followup": "followup"}
"""Whoever else ends a session does so as an agent."""

_SET_AS_GIVEN = ("subject", "summary", "priority", "group", "close_after")
_ON_CLOSED = frozenset({"ticket_id", "if_match", "subject", "tags", "add_tags", "remove_tags"})
"""What may be named in a change of a closed ticket."""


def update(draft: Draft, command: UpdateTicket) -> None:
    """Change fields of a ticket: first what describes it, then its assignee, then its status.

    Raises:
        Conflict: The ticket is closed, or one of these fields was changed since the version that was read.
        InvalidTransition, ClosedByRuleOnly: The status cannot change like this.
        InvalidRequest: The priority was to be emptied, the assignee is nobody who could be, or there is no such queue
            or status.
        UnknownGroup: There is no such group.
    """
    ticket = ticket_of(draft, command.ticket_id)
    _check_unchanged(ticket, command)
    change(draft, ticket, command, "agent")


def change(draft: Draft, ticket: Ticket, command: UpdateTicket, cause: Literal["agent", "rule"]) -> None:
    """Change fields of a ticket as ``update`` does, on behalf of an agent or a rule; errors as there."""
    given = command.model_fields_set
    status, custom = _wanted(draft, ticket, command)
    if ticket.status == "closed":
        if status not in {None, "closed"}:
            raise InvalidTransition(f"A ticket cannot go from 'closed' to {status!r}: a closed ticket stays closed.")
        if given - _ON_CLOSED - {"status"}:
            raise Conflict("The ticket is closed: only its tags and its subject can be changed.")
    ticket = draft.set_ticket(ticket, **_described(draft, ticket, command))
    if "assignee" in given and command.assignee != ticket.assignee:
        ticket = _reassigned(draft, ticket, command.assignee, by="hand" if cause == "agent" else "rule")
    if status == "closed" and cause == "rule" and ticket.status != "closed":
        close(draft, ticket, cause)
    elif status is not None:
        set_status(draft, ticket, status, cause, custom=custom)


def take(draft: Draft, command: TakeTicket) -> None:
    """Give a ticket to the agent who asks for it; the maximum is not looked at.

    Raises:
        Forbidden: Nobody says which agent, or the ticket is of a group or brand that the agent does not see.
        Conflict: The ticket is closed.
    """
    ticket = ticket_of(draft, command.ticket_id)
    agent_id = draft.actor.id if draft.actor.type == "agent" else None
    if agent_id is None:
        raise Forbidden("Only an agent takes a ticket; say which one with the header 'Handoff-Agent'.")
    check_known("agent", agent_id, draft.config.agents, Forbidden)
    if not may_see(draft.config.agents[agent_id], ticket) and ticket.assignee != agent_id:
        raise Forbidden(f"Ticket {ticket.id} belongs to a group or brand that {agent_id!r} is not in.")
    if ticket.status == "closed":
        raise Conflict("The ticket is closed; nobody can take it any more.")
    if ticket.assignee != agent_id:
        assign(draft, ticket, agent_id, by="hand")


def hand_back(draft: Draft, command: HandBack) -> None:
    """Give control back to the bot, with a note for it; the session ends.

    The ticket is solved, or has the status that the agent names. A ticket of nobody becomes the agent's who hands it
    back.

    Raises:
        SessionEnded: The ticket is not live.
        InvalidTransition, ClosedByRuleOnly: The status cannot change like this.
    """
    ticket = ticket_of(draft, command.ticket_id)
    if not ticket.live:
        raise SessionEnded(f"Ticket {ticket.id} is not live; control is not with people any more.")
    status = command.status or "solved"
    if ticket.assignee is None and draft.actor.type == "agent" and draft.actor.id is not None:
        ticket = assign(draft, ticket, draft.actor.id, by="hand")
    give_back_to_bot(draft, ticket, status=status, note=command.note, cause="agent")


def give_back_to_bot(
    draft: Draft, ticket: Ticket, *, status: Status, note: str | None, cause: Literal["agent", "rule"]
) -> None:
    """Set a live ticket's status, end the session and return control, on behalf of an agent or a rule.

    Raises:
        SessionEnded: The ticket is not live.
        InvalidTransition, ClosedByRuleOnly: The status cannot change like this.
    """
    if not ticket.live:
        raise SessionEnded(f"Ticket {ticket.id} is not live; control is not with people any more.")
    ticket = set_status(draft, ticket, status, cause)
    end(draft, _ENDED_BY.get(draft.actor.type, "agent"))
    give_back(draft, ticket, "handed_back", note=note)


def end_session(draft: Draft, command: EndSession) -> None:
    """End the session. With a live ticket control returns: its status stays, unless no agent had it.

    Raises:
        ControlLost: An epoch was named that is not the present one.
        SessionEnded: There is no session to end, or an agent named a ticket that is not live.
    """
    ticket = draft.live
    if draft.actor.type == "bot" and command.epoch is not None and ticket is None:
        check_bot(draft, draft.actor.id, command.epoch)
    else:
        check_agent(draft, command.epoch, command.ticket_id)
    if draft.conversation.session not in {"active", "inactive"}:
        raise SessionEnded("There is no session to end; the customer's next message starts one.")
    leave(draft, _ENDED_BY.get(draft.actor.type, "agent"))


def leave_queue(draft: Draft, _command: LeaveQueue) -> None:
    """Give up the place in the queue: the customer leaves, or the bot cancels its hand-off.

    Raises:
        Conflict: There is no ticket that waits for people, or an agent has it.
    """
    ticket = draft.live
    if ticket is None:
        raise Conflict("Nothing waits for people in this conversation.")
    if ticket.assignee is not None:
        raise Conflict(f"The agent {ticket.assignee!r} has the ticket already; end the session instead.")
    if draft.actor.type == "bot" and ticket.accepted_at is not None:
        raise Conflict("An agent had accepted the ticket already; the hand-off can't be cancelled any more.")
    abandon(draft, ticket, "cancelled" if draft.actor.type == "bot" else "customer_left")


def ticket_of(draft: Draft, ticket_id: str) -> Ticket:
    """The ticket that a command is about.

    Raises:
        NotFound: It is not one of this conversation.
    """
    ticket = draft.tickets.get(ticket_id)
    if ticket is None:
        raise NotFound(f"There is no ticket {ticket_id} in this conversation.")
    draft.ticket_id = ticket_id
    return ticket


def check_brand(draft: Draft, ticket: Ticket, agent_id: str) -> None:
    """Let a ticket be given only to an agent there is, who works for its brand.

    Raises:
        InvalidRequest: There is none, or they don't.
    """
    check_known("agent", agent_id, draft.config.agents, InvalidRequest)
    brands = draft.config.agents[agent_id].brands
    if brands is not None and ticket.brand not in brands:
        raise InvalidRequest(f"The agent {agent_id!r} does not work for the brand {ticket.brand!r}.")


def _check_unchanged(ticket: Ticket, command: UpdateTicket) -> None:
    if command.if_match is None:
        return
    if command.if_match > ticket.version:
        raise Conflict(f"There is no version {command.if_match} of the ticket yet; it is in version {ticket.version}.")
    for field in command.model_fields_set:
        name = "tags" if field in {"add_tags", "remove_tags"} else field
        changed_at = ticket.field_versions.get(name, 0)
        if changed_at > command.if_match:
            raise Conflict(
                f"{name!r} was changed in version {changed_at}, after the version {command.if_match} that was read; "
                f"read the ticket again (it is in version {ticket.version})."
            )


def _wanted(draft: Draft, ticket: Ticket, command: UpdateTicket) -> tuple[Status | None, str | None]:
    """The status and the custom status that are asked for.

    Raises:
        InvalidRequest: There is no such status, or the custom one is of another category.
    """
    configured = draft.config.ticket_statuses
    for name in filter(None, (command.status, command.custom_status)):
        check_known("status", name, {*CATEGORIES, *configured}, InvalidRequest)
    custom = command.custom_status
    if custom is None:
        custom = command.status if command.status in configured else None
    else:
        check_known("custom status", custom, configured, InvalidRequest)
    if custom is None:
        plain = ticket.status if "custom_status" in command.model_fields_set else None
        return cast("Status | None", command.status) or plain, None
    if command.status not in {None, custom, configured[custom]}:
        raise InvalidRequest(f"The custom status {custom!r} belongs to {configured[custom]!r}, not {command.status!r}.")
    return configured[custom], custom


def _described(draft: Draft, ticket: Ticket, command: UpdateTicket) -> dict[str, Any]:
    given = command.model_fields_set
    _check_described(draft, ticket, command)
    changes: dict[str, Any] = {} if command.style is None else {"style": command.style, "close_after": None}
    changes |= {name: getattr(command, name) for name in _SET_AS_GIVEN if name in given}
    if "queue" in given:
        changes |= {"put_into": command.queue, "queue": command.queue or ticket.queue}
    if "routing_channel" in given:
        changes["routing_channel"] = command.routing_channel or routing_channel_of(ticket.channel)
    if given & {"tags", "add_tags", "remove_tags"}:
        changes["tags"] = _tags(ticket.tags if command.tags is None else command.tags, command)
    if command.fields:
        fields = ticket.fields | command.fields
        changes["fields"] = {name: value for name, value in fields.items() if value is not None}
    return changes


def _check_described(draft: Draft, ticket: Ticket, command: UpdateTicket) -> None:
    if "priority" in command.model_fields_set and command.priority is None and ticket.priority is not None:
        raise InvalidRequest("A priority cannot be emptied; set 'low', 'normal', 'high' or 'urgent'.")
    if command.group is not None:
        check_known("group", command.group, draft.config.groups, UnknownGroup)
    if command.queue is not None:
        check_known("queue", command.queue, draft.config.queue_names, InvalidRequest)


def _tags(tags: Iterable[str], command: UpdateTicket) -> tuple[str, ...]:
    return tuple(tag for tag in dict.fromkeys((*tags, *command.add_tags)) if tag not in command.remove_tags)


def _reassigned(draft: Draft, ticket: Ticket, agent_id: str | None, *, by: str) -> Ticket:
    if agent_id is None:
        return unassign(draft, ticket)
    check_brand(draft, ticket, agent_id)
    return assign(draft, ticket, agent_id, by=by, accepted=agent_id == draft.actor.id)
