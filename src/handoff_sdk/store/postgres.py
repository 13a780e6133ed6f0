"""The store on a PostgreSQL database: for one engine, on a server that others look after.

``transactions`` writes, many changes side by side; ``sessions`` read; ``sole`` keeps other engines away. The database
draws the cursors, and the feed is read up to the ``watermark``.

Where several engines are to share a database, each has to hear of what the others write: a session that LISTENs, beside
``sole``'s, would wake the hub, which then reads the feed. Everything that is kept is right for any number of them.

Source: house page, decisions 3 to 8; ports (``Store``).
"""

from __future__ import annotations

import asyncio
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from handoff_sdk.errors import Unavailable
from handoff_sdk.models.event import UNSTORED
from handoff_sdk.store import rows
from handoff_sdk.store.dialects import POSTGRESQL
from handoff_sdk.store.order import lanes_of
from handoff_sdk.store.outage import named
from handoff_sdk.store.pages import Pages
from handoff_sdk.store.preparing import prepare
from handoff_sdk.store.sessions import Sessions
from handoff_sdk.store.sole import SoleEngine
from handoff_sdk.store.sql import SqlStore
from handoff_sdk.store.statements import Statements
from handoff_sdk.store.steps import steps
from handoff_sdk.store.transactions import Transactions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from handoff_sdk.models.event import Event
    from handoff_sdk.ports import Change, EventFilter
    from handoff_sdk.store.procedures import Asked, Procedure
    from handoff_sdk.store.statement import Row
    from handoff_sdk.store.step import Step

__all__ = ["PostgresStore"]

T = TypeVar("T")


@cache
def _statements() -> tuple[Statements, Pages]:
    return Statements(POSTGRESQL), Pages(POSTGRESQL)


class PostgresStore(SqlStore):
    """A store on the database of ``url``, which must be there and be the engine's alone.

    Args:
        url: ``postgresql://USER:PASSWORD@HOST:PORT/DATABASE``, or what else libpq takes.
        durable: ``False`` for a database that is thrown away: an answer does not wait for the disk.

    Raises:
        ConfigError: The URL cannot be read.
    """

    def __init__(self, url: str, *, durable: bool = True) -> None:
        super().__init__(*_statements())
        self._url = url
        self._where = named(url)
        self._durable = durable
        self._sole: SoleEngine | None = None
        self._sessions: Sessions | None = None
        self._transactions: Transactions | None = None

    async def open(self) -> None:
        """Migrate to the present schema and make ready.

        Raises:
            Unavailable: Another engine has the database, or it cannot be reached; the text says which and what to do.
        """
        self._sole = SoleEngine(self._url, self._where)
        try:
            await prepare(await self._sole.take(), self._url, self._where)
            self._sessions = Sessions(self._url, self._where, durable=self._durable)
            await self._sessions.open()
        except BaseException:
            await self.close()
            raise
        self._sole.hold()
        self._transactions = Transactions(
            self._url,
            self._where,
            durable=self._durable,
            add_event=self._sql.add_event.sql,
            cursors=self._cursors,
        )

    async def close(self) -> None:
        """Write what was submitted, then let go of everything."""
        transactions, self._transactions = self._transactions, None
        if transactions is not None:
            await transactions.close()
        if self._sessions is not None:
            await self._sessions.close()
        if self._sole is not None:
            await self._sole.release()
        self._sessions = self._sole = None

    def check(self) -> None:
        """Raise ``Unavailable`` when the store cannot write any more, saying why."""
        self._writing.check()

    def submit(self, change: Change) -> asyncio.Future[tuple[Event, ...]]:
        """Write ``change`` in one transaction; see ``ports.Store``. One that is refused leaves a gap in the cursors."""
        try:
            written = steps(change, change.events, self._sql)
            return self._writing.write((*written.first, *written.last), change.events, lanes_of(change))
        except Exception as error:  # noqa: BLE001 - one change's bad value is that change's outcome
            failed: asyncio.Future[tuple[Event, ...]] = asyncio.get_running_loop().create_future()
            failed.set_exception(error)
            return failed

    async def events(self, which: EventFilter, *, after: int, limit: int) -> Sequence[Event]:
        """Stored events with a cursor past ``after``, in the order of the feed.

        In one conversation they come one after the other, as its version does; over all of them up to the watermark.
        """
        until = None if which.conversation_id else await self._reading.watermark()
        return await self._all(self._pages.events(which, after, limit, until), rows.event)

    async def cursor(self) -> int:
        """The cursor up to which the feed can be read; 0 in an empty store."""
        return min(await super().cursor(), await self._reading.watermark())

    async def _read(self, asked: Asked, take: Callable[[Iterable[Row]], T]) -> T:
        return await self._reading.read(asked, take)

    async def _write(self, step: Step) -> None:
        await self._writing.write((step,), (), {step.sql})

    async def _do(self, procedure: Procedure[T]) -> T:
        return await self._reading.carry_out(procedure)

    async def _cursors(self, events: Sequence[Event]) -> list[int]:
        """The cursors of events that may be written; none where they are not."""
        found = [await self.event(event.id) for event in events if event.type not in UNSTORED]
        return [event.cursor for event in found if event is not None]

    @property
    def _writing(self) -> Transactions:
        if self._transactions is None:
            raise Unavailable("The store is not open.")
        if self._sole is not None and self._sole.ended is not None:
            raise Unavailable(self._sole.ended)
        return self._transactions

    @property
    def _reading(self) -> Sessions:
        if self._sessions is None:
            raise Unavailable("The store is not open.")
        return self._sessions
