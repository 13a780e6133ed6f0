"""Nouns to rows and rows to nouns. Nothing here reads or writes; all stores share it.

- Instants are microseconds since the epoch, UTC.
- A noun's JSON leaves out what is ``None`` and writes durations as people do (``5m``).
- What a thread is made of lies apart: the conversation's body is the thread without customer and tickets, which have
  rows of their own. ``threads`` puts them together again.

Source: schema; ports.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json, to_json

from handoff_sdk.core.pace import Slot
from handoff_sdk.core.routing import email_agent
from handoff_sdk.core.status import eligible
from handoff_sdk.core.thread import Thread
from handoff_sdk.models.agent import Agent
from handoff_sdk.models.attachment import StoredAttachment
from handoff_sdk.models.bot import RegisteredBot
from handoff_sdk.models.conversation import Conversation
from handoff_sdk.models.customer import Customer
from handoff_sdk.models.event import Actor, Event
from handoff_sdk.models.followup import Breaker
from handoff_sdk.models.message import Message
from handoff_sdk.models.ticket import Ticket
from handoff_sdk.ports import Answer, ApiKey, Credential, Due, KeptConfig

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from handoff_sdk.models.conversation import Session
    from handoff_sdk.models.noun import Noun
    from handoff_sdk.store.statement import Row

__all__ = [
    "agent",
    "agent_row",
    "answer",
    "answer_row",
    "attachment",
    "attachment_row",
    "bot",
    "bot_row",
    "breaker",
    "breaker_row",
    "config",
    "config_row",
    "conversation",
    "conversation_row",
    "credential",
    "credential_row",
    "customer",
    "customer_row",
    "due",
    "due_row",
    "email_key",
    "event",
    "event_row",
    "instant",
    "key",
    "key_row",
    "live",
    "message",
    "micros",
    "moved_body",
    "slot",
    "slot_row",
    "threads",
    "ticket",
    "ticket_row",
]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_BESIDE: Any = {"customer": True, "tickets": True, "conversation": {"ticket"}}


def micros(instant: datetime) -> int:
    """An instant as it is kept.

    >>> micros(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC))
    1000000
    """
    return (instant - _EPOCH) // _MICROSECOND


def instant(micros: int) -> datetime:
    """A kept instant, aware UTC.

    >>> instant(1_000_000)
    datetime.datetime(1970, 1, 1, 0, 0, 1, tzinfo=datetime.timezone.utc)
    """
    return _EPOCH + timedelta(microseconds=micros)


def email_key(email: str | None) -> str | None:
    """An email as it is compared: people write their own in more than one way."""
    return email.strip().casefold() if email else None


def due_row(due: Due | None) -> dict[str, Any]:
    """The columns that say what falls due next."""
    if due is None:
        return {"due_at": None, "due_rank": None}
    return {"due_at": micros(due.at), "due_rank": due.rank}


def conversation_row(thread: Thread, load_agent: str | None, due: Due | None) -> dict[str, Any]:
    """A thread's conversation."""
    conversation, latest = thread.conversation, thread.latest
    last = conversation.last_message_at or conversation.created_at
    return {
        "id": conversation.id,
        "version": thread.version,
        "customer_id": thread.customer.id,
        "brand": conversation.brand,
        "owner": conversation.owner,
        "status": latest.status if latest else None,
        "latest_ticket_id": latest.id if latest else None,
        "last_author": conversation.last_author,
        "last_message_at": micros(last),
        "load_agent": load_agent,
        "customer_connected": thread.clocks.connected,
        "bot_at_work": conversation.bot if thread.turns else None,
        "body": _json(thread, exclude=_BESIDE),
        "config_version": thread.config_version,
        **due_row(due),
    }


