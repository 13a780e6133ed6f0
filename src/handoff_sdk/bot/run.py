"""One run of a handler in one turn: what all its steps share.

Every step goes through ``Run.step``: a recorded one answers at once; a fresh one acts and is recorded. What it sends
carries the epoch of the turn and a key made of the turn, the epoch and the step's ordinal, so that nothing is said
twice, or by somebody who has no say any more.

Source: sdk.md, A bot (how it survives, exactly once, fencing).
"""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Any, Final, Literal, NoReturn

from handoff_sdk.bot.returned import record_of
from handoff_sdk.core.answers import answer_of
from handoff_sdk.core.dialogue import DialogueChanged, Replay, Waiting
from handoff_sdk.core.notes import is_private
from handoff_sdk.errors import (
    BY_CODE,
    AlreadyOpen,
    ControlLost,
    HandoffError,
    IdempotencyMismatch,
    RateLimited,
    Unavailable,
    Unreachable,
)
from handoff_sdk.models.message import Author

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping
    from datetime import datetime

    from handoff_sdk.bot.notebook import Notebook
    from handoff_sdk.client.client import HandoffClient
    from handoff_sdk.core.answers import Answer
    from handoff_sdk.core.dialogue import Dialogue, Place
    from handoff_sdk.models.message import Message
    from handoff_sdk.models.noun import JsonObject
    from handoff_sdk.models.turn import Turn

__all__ = ["AWAY", "OnceFailed", "Run", "RunOver", "opened"]

_log = logging.getLogger("handoff_sdk.bot")

AWAY: Final = (Unreachable, Unavailable, RateLimited)
"""The engine cannot be reached or asks to wait: nobody's fault here, and the turn will be delivered again."""


class RunOver(BaseException):
    """The handler's run ends here: it waits for something, or gave the conversation away. Never an error."""


class OnceFailed(HandoffError):
    """What was to be done once failed. It is not tried again in this dialogue; the cause says why."""

    code = "once_failed"
    title = "A step that is done once has failed"


def opened(turn: Turn) -> JsonObject:
    """What a handler that begins in a turn is given, for ever, as JSON."""
    state = {name: value for name, value in turn.conversation.state.items() if not is_private(name)}
    return {
        "conversation": turn.conversation.model_dump(mode="json", exclude_none=True, exclude={"state"}),
        "customer": turn.customer.model_dump(mode="json", exclude_none=True),
        "message": turn.message and turn.message.model_dump(mode="json", exclude_none=True),
        "returned": turn.returned and record_of(turn.returned),
        "state": json.loads(json.dumps(state)),
    }


