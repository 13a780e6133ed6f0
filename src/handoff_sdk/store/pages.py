"""Statements for what is asked for by a filter: one is compiled for each set of conditions that somebody asks for.

Source: ports (the filters); house page, decision 4.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Text,
    bindparam,
    false,
    literal_column,
    or_,
    select,
)

from handoff_sdk.store.schema import EVENT, accounts, conversations, deliveries, events, facts, tickets
from handoff_sdk.store.statement import Row, Statement, compiled, number, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy.engine import Dialect

    from handoff_sdk.ports import ConversationFilter, EventFilter, FactFilter, TicketFilter

__all__ = ["Pages"]

_Conditions: TypeAlias = "dict[str, Callable[[int], ColumnElement[bool]]]"


def _any_of(column: ColumnElement[Any], name: str, length: int) -> ColumnElement[bool]:
    return column.in_([text(f"{name}_{number}") for number in range(length)]) if length else false()


_TICKETS: _Conditions = {
    "conversation_id": lambda _: tickets.c.conversation_id == text("conversation_id"),
    "statuses": lambda length: _any_of(tickets.c.status, "statuses", length),
    "assignee": lambda _: tickets.c.assignee == text("assignee"),
    "group": lambda _: tickets.c.grp == text("group"),
    "brand": lambda _: tickets.c.brand == text("brand"),
    "priority": lambda _: tickets.c.priority == text("priority"),
    "brands": lambda length: _any_of(tickets.c.brand, "brands", length),
    "groups": lambda length: or_(_any_of(tickets.c.grp, "groups", length), tickets.c.grp.is_(None)),
    "before": lambda _: tickets.c.id < text("before"),
}
_CONVERSATIONS: _Conditions = {
    "customer_id": lambda _: conversations.c.customer_id == text("customer_id"),
    "brand": lambda _: conversations.c.brand == text("brand"),
    "owner": lambda _: conversations.c.owner == text("owner"),
    "status": lambda _: conversations.c.status == text("status"),
    "last_author": lambda _: conversations.c.last_author == text("last_author"),
    "silent_since": lambda _: or_(
        conversations.c.last_message_at.is_(None), conversations.c.last_message_at <= number("silent_since")
    ),
    "before": lambda _: conversations.c.id < text("before"),
}
_EVENTS: _Conditions = {
    "conversation_id": lambda _: events.c.conversation_id == text("conversation_id"),
    "customer_id": lambda _: events.c.conversation_id.in_(
        select(conversations.c.id).where(conversations.c.customer_id == text("customer_id"))
    ),
    "public": lambda _: events.c.public_seq.is_not(None),
    "after": lambda _: events.c.cursor > number("after"),
    "until": lambda _: events.c.cursor <= number("until"),
    "after_seq": lambda _: events.c.seq > number("after_seq"),
    "before_seq": lambda _: events.c.seq < number("before_seq"),
    "messages": lambda _: events.c.type == literal_column("'message.created'", Text),
    "type": lambda _: events.c.type == text("type"),
    "ticket_id": lambda _: events.c.ticket_id == text("ticket_id"),
    "actor_type": lambda _: events.c.actor_type == text("actor_type"),
}

_DELIVERIES: _Conditions = {
    "webhook_id": lambda _: deliveries.c.webhook_id == text("webhook_id"),
    "state": lambda _: deliveries.c.state == text("state"),
    "before": lambda _: deliveries.c.id < text("before"),
}
_FACTS: _Conditions = {
    "since": lambda _: facts.c.at >= number("since"),
    "until": lambda _: facts.c.at < number("until"),
    "brands": lambda length: _any_of(accounts.c.brand, "brands", length),
}


class Pages:
    """The statements of a store for what its filters ask, in the SQL of ``dialect``.

    Every method answers a text and the values of its parameters.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._made: dict[object, Statement] = {}

    def tickets(self, which: TicketFilter, before: str | None, limit: int) -> tuple[str, Row]:
        """Bodies of tickets, newest first."""
        asked = _set(which) | {"before": before}
        return self._page(_tickets, _TICKETS, asked, {"limit": limit})

    def conversations(
        self, which: ConversationFilter, silent_since: int | None, before: str | None, limit: int
    ) -> tuple[str, Row]:
        """Bodies of conversations and of their latest tickets, newest first. ``silent_since`` is the filter's."""
        asked = _set(which) | {"before": before, "silent_since": silent_since}
        return self._page(_conversations, _CONVERSATIONS, asked, {"limit": limit})

    def events(self, which: EventFilter, after: int, limit: int, until: int | None = None) -> tuple[str, Row]:
        """Events past the cursor ``after``, and up to ``until``, in the order of the feed."""
        asked = _set(which) | {"after": after, "until": until}
        page = _events if which.conversation_id is None else _events_of_one
        return self._page(page, _EVENTS, asked, {"limit": limit})

    def last_event(
        self, conversation_id: str, event_type: str, ticket_id: str | None, actor_type: str | None
    ) -> tuple[str, Row]:
        """The latest event of a type in a conversation."""
        asked = {
            "conversation_id": conversation_id,
            "type": event_type,
            "ticket_id": ticket_id,
            "actor_type": actor_type,
        }
        return self._page(_last_event, _EVENTS, asked, {})

    def messages(
        self, conversation_id: str, after: int, before: int | None, limit: int, *, public: bool, latest: bool
    ) -> tuple[str, Row]:
        """The data of events that tell of messages: the last ones, newest first, or the first ones, oldest first."""
        asked = {
            "conversation_id": conversation_id,
            "after_seq": after,
            "before_seq": before,
            "messages": True,
            "public": public or None,
        }
        return self._page(_latest_messages if latest else _messages, _EVENTS, asked, {"limit": limit})

    def deliveries(self, webhook_id: str, state: str | None, before: str | None, limit: int) -> tuple[str, Row]:
        """Bodies of deliveries to a webhook, newest first."""
        asked = {"webhook_id": webhook_id, "state": state, "before": before}
        return self._page(_deliveries, _DELIVERIES, asked, {"limit": limit})

    def facts(self, which: FactFilter, since: int | None, until: int) -> tuple[str, Row]:
        """Facts with their accounts' bodies, in the order of the feed. ``since`` and ``until`` are the filter's."""
        return self._page(_facts, _FACTS, {"since": since, "until": until, "brands": which.brands}, {})

    def _page(
        self,
        page: Callable[[], Select[Any]],
        conditions: _Conditions,
        asked: Mapping[str, Any],
        values: dict[str, Any],
    ) -> tuple[str, Row]:
        shape: list[tuple[str, int]] = []
        for name, value in asked.items():
            if isinstance(value, tuple):
                values |= {f"{name}_{index}": item for index, item in enumerate(value)}
                shape.append((name, len(value)))
            elif value is not None:
                values[name] = value
                shape.append((name, 1))
        key = (page, *shape)
        statement = self._made.get(key)
        if statement is None:
            where = [conditions[name](length) for name, length in shape]
            statement = self._made[key] = compiled(page().where(*where), self._dialect)
        return statement.sql, statement.row(values)


