"""Speaking: who may say what in a conversation, and what it moves.

A customer's message wakes the session and the live ticket; a bot's is fenced by its epoch; an agent's public message
takes over, or is a reply of the live ticket, also by email; a note moves nothing.

Source: lifecycle.md, 2.1, 2.2, 2.8 (owner), 3 (customer message, reopening elsewhere), 5 (session and silence),
9 (channel switch).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff_sdk.core.control import hand_off_to_people, take_over
from handoff_sdk.core.fence import check_agent, check_bot, check_known, check_not_blocked
from handoff_sdk.core.say import say
from handoff_sdk.core.session import wake
from handoff_sdk.core.status import assign, set_status, unassign
from handoff_sdk.core.turns import open_turn, stay_with
from handoff_sdk.core.window import check_window
from handoff_sdk.errors import Conflict, Forbidden, InvalidRequest
from handoff_sdk.models.message import Author

if TYPE_CHECKING:
    from collections.abc import Callable

    from handoff_sdk.core.draft import Draft
    from handoff_sdk.models.command import PostMessage
    from handoff_sdk.models.ticket import Ticket

__all__ = ["post"]


def post(draft: Draft, command: PostMessage) -> None:
    """Post a message or a note.

    Raises:
        ControlLost: A bot that does not own the conversation in this epoch, or an agent with a stale epoch.
        SessionEnded: An agent named a ticket that is not live.
        InvalidRequest: A bot without an epoch, a customer who writes an internal note, or ``channel`` of somebody else
            than an agent.
        WindowClosed: The channel takes only templates now.
        Conflict: An agent continues a ticket by email, and there is none.
        Forbidden: Somebody tries to write a system line, or the customer is blocked.
    """
    author = command.author or Author(type="customer", id=draft.conversation.customer_id)
    if author.type == "system":
        raise Forbidden("System lines are the engine's own; write as a customer, a bot or an agent.")
    if command.channel is not None and (author.type != "agent" or command.visibility == "internal"):
        raise InvalidRequest("'channel' is for an agent's public message: it says that this one goes by email.")
    if command.visibility == "internal":
        _note(draft, command, author)
    else:
        _SPEAKERS[author.type](draft, command, author)


def _customer(draft: Draft, command: PostMessage, author: Author) -> None:
    check_not_blocked(draft.before.customer)
    ticket: Ticket | None
    if draft.conversation.owner == "nobody":
        ticket = hand_off_to_people(draft)
    else:
        wake(draft, "customer_writes")
        ticket = draft.live
    message = say(draft, author, command.content, ticket=ticket, metadata=command.metadata)
    open_turn(draft, "message", message["id"])
    asks = draft.clocks.unanswered_customer_at
    if asks is None and ticket is not None and ticket.first_reply_at is not None:
        asks = draft.now
    draft.set_clocks(customer_at=draft.now, unanswered_agent_at=None, unanswered_customer_at=asks)
    if ticket is not None and ticket.given_inactive:
        ticket = draft.set_ticket(ticket, given_inactive=False, accepted_at=ticket.accepted_at or draft.now)
    if ticket is not None and ticket.status in {"pending", "on_hold", "solved"}:
        ticket = set_status(draft, ticket, "open", "customer")
        if ticket.assignee is not None and _is_away(draft, ticket.assignee):
            unassign(draft, ticket)


def _is_away(draft: Draft, agent_id: str) -> bool:
    """Whether a ticket that the customer reopens does not stay with its agent: by their status, or they are gone."""
    return draft.beside.assignee_status in draft.config.routing.reopen_elsewhere or agent_id not in draft.config.agents


def _bot(draft: Draft, command: PostMessage, author: Author) -> None:
    check_bot(draft, author.id, command.epoch)
    check_window(draft, command.content)
    say(draft, author, command.content, metadata=command.metadata)
    draft.set_clocks(bot_at=draft.now)
    stay_with(draft)


def _agent(draft: Draft, command: PostMessage, author: Author) -> None:
    if author.id is None:
        raise InvalidRequest("An agent's message names the agent: author.id is missing.")
    check_known("agent", author.id, draft.config.agents, Forbidden)
    if command.channel == "email":
        emailed = _emailed(draft, command)
        if not emailed.live:
            say(draft, author, command.content, channel="email", ticket=emailed, metadata=command.metadata)
            draft.set_ticket(emailed, agent_at=draft.now)
            return
    else:
        check_window(draft, command.content)
    check_agent(draft, command.epoch, command.ticket_id)
    ticket = draft.live
    if ticket is None:
        ticket = take_over(draft, author.id)
    elif ticket.assignee is None:
        ticket = set_status(draft, assign(draft, ticket, author.id, by="message"), "open", "assignment")
    say(draft, author, command.content, channel=command.channel, ticket=ticket, metadata=command.metadata)
    unanswered = draft.clocks.unanswered_agent_at or draft.now
    draft.set_clocks(agent_at=draft.now, unanswered_agent_at=unanswered, unanswered_customer_at=None)
    if ticket.first_reply_at is None or ticket.accepted_at is None:
        draft.set_ticket(
            ticket,
            first_reply_at=ticket.first_reply_at or draft.now,
            accepted_at=ticket.accepted_at or draft.now,
        )


def _emailed(draft: Draft, command: PostMessage) -> Ticket:
    """The ticket that an agent continues by email: the one named, the live one, or the latest.

    Raises:
        Conflict: There is none that is not closed.
    """
    latest = next(reversed(draft.tickets.values()), None)
    ticket = draft.tickets.get(command.ticket_id) if command.ticket_id else draft.live or latest
    if ticket is None or ticket.status == "closed":
        raise Conflict("There is no ticket to be continued by email; without 'channel' the message takes over.")
    return ticket


def _note(draft: Draft, command: PostMessage, author: Author) -> None:
    if author.type == "customer":
        raise InvalidRequest("A customer cannot write an internal note; leave 'visibility' out, or set 'public'.")
    if author.type == "bot":
        check_bot(draft, author.id, command.epoch)
    ticket = draft.tickets.get(command.ticket_id or "") or draft.live or next(reversed(draft.tickets.values()), None)
    say(draft, author, command.content, visibility="internal", ticket=ticket, metadata=command.metadata)


_SPEAKERS: dict[str, Callable[[Draft, PostMessage, Author], None]] = {
    "customer": _customer,
    "bot": _bot,
    "agent": _agent,
}
