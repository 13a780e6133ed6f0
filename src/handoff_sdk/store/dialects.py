"""What databases say differently, in one place; all else of a statement they have in common.

- SQLite tells how many rows a statement wrote. Where a whole transaction goes out before anything has come back, the
  statement itself must fail when it wrote none: on PostgreSQL it divides by the number of rows.
- On SQLite the engine numbers the events. On PostgreSQL the database does, which then answers the cursor.

Source: house page, decisions 4 and 8; ``watermark``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, LargeBinary, bindparam, func, insert, literal_column, select
from sqlalchemy.dialects import postgresql, sqlite

from handoff_sdk.store.schema import events
from handoff_sdk.store.watermark import NEXT_CURSOR

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Column, ColumnElement, Insert, Table, Update
    from sqlalchemy.engine import Dialect
    from sqlalchemy.sql.elements import ClauseElement

__all__ = ["POSTGRESQL", "SQLITE", "add_event", "holds", "sure", "upsert"]

# SQLAlchemy's dialects carry no annotations of their own here.
SQLITE: Dialect = sqlite.dialect(paramstyle="qmark")
POSTGRESQL: Dialect = postgresql.psycopg.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]

_UPSERTS: dict[str, Callable[[Table], Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def upsert(table: Table, dialect: Dialect) -> Any:  # noqa: ANN401 - each dialect has an Insert of its own
    """An INSERT that knows ``on_conflict``."""
    return _UPSERTS[dialect.name](table)


def add_event(dialect: Dialect) -> Insert:
    """What adds an event, with its cursor or with the next one."""
    if dialect.name == "sqlite":
        return insert(events)
    given = {column: bindparam(column.name, type_=column.type) for column in events.columns if column.name != "cursor"}
    drawn = literal_column(NEXT_CURSOR, BigInteger)
    return insert(events).values({**given, events.c.cursor: drawn}).returning(events.c.cursor)


def holds(column: Column[bytes], name: str, dialect: Dialect) -> ColumnElement[bool]:
    """Whether the bytes of the parameter ``name`` are somewhere in a column of bytes."""
    wanted = bindparam(name, type_=LargeBinary)
    if dialect.name == "sqlite":
        return func.instr(column, wanted) > literal_column("0")
    return func.position(wanted.op("IN")(column)) > literal_column("0")


def sure(statement: Insert | Update, dialect: Dialect) -> ClauseElement:
    """A statement that must write a row, so that who carries it out learns where it wrote none."""
    if dialect.name == "sqlite":
        return statement
    written = statement.returning(literal_column("1").label("one")).cte("written")
    return select(literal_column("1 / count(*)", BigInteger)).select_from(written)
