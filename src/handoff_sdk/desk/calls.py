"""Calls: bots that wait for webhooks are told that a turn waits, and told again until one of their processes has it.

The turn is what is kept; a call only wakes. One that is lost costs time: the next one comes, and after a start of the
engine everything that waits is called for anew. That holds for every kind of turn: messages, returns and timers.

Source: lifecycle.md, 2.3 (turns); api.md, Events (``turn.started``); house page, decision 8 (a bus only wakes).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Final

from handoff_sdk.core.draft import SYSTEM
from handoff_sdk.desk.jobs import until
from handoff_sdk.models.event import Event
from handoff_sdk.models.webhook import TURN_WAITS

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from handoff_sdk.desk.relay import Relay
    from handoff_sdk.desk.turns import Turns, Work
    from handoff_sdk.ports import Clock

__all__ = ["Calls"]

_AGAIN_AFTER: Final = (timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10))
"""How long after the first, second, ... call of a turn the next one comes; the last one counts for all that follow."""

_LOOK_EVERY: Final = timedelta(minutes=1)


@dataclass(slots=True)
class _Call:
    """Work that is called for. ``number`` tells its place in the order from earlier ones; ``times`` it was called."""

    work: Work
    number: int
    times: int = 0


class Calls:
    """Which turns are called for, and when. Costs nothing while no webhook names ``turn.started``."""

    def __init__(self, turns: Turns, relay: Relay, clock: Clock, new_id: Callable[[str], str]) -> None:
        self._turns = turns
        self._relay = relay
        self._clock = clock
        self._new_id = new_id
        self._calls: dict[str, _Call] = {}
        self._order: list[tuple[datetime, int, str]] = []
        self._numbers = count()
        self._news = asyncio.Event()

    def note(self, work: Work) -> None:
        """Take in that there is something to do, or that a process has it until another instant."""
        if not self._relay.calls_bots:
            return
        known = self._calls.get(work.conversation_id)
        if known is None or _what(known.work) != _what(work):
            call = self._calls[work.conversation_id] = _Call(work, 0)
            self._put(call, work.free_at or self._clock.now())
            self._news.set()

    def look(self) -> None:
        """Take in all there is to do, also what waited before there was a webhook to call."""
        for work in self._turns:
            self.note(work)

    def step(self) -> bool:
        """Call for what is due by now; whether there was anything."""
        called, now = False, self._clock.now()
        while (at := self.next_due()) is not None and at <= now:
            call = self._calls[heappop(self._order)[2]]
            self._relay.call(self._event(call.work))
            self._put(call, now + _AGAIN_AFTER[min(call.times, len(_AGAIN_AFTER) - 1)])
            call.times += 1
            called = True
        return called

    def next_due(self) -> datetime | None:
        """When the next call is due."""
        while self._order:
            at, number, conversation_id = self._order[0]
            if self._counts(number, conversation_id):
                return at
            heappop(self._order)
        return None

    async def run(self) -> None:
        """Call for as long as the task lives."""
        look_at = self._clock.now()
        while True:
            self._news.clear()
            if self._clock.now() >= look_at:
                self.look()
                look_at = self._clock.now() + _LOOK_EVERY
            self.step()
            await until(self._news, min(filter(None, (look_at, self.next_due()))), self._clock)

    def _counts(self, number: int, conversation_id: str) -> bool:
        """Whether this is the place of work that is still to be done; what is done is forgotten."""
        call = self._calls.get(conversation_id)
        if call is None or call.number != number:
            return False
        present = self._turns.find(call.work.bot, conversation_id)
        if present is None or present.turn.id != call.work.turn.id or not self._relay.calls_bots:
            del self._calls[conversation_id]
            return False
        return True

    def _put(self, call: _Call, at: datetime) -> None:
        call.number = next(self._numbers)
        heappush(self._order, (at, call.number, call.work.conversation_id))

    def _event(self, work: Work) -> Event:
        return Event(
            id=self._new_id("evt"),
            type=TURN_WAITS,
            at=self._clock.now(),
            conversation_id=work.conversation_id,
            actor=SYSTEM,
            data={"bot": work.bot, "turn_id": work.turn.id, "kind": work.turn.kind},
        )


def _what(work: Work) -> tuple[str, str, datetime | None]:
    """What has to change for a call to begin anew."""
    return work.bot, work.turn.id, work.free_at
