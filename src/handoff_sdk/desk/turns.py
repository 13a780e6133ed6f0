"""Turns at hand: which conversations have something to do for which bot, and the processes that wait for it.

The index is an optimisation: a lease is decided again inside its transaction, and losing the index costs a rebuild.

Source: lifecycle.md, 2.3; api.md, bots.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from handoff_sdk.core.turns import leasable
from handoff_sdk.desk.jobs import until
from handoff_sdk.models.prompt import LeaseTurn

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator
    from datetime import datetime, timedelta

    from handoff_sdk.core.thread import Thread
    from handoff_sdk.models.turn import OpenTurn, Turn
    from handoff_sdk.ports import Clock

__all__ = ["Turns", "Work"]


class Work(NamedTuple):
    """What a bot has to do next in a conversation, and from when on a process may get it; ``None`` means now."""

    bot: str
    conversation_id: str
    turn: OpenTurn
    free_at: datetime | None


class Turns:
    """Knows what bots have to do.

    Args:
        clock: The time.
        lease: Carries a lease out and gives the turn, or ``None`` where there is none.
        told: Hears of all work that is new, or may be taken from another instant on.
    """

    def __init__(
        self, clock: Clock, lease: Callable[[LeaseTurn], Awaitable[Turn | None]], told: Callable[[Work], None]
    ) -> None:
        self._clock = clock
        self._lease = lease
        self._told = told
        self._work: dict[str, dict[str, Work]] = defaultdict(dict)
        self._news: dict[str, asyncio.Event] = defaultdict(asyncio.Event)

    def __iter__(self) -> Iterator[Work]:
        """All there is to do."""
        return (work for works in tuple(self._work.values()) for work in tuple(works.values()))

    def find(self, bot: str, conversation_id: str) -> Work | None:
        """What a bot has to do in a conversation."""
        return self._work[bot].get(conversation_id) if bot in self._work else None

    def note(self, before: Thread | None, after: Thread) -> None:
        """Take in what a transaction did to a conversation."""
        conversation_id = after.conversation.id
        if before is not None and before.turns:
            self._work[before.conversation.bot or ""].pop(conversation_id, None)
        found = leasable(after)
        if found is not None and after.conversation.bot is not None:
            work = self._work[after.conversation.bot][conversation_id] = Work(
                after.conversation.bot, conversation_id, *found
            )
            self._news[after.conversation.bot].set()
            self._told(work)

    def clear(self) -> None:
        """Know of no work."""
        self._work.clear()

    def bots(self) -> list[str]:
        """The bots that have something to do, by name."""
        return sorted(bot for bot, work in self._work.items() if work)

    async def take(
        self,
        bot: str,
        consumer: str,
        *,
        most: int,
        wait: timedelta,
        conversation_id: str | None = None,
        wanted: Callable[[], bool] = lambda: True,
    ) -> list[Turn]:
        """Lease up to ``most`` turns to a process, the oldest first, one a conversation; wait for the first one.

        With ``conversation_id`` only that one's. What comes when they are not ``wanted`` any more is left to others.
        """
        end = self._clock.now() + wait
        while wanted():
            news = self._news[bot]
            news.clear()
            turns = await self._leased(bot, consumer, most, conversation_id)
            if turns or self._clock.now() >= end:
                return turns
            await until(news, min(filter(None, (end, self._next_free(bot, conversation_id)))), self._clock)
        return []

    async def _leased(self, bot: str, consumer: str, most: int, conversation_id: str | None) -> list[Turn]:
        now = self._clock.now()
        works = self._works(bot, conversation_id)
        free = sorted(
            (work.turn.at, work.conversation_id) for work in works if work.free_at is None or work.free_at <= now
        )
        turns: list[Turn] = []
        for _, each in free:
            if len(turns) == most:
                break
            turn = await self._lease(LeaseTurn(conversation_id=each, bot=bot, consumer=consumer))
            if turn is not None:
                turns.append(turn)
        return turns

    def _next_free(self, bot: str, conversation_id: str | None) -> datetime | None:
        works = self._works(bot, conversation_id)
        return min((work.free_at for work in works if work.free_at is not None), default=None)

    def _works(self, bot: str, conversation_id: str | None) -> Iterable[Work]:
        if conversation_id is None:
            return self._work[bot].values()
        work = self.find(bot, conversation_id)
        return () if work is None else (work,)
