"""Sessions on PostgreSQL: what they agree on, and the pool of those that read and carry procedures out.

- A commit is on the disk before it is told, whatever the server's default is.
- Nothing waits for ever: not a connection, a statement, a lock, a transaction left open or a read for its turn.
- Prepared statements and advisory locks belong to a session, so a pooler between must hand out whole sessions.

Source: house page, decisions 4 and 8; psycopg.org, Connection pools.
"""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

import psycopg
from psycopg.types.numeric import Int8Dumper
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout, TooManyRequests

from handoff_sdk.errors import Unavailable
from handoff_sdk.store.outage import said
from handoff_sdk.store.procedures import Reply
from handoff_sdk.store.watermark import LAST_DRAWN, LOWEST_FLOOR

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from handoff_sdk.store.procedures import Asked, Procedure
    from handoff_sdk.store.statement import Row

__all__ = ["Session", "Sessions", "connected"]

T = TypeVar("T")
Session: TypeAlias = "psycopg.AsyncConnection[Row]"

_MOST: Final = 8
_MOST_WAITING: Final = 1_000
_TRIES: Final = 3
_CONNECT_WITHIN: Final = 5
_TURN_WITHIN: Final = 5.0
_LOST: Final = ("08", "57P")
"""How codes begin that say that the session is gone."""

_SETTINGS: Final = """
SELECT set_config('statement_timeout', '10s', false),
       set_config('lock_timeout', '2s', false),
       set_config('idle_in_transaction_session_timeout', '30s', false),
       set_config('default_transaction_isolation', 'read committed', false),
       set_config('synchronous_commit', CASE WHEN NOT $1::boolean THEN 'off'
           WHEN current_setting('synchronous_commit') = 'off' THEN 'on'
           ELSE current_setting('synchronous_commit') END, false)
"""


def _how(url: str) -> dict[str, Any]:
    """How to connect; what the URL says itself comes first."""
    ours = {
        "application_name": f"handoff {socket.gethostname()} {os.getpid()}",
        "connect_timeout": _CONNECT_WITHIN,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 20_000,
    }
    given = psycopg.conninfo.conninfo_to_dict(url)
    return {
        **{name: value for name, value in ours.items() if name not in given},
        "client_encoding": "utf8",
        "autocommit": True,
        "cursor_factory": psycopg.AsyncRawCursor,
    }


async def _agree(session: Session, *, durable: bool) -> None:
    # One type for all numbers, so that a statement is prepared once.
    session.adapters.register_dumper(int, Int8Dumper)
    await session.execute(_SETTINGS, (durable,))


async def connected(url: str, *, durable: bool) -> Session:
    """A new session.

    Raises:
        psycopg.Error: The database cannot be reached or does not let us in.
    """
    session = await psycopg.AsyncConnection.connect(url, **_how(url))
    try:
        await _agree(session, durable=durable)
    except BaseException:
        await session.close()
        raise
    return session


class Sessions:
    """Up to eight sessions with the database of ``url``, which is called ``where``."""

    def __init__(self, url: str, where: str, *, durable: bool) -> None:
        self._where = where
        self._pool: AsyncConnectionPool[Session] = AsyncConnectionPool(
            url,
            kwargs=_how(url),
            min_size=1,
            max_size=_MOST,
            max_waiting=_MOST_WAITING,
            timeout=_TURN_WITHIN,
            configure=lambda session: _agree(session, durable=durable),
            open=False,
            name="handoff",
        )

    async def open(self) -> None:
        """Make the first session."""
        await self._pool.open()

    async def close(self) -> None:
        """Let go of all sessions."""
        await self._pool.close()

    async def read(self, asked: Asked, take: Callable[[Iterable[Row]], T]) -> T:
        """What ``take`` makes of the rows of a statement that only reads.

        Raises:
            Unavailable: The database cannot be read, too many reads wait, or the sessions are closed.
        """

        async def work(session: Session) -> list[Row]:
            return await (await session.execute(*asked)).fetchall()

        return take(await self._with_session(work))

    async def watermark(self) -> int:
        """The cursor up to which all events can be seen, now and by whoever reads after this."""

        async def work(session: Session) -> int:
            # In this order, and each on its own: see ``watermark``.
            numbers = [await (await session.execute(asked)).fetchone() for asked in (LAST_DRAWN, LOWEST_FLOOR)]
            return min(int(number) for (number,) in filter(None, numbers) if number is not None)

        return await self._with_session(work)

    async def carry_out(self, procedure: Procedure[T]) -> T:
        """What a procedure answers, once all it wrote is durable. Where transactions meet it is begun anew."""

        async def work(session: Session) -> T:
            async with session.transaction():
                return await _carried_out(session, procedure)

        return await self._with_session(work)

    async def _with_session(self, work: Callable[[Session], Awaitable[T]]) -> T:
        tries = 0
        while True:
            tries += 1
            try:
                async with self._pool.connection() as session:
                    return await work(session)
            except PoolClosed:
                raise Unavailable("The store is not open.") from None
            except (PoolTimeout, TooManyRequests) as error:
                raise Unavailable(f"{self._where} does not keep up or cannot be reached.", retry_after=1) from error
            except (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure) as error:
                if tries == _TRIES:
                    raise said(error, self._where) from error
            except psycopg.OperationalError as error:
                if tries == _TRIES or not (error.sqlstate or "08").startswith(_LOST):
                    raise said(error, self._where) from error
                # The server went and came back: so are the other sessions that lie idle.
                await self._pool.check()
            except psycopg.Error as error:
                raise said(error, self._where) from error


async def _carried_out(session: Session, procedure: Procedure[T]) -> T:
    work = procedure()
    try:
        asked = next(work)
        while True:
            done = await session.execute(*asked)
            asked = work.send(Reply(await done.fetchall() if done.description else (), done.rowcount))
    except StopIteration as end:
        answer: T = end.value
        return answer
