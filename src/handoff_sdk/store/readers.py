"""SQLite's readers: a few connections that see all that is committed, each used by one thread at a time.

Source: house page, decision 4.
"""

from __future__ import annotations

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, TypeVar

from handoff_sdk.errors import Unavailable
from handoff_sdk.store.connection import reader
from handoff_sdk.store.trouble import unavailable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["Readers"]

T = TypeVar("T")

_COUNT: Final = 4
_MOST_WAITING: Final = 1_000


class Readers:
    """Connections that read ``path``."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._free = [reader(path) for _ in range(_COUNT)]
        self._threads = ThreadPoolExecutor(_COUNT, thread_name_prefix="handoff-reader")
        self._waiting = 0

    async def run(self, read: Callable[[sqlite3.Connection], T]) -> T:
        """What ``read`` answers, given a connection, in a thread.

        Raises:
            Unavailable: The file cannot be read, too many reads wait, or the readers are closed.
        """
        if self._waiting >= _MOST_WAITING:
            raise Unavailable(f"{self._waiting} reads of {self._path} wait already.", retry_after=1)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._read, read)
        except sqlite3.Error as error:
            raise unavailable(error, self._path) from error
        finally:
            self._waiting -= 1

    async def close(self) -> None:
        """Let reads that run come to their end, and close the connections."""
        await asyncio.get_running_loop().run_in_executor(None, self._threads.shutdown)
        for connection in self._free:
            connection.close()

    def _read(self, read: Callable[[sqlite3.Connection], T]) -> T:
        # There are as many connections as threads, so there is always one.
        connection = self._free.pop()
        try:
            return read(connection)
        finally:
            self._free.append(connection)
