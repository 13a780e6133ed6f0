"""Connections to an SQLite file, and what they agree on.

- WAL: readers see what is committed and never wait for the writer, nor it for them.
- ``synchronous=FULL``: a commit is on the disk before it returns.
- No connection checkpoints by itself (``wal_autocheckpoint=0``). SQLite before 3.51.3 can damage a file when two
  connections checkpoint or write at the same instant, so the writer alone does both; a reader cannot write at all.

Source: sqlite.org, Write-Ahead Logging; house page, decision 4.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["reader", "writer"]

_STATEMENTS = 256
_BUSY_MS = 5_000
_WRITER_CACHE_KIB = 65_536
_READER_CACHE_KIB = 16_384


def writer(path: Path, *, durable: bool) -> sqlite3.Connection:
    """The connection that writes; without ``durable`` it does not wait for the disk. It makes no file."""
    connection = _connection(path, "rw", _WRITER_CACHE_KIB)
    connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'OFF'}")
    connection.execute("PRAGMA secure_delete=FAST")
    return connection


def reader(path: Path) -> sqlite3.Connection:
    """A connection that only reads; the writer must be open."""
    return _connection(path, "ro", _READER_CACHE_KIB)


def _connection(path: Path, mode: str, cache_kib: int) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(str(path))}?mode={mode}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=_STATEMENTS,
    )
    connection.execute("PRAGMA wal_autocheckpoint=0")
    connection.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
    connection.execute(f"PRAGMA cache_size=-{cache_kib}")
    connection.execute("PRAGMA temp_store=MEMORY")
    return connection
