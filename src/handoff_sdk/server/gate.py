"""How many calls run at a time, and whose: more than can be answered in time are refused at once, not served late.

- There are so many places. A call takes one when its body is there, and gives it back with its answer.
- Nobody has more places than are free: one caller alone has half of them at the most, two have a third each, and there
  is always one for who comes new (Choudhury and Hahne, «Dynamic queue length thresholds», 1998).
- An eighth of the places is for API keys: bots and staff get through when customers are many.
- When the event loop is late, too much is asked of this machine at this moment: then there are fewer places.
- Then, and when many are refused together, a refusal is held back for a second, or those who come again at once would
  leave no time for those who got in.

Streams, long polls, health and metrics take no place.

Source: api.md, Errors (``rate_limited``, ``unavailable``).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from handoff_sdk.errors import RateLimited, Unavailable

if TYPE_CHECKING:
    from collections.abc import MutableMapping

__all__ = ["Gate"]

LATE: Final = 0.1
"""Seconds by which the event loop may be late."""
_LOOK_EVERY: Final = 0.1
_MANY: Final = 16
"""Refusals between two looks at the event loop: it can be late with them before anybody has seen that it is."""
_HELD_BACK_FOR: Final = 1.0
_COME_AGAIN_WITHIN: Final = 3


class Gate:
    """The places of one server.

    Args:
        most: How many there are when the event loop is on time. There are never less than half of
            it: what is no crowd gets in also where other processes keep this one waiting.
        refused: Counts who was turned away: under ``full`` for want of places, under ``share`` for having too many.
    """

    def __init__(self, most: int, refused: MutableMapping[str, int]) -> None:
        self.places = most
        self.taken = 0
        self.lag = 0.0
        self._most = most
        self._least = max(most // 2, 1)
        self._more = max(most // 64, 1)
        self._refused = refused
        self._held: dict[str, int] = {}
        self._turned_away = 0

    def look(self, *, by_key: bool) -> int:
        """How many places are free for an API key, or for anybody else.

        Raises:
            Unavailable: there are none.
        """
        free = self.places - self.taken - (0 if by_key else self.places // 8)
        if free <= 0:
            self._refused["full"] += 1
            self._turned_away += 1
            # Those who are refused together do not come again together.
            seconds = self._refused["full"] % _COME_AGAIN_WITHIN + 1
            raise Unavailable(f"More is asked than can be answered; try again in {seconds} s.", retry_after=seconds)
        return free

    def enter(self, caller: str, *, by_key: bool) -> None:
        """Take a place for ``caller``; ``leave`` gives it back.

        Raises:
            Unavailable: there is none.
            RateLimited: the caller has as many as are free.
        """
        free = self.look(by_key=by_key)
        held = self._held.get(caller, 0)
        if held >= free:
            self._refused["share"] += 1
            self._turned_away += 1
            raise RateLimited(f"{held} of your calls are running; wait for them, then go on.", retry_after=1)
        self.taken += 1
        self._held[caller] = held + 1

    def leave(self, caller: str) -> None:
        """Give a place back."""
        self.taken -= 1
        held = self._held[caller] - 1
        if held:
            self._held[caller] = held
        else:
            del self._held[caller]

    def was_late(self, seconds: float) -> None:
        """Take in by how much the event loop was late: there are fewer places at once, and more again slowly."""
        self.lag, self._turned_away = seconds, 0
        if seconds > LATE:
            self.places = max(self._least, self.places * 3 // 4)
        else:
            self.places = min(self._most, self.places + self._more)

    async def hold_back(self) -> None:
        """Return when a refusal may be told: at once where the event loop is on time, and few are refused."""
        if self.lag > LATE or self._turned_away > _MANY:
            await asyncio.sleep(_HELD_BACK_FOR)

    async def watch(self) -> None:
        """Look at the event loop for as long as this runs."""
        clock = asyncio.get_running_loop().time
        while True:
            asked_for = clock() + _LOOK_EVERY
            await asyncio.sleep(_LOOK_EVERY)
            self.was_late(clock() - asked_for)
