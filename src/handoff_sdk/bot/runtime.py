"""The running bot: takes leased turns, plays many conversations' at once, and reads the event feed beside them.

One conversation is played by one process at a time (the engine leases), and here by one task. A lease is renewed while
a handler runs; a handler whose conversation somebody else owns by now is cancelled. Every task is owned and waited for.

Source: sdk.md, A bot (turns, fencing); lifecycle.md, 2.3.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar
from uuid import uuid4

from handoff_sdk.bot.chat import Chat
from handoff_sdk.bot.notebook import Notebook
from handoff_sdk.bot.run import AWAY, Run, opened
from handoff_sdk.bot.runner import Runner
from handoff_sdk.core.dialogue import Dialogue
from handoff_sdk.core.notes import Notes
from handoff_sdk.errors import ControlLost, HandoffError
from handoff_sdk.models.conversation import Conversation
from handoff_sdk.models.message import Message
from handoff_sdk.models.turn import Turn

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterable
    from typing import Any

    from handoff_sdk.bot.runner import Playable
    from handoff_sdk.client.client import HandoffClient
    from handoff_sdk.models.event import Event

__all__ = ["Runtime"]

T = TypeVar("T")

_log = logging.getLogger("handoff_sdk.bot")

_LOSSES: Final = frozenset({"control.passed", "control.taken_over"})
_MOST_TURNS: Final = 50
_POLL: Final = 25.0
_EXTEND_EVERY: Final = 10.0
"""Seconds: a third of a lease."""
_RETRY_AFTER: Final = 1.0


class Runtime:
    """One bot on one client, from start to stop.

    Args:
        bot: The bot.
        client: A client with a key of a bot.
        brands: The brands it serves, unless the desk's configuration says otherwise.
        at_once: How many conversations may be answered at once.
        grace: How many seconds running handlers have when the bot stops.
    """

    def __init__(
        self, bot: Playable, client: HandoffClient, *, brands: Iterable[str], at_once: int, grace: float
    ) -> None:
        self._bot = bot
        self._client = client
        self._brands = list(brands)
        self._at_once = at_once
        self._grace = grace
        self._consumer = uuid4().hex
        self._stopping = asyncio.Event()
        self._playing: dict[str, _Playing] = {}
        self._ended = asyncio.Event()
        self._aside: set[asyncio.Task[None]] = set()

    def stop(self) -> None:
        """Take no more turns and let the running ones finish; asked again, end them."""
        if self._stopping.is_set():
            for playing in self._playing.values():
                playing.task.cancel()
        self._stopping.set()

    async def run(self, cursor: int | None) -> None:
        """Answer until stopped.

        Raises:
            HandoffError: The engine does not let this client be the bot.
        """
        taking = asyncio.create_task(self._take(), name=f"{self._bot.name}: turns")
        reading = asyncio.create_task(self._read(cursor), name=f"{self._bot.name}: events")
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({taking, reading, stopping}, return_when=asyncio.FIRST_COMPLETED)
            for task in (taking, reading):
                if task.done():
                    task.result()
            await _end({taking})
            if tasks := self._tasks():
                await asyncio.wait(tasks, timeout=self._grace)
        finally:
            self._stopping.set()
            await _end({taking, reading, stopping, *self._tasks()})

    def _tasks(self) -> set[asyncio.Task[None]]:
        return {*(playing.task for playing in self._playing.values()), *self._aside}

    async def _take(self) -> None:
        """Take turns for as long as there is room for them."""
        bots, name = self._client.bots, self._bot.name
        await self._patiently(lambda: bots.register(name, brands=self._brands, version=self._bot.current))
        while True:
            while (room := self._at_once - len(self._playing)) <= 0:
                self._ended.clear()
                await self._ended.wait()
            most = min(room, _MOST_TURNS)
            for turn in await self._patiently(partial(bots.turns, name, consumer=self._consumer, max=most, wait=_POLL)):
                self._begin(turn)

    async def _patiently(self, call: Callable[[], Awaitable[T]]) -> T:
        """The answer of a call, however long the engine is away."""
        while True:
            try:
                return await call()
            except AWAY as error:
                _log.warning("%s: %s; trying again", self._bot.name, error)
                await asyncio.sleep(error.retry_after or _RETRY_AFTER)

    def _begin(self, turn: Turn) -> None:
        runner = Runner(self._bot, turn, self._client, consumer=self._consumer)
        before = self._playing.get(turn.conversation.id)
        task = asyncio.create_task(self._play(runner, turn, before), name=f"{self._bot.name}: {turn.id}")
        self._playing[turn.conversation.id] = _Playing(runner, task)

    async def _play(self, runner: Runner, turn: Turn, before: _Playing | None) -> None:
        """One turn, with its lease renewed. An earlier one of the conversation has lost its lease, and is ended."""
        conversation_id = turn.conversation.id
        task = asyncio.current_task()
        keeping = asyncio.create_task(self._keep(turn, task)) if task is not None else None
        try:
            if before is not None:
                await _end({before.task})
            await runner.play()
        except asyncio.CancelledError:
            _log.info("%s: turn %s of %s was cancelled", self._bot.name, turn.id, conversation_id)
        finally:
            if keeping is not None:
                await _end({keeping})
            if (playing := self._playing.get(conversation_id)) is not None and playing.task is task:
                del self._playing[conversation_id]
            self._ended.set()

    async def _keep(self, turn: Turn, task: asyncio.Task[Any]) -> None:
        """Renew a turn's lease for as long as it is played; end the playing of one that is void."""
        while True:
            await asyncio.sleep(_EXTEND_EVERY)
            try:
                await self._client.bots.extend(self._bot.name, turn.id, consumer=self._consumer)
            except ControlLost:
                playing = self._playing.get(turn.conversation.id)
                if playing is None or not playing.runner.parting:
                    task.cancel()
                return
            except HandoffError as error:
                _log.warning("%s: the lease of turn %s was not renewed: %s", self._bot.name, turn.id, error)

    async def _read(self, cursor: int | None) -> None:
        """Follow the events, beside the turns: whoever owns a conversation now, and what is only read."""
        types = set(_LOSSES)
        handlers = self._bot.handlers(self._bot.current)
        if handlers.rules("started"):
            types.add("conversation.created")
        if handlers.rules("standby"):
            types.add("message.created")
        async with self._client.events.follow(cursor=cursor, types=types, patient=True) as events:
            async for event in events:
                if event.type in _LOSSES:
                    self._lose(event)
                else:
                    self._beside(self.hear(event))

    async def hear(self, event: Event) -> None:
        """Do what an event asks for beside the turns. What the author's handlers raise is logged."""
        handlers = self._bot.handlers(self._bot.current)
        if event.type == "conversation.created" and handlers.rules("started"):
            await self._quietly(self._greet(event))
        elif event.type == "message.created" and event.standby and handlers.rules("standby"):
            await self._quietly(self._stand_by(event))

    def _lose(self, event: Event) -> None:
        """End the playing of a conversation that somebody else owns from now on."""
        playing = self._playing.get(event.conversation_id or "")
        epoch = event.data.get("epoch")
        if playing is None or playing.runner.parting or (isinstance(epoch, int) and epoch <= playing.runner.epoch):
            return
        _log.info("%s: lost control of %s (%s)", self._bot.name, event.conversation_id, event.type)
        playing.task.cancel()

    def _beside(self, doing: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(doing)
        self._aside.add(task)
        task.add_done_callback(self._aside.discard)

    async def _quietly(self, doing: Coroutine[Any, Any, None]) -> None:
        try:
            await doing
        except ControlLost as error:
            _log.info("%s: %s", self._bot.name, error)
        except Exception:  # noqa: BLE001 - a handler may raise anything
            _log.exception("%s: a handler failed beside the turns", self._bot.name)

    async def _greet(self, event: Event) -> None:
        conversation = Conversation.model_validate(event.data["conversation"])
        if conversation.bot == self._bot.name and conversation.owner == "bot":
            turn = await self._seen(event, conversation)
            await Runner(self._bot, turn, self._client, consumer="").greet()

    async def _stand_by(self, event: Event) -> None:
        conversation = await self._client.conversations.get(event.conversation_id or "")
        if conversation.bot != self._bot.name:
            return
        turn = await self._seen(event, conversation)
        for rule in self._bot.handlers(self._bot.current).rules("standby"):
            dialogue = Dialogue(id=event.id, handler=rule.name, opened=opened(turn))
            notebook = Notebook(self._client, turn, Notes(bot=self._bot.name), consumer="")
            run = Run(self._client, turn, dialogue, notebook, may_wait=False)
            run.close(lambda kind: ControlLost(f"chat.{kind}(): on standby a bot only reads."), but={"history"})
            await rule.handler(Chat(run))

    async def _seen(self, event: Event, conversation: Conversation) -> Turn:
        """What happened, as if it were a turn."""
        message = event.data.get("message")
        return Turn(
            id=event.id,
            kind="message",
            bot=self._bot.name,
            conversation=conversation,
            customer=await self._client.customers.get(conversation.customer_id),
            message=Message.model_validate(message) if message else None,
            at=event.at,
            attempt=1,
            leased_until=event.at,
        )


class _Playing:
    """A turn that is played, and its task."""

    __slots__ = ("runner", "task")

    def __init__(self, runner: Runner, task: asyncio.Task[None]) -> None:
        self.runner = runner
        self.task = task


async def _end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel what still runs, and wait until nothing does."""
    waited = set(tasks)
    for task in waited:
        task.cancel()
    await asyncio.gather(*waited, return_exceptions=True)
