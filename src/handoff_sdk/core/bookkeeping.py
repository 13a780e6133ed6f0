"""The fold: what each event, in the order of the feed, adds to the books: facts, and what its accounts are then.

Nothing is read but the event and the accounts it is about, so the same events always make the same facts, in whatever
pages they come.

Source: docs/reports.md; api.md, Events.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from handoff_sdk.core.accounts import AgentAccount, ConversationAccount, SentFollowup, TicketAccount
from handoff_sdk.models.agent import OFFLINE
from handoff_sdk.models.wait import PromisedWait

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from handoff_sdk.core.books import Books
    from handoff_sdk.models.event import Event

__all__ = ["asked_for", "enter"]

_ANSWER_WITHIN: Final = timedelta(days=1)
_IN_HAND: Final = frozenset({"new", "open"})
_PARKED: Final = frozenset({"pending", "on_hold"})
_MIRRORED: Final = frozenset(
    {"style", "group", "queue", "priority", "tags", "fields", "status", "live", "assignee", "abandoned"}
)
"""What an account keeps of ``ticket.created`` and ``ticket.updated``."""


def asked_for(events: Iterable[Event]) -> set[str]:
    """The ids of the accounts that events are about; those of live tickets are in their conversations' accounts."""
    ids: set[str | None] = set()
    for event in events:
        if event.type in _OF_CONVERSATIONS or event.type in _OF_TICKETS:
            ids |= {event.conversation_id, event.ticket_id}
        elif event.type == "agent.status":
            ids.add(event.data["agent_id"])
    return {each for each in ids if each is not None}


def enter(books: Books, event: Event) -> None:
    """Take in the next event of the feed. One about what is not known in the books adds nothing."""
    if event.type == "agent.status":
        _status(books, event)
        return
    if event.type == "conversation.created":
        books.open(_conversation(event))
        books.note(event, "conversation", event.conversation_id)
        return
    conversation = books.conversation(event.conversation_id)
    if conversation is not None and (read := _OF_CONVERSATIONS.get(event.type)) is not None:
        read(books, event, conversation)
    ticket = books.ticket(event.ticket_id)
    if ticket is not None and (read_of_ticket := _OF_TICKETS.get(event.type)) is not None:
        read_of_ticket(books, event, ticket)


def _seconds(since: datetime, until: datetime) -> float:
    return max((until - since).total_seconds(), 0.0)


def _hours(since: datetime, until: datetime) -> Iterator[tuple[datetime, float]]:
    """A stretch of time in pieces that each lie in one hour: when each begins, and how long it is."""
    while since < until:
        end = min(since.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1), until)
        yield since, _seconds(since, end)
        since = end


# Conversations and control


def _conversation(event: Event) -> ConversationAccount:
    told = event.data["conversation"]
    return ConversationAccount(
        id=told["id"], brand=told["brand"], channel=told["channel"], owner=told["owner"], session=told["session"]
    )


def _session(books: Books, event: Event, conversation: ConversationAccount) -> None:
    books.set(conversation, session=event.data["session"])
    _settle(books, event, books.ticket(conversation.ticket_id))


def _owned(books: Books, event: Event, conversation: ConversationAccount) -> None:
    live = None if event.type == "control.returned" else conversation.ticket_id
    books.set(conversation, owner=event.data["owner"], ticket_id=live)


def _handed_off(books: Books, event: Event, ticket: TicketAccount) -> None:
    books.note(event, "handed_off", ticket.id, detail=ticket.reason)


def _taken_over(books: Books, event: Event, ticket: TicketAccount) -> None:
    agent = event.data["agent_id"]
    books.note(event, "taken_over", ticket.id, agent=agent)
    books.note(event, "reply", ticket.id, agent=agent)


