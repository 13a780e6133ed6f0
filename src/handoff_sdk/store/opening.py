"""Opening an SQLite file: whose it is, that it is ours, and that it has the present schema.

Source: ports (``Store.open``).
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import StaticPool, create_engine
from sqlalchemy.exc import DBAPIError

from handoff_sdk.errors import Unavailable
from handoff_sdk.store import migrations
from handoff_sdk.store.connection import reader, writer
from handoff_sdk.store.lock import FileLock
from handoff_sdk.store.ours import make_sure_it_is_known, make_sure_it_is_ours
from handoff_sdk.store.trouble import unavailable

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["file_revision", "opened", "revision_of"]


def opened(path: Path, *, durable: bool) -> tuple[FileLock, sqlite3.Connection]:
    """The lock on a file and the connection that writes it; the file is made where there is none, for its owner alone.

    Raises:
        Unavailable: The file is in use, is something else's, or cannot be opened.
    """
    if not path.parent.is_dir():
        raise Unavailable(f"There is no folder {path.parent} to keep {path.name} in; make it first.")
    try:
        lock = FileLock(path)
    except OSError as error:
        raise Unavailable(f"{path.parent} cannot be written: {error.strerror}. Check whose it is.") from error
    try:
        return lock, _connected(path, durable=durable)
    except BaseException:
        lock.release()
        raise


def _connected(path: Path, *, durable: bool) -> sqlite3.Connection:
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        connection = writer(path, durable=durable)
    except OSError as error:
        raise Unavailable(f"{path} cannot be opened: {error.strerror}. Check whose it is.") from error
    except sqlite3.Error as error:
        raise unavailable(error, path) from error
    try:
        _prepare(connection, path)
    except BaseException as error:
        connection.close()
        cause = error.orig if isinstance(error, DBAPIError) else error
        if isinstance(cause, sqlite3.Error):
            raise unavailable(cause, path) from error
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    # First of all, so that a file that is not ours stays as it is.
    revision = revision_of(connection, path)
    (mode,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
    if mode != "wal":
        raise Unavailable(f"{path} lies where SQLite can keep no log (a network drive?). Put it on a local disk.")
    if revision is None:
        connection.executescript(_fresh())
    elif revision < migrations.HEAD:
        _upgrade(connection)


@cache
def _fresh() -> str:
    """What the revisions make of an empty file, as SQL in one transaction: it runs in a tenth of the time they take."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        _upgrade(connection)
        return "\n".join(connection.iterdump())


def _upgrade(connection: sqlite3.Connection) -> None:
    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
    with engine.connect() as alchemy:
        # Python's driver begins no transaction before it makes a table.
        alchemy.exec_driver_sql("BEGIN IMMEDIATE")
        migrations.upgrade(alchemy)
        alchemy.commit()


def file_revision(path: Path) -> str | None:
    """The revision of the file ``path``; ``None`` where there is none, or an empty one.

    Raises:
        Unavailable: It is something else's, a newer version's, or cannot be read.
    """
    if not path.is_file():
        return None
    try:
        with closing(reader(path)) as connection:
            return revision_of(connection, path)
    except sqlite3.Error as error:
        raise unavailable(error, path) from error


def revision_of(connection: sqlite3.Connection, path: Path) -> str | None:
    """The file's revision; ``None`` for an empty file.

    Raises:
        Unavailable: It is something else's, or a newer version's.
    """
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not tables:
        return None
    make_sure_it_is_ours(tables, str(path), "a file")
    (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    make_sure_it_is_known(revision, str(path), "file")
    return str(revision)
