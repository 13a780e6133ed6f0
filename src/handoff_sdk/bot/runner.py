"""One turn: which handler it belongs to, its run, and how the turn is acknowledged.

Whatever happens, the customer is not left in silence: where no handler matches, one raises, or the code does not fit
the journal any more, people get the conversation.

Source: sdk.md, A bot (turns); lifecycle.md, 2.3 (a bot is never silence), 2.6 (return).
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final, Protocol

from handoff_sdk.bot.chat import Chat
from handoff_sdk.bot.notebook import Notebook
from handoff_sdk.bot.run import AWAY, Run, opened
from handoff_sdk.core.dialogue import Dialogue, DialogueChanged
from handoff_sdk.core.notes import Notes, for_message, for_return, for_timer, interrupted, is_private, notes_of
from handoff_sdk.errors import ControlLost, HandoffError, Refused

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from handoff_sdk.bot.handlers import Handlers, Rule
    from handoff_sdk.client.client import HandoffClient
    from handoff_sdk.core.notes import Picked
    from handoff_sdk.models.turn import Turn

__all__ = ["Playable", "Runner"]

_log = logging.getLogger("handoff_sdk.bot")

_MOST_ATTEMPTS: Final = 5
"""How often a turn is tried while the engine cannot be reached in the middle of it."""


class Playable(Protocol):
    """A bot, as a turn sees it."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def current(self) -> str:
        """The version that new dialogues begin with."""

    def handlers(self, version: str) -> Handlers:
        """The handlers of a version; the present ones where that is not kept."""