class Run:
    """A run of a handler.

    Args:
        client: A client with the bot's key.
        turn: The turn it runs in.
        dialogue: Its journal.
        notebook: Where it is written down.
        may_wait: Whether it can go on in a later turn. What only reacts once cannot.
        part: Told apart by this from another run in the same turn.

    Attributes:
        waiting: What the run waits for, once it is over because of that.
        void: Whether the turn is not to be acknowledged any more, because of what the handler did itself.
        parting: Whether the handler is passing control away, or did: then a new epoch is no news.
        taken: How many steps were taken, and not just recalled.
        unawaited: Hand-offs that were described and not made (yet).
        state: The author's durable notes.
    """

    def __init__(
        self,
        client: HandoffClient,
        turn: Turn,
        dialogue: Dialogue,
        notebook: Notebook,
        *,
        may_wait: bool = True,
        part: str = "",
    ) -> None:
        self.client = client
        self.turn = turn
        self.dialogue = dialogue
        self.replay = Replay(dialogue)
        self.waiting: Waiting | None = None
        self.over = self.void = self.parting = False
        self.taken = 0
        self.unawaited: set[int] = set()
        self.epoch = turn.conversation.epoch
        self.now = turn.at
        self.state: dict[str, Any] = json.loads(json.dumps(dialogue.opened.get("state", {})))
        self._begun_with: JsonObject = dialogue.opened.get("state", {})
        self._saved: JsonObject = dialogue.opened.get("saved", {})
        self._notebook = notebook
        self.may_wait = may_wait
        self._part = part
        self._step: str | None = None
        self._key = ""
        self._failure: HandoffError | None = None
        self._closed: Callable[[str], Exception] | None = None
        self._still_open: frozenset[str] = frozenset()

    @property
    def conversation_id(self) -> str:
        """The conversation's id."""
        return self.turn.conversation.id

    @property
    def answer(self) -> Answer:
        """What the customer answered in this turn."""
        if self.turn.message is None:
            raise AssertionError(f"a turn of kind {self.turn.kind!r} has no answer")
        return answer_of(self.turn.message)

    def close(self, why: Callable[[str], Exception], *, but: Iterable[str] = ()) -> None:
        """Refuse every step from now on, but for some; ``why`` makes the error of a step's name."""
        self._closed, self._still_open = why, frozenset(but)

    def check(self, kind: str) -> None:
        """Refuse a step that cannot be taken now.

        Raises:
            RuntimeError: Another step is under way.
            ControlLost: The conversation was given away.
        """
        if self.over:
            raise RunOver
        if self._closed is not None and kind not in self._still_open:
            raise self._closed(kind)
        if self.parting and kind != "handoff":
            raise ControlLost(f"chat.{kind}() came after the conversation was given away; nothing was sent.")
        if self._step is not None:
            raise RuntimeError(
                f"chat.{kind}() was called while chat.{self._step}() still ran. A handler's steps have an order that "
                f"must be the same every time: await one, then the next."
            )

    async def step(
        self, kind: str, act: Callable[[Place], Awaitable[Any]], key: str = "", *, keep: bool = False
    ) -> Any:  # noqa: ANN401 - JSON
        """Take a step, or recall it.

        Args:
            kind: The name of the step.
            act: What is done where it was not done before; answers JSON.
            key: What else tells it from other steps of its kind.
            keep: Whether it is written down at once that it was taken, not only at the end of the turn.

        Raises:
            RuntimeError: Another step is under way.
            DialogueChanged: The journal has another step here.
            HandoffError: What ``act`` raised, also when it is recalled.
        """
        self.check(kind)
        self._step, self._key = kind, key
        try:
            return await self._taken(kind, key, act, keep=keep and self.may_wait)
        finally:
            self._step = None

    async def _taken(self, kind: str, key: str, act: Callable[[Place], Awaitable[Any]], *, keep: bool) -> Any:  # noqa: ANN401 - JSON
        try:
            place = self.replay.enter(kind, key)
        except DialogueChanged as error:
            self._fail(error)
            raise
        if place.recorded is not None:
            # Steps at once are to be refused here too, not only where one of them really waits.
            await asyncio.sleep(0)
            if place.recorded.error:
                raise _rebuilt(place.recorded.result)
            return place.recorded.result
        self.taken += place.waiting is None
        try:
            result = await act(place)
        except (*AWAY, ControlLost) as error:
            self.replay.leave()
            self._fail(error)
            raise
        except AlreadyOpen as error:
            self.replay.leave()
            lost = ControlLost(error.detail, request_id=error.request_id)
            self._fail(lost)
            raise lost from error
        except HandoffError as error:
            self.replay.record({"code": error.code, "detail": error.detail}, error=True)
            if keep:
                await self.write_ahead()
            raise
        except BaseException:
            self.replay.leave()
            raise
        self.replay.record(result)
        if keep:
            await self.write_ahead()
        return result

    def _fail(self, error: HandoffError) -> None:
        """Nothing can be done any more in this run: whatever the handler makes of it, this is how it ends."""
        self._failure = error
        self.close(lambda _: error)

    def key(self, place: Place) -> str:
        """The idempotency key of what a step sends in this turn: the same when the turn is delivered again."""
        return f"{self.turn.id}:{self.epoch}:{self._part}{place.ordinal}:{self._step}"

    def lasting_key(self, place: Place) -> str:
        """The key of what a step does once in the conversation's whole life."""
        return f"{self.dialogue.id}:{self._part}{place.ordinal}"

    async def post(self, place: Place, content: Mapping[str, Any]) -> Message | None:
        """Say something, once. ``None`` where it was said before in other words: that stands."""
        try:
            message = await self.client.messages.create(
                self.conversation_id,
                content=content,
                author=Author(type="bot", id=self.turn.bot),
                epoch=self.epoch,
                idempotency_key=self.key(place),
            )
        except IdempotencyMismatch:
            _log.info("%s: step %s was said before, in other words", self.conversation_id, place.ordinal)
            return None
        self.now = max(self.now, message.at)
        return message

    def check_may_wait(self) -> None:
        """Refuse to begin what this run could never go on with.

        Raises:
            RuntimeError: This handler runs once and is not called again.
        """
        if not self.may_wait:
            raise RuntimeError(
                f"chat.{self._step}() waits, which this handler cannot: it is called once, and nothing brings it back. "
                f"Ask in an on_message or on_returned handler."
            )

    def wait(
        self,
        on: Literal["answer", "handoff", "sleep"],
        *,
        name: str = "",
        until: datetime | None = None,
        pending: JsonObject | None = None,
    ) -> NoReturn:
        """End the run at the step under way; a later turn goes on with it."""
        self.waiting = self.waits(on, name=name, until=until, pending=pending)
        self.leave()

    def waits(
        self,
        on: Literal["answer", "handoff", "sleep"],
        *,
        name: str = "",
        until: datetime | None = None,
        pending: JsonObject | None = None,
    ) -> Waiting:
        """How it is written down that the step under way waits."""
        return Waiting(
            on=on, kind=self._step or "", key=self._key, name=name, epoch=self.epoch, until=until, pending=pending or {}
        )

    def leave(self) -> NoReturn:
        """End the run here."""
        self.over = True
        raise RunOver

    async def write_ahead(self, waiting: Waiting | None = None) -> None:
        """Write the journal down in the middle of the turn, as running or already as waiting."""
        kept = (self.replay.waits(waiting) if waiting else self.replay.running()) if self.may_wait else None
        news = self.news()
        await self._notebook.write_ahead(self._remembering(kept), news)
        self._saved = self._saved | news

    def ended(self) -> None:
        """The handler came to its end, or waits.

        Raises:
            DialogueChanged: The journal does not fit what it did.
            RuntimeError: A hand-off, or a step, was not awaited.
            Unreachable, Unavailable, RateLimited: A step could not be taken, whatever the handler made of that.
        """
        if self._failure is not None:
            raise self._failure
        if not self.over:
            if self._step is not None:
                raise RuntimeError(f"chat.{self._step}() still ran when its handler ended: await every step.")
            if self.unawaited:
                raise RuntimeError("A hand-off was described and not made: write 'await chat.handoff(...)'.")
            self.replay.ended()

    async def finish(self) -> None:
        """Write down how the run ended, and acknowledge the turn where that is still ours to do.

        Raises:
            ControlLost: The turn is void.
            TypeError: The author's notes are not JSON.
        """
        kept = self.replay.waits(self.waiting) if self.waiting is not None else None
        if self.void:
            if not self.parting and (kept is not None or self.news()):
                await self.write_ahead(self.waiting)
            return
        await self._notebook.done(self._remembering(kept), self.news())

    def _remembering(self, kept: Dialogue | None) -> Dialogue | None:
        """A journal that knows which of the author's notes are written down already."""
        if kept is None:
            return None
        saved = self._saved | self.news()
        return kept.model_copy(update={"opened": kept.opened | {"saved": saved}} if saved else {})

    def news(self) -> JsonObject:
        """What the author changed in the notes and is not written down yet; ``None`` removes a key."""
        try:
            now: JsonObject = json.loads(json.dumps(self.state, allow_nan=False))
        except (TypeError, ValueError) as error:
            raise TypeError(f"chat.state holds what has no form in JSON: {error}") from None
        private = [name for name in now if is_private(name)]
        if private:
            raise TypeError(f"chat.state: {private[0]!r} is a name of ours; take another.")
        known = {**self._begun_with, **self._saved}
        changed = {name: value for name, value in now.items() if name not in known or known[name] != value}
        gone = {name: None for name, value in known.items() if name not in now and value is not None}
        return changed | gone


def _rebuilt(kept: Any) -> HandoffError:  # noqa: ANN401 - JSON
    """The error that a step ended with, as it is raised again."""
    kind: type[HandoffError] = {**BY_CODE, OnceFailed.code: OnceFailed}.get(kept["code"], HandoffError)
    return kind(kept["detail"])
