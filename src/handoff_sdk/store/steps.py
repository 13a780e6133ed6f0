"""A change as the statements that write it, in their order.

Each must touch a row: where it does not, or meets a unique constraint, the whole change is refused, and the step knows
what that refusal is called. So a store needs no knowledge of what a change means.

Source: ports (``Change``); house page, decisions 6 and 7.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from handoff_sdk.errors import Conflict
from handoff_sdk.models.event import UNSTORED
from handoff_sdk.ports import AnswerKept, CapacityReached, IdentityTaken, StaleVersion
from handoff_sdk.store import rows
from handoff_sdk.store.books import book_steps, fact_steps
from handoff_sdk.store.hooks import hook_steps
from handoff_sdk.store.step import Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from handoff_sdk.core.thread import Thread
    from handoff_sdk.models.event import Event
    from handoff_sdk.ports import Change, Redaction
    from handoff_sdk.store.statements import Statements

__all__ = ["Step", "Steps", "cursored", "numbered", "steps"]


class Steps(NamedTuple):
    """A change. The steps of ``last`` only add rows, so a store may write those of many changes together."""

    first: tuple[Step, ...]
    last: tuple[Step, ...]


def numbered(events: tuple[Event, ...], last: int) -> tuple[Event, ...]:
    """Events with the cursors after ``last``. Those that are kept nowhere get none."""
    return cursored(events, count(last + 1))


def cursored(events: tuple[Event, ...], cursors: Iterator[int]) -> tuple[Event, ...]:
    """Events with their cursors. Those that are kept nowhere get none."""
    return tuple(
        event if event.type in UNSTORED else event.model_copy(update={"cursor": next(cursors)}) for event in events
    )


def steps(change: Change, events: tuple[Event, ...], to: Statements) -> Steps:
    """What writes a change; ``events`` are its events, with their cursors where the database draws none."""
    return Steps(tuple(_first(change, to)), tuple(_last(change, events, to)))


def _last(change: Change, events: tuple[Event, ...], to: Statements) -> Iterator[Step]:
    for event in events:
        if event.type not in UNSTORED:
            yield Step(to.add_event.sql, to.add_event.row(rows.event_row(event, event.cursor)), StaleVersion)
    if change.books is not None:
        yield from fact_steps(change.books, to)
    if change.answer is not None:
        yield Step(to.add_answer.sql, to.add_answer.row(rows.answer_row(change.answer)), AnswerKept)


def _first(change: Change, to: Statements) -> Iterator[Step]:
    if change.customer is not None:
        yield Step(to.keep_customer.sql, to.keep_customer.row(rows.customer_row(change.customer)), IdentityTaken)
    if change.after is not None:
        yield _conversation(change, change.after, to)
        yield from _tickets(change.before, change.after, to)
    if change.redaction is not None:
        yield from _redaction(change.redaction, to)
    if change.hook is not None:
        yield from hook_steps(change.hook, to)
    if change.books is not None:
        yield from book_steps(change.books, to)
    yield from _for_all(change, to)
    for agent_change in change.agents:
        row = rows.agent_row(agent_change.agent, agent_change.load, agent_change.due)
        if agent_change.limit is None:
            yield Step(to.keep_agent.sql, to.keep_agent.row(row), CapacityReached)
        else:
            row["within"] = agent_change.limit
            yield Step(to.give_agent.sql, to.give_agent.row(row), CapacityReached)


def _for_all(change: Change, to: Statements) -> Iterator[Step]:
    """What a change writes that belongs to no conversation."""
    if change.slot is not None:
        yield Step(to.take_slot.sql, to.take_slot.row(rows.slot_row(change.slot)), Conflict)
    if change.breaker is not None:
        yield Step(to.keep_breaker.sql, to.keep_breaker.row(rows.breaker_row(change.breaker)), Conflict)
    if change.config is not None:
        yield Step(to.add_config.sql, to.add_config.row(rows.config_row(change.config)), Conflict)


def _redaction(redaction: Redaction, to: Statements) -> Iterator[Step]:
    for event in redaction.events:
        row = {"this": event.id, "data": rows.event_row(event, event.cursor)["data"]}
        yield Step(to.change_event.sql, to.change_event.row(row), StaleVersion)
    for answer in redaction.answers:
        row = {"this": answer.key, "of": answer.scope, "body": answer.body}
        yield Step(to.change_answer.sql, to.change_answer.row(row), StaleVersion)


def _conversation(change: Change, after: Thread, to: Statements) -> Step:
    row = rows.conversation_row(after, change.load_agent, change.due)
    if change.before is None:
        return Step(to.add_conversation.sql, to.add_conversation.row(row), StaleVersion)
    row |= {"this": row["id"], "was": change.before.version}
    return Step(to.change_conversation.sql, to.change_conversation.row(row), StaleVersion)


def _tickets(before: Thread | None, after: Thread, to: Statements) -> Iterator[Step]:
    """Changed tickets before new ones, so that the old live one has made room."""
    known = {ticket.id: ticket for ticket in before.tickets} if before else {}
    new = []
    for ticket in after.tickets:
        old = known.get(ticket.id)
        if old is None:
            new.append(ticket)
        elif old is not ticket and old != ticket:
            row = rows.ticket_row(ticket)
            row["this"] = ticket.id
            yield Step(to.change_ticket.sql, to.change_ticket.row(row), StaleVersion)
    for ticket in new:
        yield Step(to.add_ticket.sql, to.add_ticket.row(rows.ticket_row(ticket)), StaleVersion)