def ticket_row(ticket: Ticket) -> dict[str, Any]:
    """A ticket."""
    offer = ticket.offer
    return {
        "id": ticket.id,
        "conversation_id": ticket.conversation_id,
        "number": ticket.number,
        "live": ticket.live,
        "status": ticket.status,
        "brand": ticket.brand,
        "priority": ticket.priority,
        "grp": ticket.group,
        "assignee": ticket.assignee,
        "email_agent": email_agent(ticket),
        "offer_id": offer.id if offer else None,
        "offered_to": offer.agent_id if offer else None,
        "handoff_id": ticket.handoff_id,
        "eligible_waiting": eligible(ticket),
        "body": _json(ticket),
    }


def event_row(event: Event, cursor: int) -> dict[str, Any]:
    """An event, at its place in the feed."""
    message = event.data.get("message") if event.type == "message.created" else None
    return {
        "cursor": cursor,
        "id": event.id,
        "conversation_id": event.conversation_id,
        "seq": event.seq,
        "public_seq": event.public_seq,
        "type": event.type,
        "at": micros(event.at),
        "ticket_id": event.ticket_id,
        "actor_type": event.actor.type,
        "actor_id": event.actor.id,
        "message_id": message["id"] if message else None,
        "standby": event.standby,
        "data": to_json(event.data).decode(),
    }


def customer_row(customer: Customer) -> dict[str, Any]:
    """A customer."""
    return {
        "id": customer.id,
        "external_id": customer.external_id,
        "email": email_key(customer.email),
        "body": _json(customer),
    }


def bot_row(bot: RegisteredBot) -> dict[str, Any]:
    """A registered bot."""
    return {"id": bot.id, "body": _json(bot)}


def bot(body: str) -> RegisteredBot:
    """A registered bot."""
    return RegisteredBot.model_validate_json(body)


def breaker_row(breaker: Breaker) -> dict[str, Any]:
    """The fuse of a channel."""
    return {"channel": breaker.channel, "body": _json(breaker)}


def breaker(body: str) -> Breaker:
    """The fuse of a channel."""
    return Breaker.model_validate_json(body)


def config_row(config: KeptConfig) -> dict[str, Any]:
    """A version of the configuration."""
    return {
        "version": config.version,
        "at": micros(config.at),
        "source": config.source,
        "actor_type": config.by.type,
        "actor_id": config.by.id,
        "body": to_json(config.written).decode(),
    }


def config(row: Row) -> KeptConfig:
    """A version of the configuration, from all its columns."""
    version, at, source, actor_type, actor_id, body = row
    return KeptConfig(version, instant(at), source, Actor(type=actor_type, id=actor_id), from_json(body))


def slot_row(slot: Slot) -> dict[str, Any]:
    """A place in a second, taken once."""
    return {"ladder": slot.ladder, "at": micros(slot.at), "taken": 1}


def slot(row: Row) -> tuple[Slot, int]:
    """A place in a second and how often it is taken, from all its columns."""
    ladder, at, taken = row
    return Slot(ladder, instant(at)), taken


def agent_row(agent: Agent, load: int, due: Due | None) -> dict[str, Any]:
    """An agent, and what is added to their used capacity."""
    return {"id": agent.id, "used": load, "body": _json(agent), **due_row(due)}


def answer_row(answer: Answer) -> dict[str, Any]:
    """An answer to a request with an idempotency key."""
    return {
        "key": answer.key,
        "scope": answer.scope,
        "digest": answer.digest,
        "status": answer.status,
        "body": answer.body,
        "at": micros(answer.at),
    }


def key_row(key: ApiKey) -> dict[str, Any]:
    """An API key."""
    return {
        "id": key.id,
        "role": key.role,
        "hash": key.hash,
        "created_at": micros(key.created_at),
        "name": key.name,
    }


def credential_row(credential: Credential) -> dict[str, Any]:
    """What an agent logs in with."""
    return {
        "id": credential.id,
        "kind": credential.kind,
        "agent_id": credential.agent_id,
        "created_at": micros(credential.created_at),
        "expires_at": micros(credential.expires_at) if credential.expires_at else None,
        "secret": credential.secret,
    }


