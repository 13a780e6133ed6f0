"""What becomes of a row that is there already when one with its key is to be added.

Each takes an INSERT of ``dialects.upsert``, which knows ``on_conflict``.

Source: house page, decision 7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from handoff_sdk.store.schema import agents, positions, slots
from handoff_sdk.store.statement import number, text

if TYPE_CHECKING:
    from sqlalchemy import Table
    from sqlalchemy.sql.elements import BindParameter

__all__ = ["counted", "given", "kept", "moved", "taken"]


def kept(row: Any) -> Any:  # noqa: ANN401 - each dialect has an Insert of its own
    """The new row takes the place of the old one."""
    table: Table = row.table
    columns = [column.name for column in table.columns if not column.primary_key]
    key = [column.name for column in table.primary_key]
    return row.on_conflict_do_update(index_elements=key, set_={name: row.excluded[name] for name in columns})


def taken(row: Any) -> Any:  # noqa: ANN401 - the same
    """Of a second of the pacer: the places given out in it add up."""
    once_more = {"taken": slots.c.taken + row.excluded.taken}
    return row.on_conflict_do_update(index_elements=["ladder", "at"], set_=once_more)


def counted(row: Any, within: BindParameter[int] | None = None) -> Any:  # noqa: ANN401 - the same
    """Of an agent: what is used adds up, and nothing is written where it would exceed ``within``."""
    used = agents.c.used + row.excluded.used
    set_ = {name: row.excluded[name] for name in ("body", "due_at", "due_rank")}
    return row.on_conflict_do_update(
        index_elements=["id"],
        set_=set_ | {"used": used},
        where=None if within is None else used <= within,
    )


def given(row: Any) -> Any:  # noqa: ANN401 - the same
    """The same of an agent who may be new: no row is written where the capacity used would exceed ``within`` either."""
    within = number("within")
    new = select(text("id"), number("used"), number("due_at"), number("due_rank"), text("body"))
    names = ["id", "used", "due_at", "due_rank", "body"]
    return counted(row.from_select(names, new.where(number("used") <= within)), within)


def moved(row: Any) -> Any:  # noqa: ANN401 - the same
    """Of a reader's position: it is moved from where it was, or nothing is written."""
    return row.on_conflict_do_update(
        index_elements=["id"], set_={"cursor": row.excluded.cursor}, where=positions.c.cursor == number("was")
    )
