"""Threads and changes for the tests of stores: small, valid, and the same every time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from handoff_sdk.core.thread import Clocks, Thread
from handoff_sdk.models.conversation import Conversation
from handoff_sdk.models.customer import Customer
from handoff_sdk.models.event import Actor, Event
from handoff_sdk.models.message import Author, Message, TextContent
from handoff_sdk.models.ticket import Offer, Ticket
from handoff_sdk.ports import Answer, Change, Due

if TYPE_CHECKING:
    from handoff_sdk.ports import Store

MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)
SYSTEM = Actor(type="system")


def at(seconds: float = 0) -> datetime:
    return MONDAY + timedelta(seconds=seconds)


def customer(who: str = "mia", **facts: Any) -> Customer:
    return Customer(id=f"cus_{who}", created_at=at(), **facts)


def ticket(conversation_id: str, number: int = 1, **facts: Any) -> Ticket:
    known: dict[str, Any] = {
        "id": f"tkt_{conversation_id}_{number}",
        "number": number,
        "conversation_id": conversation_id,
        "brand": "default",
        "channel": "web",
        "style": "live_chat",
        "created_at": at(),
        "updated_at": at(),
        "status_at": at(),
    }
    return Ticket(**known | facts)


def offer(agent_id: str = "ana", offer_id: str = "ofr_1") -> Offer:
    return Offer(id=offer_id, agent_id=agent_id, offered_at=at(), expires_at=at(30))


def thread(name: str = "1", whose: Customer | None = None, **facts: Any) -> Thread:
    """A conversation nobody has said anything in; ``facts`` are the conversation's."""
    whose = whose or customer()
    known: dict[str, Any] = {"id": f"cnv_{name}", "customer_id": whose.id, "owner": "bot", "created_at": at()}
    return Thread(conversation=Conversation(**known | facts), customer=whose)


def event(of: Thread, kind: str, *, seq: int, public_seq: int | None = None, **facts: Any) -> Event:
    conversation_id = of.conversation.id
    known: dict[str, Any] = {
        "id": f"evt_{conversation_id}_{seq:06}",
        "seq": seq,
        "public_seq": public_seq,
        "type": kind,
        "at": at(seq),
        "conversation_id": conversation_id,
        "actor": SYSTEM,
    }
    return Event(**known | facts)


def message(of: Thread, text: str, *, seq: int, **facts: Any) -> Message:
    conversation_id = of.conversation.id
    known: dict[str, Any] = {
        "id": f"msg_{conversation_id}_{seq:06}",
        "conversation_id": conversation_id,
        "author": Author(type="customer", id=of.customer.id),
        "content": TextContent(text=text),
        "epoch": 1,
        "seq": seq,
        "at": at(seq),
    }
    return Message(**known | facts)


def started(new: Thread, *kinds: str, **change: Any) -> Change:
    """The change that starts a conversation, with its customer; without ``kinds`` it tells ``conversation.created``."""
    told = changed(new, *(kinds or ("conversation.created",)))
    return Change(after=told.after, events=told.events, **{"customer": new.customer} | change)


def changed(
    before: Thread,
    *kinds: str,
    tickets: tuple[Ticket, ...] | None = None,
    clocks: Clocks | None = None,
    facts: dict[str, Any] | None = None,
    about: dict[str, Any] | None = None,
    public: bool = True,
    **change: Any,
) -> Change:
    """A change that tells events of ``kinds``; ``facts`` change the conversation, ``about`` the events."""
    events = tuple(
        event(before, kind, seq=before.seq + n, public_seq=before.public_seq + n if public else None, **about or {})
        for n, kind in enumerate(kinds, start=1)
    )
    after = before.model_copy(
        update={
            "conversation": before.conversation.model_copy(update=facts or {}),
            "tickets": before.tickets if tickets is None else tickets,
            "clocks": clocks or before.clocks,
            "version": before.version + 1,
            "seq": before.seq + len(kinds),
            "public_seq": before.public_seq + (len(kinds) if public else 0),
        }
    )
    return Change(before=before, after=after, events=events, **change)


def said(before: Thread, text: str = "Hello", *, public: bool = True, **change: Any) -> Change:
    """The change by which the customer says something; not ``public`` means a note."""
    note: dict[str, Any] = {} if public else {"visibility": "internal", "author": Author(type="agent", id="ana")}
    told = message(before, text, seq=before.seq + 1, **note)
    return changed(
        before,
        "message.created",
        facts={"last_message_at": told.at, "last_author": "customer"},
        about={"data": {"message": told.model_dump(mode="json")}},
        public=public,
        **change,
    )


def handed_off(before: Thread, number: int = 1, *, due: Due | None = None, **facts: Any) -> Change:
    """The change that hands a conversation off; ``facts`` are the new ticket's."""
    new = ticket(before.conversation.id, number, **facts)
    return changed(before, "ticket.created", tickets=(*before.tickets, new), facts={"owner": "human"}, due=due)


def answer(key: str = "key-1", *, scope: str = "key:bot", seconds: float = 0, body: bytes = b"{}") -> Answer:
    return Answer(scope=scope, key=key, digest=b"d" * 32, status=201, body=body, at=at(seconds))


def due(of: Thread, seconds: float = 60, rank: int = 1) -> Due:
    return Due("conversation", of.conversation.id, at(seconds), rank)


async def kept(store: Store, change: Change) -> Thread:
    """The thread after ``change`` was written."""
    await store.submit(change)
    assert change.after is not None
    return change.after


async def starts(store: Store, name: str = "1", whose: Customer | None = None, **facts: Any) -> Thread:
    """A conversation that was just started in ``store``."""
    return await kept(store, started(thread(name, whose, **facts)))
