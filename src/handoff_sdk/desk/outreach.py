"""What a decision about follow-ups must know beside its thread: the pace, the channel's fuse, and today's count.

The pace and the fuses are this process's own: messages that are held already keep their second over a restart, and a
fuse that has blown is whole again after one.

Source: lifecycle.md, 7 (``pace``, breaker, ``max_per_day``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from handoff_sdk.core.breaker import after_failed, after_sent, resumed
from handoff_sdk.core.followups import budget_of
from handoff_sdk.core.pace import Pacer
from handoff_sdk.core.quiet import day_start
from handoff_sdk.models.followup import Breaker

if TYPE_CHECKING:
    from handoff_sdk.core.draft import Decision
    from handoff_sdk.core.thread import Thread
    from handoff_sdk.models.config import DeskConfig
    from handoff_sdk.ports import Clock, Store

__all__ = ["Circumstances", "Outreach"]


class Circumstances(TypedDict, total=False):
    """What ``decide`` takes of it."""

    pacer: Pacer
    breaker: Breaker
    sent_today: int


class Outreach:
    """Keeps the pace and the fuses of a desk."""

    def __init__(self, store: Store, config: DeskConfig, clock: Clock) -> None:
        self._store = store
        self._config = config
        self._clock = clock
        self._pacer = Pacer()
        self._breakers: dict[str, Breaker] = {}

    async def circumstances(self, thread: Thread) -> Circumstances:
        """What a decision about this conversation's follow-ups must know."""
        sent_today = 0
        if budget_of(thread, self._config) is not None:
            since = day_start(thread.customer, self._clock.now())
            sent_today = await self._store.followups_sent(thread.customer.id, since)
        return {
            "pacer": self._pacer,
            "breaker": self._breaker(thread.conversation.channel),
            "sent_today": sent_today,
        }

    def note(self, decision: Decision) -> None:
        """Take in what a decision sent, held or learned of receipts; before the next one is decided."""
        if decision.slot is not None:
            self._pacer.take(decision.slot)
        channel = decision.thread.conversation.channel
        for event in decision.events:
            if event.type == "followup.sent":
                self._breakers[channel] = after_sent(self._breaker(channel), event.data["message_id"])
            elif event.type == "message.failed":
                message_id = event.data["message_id"]
                self._breakers[channel] = after_failed(self._breaker(channel), message_id, now=event.at)

    def resume(self, channel: str) -> Breaker:
        """Let follow-ups go out again on a channel; it counts anew."""
        self._breakers[channel] = resumed(self._breaker(channel))
        return self._breakers[channel]

    def forget(self) -> None:
        """Forget the seconds that have passed."""
        self._pacer.forget(self._clock.now())

    def _breaker(self, channel: str) -> Breaker:
        return self._breakers.get(channel) or Breaker(channel=channel)
