"""What SQLite says, for the person who reads it at three in the morning.

Source: sqlite.org, Result and Error Codes; sqlite.org, Write-Ahead Logging, 11 (the WAL-reset bug).
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Final

from handoff_sdk.errors import Unavailable

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["checkpoint_risk", "is_final", "unavailable"]

_RETRY_AFTER: Final = 1.0
_PASSING: Final = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM}

_SAID: Final = {
    sqlite3.SQLITE_FULL: (
        "The disk that holds {path} is full, or a quota is reached. Free some space: nothing that was acknowledged is "
        "lost, and the engine goes on by itself."
    ),
    sqlite3.SQLITE_BUSY: (
        "Another program holds a lock on {path} (a sqlite3 shell, a backup tool). Let it finish or end it: the engine "
        "goes on by itself."
    ),
    sqlite3.SQLITE_IOERR: (
        "The disk under {path} failed ({error}). Look at the system's log and at the volume; when it works again, "
        "restart the engine. What was acknowledged before is on the disk."
    ),
    sqlite3.SQLITE_CORRUPT: (
        "{path} is damaged ({error}). Stop the engine, keep a copy of the file with its -wal and -shm, and restore the "
        "last backup; `sqlite3 FILE .recover` may bring back what is newer."
    ),
    sqlite3.SQLITE_NOTADB: (
        "{path} is not an SQLite file, or its beginning is damaged. Give the engine another file, or restore the last "
        "backup."
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "{path} cannot be opened ({error}). Its folder must be there, and the engine's user must be allowed to make "
        "files in it."
    ),
    sqlite3.SQLITE_READONLY: (
        "{path} cannot be written ({error}): the engine's user must be allowed to write the file and its folder, and "
        "the file must not be moved while the engine runs."
    ),
}


def unavailable(error: sqlite3.Error, path: Path) -> Unavailable:
    """What an error of SQLite means for whoever runs the engine."""
    code = _code(error)
    said = _SAID.get(code, "{path} could not be read or written: {error}.")
    text = said.format(path=path, error=getattr(error, "sqlite_errorname", None) or str(error).rstrip("."))
    return Unavailable(text, retry_after=_RETRY_AFTER if code in _PASSING else None)


def is_final(error: sqlite3.Error) -> bool:
    """Whether no further write can be trusted: what is on the disk is not known any more, or the file is gone."""
    return _code(error) not in _PASSING


def checkpoint_risk() -> str | None:
    """What ``handoff doctor`` says of this SQLite; ``None`` where nothing is wrong.

    From 3.7.0 to 3.51.2 (but for 3.44.6 and 3.50.7) two connections that checkpoint or write at the same instant can
    damage a file in WAL mode. The engine is safe from it: one connection writes and checkpoints, the others read. Other
    programs that write to the file are not.
    """
    version = sqlite3.sqlite_version_info
    repaired = version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)
    if repaired:
        return None
    return (
        f"SQLite {sqlite3.sqlite_version} has the WAL-reset bug (sqlite.org/wal.html#walresetbug, repaired in 3.51.3). "
        "The engine avoids it, as only one of its connections writes. Let no other program write to the engine's file "
        "while it runs."
    )


def _code(error: sqlite3.Error) -> int:
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
