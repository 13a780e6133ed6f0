"""What is to be kept of one webhook's progress: noted at once, written together.

Many attempts end while one transaction is written; the next one has all of them.

Source: house page, decision 8 (the table is the truth).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from handoff_sdk.ports import Change, HookChange

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from handoff_sdk.models.event import Event
    from handoff_sdk.models.webhook import Delivery
    from handoff_sdk.ports import KeptWebhook

__all__ = ["Ledger"]

_IDLE: Final = 1_000
"""Events read past, without one that matched, after which the cursor is kept all the same."""


class Ledger:
    """What has changed since it was last kept.

    Args:
        write: Commits a change and publishes its events.
        cursor: The cursor that is kept.
    """

    def __init__(self, write: Callable[[Change], Awaitable[object]], cursor: int) -> None:
        self._write = write
        self._cursor = cursor
        self._deliveries: dict[str, Delivery] = {}
        self._events: list[Event] = []
        self._touched = False
        self._saving = asyncio.Lock()

    def touch(self) -> None:
        """The webhook itself has changed."""
        self._touched = True

    def note(self, delivery: Delivery) -> None:
        """A delivery is new, or has changed."""
        self._deliveries[delivery.id] = delivery

    def tell(self, event: Event) -> None:
        """Something happened to the webhook that others should hear of."""
        self._events.append(event)
        self._touched = True

    async def save(self, kept: Callable[[], KeptWebhook], *, idle: bool = False) -> None:
        """Keep what has changed, in one transaction.

        Args:
            kept: The webhook as it stands when it is written.
            idle: There is no hurry: write only where the cursor has gone far.

        Raises:
            Unavailable: It could not be written, and is still to be kept.
        """
        async with self._saving:
            hook = kept()
            nothing_new = not self._touched and not self._deliveries
            if (nothing_new or idle) and hook.webhook.cursor - self._cursor < _IDLE:
                return
            deliveries, self._deliveries = self._deliveries, {}
            events, self._events = self._events, []
            self._touched = False
            try:
                await self._write(Change(events=tuple(events), hook=HookChange(hook, tuple(deliveries.values()))))
            except BaseException as error:
                self._deliveries = deliveries | self._deliveries
                self._touched = True
                if isinstance(error, Exception):  # else it is written, and only nobody waits for it any more
                    self._events = events + self._events
                raise
            self._cursor = hook.webhook.cursor
