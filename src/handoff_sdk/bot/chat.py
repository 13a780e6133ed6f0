"""A chat: one conversation as a handler sees it, and the steps it may await.

What a handler is given is what there was when it began, and stays so while it runs again and again from its top: the
message, the customer and the conversation do not change under it. What changes comes out of the steps.

Source: sdk.md, A bot; lifecycle.md, 2 (owner).
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from handoff_sdk.bot.customer import ChatCustomer
from handoff_sdk.bot.handoff import HandingOff, Plan, details_of
from handoff_sdk.bot.questions import answer_to, collected, key_of
from handoff_sdk.bot.returned import Returned
from handoff_sdk.bot.run import OnceFailed
from handoff_sdk.client.resources.conversations import PreviewDetails
from handoff_sdk.core.forms import HandoffForm
from handoff_sdk.core.questions import Question, check_text, choices_of
from handoff_sdk.core.texts import in_language
from handoff_sdk.errors import SessionEnded
from handoff_sdk.models.conversation import Conversation
from handoff_sdk.models.message import Message, Reply

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence
    from typing import Unpack

    from handoff_sdk.bot.run import Run
    from handoff_sdk.client.resources.conversations import HandoffDetails
    from handoff_sdk.core.dialogue import Place
    from handoff_sdk.core.questions import Text
    from handoff_sdk.models.noun import JsonObject

__all__ = ["Chat"]

F = TypeVar("F", bound=HandoffForm)
T = TypeVar("T")


class Chat:
    """What a handler is given. Its steps are awaited one after the other, never several at once."""

    def __init__(self, run: Run) -> None:
        self._run = run
        opened = run.dialogue.opened
        message, returned = opened.get("message"), opened.get("returned")
        state = {"state": opened.get("state", {})}
        self._message = Message.model_validate(message) if message else None
        self._returned = Returned.model_validate(returned) if returned else None
        self._conversation = Conversation.model_validate(opened["conversation"] | state)
        self._customer = ChatCustomer.of(opened["customer"], self._update_customer)

    @property
    def message(self) -> Message | None:
        """The message that the handler was called for; answers come from ``ask`` and its like."""
        return self._message

    @property
    def text(self) -> str:
        """The text of that message; empty where it has none."""
        return (self._message.text or "") if self._message is not None else ""

    @property
    def payload(self) -> str | None:
        """The payload of the quick reply that the customer tapped."""
        payload = getattr(self._message.content, "payload", None) if self._message is not None else None
        return payload if isinstance(payload, str) else None

    @property
    def returned(self) -> Returned | None:
        """In ``on_returned``: what happened with the people."""
        return self._returned

    @property
    def conversation(self) -> Conversation:
        """The conversation as it was when the handler began."""
        return self._conversation

    @property
    def customer(self) -> ChatCustomer:
        """The customer as they were when the handler began, and with what it changed since."""
        return self._customer

    @property
    def epoch(self) -> int:
        """The epoch in which the handler speaks."""
        return self._run.epoch

    @property
    def state(self) -> dict[str, Any]:
        """Durable notes of the conversation: small, JSON, written down with the turn. Change it like any dict."""
        return self._run.state

    async def say(self, text: Text, *, replies: Iterable[str | Reply | Mapping[str, Any]] = ()) -> None:
        """Say something to the customer.

        Args:
            text: 1 to 4,096 characters, or what is said by language: ``{"en": "Hello", "de": "Hallo"}``.
            replies: Quick replies to tap: texts, or ``{"text": ..., "payload": ...}``.

        Raises:
            ControlLost: People, or another bot, own the conversation now. Nothing was said.
        """
        tapped = [_reply(replies)] if isinstance(replies, _REPLY) else [_reply(reply) for reply in replies]
        content = {"type": "text", "text": self._in_language(text)} | ({"replies": tapped} if tapped else {})

        async def act(place: Place) -> None:
            await self._run.post(place, content)

        await self._run.step("say", act)

    async def ask(
        self, text: Text, *, pattern: str | None = None, retry: Text | None = None, name: str | None = None
    ) -> str:
        """Ask for a text, and wait for it.

        Args:
            text: The question, or the question by language.
            pattern: A regular expression that the whole answer must match; without one any text is an answer.
            retry: What is said when the answer does not match.
            name: What the question is called, so that its words may change while somebody is asked.

        Raises:
            ControlLost: As ``say``.
        """
        question = Question(text, "text", pattern=pattern, retry=retry)
        return str(await answer_to(self._run, "ask", question, key_of(text, name), self._customer.language))

    async def ask_yes_no(self, text: Text, *, retry: Text | None = None, name: str | None = None) -> bool:
        """Ask what is answered with yes or no, in the customer's words or with a tap. See ``ask``."""
        question = Question(text, "yes_no", retry=retry)
        return bool(await answer_to(self._run, "ask_yes_no", question, key_of(text, name), self._customer.language))

    async def ask_choice(
        self,
        text: Text,
        choices: Sequence[str] | Mapping[str, Text],
        *,
        retry: Text | None = None,
        name: str | None = None,
    ) -> str:
        """Ask for one of some choices; the value that was chosen. See ``ask``.

        Args:
            text: The question.
            choices: The values, or by value what the customer sees: ``{"s": "Small", "l": {"en": "Large", ...}}``.
            retry: What is said when the answer is none of them.
            name: What the question is called.
        """
        question = Question(text, "choice", retry=retry, choices=choices_of(choices))
        return str(await answer_to(self._run, "ask_choice", question, key_of(text, name), self._customer.language))

    async def collect(self, form: type[F], /, **known: object) -> F:
        """Ask for everything in a form, check it, ask again, and answer the filled form.

        Args:
            form: The form's class.
            known: Values of fields that need not be asked for.

        Raises:
            ControlLost: As ``say``.
        """
        return await collected(self._run, form, known, self._customer.language)

    async def preview(self, form: HandoffForm | None = None, /, **details: Unpack[HandoffDetails]) -> Plan:
        """Look what a hand-off would meet: whether people are there, and who could take it. Changes nothing.

        Args:
            form: A filled form to hand over.
            details: What the people are told, as in ``handoff``.
        """
        told = details_of(form, details)

        async def act(_: Place) -> JsonObject:
            seen = await self._run.client.conversations.preview(self._run.conversation_id, **_looked_at(told))
            return seen.model_dump(mode="json", exclude_none=True)

        return Plan(self._run, told, await self._run.step("preview", act), self._customer.timezone)

    def handoff(self, form: HandoffForm | None = None, /, **details: Unpack[HandoffDetails]) -> HandingOff:
        """Hand the conversation to people, and wait until they give it back: ``returned = await chat.handoff()``.

        Args:
            form: A filled form to hand over: the people see it and may correct it.
            details: What the people are told (``priority``, ``fields``, ``summary``, ...), the bot's last words
                (``say``), and how long somebody may take to accept (``accept_within="5m"``; without it, as long as it
                takes).

        Raises:
            ControlLost: When awaited: people, or another bot, own the conversation already.
        """
        return HandingOff(self._run, details_of(form, details))

    async def once(self, name: str, function: Callable[[], Awaitable[T] | T]) -> T:
        """Do something of your own, and recall its result whenever the handler runs again.

        It is done again only if the process dies before the result is written down.

        Args:
            name: What it is called.
            function: What is done. Its result is JSON: text, numbers, lists, dicts with text keys, ``None``.

        Raises:
            OnceFailed: It raised; ``__cause__`` is what it raised, the first time.
            TypeError: The result is not JSON.
        """

        async def act(_: Place) -> object:
            try:
                outcome = function()
                result = await outcome if inspect.isawaitable(outcome) else outcome
            except Exception as error:
                raise OnceFailed(f"{name}: {type(error).__name__}: {error}") from error
            return _checked(name, result)

        done: T = await self._run.step("once", act, name, keep=True)
        return done

    async def sleep(
        self,
        *,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
        until: datetime | None = None,
    ) -> None:
        """Go on later: after so much time, or at an instant. Messages meanwhile go to the handlers as ever.

        Raises:
            ValueError: ``until`` has no time zone.
        """
        if until is not None and until.tzinfo is None:
            raise ValueError("until: give an instant with a time zone.")
        length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)

        async def act(place: Place) -> None:
            if place.waiting is None:
                self._run.check_may_wait()
                if self._run.void:
                    raise RuntimeError("chat.sleep() cannot come after chat.end_session() in one turn.")
                name = f"sleep:{self._run.dialogue.id}"
                self._run.wait("sleep", name=name, until=until or self._run.now + length)

        await self._run.step("sleep", act)

    async def history(self, *, all: bool = False) -> list[Message]:  # noqa: A002 - chat.history(all=True) reads best
        """What was said in this conversation, oldest first.

        Args:
            all: In all conversations of this customer.
        """
        self._run.check("history")
        messages = self._run.client.messages
        ids = [self._run.conversation_id]
        if all:
            listed = self._run.client.conversations.list(customer=self._customer.id)
            ids = [conversation.id async for conversation in listed]
        found = [message for one in ids async for message in messages.list(one)]
        found.sort(key=lambda message: message.at)

        async def act(_: Place) -> dict[str, int]:
            return {message.conversation_id: message.seq for message in found}

        # When the handler runs again it sees what it saw the first time.
        seen = await self._run.step("history", act, "all" if all else "")
        return [message for message in found if message.seq <= seen.get(message.conversation_id, 0)]

    async def followup(
        self,
        say: Text,
        *,
        after: str | timedelta | None = None,
        when_silent_for: str | timedelta | None = None,
        key: str | None = None,
    ) -> str:
        """Let the engine say something later, if the customer does not write before; without a delay, now.

        Args:
            say: What is said, or what is said by language.
            after: How long from now: ``"3d"``.
            when_silent_for: How long from the first message that the customer has not answered.
            key: It is sent at most once under it in the conversation; one is made if left out.

        Returns:
            The follow-up's id.
        """

        async def act(place: Place) -> str:
            followup = await self._run.client.followups.schedule(
                self._run.conversation_id,
                say=say,
                after=after,
                when_silent_for=when_silent_for,
                key=key or self._run.lasting_key(place),
                epoch=self._run.epoch,
            )
            return followup.id

        return str(await self._run.step("followup", act))

    async def typing(self) -> None:
        """Show the customer that an answer is coming; also tells the engine that the bot is alive."""
        self._run.check("typing")
        if not self._run.replay.replaying:
            await self._run.client.conversations.activity(self._run.conversation_id, "typing_start")

    async def pass_to(self, bot: str) -> None:
        """Give the conversation, and this turn, to another bot. The handler ends here.

        Raises:
            ControlLost: As ``say``.
        """

        async def act(_: Place) -> None:
            await self._run.write_ahead()
            self._run.parting = True
            await self._run.client.conversations.pass_to(self._run.conversation_id, bot=bot, epoch=self._run.epoch)
            self._run.void = True
            self._run.leave()

        await self._run.step("pass_to", act, bot)

    async def release(self) -> None:
        """Leave the message without an answer, on purpose. The handler ends here."""

        async def act(_: Place) -> None:
            self._run.leave()

        await self._run.step("release", act)

    async def end_session(self) -> None:
        """End the session; the customer's next message starts another. After it a handler can wait for nothing else.

        Raises:
            ControlLost: As ``say``.
        """

        async def act(place: Place) -> None:
            await self._run.write_ahead()
            try:
                await self._run.client.conversations.end_session(
                    self._run.conversation_id, epoch=self._run.epoch, idempotency_key=self._run.key(place)
                )
            except SessionEnded:
                return  # it has ended already
            self._run.void = True

        await self._run.step("end_session", act)

    async def _update_customer(self, profile: Mapping[str, object]) -> None:
        async def act(_: Place) -> None:
            await self._run.client.customers.update(self._customer.id, **profile)

        await self._run.step("customer.update", act)
        self._customer = self._customer.with_profile(profile)

    def _in_language(self, text: Text) -> str:
        check_text(text)
        return text if isinstance(text, str) else in_language(text, self._customer.language)


_REPLY: Final = (str, Reply, Mapping)


def _reply(reply: str | Reply | Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(reply, str):
        return {"text": reply}
    return reply.model_dump(exclude_unset=True) if isinstance(reply, Reply) else dict(reply)


def _looked_at(details: HandoffDetails) -> PreviewDetails:
    """Those details of a hand-off that decide who could take it."""
    known = {name: value for name, value in details.items() if name in PreviewDetails.__annotations__}
    return cast("PreviewDetails", known)


def _checked(name: str, result: T) -> T:
    try:
        again = json.loads(json.dumps(result, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise TypeError(f"chat.once({name!r}): the result has no form in JSON: {error}") from None
    if again != result:
        raise TypeError(f"chat.once({name!r}): the result would come back as {again!r}; answer that instead.")
    return result
