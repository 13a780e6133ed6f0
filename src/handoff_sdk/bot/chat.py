"""A chat: one conversation as a handler sees it at one turn, and the steps it may await.

Every step carries the epoch of its turn, and an idempotency key made of the event and the step's number: a turn that is
delivered again says nothing twice, and a bot that does not own the conversation any more says nothing at all.

Source: sdk.md, A bot; lifecycle.md, 2.2 (fencing) and 2.4 (hand-off).
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from handoff_sdk.models.message import Author, Reply

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any, Unpack

    from handoff_sdk.client.client import HandoffClient
    from handoff_sdk.client.resources.conversations import HandoffDetails
    from handoff_sdk.models.conversation import Conversation, Returned
    from handoff_sdk.models.customer import Customer
    from handoff_sdk.models.handoff import HandedOff
    from handoff_sdk.models.message import Message

__all__ = ["Chat"]


class Chat:
    """What a handler is given.

    Attributes:
        conversation: The conversation as it was when the turn began.
        customer: Who writes.
        message: What the customer wrote; ``None`` where people gave the conversation back.
        returned: What happened with the people; ``None`` where the customer wrote.
        epoch: The epoch in which this turn speaks; a hand-off moves it on.
    """

    def __init__(
        self,
        *,
        bot: str,
        client: HandoffClient,
        event_id: str,
        conversation: Conversation,
        customer: Customer,
        epoch: int,
        message: Message | None = None,
        returned: Returned | None = None,
    ) -> None:
        self.conversation = conversation
        self.customer = customer
        self.message = message
        self.returned = returned
        self.epoch = epoch
        self._author = Author(type="bot", id=bot)
        self._client = client
        self._event_id = event_id
        self._steps = 0
        self._step: str | None = None

    @property
    def text(self) -> str:
        """What the customer wrote; empty where that was no text, or nothing."""
        return (self.message.text or "") if self.message is not None else ""

    @property
    def payload(self) -> str | None:
        """The payload of the quick reply that the customer tapped."""
        payload = getattr(self.message.content, "payload", None) if self.message is not None else None
        return payload if isinstance(payload, str) else None

    @property
    def handing_off(self) -> bool:
        """Whether this turn is passing control away at this moment, by itself."""
        return self._step == "handoff"

    async def say(self, text: str, *, replies: Iterable[str | Reply | Mapping[str, Any]] = ()) -> Message:
        """Say something to the customer.

        Args:
            text: 1 to 4,096 characters.
            replies: Quick replies to tap: texts, or ``{"text": ..., "payload": ...}``.

        Raises:
            ControlLost: People, or another bot, own the conversation now. Nothing was said.
        """
        content: dict[str, Any] = {"type": "text", "text": text}
        tapped = [_reply(reply) for reply in replies]
        if tapped:
            content["replies"] = tapped
        with self._stepping("say") as key:
            return await self._client.messages.create(
                self.conversation.id, content=content, author=self._author, epoch=self.epoch, idempotency_key=key
            )

    async def handoff(self, **details: Unpack[HandoffDetails]) -> HandedOff:
        """Hand the conversation to people. When they give it back, ``Bot.on_returned`` is called.

        Args:
            details: What the people are told (``priority``, ``fields``, ``summary``, ...), the bot's last words
                (``say``), and how long somebody may take to accept (``accept_within="5m"``).

        Raises:
            ControlLost: People, or another bot, own the conversation already.
        """
        with self._stepping("handoff") as key:
            told: HandoffDetails = {"key": key, **details}
            handed_off = await self._client.conversations.handoff(
                self.conversation.id, epoch=self.epoch, idempotency_key=key, **told
            )
            self.epoch = handed_off.conversation.epoch
        return handed_off

    async def end_session(self) -> None:
        """End the session; the customer's next message starts another.

        Raises:
            ControlLost: People, or another bot, own the conversation now.
        """
        with self._stepping("end_session") as key:
            await self._client.conversations.end_session(self.conversation.id, epoch=self.epoch, idempotency_key=key)

    @contextmanager
    def _stepping(self, step: str) -> Iterator[str]:
        """One step at a time: their numbers must not depend on which task is faster."""
        if self._step is not None:
            raise RuntimeError(
                f"chat.{step}() was called while chat.{self._step}() still ran: await one step, then the next."
            )
        self._step = step
        self._steps += 1
        try:
            yield f"{self._event_id}:{self._steps}"
        finally:
            self._step = None


def _reply(reply: str | Reply | Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(reply, str):
        return {"text": reply}
    return reply.model_dump(exclude_unset=True) if isinstance(reply, Reply) else dict(reply)
