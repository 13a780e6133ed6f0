"""The running bot: takes leased turns, plays many conversations' at once, and reads the event feed beside them.

One conversation is played by one process at a time (the engine leases), and here by one task. Every task is owned and
waited for.

Source: sdk.md, A bot (turns, fencing); lifecycle.md, 2.3.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar
from uuid import uuid4

from handoff_sdk.bot.beside import Beside
from handoff_sdk.bot.playing import LOSSES, Playing, end
from handoff_sdk.bot.run import AWAY

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from handoff_sdk.bot.runner import Playable
    from handoff_sdk.client.client import HandoffClient
    from handoff_sdk.models.event import Event

__all__ = ["Runtime"]

T = TypeVar("T")

_log = logging.getLogger("handoff_sdk.bot")

_MOST_TURNS: Final = 50
_POLL: Final = 25.0
_RETRY_AFTER: Final = 1.0


class Runtime:
    """One bot on one client, from start to stop.

    Args:
        bot: The bot.
        client: A client with a key of a bot.
        brands: The brands it serves, unless the desk's configuration says otherwise.
        at_once: How many conversations may be answered at once.
        grace: How many seconds running handlers have when the bot stops.
    """

    def __init__(
        self, bot: Playable, client: HandoffClient, *, brands: Iterable[str], at_once: int, grace: float
    ) -> None:
        self._bot = bot
        self._client = client
        self._brands = list(brands)
        self._at_once = at_once
        self._grace = grace
        self._consumer = uuid4().hex
        self._stopping = asyncio.Event()
        self._playing = Playing(bot, self._consumer)
        self._beside = Beside(bot)
        self._heard: set[asyncio.Task[None]] = set()

    def stop(self) -> None:
        """Take no more turns and let the running ones finish; asked again, end them."""
        if self._stopping.is_set():
            for task in self._playing.tasks:
                task.cancel()
        self._stopping.set()

    async def run(self, cursor: int | None) -> None:
        """Answer until stopped.

        Raises:
            HandoffError: The engine does not let this client be the bot.
        """
        taking = asyncio.create_task(self._take(), name=f"{self._bot.name}: turns")
        reading = asyncio.create_task(self._read(cursor), name=f"{self._bot.name}: events")
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({taking, reading, stopping}, return_when=asyncio.FIRST_COMPLETED)
            for task in (taking, reading):
                if task.done():
                    task.result()
            await end({taking})
            if tasks := self._playing.tasks | self._heard:
                await asyncio.wait(tasks, timeout=self._grace)
        finally:
            self._stopping.set()
            await end({taking, reading, stopping, *self._playing.tasks, *self._heard})

    async def _take(self) -> None:
        """Take turns for as long as there is room for them."""
        bots, name = self._client.bots, self._bot.name
        await self._patiently(lambda: bots.register(name, brands=self._brands, version=self._bot.current))
        while True:
            most = min(await self._playing.fewer_than(self._at_once), _MOST_TURNS)
            for turn in await self._patiently(partial(bots.turns, name, consumer=self._consumer, max=most, wait=_POLL)):
                self._playing.begin(turn, self._client)

    async def _patiently(self, call: Callable[[], Awaitable[T]]) -> T:
        """The answer of a call, however long the engine is away."""
        while True:
            try:
                return await call()
            except AWAY as error:
                _log.warning("%s: %s; trying again", self._bot.name, error)
                await asyncio.sleep(error.retry_after or _RETRY_AFTER)

    async def _read(self, cursor: int | None) -> None:
        """Follow the events, beside the turns: whoever owns a conversation now, and what is only read."""
        types = LOSSES | self._beside.types
        async with self._client.events.follow(cursor=cursor, types=types, patient=True) as events:
            async for event in events:
                if event.type in LOSSES:
                    self._playing.lose(event)
                else:
                    self._hear(event)

    def _hear(self, event: Event) -> None:
        task = asyncio.create_task(self._beside.hear(event, self._client))
        self._heard.add(task)
        task.add_done_callback(self._heard.discard)