def _returned(books: Books, event: Event, ticket: TicketAccount) -> None:
    returned = event.data["returned"]
    books.note(event, "returned", ticket.id, agent=returned["agent"], detail=returned["reason"])
    if returned["outcome"] == "abandoned":
        waited = _seconds(ticket.created_at, event.at)
        books.note(event, "abandoned", ticket.id, detail=returned["reason"], value=waited)
    ticket = _no_longer_promised(books, event, ticket)
    _settle(books, event, books.set(ticket, live=False, waiting_since=None, agent_since=None, queued_at=None))


# Messages


def _message(books: Books, event: Event, conversation: ConversationAccount) -> None:
    message = event.data["message"]
    if message["visibility"] != "public":
        return
    if message["author"]["type"] == "customer":
        _customer_wrote(books, event, conversation)
    elif message["author"]["type"] == "agent":
        _agent_wrote(books, event, books.ticket(conversation.ticket_id), message["author"]["id"])


def _customer_wrote(books: Books, event: Event, conversation: ConversationAccount) -> None:
    for sent in conversation.sent:
        if event.at - sent.at <= _ANSWER_WITHIN:
            books.note(event, sent.name, conversation.ticket_id or conversation.id, key=sent.key)
    if conversation.sent:
        conversation = books.set(conversation, sent=())
    if conversation.owner == "bot" and not conversation.engaged:
        conversation = books.set(conversation, engaged=True)
        books.note(event, "bot_conversation", conversation.id)
    ticket = books.ticket(conversation.ticket_id)
    if ticket is None:
        return
    if ticket.agent_since is not None:
        books.note(event, "customer_reply", ticket.id, value=_seconds(ticket.agent_since, event.at))
    books.set(ticket, agent_since=None, waiting_since=ticket.waiting_since or event.at)


def _agent_wrote(books: Books, event: Event, ticket: TicketAccount | None, agent: str | None) -> None:
    if ticket is None:
        return
    if ticket.waiting_since is not None:
        name = "next_reply" if ticket.replies else "first_reply"
        books.note(event, name, ticket.id, agent=agent, value=_seconds(ticket.waiting_since, event.at))
    books.note(event, "reply", ticket.id, agent=agent)
    since = ticket.agent_since or event.at
    books.set(ticket, replies=ticket.replies + 1, waiting_since=None, agent_since=since)


# Tickets


def _created(books: Books, event: Event, conversation: ConversationAccount) -> None:
    told = event.data["ticket"]
    made = TicketAccount.model_validate({name: told[name] for name in TicketAccount.model_fields if name in told})
    if made.taken_over:  # the agent's message is the first reply, and nobody had to wait for it
        made = made.model_copy(update={"replies": 1, "agent_since": event.at})
    else:
        made = made.model_copy(update={"waiting_since": event.at})
    books.open(made)
    books.set(conversation, ticket_id=made.id, tickets=conversation.tickets + 1)
    books.note(event, "ticket_created", made.id, key=made.id)
    if "bot_silent" in made.tags:
        books.note(event, "bot_silent", made.id)


def _updated(books: Books, event: Event, ticket: TicketAccount) -> None:
    changes = {name: new for name, (_old, new) in event.data["changes"].items() if name in _MIRRORED}
    if "tags" in changes:
        changes["tags"] = tuple(changes["tags"])
    if changes.get("status") in _PARKED:
        changes["parked"] = True
    if "parked" in changes or "email" in event.data["changes"].get("routing_channel", ())[1:]:
        changes["queued_at"] = None
    elif ticket.queued_at is not None and changes.get("queue", ticket.queue) != ticket.queue:
        books.note(event, "arrival", ticket.id, detail=changes["queue"])
    _settle(books, event, books.set(ticket, **changes))


def _settle(books: Books, event: Event, ticket: TicketAccount | None) -> None:
    """Begin or end the time that an agent has a ticket in hand."""
    if ticket is None:
        return
    conversation = books.conversation(ticket.conversation_id)
    there = conversation is not None and conversation.session == "active"
    agent = ticket.assignee if there and ticket.live and ticket.status in _IN_HAND else None
    if agent == ticket.handled_by:
        return
    if ticket.handled_since is not None:
        for at, seconds in _hours(ticket.handled_since, event.at):
            books.note(event, "handled", ticket.id, at=at, agent=ticket.handled_by, value=seconds)
    books.set(ticket, handled_by=agent, handled_since=event.at if agent else None)


