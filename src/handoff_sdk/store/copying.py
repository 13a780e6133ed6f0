"""Moving a desk: everything in an SQLite file into an empty PostgreSQL database, all of it or nothing.

Both are locked meanwhile, as by an engine. One transaction makes the tables, fills them, reads every row back and
compares number and checksum of each table; only then it commits. A move that ends early leaves the database as it was,
and the file is never written to.

Source: sdk.md, Command line (``handoff migrate``).
"""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import psycopg
from psycopg import sql
from sqlalchemy import Boolean, NullPool, create_engine
from sqlalchemy.exc import DBAPIError

from handoff_sdk.errors import Conflict, InvalidRequest, Unavailable
from handoff_sdk.store import migrations
from handoff_sdk.store.connection import reader
from handoff_sdk.store.lock import FileLock
from handoff_sdk.store.opening import revision_of
from handoff_sdk.store.ours import make_sure_it_is_ours
from handoff_sdk.store.outage import named, said
from handoff_sdk.store.schema import events, metadata
from handoff_sdk.store.trouble import unavailable
from handoff_sdk.store.watermark import ENGINE, SEQUENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Connection, Table

    from handoff_sdk.store.statement import Row

__all__ = ["Copied", "copy"]

_TOLD_EVERY: Final = 1_000
_WIDTH: Final = 1 << 256


class Copied(NamedTuple):
    """A table that was copied and compared: its name, how many rows it has, and their checksum."""

    table: str
    rows: int
    checksum: str


def copy(path: Path, url: str, begin: Callable[[int], Callable[[int], None]]) -> list[Copied]:
    """Copy the desk in the file ``path`` into the database of ``url``; what was copied, by table.

    Args:
        path: The SQLite file; no engine may run on it.
        url: The database; it must be there and have no desk in it.
        begin: Gets the number of rows to go through, which is each twice, and answers who is told how many were.

    Raises:
        Unavailable: An engine runs on one of the two, or one cannot be used.
        Conflict: The database has a desk in it already, or what was read back is not what was written.
        InvalidRequest: A text holds a character that PostgreSQL does not keep; the text says where.
    """
    if not path.is_file():
        raise Unavailable(f"There is no file {path}.")
    where = named(url)
    lock = FileLock(path)
    try:
        with closing(reader(path)) as source:
            _make_sure_it_is_present(source, path)
            return _copied(source, url, where, begin)
    except sqlite3.Error as error:
        raise unavailable(error, path) from error
    except psycopg.Error as error:
        raise said(error, where) from error
    except DBAPIError as error:
        raise (said(error.orig, where) if isinstance(error.orig, psycopg.Error) else error) from error
    finally:
        lock.release()


def _make_sure_it_is_present(source: sqlite3.Connection, path: Path) -> None:
    revision = revision_of(source, path)
    if revision != migrations.HEAD:
        raise Unavailable(f"{path} has the schema of an older version; bring it up first: handoff migrate up.")


def _copied(
    source: sqlite3.Connection, url: str, where: str, begin: Callable[[int], Callable[[int], None]]
) -> list[Copied]:
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=NullPool)
    tables = metadata.sorted_tables
    total = sum(source.execute(f'SELECT count(*) FROM "{table.name}"').fetchone()[0] for table in tables)  # noqa: S608
    with engine.begin() as connection:
        target: psycopg.Connection[Row] = connection.connection.driver_connection  # type: ignore[assignment]
        _make_ready(connection, target, where)
        tell = begin(2 * total)
        written = [_written(source, target, table, tell) for table in tables]
        for table, expected in zip(tables, written, strict=True):
            found = _summed(table.name, _read_back(target, table), tell)
            if found != expected:
                raise Conflict(f"{table.name} was read back otherwise than it was written; nothing is kept.")
        last = source.execute(f"SELECT max(cursor) FROM {events.name}").fetchone()[0]  # noqa: S608
        if last:
            target.execute("SELECT setval(%s, %s)", (SEQUENCE, last))
    return written


def _make_ready(connection: Connection, target: psycopg.Connection[Row], where: str) -> None:
    if target.execute(f"SELECT pg_try_advisory_xact_lock({ENGINE})").fetchone() != (True,):
        raise Unavailable(f"An engine has {where} open; stop it first.")
    found = target.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()").fetchall()
    make_sure_it_is_ours({str(name) for (name,) in found}, where, "a database")
    migrations.upgrade(connection)
    for table in metadata.sorted_tables:
        if target.execute(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(sql.Identifier(table.name))).fetchone():
            raise Conflict(f"{where} has a desk in it already; copy into an empty database.")


def _written(
    source: sqlite3.Connection, target: psycopg.Connection[Row], table: Table, tell: Callable[[int], None]
) -> Copied:
    columns = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
    into = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), columns)

    def passed(row: Row) -> Row:
        try:
            copying.write_row(row)
        except psycopg.DataError as error:
            raise InvalidRequest(f"{table.name} {row[0]!r} holds what PostgreSQL does not keep: {error}.") from error
        return row

    with target.cursor().copy(into) as copying:
        return _summed(table.name, (passed(row) for row in _of_sqlite(source, table)), tell)


def _of_sqlite(source: sqlite3.Connection, table: Table) -> Iterator[Row]:
    """Rows as PostgreSQL has them: what is yes or no is a number here."""
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    yes_or_no = [index for index, column in enumerate(table.columns) if isinstance(column.type, Boolean)]
    for row in source.execute(f'SELECT {names} FROM "{table.name}"'):  # noqa: S608 - our own names
        values: list[Any] = list(row)
        for index in yes_or_no:
            values[index] = bool(values[index])
        yield tuple(values)


def _read_back(target: psycopg.Connection[Row], table: Table) -> Iterator[Row]:
    columns = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
    with target.cursor(f"all_of_{table.name}") as cursor:
        cursor.itersize = _TOLD_EVERY
        yield from cursor.execute(sql.SQL("SELECT {} FROM {}").format(columns, sql.Identifier(table.name)))


def _summed(name: str, rows: Iterator[Row], tell: Callable[[int], None]) -> Copied:
    """Number and checksum of rows, whatever order they come in."""
    count = total = 0
    for row in rows:
        count += 1
        total += int.from_bytes(hashlib.sha256(repr(row).encode()).digest(), "big")
        if count % _TOLD_EVERY == 0:
            tell(_TOLD_EVERY)
    tell(count % _TOLD_EVERY)
    return Copied(name, count, f"{total % _WIDTH:064x}"[:16])