class Runner:
    """Plays one turn.

    Args:
        bot: The bot.
        turn: The turn.
        client: A client with the bot's key.
        consumer: Which process of the bot this is.
    """

    def __init__(self, bot: Playable, turn: Turn, client: HandoffClient, *, consumer: str) -> None:
        self._bot = bot
        self._turn = turn
        self._client = client
        self._consumer = consumer
        self._run: Run | None = None
        self._parting = False
        self._handlers = bot.handlers(bot.current)
        self._notebook = self._notes(Notes(bot=bot.name))

    @property
    def epoch(self) -> int:
        """The epoch the turn speaks in."""
        return self._turn.conversation.epoch

    @property
    def parting(self) -> bool:
        """Whether this turn itself passes control away, so that a new epoch is no loss."""
        return self._parting or (self._run is not None and self._run.parting)

    async def play(self) -> None:
        """Play the turn to its end: acknowledged, handed off, or left for another delivery."""
        turn = self._turn
        kept = notes_of(turn.conversation.state, self._bot.name)
        picked = _picked(kept, turn)
        self._notebook = self._notes(picked.notes)
        if kept.turn == turn.id and kept.failed:
            await self._hand_off(kept.failed)
            return
        try:
            if turn.kind == "message" and self._is_first():
                await self.greet()
            found = self._found(picked, again=kept.turn == turn.id)
            if found is not None:
                await self._played(*found)
            elif turn.kind == "message":
                await self._hand_off("bot_no_answer")
            else:
                await self._notebook.done(None, {})
        except Exception as error:  # noqa: BLE001 - handlers and filters may raise anything
            await self._failed(error)

    async def greet(self) -> None:
        """Let the handlers of ``on_started`` speak. However often it is called, they are heard once."""
        conversation_id = self._turn.conversation.id
        turn = self._turn.model_copy(update={"id": f"{conversation_id}:started", "message": None})
        for number, rule in enumerate(self._handlers.rules("started")):
            dialogue = Dialogue(id=turn.id, handler=rule.name, opened=opened(turn))
            notebook = Notebook(self._client, turn, Notes(bot=self._bot.name), consumer="")
            run = Run(self._client, turn, dialogue, notebook, may_wait=False, part=f"{number}:")
            await _handled(rule.handler(Chat(run)), run)

    def _notes(self, notes: Notes) -> Notebook:
        always = bool(self._handlers.rules("started"))
        return Notebook(self._client, self._turn, notes, consumer=self._consumer, always=always)

    def _is_first(self) -> bool:
        """Whether the bot had no turn in this conversation before."""
        return self.epoch == 1 and not any(is_private(name) for name in self._turn.conversation.state)

    def _found(self, picked: Picked, *, again: bool) -> tuple[Rule, Dialogue] | None:
        """The handler of the turn and its journal: one that waited for it, else a new one.

        Raises:
            DialogueChanged: The handler that waited is not there any more.
        """
        kind, dialogue = self._turn.kind, picked.dialogue
        if dialogue is None:
            rule = self._handlers.first(kind, self._looking()) if kind != "timer" else None
            return None if rule is None else (rule, self._new(rule))
        if kind == "message" and not again:
            rule = self._handlers.first(kind, self._looking(), interrupting=True)
            if rule is not None:
                self._notebook = self._notes(interrupted(picked.notes))
                return rule, self._new(rule)
        rule = self._bot.handlers(dialogue.version).named(dialogue.handler)
        if rule is None:
            raise DialogueChanged(f"A dialogue waits for its handler {dialogue.handler!r}, but there is none any more.")
        return rule, dialogue

    def _new(self, rule: Rule) -> Dialogue:
        turn = self._turn
        return Dialogue(id=turn.id, handler=rule.name, version=self._bot.current, opened=opened(turn))

    def _looking(self) -> Chat:
        """A chat for filters: it can be read, and nothing else."""
        run = Run(
            self._client,
            self._turn,
            Dialogue(id=self._turn.id, handler="a filter", opened=opened(self._turn)),
            self._notebook,
        )
        run.close(lambda kind: RuntimeError(f"A filter only looks; it cannot take the step chat.{kind}()."))
        return Chat(run)

    async def _played(self, rule: Rule, dialogue: Dialogue) -> None:
        run = self._run = Run(self._client, self._turn, dialogue, self._notebook)
        await _handled(rule.handler(Chat(run)), run)
        if self._turn.kind == "returned" and dialogue.waiting is not None and not run.over and not run.taken:
            # Who handed off had nothing more to do: whoever waits for returns in general is asked.
            welcome = self._handlers.first("returned", self._looking())
            if welcome is not None:
                news = run.news()
                self._notebook.add(news)
                begun = self._new(welcome)
                state = begun.opened["state"] | news
                await self._played(welcome, begun.model_copy(update={"opened": begun.opened | {"state": state}}))
                return
        await run.finish()

    async def _failed(self, error: Exception) -> None:
        name, conversation_id = self._bot.name, self._turn.conversation.id
        if isinstance(error, ControlLost):
            _log.info("%s: lost control of %s: %s", name, conversation_id, error)
        elif isinstance(error, AWAY) and self._turn.attempt < _MOST_ATTEMPTS:
            _log.warning("%s: turn %s will be delivered again: %s", name, self._turn.id, error)
        elif isinstance(error, DialogueChanged):
            _log.error("%s: %s goes to people: %s", name, conversation_id, error)
            await self._hand_off("dialogue_changed")
        else:
            _log.error("%s: turn %s of %s failed", name, self._turn.id, conversation_id, exc_info=error)
            if not await self._excused(error):
                await self._hand_off("bot_error")

    async def _excused(self, error: Exception) -> bool:
        """Whether the author's own ``on_error`` dealt with it."""
        handler = self._handlers.error_handler
        if handler is None:
            return False
        dialogue = Dialogue(id=f"{self._turn.id}:error", handler="error", opened=opened(self._turn))
        run = self._run = Run(self._client, self._turn, dialogue, self._notebook, may_wait=False, part="error:")
        try:
            await _handled(handler(Chat(run), error), run)
            await run.finish()
        except ControlLost as lost:
            _log.info("%s: lost control of %s: %s", self._bot.name, self._turn.conversation.id, lost)
        except Exception:  # noqa: BLE001 - it may raise anything
            _log.exception("%s: on_error failed in turn %s", self._bot.name, self._turn.id)
            return False
        return True

    async def _hand_off(self, tag: str) -> None:
        """Give the conversation to people, because the bot has no answer. What it was about is over."""
        conversation_id = self._turn.conversation.id
        self._parting = True
        try:
            await self._notebook.give_up(tag)
            await self._client.conversations.handoff(
                conversation_id, epoch=self.epoch, key=f"{self._turn.id}:{tag}", tags=[tag]
            )
        except Refused as refusal:
            _log.info("%s: %s needs no hand-off: %s", self._bot.name, conversation_id, refusal)
        except HandoffError as trouble:
            # The turn stays unacknowledged: it is delivered again, or the engine hands off itself.
            _log.warning("%s: %s could not be handed off: %s", self._bot.name, conversation_id, trouble)


def _picked(notes: Notes, turn: Turn) -> Picked:
    """The dialogue that the turn belongs to."""
    conversation = turn.conversation
    match turn.kind:
        case "message":
            return for_message(notes, turn.id, conversation.epoch)
        case "returned":
            key = conversation.ticket.handoff_key if conversation.ticket is not None else None
            return for_return(notes, turn.id, conversation.epoch, key)
        case "timer":
            return for_timer(notes, turn.id, turn.timer or "", turn.at)


async def _handled(handling: Awaitable[None], run: Run) -> None:
    """Let a handler run until it ends, or waits.

    Raises:
        Exception: What the handler raised.
        DialogueChanged: The journal does not fit what it did.
    """
    try:
        await handling
    except asyncio.CancelledError:
        raise
    except BaseException:
        if not run.over:
            raise
    finally:
        run.close(lambda kind: RuntimeError(f"chat.{kind}() came after its handler had ended; nothing was done."))
    run.ended()
