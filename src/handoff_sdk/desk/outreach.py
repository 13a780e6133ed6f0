"""What a decision about follow-ups must know beside its thread: the pace, the channel's fuse, and today's count.

- Places in seconds and fuses are written in the transaction of the decision that they follow from, and read at start.
- A fuse counts what is on its way to the store, so that each row holds all before it. What was not written after all
  counts as sent and not failed, which can only keep it whole for a little longer.
- Where a day's budget counts, follow-ups of one customer go one at a time, from counting to the commit.

Source: lifecycle.md, 7 (``pace``, breaker, ``max_per_day``).
"""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from handoff_sdk.core.breaker import after, resumed
from handoff_sdk.core.circumstances import Circumstances
from handoff_sdk.core.pace import Pacer
from handoff_sdk.core.quiet import day_start
from handoff_sdk.desk.locks import KeyedLock
from handoff_sdk.errors import NotFound
from handoff_sdk.models.followup import Breaker
from handoff_sdk.ports import Change

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

    from handoff_sdk.core.draft import Decision
    from handoff_sdk.core.pace import Slot
    from handoff_sdk.models.command import ResumeFollowups
    from handoff_sdk.models.customer import Customer
    from handoff_sdk.ports import Clock, Store

__all__ = ["Outreach"]

_log = logging.getLogger(__name__)


class Outreach:
    """Keeps the pace and the fuses of a desk."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._pacer = Pacer()
        self._breakers: dict[str, Breaker] = {}
        self._budgets = KeyedLock()

    def load(self, breakers: Iterable[Breaker], slots: Mapping[Slot, int]) -> None:
        """Go on from what the store has kept."""
        self._pacer = Pacer(slots)
        self._breakers = {breaker.channel: breaker for breaker in breakers}

    @asynccontextmanager
    async def circumstances(self, customer: Customer, channel: str, budget: int | None) -> AsyncIterator[Circumstances]:
        """What a decision about a follow-up must know; it is to be committed within the context.

        Args:
            customer: Who would get it.
            channel: Where.
            budget: How many the customer may get in a day; ``None``: any number, and nobody counts.
        """
        if budget is None:
            yield Circumstances(self._pacer, self._breaker(channel))
            return
        async with self._budgets(customer.id):
            since = day_start(customer, self._clock.now())
            sent_today = await self._store.followups_sent(customer.id, since)
            yield Circumstances(self._pacer, self._breaker(channel), sent_today)

    def note(self, decision: Decision) -> None:
        """Take in which seconds a decision uses; before the next one is decided."""
        if decision.slot is not None:
            self._pacer.take(decision.slot)
        if decision.left is not None:
            self._pacer.leave(decision.left)

    def breaker_after(self, decision: Decision) -> Breaker | None:
        """The fuse of the conversation's channel after what was sent or failed; ``None`` where nothing was.

        Called where the decision is handed to the store, in the order of the transactions.
        """
        before = self._breaker(decision.thread.conversation.channel)
        breaker = after(before, decision.events)
        if breaker is before:
            return None
        if breaker.open and not before.open:
            _log.error(
                "no follow-up is sent on channel %r any more: %d of the last %d failed; "
                "resume it when it works again (POST /v1/followups/breakers/%s/resume)",
                breaker.channel,
                len(breaker.failed),
                len(breaker.sent),
                breaker.channel,
            )
        self._breakers[breaker.channel] = breaker
        return breaker

    def breakers(self) -> Sequence[Breaker]:
        """The fuses of all channels on which follow-ups were sent, by channel."""
        return [breaker for _, breaker in sorted(self._breakers.items())]

    async def resume(self, command: ResumeFollowups) -> Breaker:
        """Let follow-ups go out again on a channel; it counts anew. One that is not open stays as it is.

        Raises:
            NotFound: No follow-up was sent on this channel.
        """
        before = self._breakers.get(command.channel)
        if before is None:
            raise NotFound(f"No follow-up was sent on a channel {command.channel!r}.")
        breaker = resumed(before)
        if breaker is not before:
            self._breakers[breaker.channel] = breaker
            await self._store.submit(Change(breaker=breaker))
            _log.info("follow-ups are sent on channel %r again", breaker.channel)
        return breaker

    async def forget(self) -> None:
        """Forget the seconds that have passed."""
        now = self._clock.now()
        self._pacer.forget(now)
        await self._store.forget_slots(now)

    def _breaker(self, channel: str) -> Breaker:
        return self._breakers.get(channel) or Breaker(channel=channel)
