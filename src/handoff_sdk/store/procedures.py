"""What a store does in more than one statement, written without a database.

A procedure is a generator: it yields a statement with its values, is sent what came of it, and returns its answer. Who
carries it out does so in one transaction, and may begin it anew.

Source: ports (``Store``).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias, TypeVar

from handoff_sdk.errors import NotFound
from handoff_sdk.ports import Standing
from handoff_sdk.store import books, rows
from handoff_sdk.store.schema import ERASED
from handoff_sdk.store.statement import Row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from handoff_sdk.store.statement import Statement
    from handoff_sdk.store.statements import Statements

__all__ = [
    "Asked",
    "Procedure",
    "Reply",
    "conversation_erased",
    "counted",
    "customer_erased",
    "forgotten",
    "kept_secret",
    "merged",
    "standing",
    "webhook_dropped",
]

T = TypeVar("T")

_FORGET_AT_ONCE: Final = 5_000
"""Answers forgotten in one transaction, so that nobody waits long behind it."""
_SECRET_BYTES: Final = 32


class Reply(NamedTuple):
    """What came of a statement: the rows it answered, and how many it wrote."""

    rows: Sequence[Row]
    written: int


Asked: TypeAlias = tuple[str, Row]
"""A statement and its values."""

Procedure: TypeAlias = Callable[[], Generator[Asked, Reply, T]]
"""Begins a procedure."""


def counted(statement: Statement, row: Row) -> Generator[Asked, Reply, int]:
    """How many rows one statement wrote."""
    return (yield statement.sql, row).written


def merged(to: Statements, anonymous_id: str, customer_id: str) -> Generator[Asked, Reply, list[str]]:
    """Give all conversations of one customer to another and forget the first; the ids of those conversations.

    Raises:
        NotFound: There is no customer ``customer_id``.
    """
    if not (yield to.customer.sql, (customer_id,)).rows:
        raise NotFound(f"There is no customer {customer_id}.")
    if anonymous_id == customer_id:
        return []
    found = (yield to.conversations_of.sql, (anonymous_id,)).rows
    for conversation_id, body in found:
        version, moved = rows.moved_body(body, customer_id)
        values = {"this": conversation_id, "customer_id": customer_id, "version": version, "body": moved}
        yield to.move_conversation.sql, to.move_conversation.row(values)
    yield to.drop_customer.sql, (anonymous_id,)
    return [conversation_id for conversation_id, _ in found]


def conversation_erased(to: Statements, conversation_id: str) -> Generator[Asked, Reply, None]:
    """Forget a conversation with all that belongs to it; what is counted of its tickets loses their tags and fields.

    Where the feed's last event goes with it, the cursor it had is kept, so that none is given out twice.
    """
    ((last,),) = (yield to.cursor.sql, ()).rows
    yield to.keep_cursor.sql, to.keep_cursor.row({"id": ERASED, "cursor": last or 0})
    tickets = (yield to.ticket_ids.sql, (conversation_id,)).rows
    for (ticket_id,) in tickets:
        for (body,) in (yield to.account.sql, (ticket_id,)).rows:
            scrubbed = {"this": ticket_id, "body": books.scrubbed(body)}
            yield to.change_account.sql, to.change_account.row(scrubbed)
    for statement in (to.erase_events, to.erase_tickets, to.erase_attachments, to.erase_conversation):
        yield statement.sql, (conversation_id,)
    yield to.drop_answers_with.sql, (conversation_id.encode(),)


def customer_erased(to: Statements, customer_id: str) -> Generator[Asked, Reply, None]:
    """Forget a customer and what was answered about them."""
    yield to.drop_customer.sql, (customer_id,)
    yield to.drop_answers_with.sql, (customer_id.encode(),)


def standing(to: Statements) -> Generator[Asked, Reply, Standing]:
    """Where the desk stands when it starts. The load of each agent is counted anew, and kept as counted."""
    used: dict[str, int] = dict((yield to.used.sql, ()).rows)
    yield to.forget_used.sql, ()
    for agent_id, count in used.items():
        yield to.set_used.sql, to.set_used.row({"this": agent_id, "used": count})
    inactive: dict[str, int] = dict((yield to.inactive.sql, ()).rows)
    emails: dict[str, int] = dict((yield to.emails.sql, ()).rows)
    threads = (yield to.standing.sql, ()).rows
    agents = (yield to.agents.sql, ()).rows
    breakers = (yield to.breakers.sql, ()).rows
    slots = (yield to.slots.sql, ()).rows
    return Standing(
        threads=tuple(rows.threads(threads)),
        agents=tuple(rows.agent(body) for (body,) in agents),
        used=used,
        inactive=inactive,
        emails=emails,
        breakers=tuple(rows.breaker(body) for (body,) in breakers),
        slots=dict(rows.slot(row) for row in slots),
    )


def forgotten(to: Statements, before: datetime) -> Generator[Asked, Reply, tuple[int, bool]]:
    """Forget some of the answers kept before an instant; how many, and whether there are more."""
    values = {"before": rows.micros(before), "n": _FORGET_AT_ONCE}
    bound = (yield to.nth_answer.sql, to.nth_answer.row(values)).rows
    until = {"before": bound[0][0] + 1} if bound else values
    return (yield to.drop_answers.sql, to.drop_answers.row(until)).written, bool(bound)


def webhook_dropped(to: Statements, webhook_id: str) -> Generator[Asked, Reply, None]:
    """Forget a webhook, and then its deliveries: whoever changes it meanwhile adds none behind our back."""
    yield to.drop_webhook.sql, (webhook_id,)
    yield to.drop_deliveries.sql, (webhook_id,)


def kept_secret(to: Statements, name: str) -> Generator[Asked, Reply, bytes]:
    """The random bytes kept under a name, made where there are none."""
    new = {"name": name, "value": secrets.token_bytes(_SECRET_BYTES)}
    yield to.add_secret.sql, to.add_secret.row(new)
    ((value,),) = (yield to.secret.sql, to.secret.row(new)).rows
    return bytes(value)
