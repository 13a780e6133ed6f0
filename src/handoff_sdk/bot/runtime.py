"""The running bot: follows the event feed and lets handlers answer.

One conversation's turns run one after the other, many conversations' at once, up to a bound. A handler runs in a task
of its own, so that it can be cancelled when people take its conversation over. Every task is owned and waited for.

Source: sdk.md, A bot (turns, fencing); lifecycle.md, 2.3 (a bot is never silence).
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from handoff_sdk.errors import ControlLost, HandoffError, IdempotencyMismatch, Refused
from handoff_sdk.models.conversation import Returned
from handoff_sdk.models.message import Message

from .chat import Chat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from handoff_sdk.client.client import HandoffClient
    from handoff_sdk.models.event import Event

    from .handlers import Handler

__all__ = ["Runtime"]

_log = logging.getLogger("handoff_sdk.bot")

_FOLLOWED: Final = frozenset({"message.created", "control.returned", "control.passed", "control.taken_over"})
_LOSSES: Final = frozenset({"control.passed", "control.taken_over"})


class Runtime:
    """One bot on one client, from start to stop.

    Args:
        name: The bot's name.
        handler: The handler for a chat, if there is one.
        client: A client with a key of a bot.
        at_once: How many conversations may be answered at once.
        grace: How many seconds running handlers have when the bot stops.
    """

    def __init__(
        self, name: str, handler: Callable[[Chat], Handler | None], client: HandoffClient, *, at_once: int, grace: float
    ) -> None:
        self._name = name
        self._handler = handler
        self._client = client
        self._places = asyncio.Semaphore(at_once)
        self._grace = grace
        self._stopping = asyncio.Event()
        self._waiting: dict[str, deque[Event]] = {}
        self._lines: set[asyncio.Task[None]] = set()
        self._turns: dict[str, asyncio.Task[None]] = {}
        self._chats: dict[str, Chat] = {}

    def stop(self) -> None:
        """Take no more turns and let the running ones finish; asked again, end them."""
        if self._stopping.is_set():
            for line in self._lines:
                line.cancel()
        self._stopping.set()

    async def run(self, cursor: int | None) -> None:
        """Answer until stopped.

        Raises:
            HandoffError: The engine refuses the event feed.
        """
        reading = asyncio.create_task(self._read(cursor), name=f"{self._name}: events")
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({reading, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if reading.done():
                reading.result()
            await _ended({reading})
            if self._lines:
                await asyncio.wait(self._lines, timeout=self._grace)
        finally:
            self._stopping.set()
            await _ended({reading, stopping, *self._lines})

    async def _read(self, cursor: int | None) -> None:
        async with self._client.events.follow(cursor=cursor, types=_FOLLOWED, patient=True) as events:
            async for event in events:
                if event.conversation_id is not None:
                    self._take(event, event.conversation_id)

    def _take(self, event: Event, conversation_id: str) -> None:
        if event.type in _LOSSES:
            self._lose(event, conversation_id)
        elif event.type == "control.returned" or _by_customer(event):
            line = self._waiting.get(conversation_id)
            if line is not None:
                line.append(event)
                return
            self._waiting[conversation_id] = deque([event])
            task = asyncio.create_task(self._serve(conversation_id), name=f"{self._name}: {conversation_id}")
            self._lines.add(task)
            task.add_done_callback(self._lines.discard)

    def _lose(self, event: Event, conversation_id: str) -> None:
        """End the running turn of a conversation that somebody else owns from now on."""
        turn, chat = self._turns.get(conversation_id), self._chats.get(conversation_id)
        if turn is None or chat is None or chat.handing_off:
            return
        epoch = event.data.get("epoch")
        if not isinstance(epoch, int) or epoch > chat.epoch:
            _log.info("%s: lost control of %s (%s)", self._name, conversation_id, event.type)
            turn.cancel()

    async def _serve(self, conversation_id: str) -> None:
        """All the turns that wait in a conversation, in order."""
        line = self._waiting[conversation_id]
        try:
            async with self._places:
                while line and not self._stopping.is_set():
                    await self._play(line.popleft(), conversation_id)
                # Before anything is awaited: what comes from here on begins a line of its own.
                del self._waiting[conversation_id]
        finally:
            if self._waiting.get(conversation_id) is line:
                del self._waiting[conversation_id]

    async def _play(self, event: Event, conversation_id: str) -> None:
        """One turn, in a task of its own."""
        turn = asyncio.create_task(self._answer(event, conversation_id), name=f"{self._name}: {event.id}")
        self._turns[conversation_id] = turn
        try:
            await asyncio.wait({turn})
        finally:
            await _ended({turn})
            self._turns.pop(conversation_id, None)
            self._chats.pop(conversation_id, None)

    async def _answer(self, event: Event, conversation_id: str) -> None:
        chat = None
        try:
            chat = await self._chat(event, conversation_id)
        except Exception:  # noqa: BLE001 - one turn's trouble must not end the others
            # The engine hands the conversation off itself when nobody answers in time.
            _log.exception("%s: event %s cannot be answered", self._name, event.id)
        if chat is None:
            return
        self._chats[conversation_id] = chat
        try:
            handler = self._handler(chat)
            if handler is not None:
                await handler(chat)
            elif chat.message is not None:
                await self._hand_off(chat, event, "bot_no_answer")
            await self._acknowledge(chat)
        except ControlLost:
            _log.info("%s: lost control of %s", self._name, conversation_id)
        except IdempotencyMismatch:
            _log.info("%s: event %s was answered before, in other words", self._name, event.id)
        except Exception:  # noqa: BLE001 - a handler may raise anything
            _log.exception("%s: the handler of event %s failed", self._name, event.id)
            await self._hand_off(chat, event, "bot_error")

    async def _chat(self, event: Event, conversation_id: str) -> Chat | None:
        """The chat of a turn; ``None`` where the turn is not this bot's, or void."""
        message = returned = None
        if event.type == "control.returned":
            epoch = int(event.data["epoch"])
            returned = Returned.model_validate(event.data["returned"])
        else:
            message = Message.model_validate(event.data["message"])
            epoch = message.epoch
        conversation = await self._client.conversations.get(conversation_id)
        if conversation.bot != self._name or conversation.owner != "bot" or conversation.epoch != epoch:
            return None
        return Chat(
            bot=self._name,
            client=self._client,
            event_id=event.id,
            conversation=conversation,
            customer=await self._client.customers.get(conversation.customer_id),
            epoch=epoch,
            message=message,
            returned=returned,
        )

    async def _acknowledge(self, chat: Chat) -> None:
        """Tell the engine that the oldest open turn is through; a hand-off has voided it already."""
        with suppress(ControlLost):
            await self._client.conversations.release(chat.conversation.id, epoch=chat.epoch)

    async def _hand_off(self, chat: Chat, event: Event, tag: str) -> None:
        key = f"{event.id}:{tag}"
        try:
            await self._client.conversations.handoff(
                chat.conversation.id, epoch=chat.epoch, key=key, tags=[tag], idempotency_key=key
            )
        except Refused as refusal:
            _log.info("%s: %s needs no hand-off: %s", self._name, chat.conversation.id, refusal)
        except HandoffError as error:
            _log.warning("%s: %s could not be handed off: %s", self._name, chat.conversation.id, error)


def _by_customer(event: Event) -> bool:
    message = event.data.get("message")
    author = message.get("author") if isinstance(message, dict) else None
    return isinstance(author, dict) and author.get("type") == "customer"


async def _ended(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel what still runs, and wait until nothing does."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
