"""SQLite's writer: a thread that commits everything that waits, again and again.

- What is submitted in one turn of the event loop is handed over together; outcomes come back with one call a group, in
  the order in which changes were submitted.
- Only this thread's connection checkpoints (see ``connection``).
- After an error that leaves the disk in doubt the thread ends: all who wait and all who come fail with the reason.

Source: house page, decision 4.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from handoff_sdk.errors import Unavailable
from handoff_sdk.store.groups import Groups, is_of_all
from handoff_sdk.store.trouble import is_final, unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from handoff_sdk.store.groups import Outcome, Work
    from handoff_sdk.store.steps import Steps

__all__ = ["Writer"]

_log = logging.getLogger(__name__)

T = TypeVar("T")

_MOST_WAITING: Final = 10_000
_MOST_TOGETHER: Final = 512
_IN_TROUBLE_FOR: Final = 10.0
"""Seconds in which the store calls itself unavailable after a write that failed for want of space or of a lock."""


class _Job(NamedTuple):
    """Something to write. ``result`` is what the future gets where the work has no answer of its own."""

    future: asyncio.Future[Any]
    work: Work
    result: Any


def _last_words(said: str) -> str:
    return f"The store cannot write any more; restart the engine. {said}"


class Writer:
    """The thread that writes to ``connection``. Its methods belong to the event loop in which it was made."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._path = path
        self._groups = Groups(connection)
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[list[_Job] | None] = SimpleQueue()
        self._gathered: list[_Job] = []
        self._waiting = 0
        self._closing = False
        self._ended: str | None = None
        self._trouble: Unavailable | None = None
        self._trouble_until = 0.0
        self._thread = Thread(target=self._run, name="handoff-writer", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Raise ``Unavailable`` where nothing can be written, saying why."""
        if self._ended is not None:
            raise Unavailable(self._ended)
        if self._trouble is not None and self._loop.time() < self._trouble_until:
            raise self._trouble

    def write(self, steps: Steps, result: T) -> asyncio.Future[T]:
        """Write a change; the future has ``result`` once it is durable."""
        return self._submitted(steps, result)

    def run(self, work: Callable[[sqlite3.Connection], T]) -> asyncio.Future[T]:
        """Run ``work``, which may happen twice, in a transaction after what was submitted before."""
        return self._submitted(work, None)

    async def close(self) -> None:
        """Write what was submitted, take all of the log into the file, and end."""
        self._hand_over()
        self._queue.put(None)
        self._ended = self._ended or "The store is closed."
        await self._loop.run_in_executor(None, self._thread.join)

    def _submitted(self, work: Work, result: Any) -> asyncio.Future[Any]:  # noqa: ANN401 - what the caller waits for
        future: asyncio.Future[Any] = self._loop.create_future()
        if self._ended is not None:
            future.set_exception(Unavailable(self._ended))
        elif self._waiting >= _MOST_WAITING:
            said = f"{self._waiting} changes wait to be written to {self._path}: its disk does not keep up."
            future.set_exception(Unavailable(said, retry_after=1))
        else:
            self._waiting += 1
            if not self._gathered:
                self._loop.call_soon(self._hand_over)
            self._gathered.append(_Job(future, work, result))
        return future

    def _hand_over(self) -> None:
        if self._gathered:
            self._queue.put(self._gathered)
            self._gathered = []

    def _settle(
        self, group: Sequence[_Job], outcomes: Sequence[Outcome], trouble: Unavailable | None, *, final: bool = False
    ) -> None:
        self._waiting -= len(group)
        self._trouble = trouble
        self._trouble_until = self._loop.time() + _IN_TROUBLE_FOR
        if trouble is not None and final:
            self._ended = _last_words(trouble.detail)
        for job, (answer, error) in zip(group, outcomes, strict=True):
            if job.future.done():  # whoever waited was cancelled; it is written all the same
                continue
            if error is None:
                job.future.set_result(job.result if answer is None else answer)
            else:
                job.future.set_exception(error)

    def _end(self, in_hand: list[_Job], reason: str) -> None:
        """Fail all who wait, and from now on all who come."""
        self._ended = reason
        self._hand_over()
        with suppress(Empty):
            while True:
                in_hand += self._queue.get_nowait() or []
        self._settle(in_hand, [(None, Unavailable(reason)) for _ in in_hand], None)

    # What follows runs in the thread.

    def _run(self) -> None:
        handed: list[_Job] = []
        try:
            while self._take(handed):
                self._write(handed[:_MOST_TOGETHER])
                del handed[:_MOST_TOGETHER]
                self._groups.checkpoint()
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody may go on waiting for this thread
            said = unavailable(error, self._path).detail if isinstance(error, sqlite3.Error) else repr(error)
            _log.critical("the store's writer has ended: %s", said, exc_info=error)
            self._tell(self._end, handed, _last_words(said))
        finally:
            with suppress(sqlite3.Error):
                self._groups.close()

    def _take(self, handed: list[_Job]) -> bool:
        """Add what waits; where nothing does, wait for it. ``False`` when all is written and the writer is to end."""
        with suppress(Empty):
            while True:
                jobs = self._queue.get_nowait() if handed or self._closing else self._queue.get()
                if jobs is None:
                    self._closing = True
                else:
                    handed += jobs
        return bool(handed)

    def _write(self, group: list[_Job]) -> None:
        outcomes = self._groups.write([job.work for job in group])
        failed = next((error for _, error in outcomes if is_of_all(error)), None)
        plain = [(answer, self._plain(error)) for answer, error in outcomes]
        if not isinstance(failed, sqlite3.Error):
            self._tell(self._settle, group, plain, None)
            return
        trouble, final = unavailable(failed, self._path), is_final(failed)
        _log.error("%s", trouble.detail)
        self._tell(partial(self._settle, group, plain, trouble, final=final))
        if final:
            raise failed

    def _plain(self, error: Exception | None) -> Exception | None:
        return unavailable(error, self._path) if isinstance(error, sqlite3.Error) else error

    def _tell(self, report: Callable[..., None], *what: object) -> None:
        with suppress(RuntimeError):  # the event loop is gone, and with it whoever waited
            self._loop.call_soon_threadsafe(report, *what)
