"""The ticker: does what has fallen due, in the order of its instants, one transaction each.

It holds nothing but the instant at which it must look again; what is due, and for whom, the store knows.

Source: lifecycle.md, 10; house page, decision 3.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence
    from datetime import datetime

    from handoff_sdk.ports import Clock, Due, Store

__all__ = ["Ticker"]

_log = logging.getLogger(__name__)

_RETRY_AFTER = 1.0
"""Seconds until what could not be done is tried again, where nothing else is due."""
_PAGE = 512
"""How many things that are due are asked for together."""
_AT_ONCE = 16
"""How many of them run side by side on a clock that does not wait for them; more only make others wait longer."""


class Ticker:
    """Knows the earliest instant at which something may be due.

    Args:
        store: Knows what is.
        clock: The time.
        expect: Is told what will be done next, all of it together.
        act: Does one thing that is due.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        expect: Callable[[Sequence[Due]], Awaitable[None]],
        act: Callable[[Due], Awaitable[None]],
    ) -> None:
        self.next_at: datetime | None = None
        self._store = store
        self._clock = clock
        self._expect = expect
        self._act = act
        self._sooner = asyncio.Event()

    def note(self, due: Due | None) -> None:
        """Take in that something falls due."""
        if due is not None and (self.next_at is None or due.at < self.next_at):
            self.next_at = due.at
            self._sooner.set()

    def look_again(self) -> None:
        """Something may fall due that was not noted."""
        self._sooner.set()

    async def look(self) -> datetime | None:
        """Ask the store for the earliest instant at which something falls due."""
        self._sooner.clear()
        self.next_at = await self._store.next_due()
        return self.next_at

    async def step(self) -> bool:
        """Do the one thing that is due first; whether there was one."""
        if self.next_at is None or self.next_at > self._clock.now():
            return False
        items = await self._store.due(self._clock.now(), 1)
        if not items:
            await self.look()
            return False
        await self._act(items[0])
        return True

    async def run(self) -> None:
        """Do what is due when its time comes, what is due together side by side."""
        while True:
            at = await self.look()
            if at is None or at > self._clock.now():
                await self._until(at)
                continue
            items = await self._store.due(self._clock.now(), _PAGE)
            await self._expect(items)
            left = iter(items)
            done = sum(await asyncio.gather(*(self._some(left) for _ in range(_AT_ONCE))))
            if items and not done:
                await asyncio.sleep(_RETRY_AFTER)

    async def _some(self, left: Iterator[Due]) -> int:
        """Do one thing after the other, as long as there are any; how many could be done."""
        done = 0
        for item in left:
            try:
                await self._act(item)
                done += 1
            except Exception:  # noqa: BLE001 - whatever it is, the next ones are due all the same
                _log.exception("what is due for %s %s could not be done", item.kind, item.id)
        return done

    async def _until(self, at: datetime | None) -> None:
        waits: set[asyncio.Task[object]] = {asyncio.create_task(self._sooner.wait())}
        if at is not None:
            waits.add(asyncio.create_task(self._clock.sleep_until(at)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
