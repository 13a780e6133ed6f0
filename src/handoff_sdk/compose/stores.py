"""Which store a URL names. The only place that names a database.

Source: sdk.md, Command line (``--store``, ``migrate``).
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeGuard

from handoff_sdk.desk.clock import SystemClock
from handoff_sdk.errors import ConfigError
from handoff_sdk.store import migrations
from handoff_sdk.store.opening import file_revision
from handoff_sdk.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from handoff_sdk.ports import Store
    from handoff_sdk.store.copying import Copied
    from handoff_sdk.store.inspection import Inspection

__all__ = ["copy_desk", "inspected", "on_postgresql", "path_of", "schema_of", "store_of"]

_SQLITE: Final = "sqlite:///"
_POSTGRESQL: Final = ("postgresql://", "postgres://")


def store_of(store: str | Path, *, durable: bool = True) -> Store:
    """The store that a URL names, or that on an SQLite file; it is not open yet.

    Raises:
        ConfigError: It names no store that there is.
    """
    if on_postgresql(store):
        # A desk on SQLite needs no driver of PostgreSQL.
        from handoff_sdk.store.postgres import PostgresStore  # noqa: PLC0415

        return PostgresStore(store, durable=durable)
    return SqliteStore(path_of(store), durable=durable)


async def schema_of(store: str | Path) -> tuple[str | None, str]:
    """The revision of a store's schema, ``None`` where it has none yet, and the present one. Nothing is changed.

    Raises:
        ConfigError: It names no store that there is.
        Unavailable: It is something else's, a newer version's, or cannot be reached.
    """
    if on_postgresql(store):
        from handoff_sdk.store.preparing import present_revision  # noqa: PLC0415 - as above

        return await present_revision(store), migrations.HEAD
    return await asyncio.to_thread(file_revision, path_of(store)), migrations.HEAD


async def inspected(url: str) -> Inspection:
    """What a PostgreSQL database and its server say of themselves. Nothing is changed.

    Raises:
        ConfigError: It is not a URL that PostgreSQL takes.
        Unavailable: It cannot be reached.
    """
    from handoff_sdk.store.inspecting import inspect  # noqa: PLC0415 - as above

    return await inspect(url, SystemClock().now)


def copy_desk(source: str, target: str, begin: Callable[[int], Callable[[int], None]]) -> list[Copied]:
    """Copy a desk from an SQLite file into an empty PostgreSQL database, all of it or nothing; see ``store.copying``.

    Raises:
        ConfigError: The URLs are not of this kind.
    """
    if not on_postgresql(target):
        raise ConfigError("A desk can be copied to a 'postgresql://' URL only.")
    from handoff_sdk.store.copying import copy  # noqa: PLC0415 - as above

    return copy(path_of(source), target, begin)


def on_postgresql(store: str | Path) -> TypeGuard[str]:
    """Whether a URL names a store on PostgreSQL."""
    return isinstance(store, str) and store.startswith(_POSTGRESQL)


def path_of(url: str | Path) -> Path:
    """The SQLite file that a URL names.

    Raises:
        ConfigError: It names no store that there is.
    """
    if isinstance(url, Path):
        return url
    if not url.startswith(_SQLITE) or url == _SQLITE:
        shown = re.sub(r"(?<=//)[^/]*@|(?<=password=)[^\s&]*", "", url)
        raise ConfigError(
            f"{shown!r} is not a store that there is; write 'sqlite:///' and the path of a file, or "
            "'postgresql://USER@HOST/DATABASE'."
        )
    return Path(url.removeprefix(_SQLITE))
