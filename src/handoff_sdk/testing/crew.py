"""The processes of real bots on a virtual desk: they take turns, one at a time, and may die while they do.

Whoever dies is replaced. What a dead process had leased is delivered again when the lease is over, 30 seconds later.

Source: sdk.md, A bot (turns) and Testing your bot; lifecycle.md, 2.3.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Final, Literal

from handoff_sdk.client.client import HandoffClient
from handoff_sdk.client.retries import Retries
from handoff_sdk.core.turns import LEASE
from handoff_sdk.models.command import RegisterBot
from handoff_sdk.testing.line import Cut, Killed, Line, TooMany
from handoff_sdk.testing.stuck import Stuck

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from datetime import datetime
    from pathlib import Path

    from handoff_sdk.bot.bot import Bot
    from handoff_sdk.desk.desk import Desk
    from handoff_sdk.models.event import Event
    from handoff_sdk.models.turn import Turn
    from handoff_sdk.ports import Clock

__all__ = ["BotCrew", "TurnFault"]

TurnFault = Literal["duplicate", "late"]

_LONGEST_TURN: Final = 60.0
"""Seconds of real time after which a handler is taken for stuck."""
_SLICES: Final = 60
"""They pass in so many slices: a debugger that holds everything up for an hour uses up one of them."""


async def _at_once(_: float) -> None:
    await asyncio.sleep(0)


_RETRIES: Final = Retries(sleep=_at_once, chance=lambda: 0.0)
"""Waiting for another try costs no time: the clock of the desk stands still meanwhile."""


class _Process:
    """One process of a bot."""

    def __init__(self, number: int, line: Line, key: str) -> None:
        self.consumer = f"process {number}"
        self.line = line
        self.client = HandoffClient("http://desk", api_key=key, transport=line, retries=_RETRIES)
        self.watching: set[asyncio.Task[None]] = set()

    async def do(self, doing: Awaitable[None]) -> None:
        """Do something to its end, or until it watches events, or the process dies.

        Raises:
            Killed: It died.
            Stuck: There is no end to it.
        """
        task = asyncio.ensure_future(doing)
        watched = self.line.watched(task)
        for _ in range(_SLICES):
            waits = await asyncio.wait(
                {task, watched}, timeout=_LONGEST_TURN / _SLICES, return_when=asyncio.FIRST_COMPLETED
            )
            if waits[0]:
                break
        if task.done():
            await task
        elif watched.done():
            self.watching.add(task)
        else:
            await _end({task})
            raise Stuck(f"a handler did not come to rest within {_LONGEST_TURN:g} s; what does it wait for?")

    async def close(self) -> None:
        """End what still watches, and let go of the connection."""
        self.line.dead = True
        await _end(self.watching)
        await self.client.aclose()


async def _end(tasks: set[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@dataclass(slots=True)
class _Member:
    """A bot at the desk, and the process that it runs in at the moment."""

    bot: Bot
    process: _Process
    cuts: list[Cut]
    too_many: TooMany
    faults: deque[TurnFault] = field(default_factory=deque)
    held: list[tuple[datetime, Turn, _Process]] = field(default_factory=list)
    left: list[_Process] = field(default_factory=list)
    registered: bool = False
    down: bool = False
    stays_down: bool = False
    lost_until: datetime | None = None


class BotCrew:
    """All bots of a desk; see ``stage.Crew``.

    Args:
        socket: Where the desk listens.
        key: An API key of the role ``bot``.
        clock: The desk's time.
    """

    def __init__(self, socket: Path, key: str, clock: Clock) -> None:
        self.news: list[Event] = []
        self._socket = socket
        self._key = key
        self._clock = clock
        self._numbers = count(1)
        self._members: dict[str, _Member] = {}

    @property
    def due_at(self) -> datetime | None:
        """When the next lease of a dead process is over, or a late turn arrives."""
        members = [member for member in self._members.values() if not member.down]
        late = (at for member in members for at, *_ in member.held)
        return min((*late, *(member.lost_until for member in members if member.lost_until)), default=None)

    def hire(self, bot: Bot) -> None:
        """Let a bot work here, in a new process; also one that is down."""
        member = self._members.get(bot.name)
        if member is not None and member.bot is bot:
            member.down = member.stays_down = False
            return
        cuts: list[Cut] = []
        too_many = TooMany()
        fresh = _Member(bot, self._begun(cuts, too_many), cuts, too_many)
        if member is not None:  # a new version of the bot takes over
            fresh.left = [*member.left, member.process]
            fresh.lost_until = member.lost_until
        self._members[bot.name] = fresh

    def kill(self, bot: Bot, *, stays_down: bool) -> None:
        """Let the bot's process die now."""
        member = self._member(bot)
        member.stays_down = stays_down
        self._replace(member)

    def cut(self, bot: Bot, cut: Cut, *, stays_down: bool) -> None:
        """Let the bot's process die there."""
        member = self._member(bot)
        member.stays_down = stays_down
        member.cuts.append(cut)

    def trouble(self, bot: Bot, fault: TurnFault) -> None:
        """Let the bot's next turn arrive like that."""
        self._member(bot).faults.append(fault)

    def refuse(self, bot: Bot, times: int) -> None:
        """Answer the bot's next requests with 429."""
        self._member(bot).too_many.left += times

    def sent(self, bot: Bot) -> int:
        """How many requests the bot has sent."""
        member = self._member(bot)
        return sum(process.line.sent for process in (*member.left, member.process))

    async def register(self, desk: Desk) -> None:
        """Register those who are not registered yet."""
        for member in self._members.values():
            if not member.registered:
                bot = member.bot
                await desk.bots.register(RegisterBot(bot=bot.name, brands=bot.brands, version=bot.current))
                member.registered = True

    async def work(self, desk: Desk) -> bool:
        """Let every bot hear what happened and take a turn; whether there was anything to do."""
        done = bool(self.news)
        news = self.news[:]
        self.news.clear()
        for member in tuple(self._members.values()):
            if member.down:
                continue
            for event in news:
                await self._lived(desk, member, member.bot.hear(event, member.process.client))
            done |= await self._worked(desk, member)
        return done

    async def close(self) -> None:
        """End all processes."""
        for member in self._members.values():
            for process in (*member.left, member.process):
                await process.close()

    async def _worked(self, desk: Desk, member: _Member) -> bool:
        """Let a bot do one turn, if there is one."""
        now = self._clock.now()
        if member.lost_until is not None and member.lost_until <= now:
            member.lost_until = None
        process = member.process
        turns = await desk.turns.take(member.bot.name, process.consumer, most=1, wait=timedelta(0))
        if not turns:
            return await self._arrived(desk, member, now)
        [turn] = turns
        match member.faults.popleft() if member.faults else None:
            case None:
                await self._play(desk, member, turn)
            case "duplicate":
                await self._play(desk, member, turn)
                member.left.append(member.process)
                member.process = self._begun(member.cuts, member.too_many)
                await self._play(desk, member, turn)
            case "late":
                member.held.append((now + LEASE, turn, process))
                member.process = self._begun(member.cuts, member.too_many)
                member.left.append(process)
                member.lost_until = now + LEASE
        return True

    async def _arrived(self, desk: Desk, member: _Member, now: datetime) -> bool:
        """Let a process have the turn that came late, after another process had it."""
        arrived = next((held for held in member.held if held[0] <= now), None)
        if arrived is None:
            return False
        member.held.remove(arrived)
        _, turn, process = arrived
        await self._lived(desk, member, process.do(member.bot.take(turn, process.client, consumer=process.consumer)))
        return True

    async def _play(self, desk: Desk, member: _Member, turn: Turn) -> None:
        process = member.process
        await self._lived(desk, member, process.do(member.bot.take(turn, process.client, consumer=process.consumer)))

    async def _lived(self, desk: Desk, member: _Member, doing: Awaitable[None]) -> None:
        """Do something, and have the process replaced if it dies."""
        with suppress(Killed):
            await doing
        if member.process.line.dead:
            self._replace(member)
            if member.bot.name in desk.turns.bots():
                member.lost_until = self._clock.now() + LEASE

    def _replace(self, member: _Member) -> None:
        member.process.line.dead = True
        member.down = member.stays_down
        member.left.append(member.process)
        member.process = self._begun(member.cuts, member.too_many)

    def _begun(self, cuts: list[Cut], too_many: TooMany) -> _Process:
        return _Process(next(self._numbers), Line(self._socket, cuts, too_many), self._key)

    def _member(self, bot: Bot) -> _Member:
        member = self._members.get(bot.name)
        if member is None:
            raise ValueError(f"the bot {bot.name!r} does not work here yet: desk.bot(bot) lets it")
        return member