def _set(which: ConversationFilter | EventFilter | TicketFilter) -> dict[str, Any]:
    values = {field.name: getattr(which, field.name) for field in fields(which)}
    return {name: value for name, value in values.items() if value is not None and value is not False}


def _limited(page: Select[Any]) -> Select[Any]:
    return page.limit(bindparam("limit", type_=Integer))


def _tickets() -> Select[Any]:
    return _limited(select(tickets.c.body).order_by(tickets.c.id.desc()))


def _conversations() -> Select[Any]:
    both = select(conversations.c.body, tickets.c.body)
    latest = both.outerjoin_from(conversations, tickets, tickets.c.id == conversations.c.latest_ticket_id)
    return _limited(latest.order_by(conversations.c.id.desc()))


def _events() -> Select[Any]:
    return _limited(select(*EVENT).order_by(events.c.cursor))


def _events_of_one() -> Select[Any]:
    # In one conversation seq grows with the cursor, and the index is by seq.
    return _limited(select(*EVENT).order_by(events.c.seq))


def _deliveries() -> Select[Any]:
    return _limited(select(deliveries.c.body).order_by(deliveries.c.id.desc()))


def _facts() -> Select[Any]:
    both = facts.outerjoin(accounts, accounts.c.id == facts.c.subject)
    told = select(*facts.columns, accounts.c.body).select_from(both)
    return told.order_by(facts.c.cursor, facts.c.place)


def _last_event() -> Select[Any]:
    return select(*EVENT).order_by(events.c.seq.desc()).limit(1)


def _messages() -> Select[Any]:
    return _limited(select(events.c.data).order_by(events.c.seq))


def _latest_messages() -> Select[Any]:
    return _limited(select(events.c.data).order_by(events.c.seq.desc()))