def _solved(books: Books, event: Event, ticket: TicketAccount) -> None:
    resolution = _seconds(ticket.created_at, event.at)
    books.note(event, "ticket_solved", ticket.id, key=ticket.id, agent=ticket.assignee, value=resolution)
    worked = event.data.get("business_seconds", resolution)
    books.note(event, "worked_until_solved", ticket.id, key=ticket.id, agent=ticket.assignee, value=worked)


def _closed(books: Books, event: Event, ticket: TicketAccount) -> None:
    books.note(event, "ticket_closed", ticket.id, key=ticket.id)


def _reopened(books: Books, event: Event, ticket: TicketAccount) -> None:
    books.note(event, "reopened", ticket.id)
    books.set(ticket, reopens=ticket.reopens + 1)


def _transferred(books: Books, event: Event, ticket: TicketAccount) -> None:
    books.note(event, "transferred", ticket.id)


# Offers and assignments


def _offered(books: Books, event: Event, ticket: TicketAccount) -> None:
    agent = event.data["agent_id"]
    books.note(event, "offer", ticket.id, agent=agent)
    books.set(ticket, offered_to=agent)


def _offer_ended(name: str) -> Callable[[Books, Event, TicketAccount], None]:
    def read(books: Books, event: Event, ticket: TicketAccount) -> None:
        books.note(event, name, ticket.id, agent=event.data["agent_id"])
        books.set(ticket, offered_to=None)

    return read


def _assigned(books: Books, event: Event, ticket: TicketAccount) -> None:
    agent = event.data["agent_id"]
    ticket = _waited(books, event, ticket)
    if ticket.queued_at is not None:
        waited = _seconds(ticket.queued_at, event.at)
        books.note(event, "queue_wait", ticket.id, agent=agent, detail=ticket.queue, value=waited)
        ticket = books.set(ticket, queued_at=None)
    if ticket.offered_to == agent:
        books.note(event, "offer_accepted", ticket.id, agent=agent)
        ticket = books.set(ticket, offered_to=None)
    if ticket.last_agent is None and not ticket.taken_over:
        books.note(event, "assigned", ticket.id, agent=agent, value=_seconds(ticket.created_at, event.at))
    elif ticket.last_agent is not None and ticket.last_agent != agent:
        books.note(event, "reassigned", ticket.id, agent=ticket.last_agent)
    books.set(ticket, last_agent=agent)


# What is promised, asked and sent


def _queued(books: Books, event: Event, ticket: TicketAccount) -> None:
    ticket = books.set(_no_longer_promised(books, event, ticket), queued_at=event.at, queue=event.data["queue"])
    books.note(event, "arrival", ticket.id, detail=ticket.queue)
    if (wait := event.data.get("wait")) is not None:
        books.set(ticket, promised_wait=PromisedWait(**wait, at=event.at))
        books.note(event, "wait_promised", ticket.id)


def _waited(books: Books, event: Event, ticket: TicketAccount) -> TicketAccount:
    """An agent has the ticket: hold what was estimated against what happened."""
    promise = ticket.promised_wait
    if promise is None:
        return ticket
    waited = _seconds(promise.at, event.at)
    estimated = (promise.low_seconds + promise.high_seconds) / 2
    books.note(event, "wait_slipped" if event.at >= promise.until else "wait_kept", ticket.id)
    books.note(event, "wait_estimated", ticket.id, value=estimated)
    books.note(event, "wait_happened", ticket.id, value=waited)
    books.note(event, "wait_error", ticket.id, value=abs(waited - estimated))
    return books.set(ticket, promised_wait=None)


