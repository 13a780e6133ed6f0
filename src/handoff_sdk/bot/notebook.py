"""What a bot writes down in one turn: its open dialogues and its own notes, in the conversation's ``state``.

Source: sdk.md, A bot (how it survives); ``core/notes.py`` has the rules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff_sdk.core.notes import ahead, is_private, timers_of, written

if TYPE_CHECKING:
    from datetime import datetime

    from handoff_sdk.client.client import HandoffClient
    from handoff_sdk.core.dialogue import Dialogue
    from handoff_sdk.core.notes import Notes
    from handoff_sdk.models.noun import JsonObject
    from handoff_sdk.models.turn import Turn

__all__ = ["Notebook"]


class Notebook:
    """The notes of one turn.

    Args:
        client: A client with the bot's key.
        turn: The turn.
        notes: The other dialogues that are open in the conversation.
        consumer: Which process of the bot this is; ``""`` where there is no turn to acknowledge.
        always: Whether notes are written even where no dialogue is open.
    """

    def __init__(self, client: HandoffClient, turn: Turn, notes: Notes, *, consumer: str, always: bool = False) -> None:
        self._client = client
        self._turn = turn
        self._notes = notes.to(turn.id)
        self._state = dict(turn.conversation.state)
        self._consumer = consumer
        self._always = always
        self._news: JsonObject = {}

    async def write_ahead(self, dialogue: Dialogue | None, news: JsonObject) -> None:
        """Write down how things stand in the middle of the turn, should the process die or the turn be void.

        Args:
            dialogue: The dialogue that is under way.
            news: What the author changed in ``chat.state``.
        """
        if not self._consumer:
            return
        change = ahead(self._notes.having(dialogue, current=True)) | self._news | news
        await self._client.conversations.update(self._turn.conversation.id, state=change)
        self._state |= change

    async def give_up(self, why: str) -> None:
        """Write down that the dialogue of this turn is over, where anything stands of it."""
        if any(map(is_private, self._state)):
            self._notes = self._notes.model_copy(update={"failed": why})
            await self.write_ahead(None, {})

    def add(self, news: JsonObject) -> None:
        """Let what the author changed go along with whatever is written next."""
        self._news |= news

    async def done(self, dialogue: Dialogue | None, news: JsonObject) -> None:
        """Acknowledge the turn, and write down how things stand after it, in one transaction.

        Args:
            dialogue: The dialogue that waits now, if it does.
            news: What the author changed in ``chat.state``.

        Raises:
            ControlLost: The turn is void, or was acknowledged by another process.
        """
        if not self._consumer:
            return
        notes = self._notes.having(dialogue)
        state = written(notes, self._state, always=self._always) | self._news | news
        # All of them each time: a change of owner, which may have been in between, cancels timers.
        timers: dict[str, datetime | None] = {**timers_of(notes)}
        await self._client.bots.done(
            self._turn.bot, self._turn.id, consumer=self._consumer, state=state or None, timers=timers or None
        )