def attachment_row(attachment: StoredAttachment) -> dict[str, Any]:
    """An attachment."""
    return {
        "id": attachment.id,
        "conversation_id": attachment.conversation_id,
        "created_at": micros(attachment.created_at),
        "body": _json(attachment),
    }


def attachment(body: str) -> StoredAttachment:
    """An attachment, from its body."""
    return StoredAttachment.model_validate_json(body)


def moved_body(body: str, customer_id: str) -> tuple[int, str]:
    """The version and body of a conversation that was given to another customer."""
    thread = from_json(body)
    thread["conversation"]["customer_id"] = customer_id
    thread["version"] += 1
    return thread["version"], to_json(thread).decode()


def threads(rows: Iterable[Row]) -> list[Thread]:
    """Threads, from rows of conversation id and the bodies of conversation, customer and ticket, in this order.

    There is a row for each ticket, by number, and one without a ticket where there is none.
    """
    return [_thread(list(held)) for _, held in groupby(rows, key=itemgetter(0))]


def _thread(rows: Sequence[Row]) -> Thread:
    _, body, customer, _ = rows[0]
    tickets = ",".join(row[3] for row in rows if row[3] is not None)
    return Thread.model_validate_json(f'{{"customer":{customer},"tickets":[{tickets}],{body[1:]}')


def conversation(row: Row) -> tuple[Conversation, Ticket | None]:
    """A conversation and its latest ticket, from their bodies."""
    body, latest = row
    return Conversation.model_validate(from_json(body)["conversation"]), ticket(latest) if latest else None


def live(row: Row) -> tuple[Ticket, Session]:
    """A live ticket and the session of its conversation, from their bodies."""
    body, of = row
    return ticket(body), from_json(of)["conversation"]["session"]


def ticket(body: str) -> Ticket:
    """A ticket, from its body."""
    return Ticket.model_validate_json(body)


def message(data: str) -> Message:
    """A message, from the data of the event that told of it."""
    return Message.model_validate(from_json(data)["message"])


def event(row: Row) -> Event:
    """An event, from the columns ``pages.EVENT``."""
    cursor, event_id, conversation_id, seq, public_seq, kind, at, ticket_id, actor_type, actor_id, standby, data = row
    return Event(
        id=event_id,
        seq=seq,
        public_seq=public_seq,
        cursor=cursor,
        type=kind,
        at=instant(at),
        conversation_id=conversation_id,
        ticket_id=ticket_id,
        actor=Actor(type=actor_type, id=actor_id),
        standby=bool(standby),
        data=from_json(data),
    )


def customer(body: str) -> Customer:
    """A customer, from their body."""
    return Customer.model_validate_json(body)


def agent(body: str) -> Agent:
    """An agent, from their body."""
    return Agent.model_validate_json(body)


def due(row: Row) -> Due:
    """What falls due, from kind, id, instant and rank."""
    kind, owner_id, at, rank = row
    return Due(kind, owner_id, instant(at), rank)


def answer(row: Row) -> Answer:
    """An answer, from all its columns."""
    key, scope, digest, status, body, at = row
    return Answer(scope, key, bytes(digest), status, bytes(body), instant(at))


def key(row: Row) -> ApiKey:
    """An API key, from all its columns."""
    key_id, role, digest, created_at, name = row
    return ApiKey(key_id, role, bytes(digest), instant(created_at), name)


def credential(row: Row) -> Credential:
    """What an agent logs in with, from all its columns."""
    credential_id, kind, agent_id, created_at, expires_at, secret = row
    until = None if expires_at is None else instant(expires_at)
    return Credential(credential_id, kind, agent_id, instant(created_at), until, secret)


def _json(noun: Noun, exclude: Any = None) -> str:  # noqa: ANN401 - pydantic's own type of it is a union of maps
    return noun.model_dump_json(exclude=exclude, by_alias=True, exclude_none=True)
