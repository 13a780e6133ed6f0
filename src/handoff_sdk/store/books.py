"""Facts and accounts to rows and back. Nothing here reads or writes; all stores share it.

Source: schema; ports (``BookChange``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handoff_sdk.core.accounts import ACCOUNT, Fact, TicketAccount
from handoff_sdk.core.figures import Told
from handoff_sdk.ports import StaleVersion
from handoff_sdk.store.rows import instant, micros
from handoff_sdk.store.step import Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from handoff_sdk.core.accounts import Account
    from handoff_sdk.ports import BookChange
    from handoff_sdk.store.statement import Row
    from handoff_sdk.store.statements import Statements

__all__ = ["account", "book_steps", "fact_steps", "scrubbed", "told"]


def book_steps(change: BookChange, to: Statements) -> Iterator[Step]:
    """What moves the position and writes the accounts."""
    position = {"id": change.reader, "cursor": change.cursor, "was": change.was}
    yield Step(to.move_position.sql, to.move_position.row(position), StaleVersion)
    for each in change.accounts:
        yield Step(to.keep_account.sql, to.keep_account.row(_account_row(each)), StaleVersion)


def fact_steps(change: BookChange, to: Statements) -> Iterator[Step]:
    """What adds the facts."""
    for fact in change.facts:
        yield Step(to.add_fact.sql, to.add_fact.row(fact._asdict() | {"at": micros(fact.at)}), StaleVersion)


def account(body: str) -> Account:
    """An account, from its body."""
    return ACCOUNT.validate_json(body)


def scrubbed(body: str) -> str:
    """An account's body without what was said of the person: figures count it as they did."""
    each = account(body)
    if isinstance(each, TicketAccount):
        each = each.model_copy(update={"tags": (), "fields": {}, "reason": None})
    return each.model_dump_json(exclude_none=True)


def told(rows: Iterable[Row]) -> list[Told]:
    """Facts and what they are about, from the columns of a fact and an account's body. Each account is read once."""
    accounts: dict[str, Account | None] = {}
    found = []
    for cursor, place, name, at, subject, key, agent, detail, value, body in rows:
        if subject not in accounts:
            accounts[subject] = None if body is None else account(body)
        fact = Fact(cursor, place, name, instant(at), subject, key, agent, detail, value)
        found.append(Told(fact, accounts[subject]))
    return found


def _account_row(each: Account) -> dict[str, Any]:
    brand = getattr(each, "brand", None)
    return {"id": each.id, "brand": brand, "body": each.model_dump_json(exclude_none=True)}
