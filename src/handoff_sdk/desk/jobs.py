"""What runs by itself: tasks by name, owned by the desk, and told of where one dies.

While the store is away a job waits for it and begins anew: what it found undone is found again.

Source: house page, rooms (``desk``).
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from handoff_sdk.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from handoff_sdk.ports import Clock

__all__ = ["Jobs", "until"]

_log = logging.getLogger(__name__)

_AGAIN_AFTER: Final = 1.0
"""Seconds until a job that the store has stopped begins anew."""


class Jobs:
    """Tasks that go on until they are stopped."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def start(self, name: str, job: Callable[[], Awaitable[None]]) -> None:
        """Begin a job; ``name`` is what it is called when it has died."""
        task = self._tasks[name] = asyncio.create_task(_kept_up(name, job), name=name)
        task.add_done_callback(_say_if_dead)

    async def stop(self, *names: str) -> None:
        """End jobs, all of them where none is named, and wait until they have ended."""
        tasks = [task for name in names or tuple(self._tasks) if (task := self._tasks.pop(name, None)) is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def check(self) -> None:
        """Make sure that all of them still run.

        Raises:
            Unavailable: One has died; the text says which, and why.
        """
        for name, task in self._tasks.items():
            if task.done():
                why = task.exception() if not task.cancelled() else "it was cancelled"
                raise Unavailable(f"The desk's {name} has stopped: {why!r}. Restart the engine.")


async def _kept_up(name: str, job: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            return await job()
        except Unavailable as error:
            _log.warning("the desk's %s waits for the store: %s", name, error.detail)
            await asyncio.sleep(_AGAIN_AFTER)


async def until(news: asyncio.Event, instant: datetime | None, clock: Clock) -> None:
    """Return when there is news, or the instant has come."""
    waits: set[asyncio.Task[object]] = {asyncio.create_task(news.wait())}
    if instant is not None:
        waits.add(asyncio.create_task(clock.sleep_until(instant)))
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


def _say_if_dead(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.critical("the desk's %s has stopped; restart the engine", task.get_name(), exc_info=error)
