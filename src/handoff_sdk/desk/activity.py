"""What people do beside writing: typing, which is told and not kept, and receipts, which name a message.

Source: api.md, Resources (``POST /v1/conversations/{id}/activity``); lifecycle.md, 9 (typing).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff_sdk.desk.commits import Outcome
from handoff_sdk.errors import NotFound
from handoff_sdk.models.event import Actor, Event
from handoff_sdk.models.prompt import StayWithTurn

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from handoff_sdk.desk.commits import Commits
    from handoff_sdk.desk.presence import Presence
    from handoff_sdk.models.command import ConversationCommand, RecordActivity

__all__ = ["Activity"]


class Activity:
    """Takes activity in; ``act`` carries out what follows from it for a conversation."""

    def __init__(
        self, commits: Commits, presence: Presence, act: Callable[[ConversationCommand], Awaitable[object]]
    ) -> None:
        self._commits = commits
        self._presence = presence
        self._act = act

    async def types(self, command: RecordActivity, actor: Actor) -> Outcome:
        """Tell who listens that somebody types; nothing is kept, and nothing told of who is not connected."""
        thread = await self._commits.threads.get(command.conversation_id)
        agent = self._commits.roster.find(actor.id or "") if actor.type == "agent" else None
        absent = {
            "customer": actor.id not in self._presence,
            "agent": agent is None or not agent.connected,
        }
        if absent.get(actor.type, False):
            return Outcome(thread=thread)
        if actor.type == "bot" and thread.turns:
            await self._act(StayWithTurn(conversation_id=command.conversation_id))
        event = Event(
            id=self._commits.new_id("evt"),
            type="typing.started" if command.type == "typing_start" else "typing.stopped",
            at=self._commits.clock.now(),
            conversation_id=thread.conversation.id,
            actor=actor,
            data={"by": actor.type, "name": agent.name if agent else None},
        )
        self._commits.hub.publish((event,), thread.customer.id)
        return Outcome(thread=thread, events=(event,))

    async def with_message(self, command: RecordActivity) -> RecordActivity:
        """The receipt with the message that it is about: the latest one where it names none.

        Raises:
            NotFound: The conversation has no such message.
        """
        named = command.message_id or command.up_to
        if named is None:
            latest = await self._commits.store.messages(command.conversation_id, limit=1, public=True, latest=True)
            message = latest[0] if latest else None
        else:
            message = await self._commits.store.message(named)
        if message is None or message.conversation_id != command.conversation_id:
            raise NotFound(f"There is no message {named or ''} in conversation {command.conversation_id}.")
        return command.model_copy(update={"message_id": message.id, "up_to": message.id})