def _no_longer_promised(books: Books, event: Event, ticket: TicketAccount) -> TicketAccount:
    """The ticket waits no more, or anew, and nobody had it: the promise slipped if its time was over."""
    promise = ticket.promised_wait
    if promise is None:
        return ticket
    if event.at >= promise.until:
        books.note(event, "wait_slipped", ticket.id)
    return books.set(ticket, promised_wait=None)


def _promise(value: float) -> Callable[[Books, Event, TicketAccount], None]:
    def read(books: Books, event: Event, ticket: TicketAccount) -> None:
        metric = event.data["metric"]
        key = f"{ticket.id}/{metric}/{event.data['started_at']}"
        books.note(event, "promise", ticket.id, key=key, detail=metric, value=value)

    return read


def _survey_asked(books: Books, event: Event, ticket: TicketAccount) -> None:
    books.note(event, "survey_asked", ticket.id)


def _survey_answered(books: Books, event: Event, ticket: TicketAccount) -> None:
    good = event.data["rating"] == "good"
    books.note(event, "survey_answered", ticket.id, key=ticket.id, value=float(good))


def _followup_sent(books: Books, event: Event, conversation: ConversationAccount) -> None:
    proactive = event.data["kind"] == "proactive"
    subject = conversation.ticket_id or conversation.id
    books.note(event, "proactive_sent" if proactive else "followup_sent", subject)
    sent = SentFollowup(key=event.id, name="proactive_answered" if proactive else "followup_answered", at=event.at)
    waiting = (each for each in conversation.sent if event.at - each.at <= _ANSWER_WITHIN)
    books.set(conversation, sent=(*waiting, sent))


def _followup_skipped(books: Books, event: Event, conversation: ConversationAccount) -> None:
    subject = conversation.ticket_id or conversation.id
    books.note(event, "followup_skipped", subject, detail=event.data["reason"])


def _status(books: Books, event: Event) -> None:
    """Begin the time of an agent's status, and tell that of the one before, but for ``offline``."""
    agent, status = event.data["agent_id"], event.data["status"]
    known = books.accounts.get(agent)
    if isinstance(known, AgentAccount) and known.status != OFFLINE:
        for at, seconds in _hours(known.since, event.at):
            books.note(event, "in_status", agent, at=at, agent=agent, detail=known.status, value=seconds)
    books.open(AgentAccount(id=agent, status=status, since=event.at))


_OF_CONVERSATIONS: Final[Mapping[str, Callable[[Books, Event, ConversationAccount], None]]] = {
    "session.started": _session,
    "session.active": _session,
    "session.inactive": _session,
    "session.ended": _session,
    "message.created": _message,
    "control.passed": _owned,
    "control.taken_over": _owned,
    "control.returned": _owned,
    "ticket.created": _created,
    "followup.sent": _followup_sent,
    "followup.skipped": _followup_skipped,
}
"""What events add to a conversation's account, and facts about it. One that is nowhere here adds nothing."""

_OF_TICKETS: Final[Mapping[str, Callable[[Books, Event, TicketAccount], None]]] = {
    "control.passed": _handed_off,
    "control.taken_over": _taken_over,
    "control.returned": _returned,
    "ticket.updated": _updated,
    "ticket.solved": _solved,
    "ticket.closed": _closed,
    "ticket.reopened": _reopened,
    "ticket.transferred": _transferred,
    "ticket.offered": _offered,
    "ticket.offer_declined": _offer_ended("offer_declined"),
    "ticket.offer_lapsed": _offer_ended("offer_lapsed"),
    "ticket.offer_withdrawn": _offer_ended("offer_withdrawn"),
    "ticket.queued": _queued,
    "ticket.assigned": _assigned,
    "sla.fulfilled": _promise(1.0),
    "sla.breached": _promise(0.0),
    "survey.asked": _survey_asked,
    "survey.answered": _survey_answered,
}
"""The same of tickets, which are read after their conversations."""
