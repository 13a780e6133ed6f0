"""One engine a database: an advisory lock, held by a session of its own as long as the engine runs.

It keeps a second engine from starting by mistake. Two that write at once would do no harm to what is kept, which the
database's constraints and the watermark see to; but each would only tell its own listeners. So where the session is
lost, the engine goes on and takes the lock again; where another engine has it by then, this one ends.

Source: house page, decisions 5 and 7.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import psycopg

from handoff_sdk.errors import Unavailable
from handoff_sdk.store.outage import said
from handoff_sdk.store.sessions import connected
from handoff_sdk.store.watermark import ENGINE

if TYPE_CHECKING:
    from handoff_sdk.store.sessions import Session

__all__ = ["SoleEngine", "holder"]

_log = logging.getLogger(__name__)

_LOOK_EVERY: Final = 5.0
_AGAIN_AFTER: Final = 1.0
_OURS_LINGERS_FOR: Final = 60.0
"""Seconds in which the server may not have noticed that our own session is gone."""

_TAKE: Final = f"SELECT pg_try_advisory_lock({ENGINE})"
_GIVE_BACK: Final = f"SELECT pg_advisory_unlock({ENGINE})"
_HOLDER: Final = f"""
SELECT pid, application_name, coalesce(host(client_addr), 'the same machine') FROM pg_stat_activity
WHERE pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND granted
              AND (classid::bigint << 32 | objid::bigint) = {ENGINE}
              AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
"""  # noqa: S608 - our own number


async def holder(session: Session) -> str | None:
    """The session whose engine has the database, as people call it; ``None`` where none has."""
    found = await (await session.execute(_HOLDER)).fetchone()
    return f"session {found[0]} ({found[1]}) from {found[2]}" if found else None


class SoleEngine:
    """The right to be the engine of the database of ``url``, which is called ``where``."""

    def __init__(self, url: str, where: str) -> None:
        self.ended: str | None = None
        """Why this engine must not go on, where that is so."""
        self._url = url
        self._where = where
        self._session: Session | None = None
        self._watch: asyncio.Task[None] | None = None

    async def take(self) -> Session:
        """Take it at once or not at all; the session that holds it.

        Raises:
            Unavailable: Another engine has it, or the database cannot be reached.
        """
        try:
            session = await connected(self._url, durable=True)
        except psycopg.Error as error:
            raise said(error, self._where) from error
        try:
            refused = await self._refusal(session)
        except psycopg.Error as error:
            await session.close()
            raise said(error, self._where) from error
        if refused is not None:
            await session.close()
            raise Unavailable(refused)
        self._session = session
        return session

    def hold(self) -> None:
        """See from now on that it stays ours."""
        self._watch = asyncio.get_running_loop().create_task(self._held(), name="handoff-sole-engine")

    async def release(self) -> None:
        """Give it back: the next engine need not wait until the server sees that this one has gone."""
        if self._watch is not None:
            self._watch.cancel()
            with suppress(asyncio.CancelledError):
                await self._watch
        if self._session is not None:
            with suppress(psycopg.Error, TimeoutError):
                async with asyncio.timeout(_LOOK_EVERY):
                    await self._session.execute(_GIVE_BACK)
            await self._session.close()
        self._watch = self._session = None

    async def _refusal(self, session: Session) -> str | None:
        """Take the lock; the answer says who has it where somebody else does."""
        taken = await (await session.execute(_TAKE)).fetchone()
        if taken == (True,):
            return None
        who = await holder(session) or "a session that has just ended"
        return f"Another engine has {self._where} open: {who}. Stop that one, or give this one a database of its own."

    async def _held(self) -> None:
        while True:
            try:
                while self._session is not None:
                    await asyncio.sleep(_LOOK_EVERY)
                    await self._session.execute("SELECT 1")
            except psycopg.Error as error:
                _log.warning("the session that holds the engine's lock was lost: %s", said(error, self._where).detail)
            if not await self._taken_again():
                return

    async def _taken_again(self) -> bool:
        """Take the lock again once the database can be reached; ``False`` where another engine has it."""
        loop = asyncio.get_running_loop()
        until: float | None = None
        while True:
            if self._session is not None:
                await self._session.close()
                self._session = None
            try:
                self._session = await connected(self._url, durable=True)
                refused = await self._refusal(self._session)
            except psycopg.Error:
                until = None
            else:
                if refused is None:
                    _log.info("the engine's lock on %s is held again", self._where)
                    return True
                until = until or loop.time() + _OURS_LINGERS_FOR
                if loop.time() > until:
                    self.ended = f"Another engine took over while this one was cut off. {refused}"
                    _log.critical("%s", self.ended)
                    return False
            await asyncio.sleep(_AGAIN_AFTER)
