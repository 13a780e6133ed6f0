"""Snapshots: a conversation as a reader sees it, and the cursor from which events go on.

Source: api.md, Resources (``GET /v1/conversations/{id}/snapshot``); house page, Names, docstrings, tests (whole state).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff_sdk.core.views import conversation_for_customer, message_for_customer
from handoff_sdk.errors import NotFound

if TYPE_CHECKING:
    from handoff_sdk.core.views import Audience
    from handoff_sdk.desk.roster import Roster
    from handoff_sdk.desk.router import Router
    from handoff_sdk.models.conversation import Conversation
    from handoff_sdk.models.noun import JsonObject
    from handoff_sdk.ports import Store

__all__ = ["Snapshots"]

_MESSAGES = 100
"""The latest messages a snapshot holds; older ones are read page by page."""


class Snapshots:
    """The snapshots of a desk's conversations."""

    def __init__(self, store: Store, roster: Roster, router: Router) -> None:
        self._store = store
        self._roster = roster
        self._router = router

    async def of(self, conversation_id: str, audience: Audience) -> JsonObject:
        """A conversation, its latest messages and the cursor from which events go on, as an audience may see them.

        What the events after the cursor tell may be in it already; what they don't tell any more always is.

        Raises:
            NotFound: There is no such conversation.
        """
        cursor = await self._store.cursor()
        # From the store, and after the cursor: memory learns of a commit later than the store's readers do.
        thread = await self._store.thread(conversation_id)
        if thread is None:
            raise NotFound(f"There is no conversation {conversation_id}.")
        conversation = thread.conversation.model_copy(update={"ticket": thread.latest})
        public = audience.kind == "customer"
        messages = await self._store.messages(conversation_id, limit=_MESSAGES, public=public, latest=True)
        if not public:
            return {
                "conversation": conversation.model_dump(mode="json"),
                "messages": [message.model_dump(mode="json") for message in messages],
                "cursor": str(cursor),
            }
        return {
            "conversation": conversation_for_customer(conversation) | await self._standing(conversation),
            "messages": [message_for_customer(message) for message in messages],
            "cursor": str(cursor),
        }

    async def _standing(self, conversation: Conversation) -> JsonObject:
        """What only a customer's snapshot says: place in the queue, who speaks, what was read, the latest survey."""
        read = await self._store.last_event(conversation.id, "message.read", actor_type="agent")
        ticket = conversation.ticket
        agent = self._roster.find(ticket.assignee) if ticket and ticket.live and ticket.assignee else None
        place = self._router.place(ticket.id) if ticket else None
        return {
            "position": place.position if place else None,
            "wait": place.wait.model_dump(mode="json") if place and place.wait else None,
            "speaker": agent.name if agent else conversation.bot if conversation.owner == "bot" else None,
            "unread": await self._unread(conversation),
            "read_up_to": read.data["up_to"] if read else None,
            "survey": await self._survey(conversation.id),
        }

    async def _survey(self, conversation_id: str) -> JsonObject | None:
        """The survey that the customer was asked last, with their answer; ``None``: there was none."""
        asked = await self._store.last_event(conversation_id, "survey.asked")
        if asked is None:
            return None
        answered = await self._store.last_event(conversation_id, "survey.answered")
        given = answered.data if answered and answered.seq > asked.seq else {}
        return {
            "message_id": asked.data["message_id"],
            "rating": given.get("rating"),
            "comment": given.get("comment"),
        }

    async def _unread(self, conversation: Conversation) -> int:
        read = await self._store.last_event(conversation.id, "message.read", actor_type="customer")
        seen = await self._store.message(read.data["up_to"]) if read else None
        messages = await self._store.messages(
            conversation.id, after=seen.seq if seen else 0, limit=_MESSAGES, public=True, latest=True
        )
        return sum(message.author.type in {"bot", "agent"} for message in messages)
