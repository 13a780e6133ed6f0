"""The threads in use, kept in memory: the twin of what the store has, bounded, the least used forgotten first.

Source: house page, decision 5.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from handoff_sdk.core.deadlines import next_due
from handoff_sdk.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable

    from handoff_sdk.core.deadlines import DueItem
    from handoff_sdk.core.thread import Thread
    from handoff_sdk.models.config import DeskConfig
    from handoff_sdk.models.customer import Customer
    from handoff_sdk.ports import Store

__all__ = ["Threads"]

_RENEWED = 10_000
"""Customers changed last: a thread that was read before may be kept after."""


class Threads:
    """At most ``most`` threads; others are read from the store when they are asked for."""

    def __init__(self, store: Store, most: int = 20_000) -> None:
        self._store = store
        self._most = most
        self._kept: OrderedDict[str, Thread] = OrderedDict()
        self._renewed: OrderedDict[str, Customer] = OrderedDict()
        self._due: dict[str, tuple[Thread, DeskConfig, DueItem | None]] = {}

    async def get(self, conversation_id: str) -> Thread:
        """The thread of a conversation.

        Raises:
            NotFound: There is no such conversation.
        """
        thread = self._kept.get(conversation_id)
        if thread is not None:
            self._kept.move_to_end(conversation_id)
            return thread
        thread = await self._store.thread(conversation_id)
        if thread is None:
            raise NotFound(f"There is no conversation {conversation_id}.")
        self.put(thread)
        return thread

    async def fetch(self, conversation_ids: Iterable[str]) -> None:
        """Read what is not kept of these threads, all of it together: they are about to be asked for."""
        missing = [conversation_id for conversation_id in conversation_ids if conversation_id not in self._kept]
        if missing:
            for thread in await self._store.threads(missing):
                self.put(thread)

    def put(self, thread: Thread) -> None:
        """Keep a thread as it is now, unless a later version is kept. Its customer is shown as they are now."""
        thread = _of(thread, self._renewed.get(thread.customer.id))
        conversation_id = thread.conversation.id
        kept = self._kept.get(conversation_id)
        if kept is None or kept.version <= thread.version:
            self._kept[conversation_id] = thread
            self._kept.move_to_end(conversation_id)
        while len(self._kept) > self._most:
            self._due.pop(self._kept.popitem(last=False)[0], None)

    def clear(self) -> None:
        """Read every thread from the store when it is next asked for."""
        self._kept.clear()
        self._due.clear()

    def forget(self, conversation_id: str) -> None:
        """Read a thread from the store when it is next asked for."""
        self._kept.pop(conversation_id, None)
        self._due.pop(conversation_id, None)

    def forget_customer(self, customer_id: str) -> None:
        """Keep nothing of a customer who has no threads."""
        self._renewed.pop(customer_id, None)

    def next_due(self, thread: Thread, config: DeskConfig) -> DueItem | None:
        """What falls due next in a thread; found once for each that is kept, as long as the configuration stands."""
        conversation_id = thread.conversation.id
        found = self._due.get(conversation_id)
        if found is not None and found[0] is thread and found[1] is config:
            return found[2]
        due = next_due(thread, config)
        self._due[conversation_id] = (thread, config, due)
        return due

    def update_customer(self, customer: Customer) -> None:
        """Show a changed customer in all threads of theirs, also in those that are being decided on."""
        self._renewed[customer.id] = customer
        if len(self._renewed) > _RENEWED:
            self._renewed.popitem(last=False)
        for conversation_id, thread in self._kept.items():
            if thread.customer.id == customer.id:
                self._kept[conversation_id] = _of(thread, customer)


def _of(thread: Thread, customer: Customer | None) -> Thread:
    if customer is None or customer == thread.customer:
        return thread
    return thread.model_copy(update={"customer": customer})
