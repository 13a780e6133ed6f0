"""Presence: which customers have a stream open.

Source: lifecycle.md, 5 (connected customers), 9 (typing).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff_sdk.models.prompt import SetPresence

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from handoff_sdk.core.thread import Thread
    from handoff_sdk.models.command import ConversationCommand
    from handoff_sdk.ports import Store

__all__ = ["Presence"]


class Presence:
    """The customers' open streams; ``act`` tells a conversation of them."""

    def __init__(self, store: Store, act: Callable[[ConversationCommand], Awaitable[object]]) -> None:
        self._store = store
        self._act = act
        self._streams: dict[str, int] = {}

    def __contains__(self, customer_id: object) -> bool:
        """Whether a customer has a stream open."""
        return customer_id in self._streams

    async def note(self, customer_id: str, *, connected: bool) -> None:
        """Take in that one of a customer's streams opened or closed; the first and the last one count."""
        before = self._streams.get(customer_id, 0)
        now = before + 1 if connected else max(before - 1, 0)
        if now:
            self._streams[customer_id] = now
        else:
            self._streams.pop(customer_id, None)
        if bool(before) != bool(now):
            for conversation_id in await self._store.open_conversations(customer_id):
                await self._act(SetPresence(conversation_id=conversation_id, connected=bool(now)))

    def shown(self, thread: Thread) -> Thread:
        """The thread with the customer's presence as it is; a live ticket's was told when it changed."""
        connected = thread.customer.id in self._streams
        if thread.live is not None or thread.clocks.connected == connected:
            return thread
        return thread.model_copy(update={"clocks": thread.clocks.model_copy(update={"connected": connected})})
