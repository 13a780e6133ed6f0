"""The store on one SQLite file: for one engine, as fast as its disk.

``writer`` has the only connection that writes, ``readers`` some that read; ``lock`` keeps other engines away. Rows are
made on the event loop while the writer waits for the disk.

Source: house page, decisions 3 to 7; ports (``Store``).
"""

from __future__ import annotations

import asyncio
import sqlite3
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from handoff_sdk.errors import Unavailable
from handoff_sdk.store.dialects import SQLITE
from handoff_sdk.store.opening import opened
from handoff_sdk.store.pages import Pages
from handoff_sdk.store.procedures import Reply
from handoff_sdk.store.readers import Readers
from handoff_sdk.store.sql import SqlStore
from handoff_sdk.store.statements import Statements
from handoff_sdk.store.steps import Steps, numbered, steps
from handoff_sdk.store.trouble import checkpoint_risk, unavailable
from handoff_sdk.store.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from handoff_sdk.models.event import Event
    from handoff_sdk.ports import Change
    from handoff_sdk.store.lock import FileLock
    from handoff_sdk.store.procedures import Asked, Procedure
    from handoff_sdk.store.statement import Row
    from handoff_sdk.store.step import Step

__all__ = ["SqliteStore", "checkpoint_risk"]

T = TypeVar("T")


@cache
def _statements() -> tuple[Statements, Pages]:
    return Statements(SQLITE), Pages(SQLITE)


class SqliteStore(SqlStore):
    """A store on the file ``path``, which is made where there is none; its folder must be there.

    Args:
        path: The file. Beside it lie, while the store is open, its ``-wal`` and ``-shm``, and always its ``.lock``.
        durable: ``False`` for a file that is thrown away: an answer does not wait for the disk.
    """

    def __init__(self, path: str | Path, *, durable: bool = True) -> None:
        super().__init__(*_statements())
        self._path = Path(path)
        self._durable = durable
        self._cursor = 0
        self._lock: FileLock | None = None
        self._writer: Writer | None = None
        self._readers: Readers | None = None

    async def open(self) -> None:
        """Migrate to the present schema and make ready.

        Raises:
            Unavailable: Another engine has the file, or it cannot be opened; the text says which and what to do.
        """
        path = self._path.resolve()
        loop = asyncio.get_running_loop()
        self._lock, connection = await loop.run_in_executor(None, lambda: opened(path, durable=self._durable))
        try:
            self._cursor = connection.execute(self._sql.cursor.sql).fetchone()[0] or 0
            self._readers = Readers(path)
        except sqlite3.Error as error:
            connection.close()
            await self.close()
            raise unavailable(error, path) from error
        self._writer = Writer(connection, path)

    async def close(self) -> None:
        """Write what was submitted, then let go of everything."""
        if self._readers is not None:
            await self._readers.close()
        if self._writer is not None:
            await self._writer.close()
        if self._lock is not None:
            self._lock.release()
        self._readers = self._writer = self._lock = None

    def check(self) -> None:
        """Raise ``Unavailable`` when the store cannot write any more, saying why."""
        self._writing.check()

    def submit(self, change: Change) -> asyncio.Future[tuple[Event, ...]]:
        """Write ``change`` in one transaction; see ``ports.Store``. One that is refused leaves a gap in the cursors."""
        events = numbered(change.events, self._cursor)
        try:
            written = steps(change, events, self._sql)
            writer = self._writing
        except Exception as error:  # noqa: BLE001 - one change's bad value is that change's outcome
            failed: asyncio.Future[tuple[Event, ...]] = asyncio.get_running_loop().create_future()
            failed.set_exception(error)
            return failed
        self._cursor = max([self._cursor, *(event.cursor for event in events)])
        return writer.write(written, events)

    async def _read(self, asked: Asked, take: Callable[[Iterable[Row]], T]) -> T:
        return await self._reading.run(lambda connection: take(connection.execute(*asked)))

    async def _read_each(self, asked: Sequence[Asked], take: Callable[[Iterable[Row]], T]) -> list[T]:
        return await self._reading.run(lambda connection: [take(connection.execute(*each)) for each in asked])

    async def _write(self, step: Step) -> None:
        await self._writing.write(Steps((step,), ()), None)

    async def _do(self, procedure: Procedure[T]) -> T:
        return await self._writing.run(lambda connection: _carried_out(connection, procedure))

    @property
    def _writing(self) -> Writer:
        if self._writer is None:
            raise Unavailable("The store is not open.")
        return self._writer

    @property
    def _reading(self) -> Readers:
        if self._readers is None:
            raise Unavailable("The store is not open.")
        return self._readers


def _carried_out(connection: sqlite3.Connection, procedure: Procedure[T]) -> T:
    """What a procedure answers; this runs in the writer's thread."""
    work = procedure()
    try:
        asked = next(work)
        while True:
            done = connection.execute(*asked)
            asked = work.send(Reply(done.fetchall(), done.rowcount))
    except StopIteration as end:
        answer: T = end.value
        return answer
