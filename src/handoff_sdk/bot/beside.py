"""What a bot does beside its turns: it greets who begins a conversation, and reads along while people have one.

Source: sdk.md, A bot (other handlers); lifecycle.md, 2.5 (standby).
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from handoff_sdk.bot.chat import Chat
from handoff_sdk.bot.notebook import Notebook
from handoff_sdk.bot.run import Run, opened
from handoff_sdk.bot.runner import Runner
from handoff_sdk.core.dialogue import Dialogue
from handoff_sdk.core.notes import Notes
from handoff_sdk.errors import ControlLost
from handoff_sdk.models.conversation import Conversation
from handoff_sdk.models.message import Message
from handoff_sdk.models.turn import Turn

if TYPE_CHECKING:
    from handoff_sdk.bot.handlers import Handlers
    from handoff_sdk.bot.runner import Playable
    from handoff_sdk.client.client import HandoffClient
    from handoff_sdk.models.event import Event

__all__ = ["Beside"]

_log = logging.getLogger("handoff_sdk.bot")


class Beside:
    """The handlers ``on_started`` and ``on_standby`` of a bot. What they raise is logged, and no trouble for others."""

    def __init__(self, bot: Playable) -> None:
        self._bot = bot

    @property
    def types(self) -> frozenset[str]:
        """The types of events that there is a handler for."""
        wanted = {"conversation.created": "started", "message.created": "standby"}
        return frozenset(event_type for event_type, kind in wanted.items() if self._handlers.rules(kind))

    @property
    def _handlers(self) -> Handlers:
        return self._bot.handlers(self._bot.current)

    async def hear(self, event: Event, client: HandoffClient) -> None:
        """Let the handlers that an event is for do what they do."""
        if event.type not in self.types:
            return
        try:
            if event.type == "conversation.created":
                await self._greet(event, client)
            elif event.standby and event.data["message"]["author"]["type"] != "system":
                await self._stand_by(event, client)
        except ControlLost as error:
            _log.info("%s: %s", self._bot.name, error)
        except Exception:  # noqa: BLE001 - a handler may raise anything
            _log.exception("%s: a handler failed beside the turns", self._bot.name)

    async def _greet(self, event: Event, client: HandoffClient) -> None:
        conversation = Conversation.model_validate(event.data["conversation"])
        if conversation.bot == self._bot.name and conversation.owner == "bot":
            turn = await self._seen(event, conversation, client)
            await Runner(self._bot, turn, client, consumer="").greet()

    async def _stand_by(self, event: Event, client: HandoffClient) -> None:
        conversation = await client.conversations.get(event.conversation_id or "")
        if conversation.bot != self._bot.name:
            return
        turn = await self._seen(event, conversation, client)
        for rule in self._handlers.rules("standby"):
            dialogue = Dialogue(id=event.id, handler=rule.name, opened=opened(turn))
            notebook = Notebook(client, turn, Notes(bot=self._bot.name), consumer="")
            run = Run(client, turn, dialogue, notebook, may_wait=False)
            run.close(lambda kind: ControlLost(f"chat.{kind}(): on standby a bot only reads."), but={"history"})
            await rule.handler(Chat(run))

    async def _seen(self, event: Event, conversation: Conversation, client: HandoffClient) -> Turn:
        """What happened, as if it were a turn."""
        message = event.data.get("message")
        return Turn(
            id=event.id,
            kind="message",
            bot=self._bot.name,
            conversation=conversation,
            customer=await client.customers.get(conversation.customer_id),
            message=Message.model_validate(message) if message else None,
            at=event.at,
            attempt=1,
            leased_until=event.at,
        )
