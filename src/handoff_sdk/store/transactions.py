"""PostgreSQL's writer: each change is a transaction, sent in one flight, and many run side by side.

- The server flushes its log for many commits at once, so nothing is gained by putting changes together.
- Where transactions meet (a deadlock, a serialization failure) the change is written again, a few times.
- Where a connection is lost on the way, nobody knows whether the change is written. It is written again: if it was,
  that is refused, and its events are there. Of a change that tells nothing, or while the database is away, it cannot be
  known, and so it is said (``InDoubt``).

Source: house page, decisions 4 and 6.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Final

import psycopg

from handoff_sdk.errors import Unavailable
from handoff_sdk.ports import InDoubt
from handoff_sdk.store.line import Line, LineLost, StepFailed
from handoff_sdk.store.order import Lanes, Telling
from handoff_sdk.store.outage import said
from handoff_sdk.store.sessions import connected
from handoff_sdk.store.steps import cursored

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable, Sequence

    from handoff_sdk.models.event import Event
    from handoff_sdk.store.step import Step

__all__ = ["Transactions"]

_log = logging.getLogger(__name__)

_MOST_WAITING: Final = 10_000
_AT_ONCE: Final = 16
_TRIES: Final = 5
_ANSWER_WITHIN: Final = 30.0
"""Seconds after which a line that says nothing is given up: longer than any statement may take."""
_IN_TROUBLE_FOR: Final = 10.0
_UNREACHABLE_FOR: Final = 1.0
"""Seconds in which nobody tries to connect again after it did not work."""

_REFUSED: Final = (psycopg.errors.UniqueViolation, psycopg.errors.DivisionByZero)
"""How the database says that a step could not be done."""
_MET: Final = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)


@dataclass(slots=True, eq=False)
class _Job:
    """Something to write, in ``lanes``, after ``before``; it tells ``events``."""

    told: asyncio.Future[tuple[Event, ...]]
    steps: Sequence[Step]
    events: tuple[Event, ...]
    lanes: set[Hashable]
    left: asyncio.Future[None]
    before: Sequence[asyncio.Future[None]]


class Transactions:
    """Writes to the database of ``url``, which is called ``where``.

    Args:
        url: The database.
        where: What people call it.
        durable: ``False`` for one that is thrown away: an answer does not wait for the disk.
        add_event: The statement that adds an event and answers its cursor.
        cursors: Looks up which cursors events have that may be written.
    """

    def __init__(
        self,
        url: str,
        where: str,
        *,
        durable: bool,
        add_event: str,
        cursors: Callable[[Sequence[Event]], Awaitable[list[int]]],
    ) -> None:
        self._url = url
        self._where = where
        self._durable = durable
        self._add_event = add_event
        self._cursors = cursors
        self._loop = asyncio.get_running_loop()
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._idle: list[Line] = []
        self._lanes = Lanes()
        self._telling = Telling()
        self._tasks: set[asyncio.Task[None]] = set()
        self._trouble: Unavailable | None = None
        self._trouble_at = 0.0
        self._unreachable_until = 0.0

    def check(self) -> None:
        """Raise ``Unavailable`` where the last write failed for a reason that was not its own, not long ago."""
        if self._trouble is not None and self._loop.time() < self._trouble_at + _IN_TROUBLE_FOR:
            raise self._trouble

    def write(
        self, steps: Sequence[Step], events: tuple[Event, ...], lanes: set[Hashable]
    ) -> asyncio.Future[tuple[Event, ...]]:
        """Write a change; the future has its events with their cursors once it is durable."""
        told: asyncio.Future[tuple[Event, ...]] = self._loop.create_future()
        if len(self._tasks) >= _MOST_WAITING:
            waiting = f"{len(self._tasks)} changes wait to be written to {self._where}, which does not keep up."
            told.set_exception(Unavailable(waiting, retry_after=1))
            return told
        left: asyncio.Future[None] = self._loop.create_future()
        job = _Job(told, steps, events, lanes, left, self._lanes.enter(lanes, left))
        task = self._loop.create_task(self._carry_out(job), name="handoff-write")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return told

    async def close(self) -> None:
        """Write what was submitted, then let go of all connections."""
        while self._tasks:
            await asyncio.wait(self._tasks)
        for line in self._idle:
            await line.close()
        self._idle.clear()

    async def _carry_out(self, job: _Job) -> None:
        for earlier in job.before:
            await earlier
        number = self._telling.begin()
        cursors: list[int] = []
        error: Exception | None = None
        try:
            cursors = await self._written(job)
            self._trouble = None
        except Exception as caught:  # noqa: BLE001 - whatever it is, it is this change's outcome
            error = self._plain(caught)
        self._lanes.leave(job.lanes, job.left)
        self._telling.end(number, max(cursors, default=0), partial(_tell, job, cursors, error))

    async def _written(self, job: _Job) -> list[int]:
        """Write a change, again where that makes sense; the cursors of its events.

        Raises:
            InDoubt: Nobody knows whether it is written.
        """
        lost: LineLost | None = None
        for tries in count(1):
            try:
                return await self._sent(job)
            except LineLost as error:
                lost = error
                if tries == _TRIES or not any(step.sql == self._add_event for step in job.steps):
                    break
            except _MET:
                if tries == _TRIES:
                    raise
            except Exception as error:
                if lost is None:
                    raise
                return await self._found(job, lost, error)
        raise self._in_doubt(lost)

    async def _found(self, job: _Job, lost: LineLost, error: Exception) -> list[int]:
        """The cursors of a change that failed with ``error`` after it was sent before: it may be written since then."""
        if isinstance(error, (psycopg.Error, Unavailable)):
            raise self._in_doubt(lost) from error
        try:
            cursors = await self._cursors(job.events)
        except Unavailable:
            raise self._in_doubt(lost) from error
        if not cursors:
            raise error
        return cursors

    def _in_doubt(self, lost: LineLost | None) -> InDoubt:
        said = f"The connection to {self._where} was lost ({lost}) before it was said whether the change is written."
        return InDoubt(f"{said} It may be.", retry_after=1)

    async def _sent(self, job: _Job) -> list[int]:
        async with self._slots:
            line = await self._line()
            try:
                async with asyncio.timeout(_ANSWER_WITHIN):
                    values = await line.send(job.steps)
            except StepFailed as failed:
                if isinstance(failed.why, _REFUSED):
                    raise job.steps[failed.which].refusal from None
                raise failed.why from None
            except TimeoutError:
                await line.close()
                raise LineLost("it said nothing any more") from None
            finally:
                if line.free:
                    self._idle.append(line)
                else:
                    await line.close()
        return [
            int(value)
            for step, value in zip(job.steps, values, strict=True)
            if step.sql == self._add_event and value is not None
        ]

    async def _line(self) -> Line:
        while self._idle:
            line = self._idle.pop()
            if line.lost is None:
                return line
            await line.close()
        if self._trouble is not None and self._loop.time() < self._unreachable_until:
            raise self._trouble
        try:
            return Line(await connected(self._url, durable=self._durable))
        except psycopg.Error:
            self._unreachable_until = self._loop.time() + _UNREACHABLE_FOR
            raise

    def _plain(self, error: Exception) -> Exception:
        """The error as it is told; one that is not the change's own is remembered."""
        if isinstance(error, psycopg.Error) and not isinstance(error, psycopg.IntegrityError):
            told = said(error, self._where)
            if error.sqlstate is None or not error.sqlstate.startswith("22"):
                error = told
        if isinstance(error, Unavailable) and error is not self._trouble:
            _log.error("%s", error.detail)
            self._trouble, self._trouble_at = error, self._loop.time()
        return error


def _tell(job: _Job, cursors: list[int], error: Exception | None) -> None:
    if job.told.done():  # whoever waited was cancelled; it is written all the same
        return
    if error is None:
        job.told.set_result(cursored(job.events, iter(cursors)))
    else:
        job.told.set_exception(error)
