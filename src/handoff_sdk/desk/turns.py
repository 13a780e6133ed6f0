"""Turns at hand: which conversations have something to do for which bot, and the processes that wait for it.

The index is an optimisation: a lease is decided again inside its transaction, and losing the index costs a rebuild.

Source: lifecycle.md, 2.3; api.md, bots.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING

from handoff_sdk.core.turns import leasable
from handoff_sdk.models.prompt import LeaseTurn

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime, timedelta

    from handoff_sdk.core.thread import Thread
    from handoff_sdk.models.turn import Turn
    from handoff_sdk.ports import Clock

__all__ = ["Turns"]


class Turns:
    """Knows what bots have to do; ``lease`` carries a lease out and gives the turn, or ``None`` where there is none."""

    def __init__(self, clock: Clock, lease: Callable[[LeaseTurn], Awaitable[Turn | None]]) -> None:
        self._clock = clock
        self._lease = lease
        self._work: dict[str, dict[str, tuple[datetime, datetime | None]]] = defaultdict(dict)
        self._news: dict[str, asyncio.Event] = defaultdict(asyncio.Event)

    def note(self, before: Thread | None, after: Thread) -> None:
        """Take in what a transaction did to a conversation."""
        conversation_id = after.conversation.id
        if before is not None and before.turns:
            self._work[before.conversation.bot or ""].pop(conversation_id, None)
        found = leasable(after)
        if found is not None and after.conversation.bot is not None:
            turn, free_at = found
            self._work[after.conversation.bot][conversation_id] = (turn.at, free_at)
            self._news[after.conversation.bot].set()

    def bots(self) -> list[str]:
        """The bots that have something to do, by name."""
        return sorted(bot for bot, work in self._work.items() if work)

    async def take(
        self, bot: str, consumer: str, *, most: int, wait: timedelta, wanted: Callable[[], bool] = lambda: True
    ) -> list[Turn]:
        """Lease up to ``most`` turns to a process, the oldest first, one a conversation; wait for the first one.

        What comes when they are not ``wanted`` any more is left to others.
        """
        until = self._clock.now() + wait
        while wanted():
            news = self._news[bot]
            news.clear()
            turns = await self._leased(bot, consumer, most)
            if turns or self._clock.now() >= until:
                return turns
            await self._until(news, min(filter(None, (until, self._next_free(bot)))))
        return []

    async def _leased(self, bot: str, consumer: str, most: int) -> list[Turn]:
        now = self._clock.now()
        work = self._work[bot]
        free = sorted((at, key) for key, (at, free_at) in work.items() if free_at is None or free_at <= now)
        turns: list[Turn] = []
        for _, conversation_id in free:
            if len(turns) == most:
                break
            turn = await self._lease(LeaseTurn(conversation_id=conversation_id, bot=bot, consumer=consumer))
            if turn is not None:
                turns.append(turn)
        return turns

    def _next_free(self, bot: str) -> datetime | None:
        return min((free_at for _, free_at in self._work[bot].values() if free_at is not None), default=None)

    async def _until(self, news: asyncio.Event, instant: datetime) -> None:
        waits = {asyncio.create_task(news.wait()), asyncio.create_task(self._clock.sleep_until(instant))}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
