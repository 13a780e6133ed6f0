"""Conversations: starting them, reading them, and passing control.

Source: api.md, Resources; lifecycle.md, 2 (owner).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict

from pydantic import BaseModel, ConfigDict

from handoff_sdk.client.answer import noun_of
from handoff_sdk.client.request import body_of, command, content_of, duration_param, given, path
from handoff_sdk.models.command import (
    AnswerSurvey,
    EndSession,
    HandOff,
    LeaveQueue,
    PassControl,
    Preview,
    RecordActivity,
    ReleaseTurn,
    StartConversation,
    UpdateConversation,
)
from handoff_sdk.models.conversation import Conversation
from handoff_sdk.models.handoff import HandedOff, Previewed
from handoff_sdk.models.message import Message
from handoff_sdk.models.noun import Noun

from .resource import Resource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta
    from typing import Unpack

    from handoff_sdk.client.pages import Pages
    from handoff_sdk.models.conversation import Owner
    from handoff_sdk.models.customer import CustomerProfile
    from handoff_sdk.models.noun import JsonObject
    from handoff_sdk.models.ticket import Form, Priority, Rating, Status, Style

__all__ = ["Activity", "Conversations", "HandoffDetails", "PreviewDetails", "Snapshot"]

Activity = Literal["typing_start", "typing_stop", "read", "delivered", "failed"]


class Snapshot(Noun):
    """A conversation at one instant: with the events after ``cursor`` it is the conversation as it stands.

    What else the engine tells this caller (position, speaker, unread, ...) is kept as it came.
    """

    model_config = ConfigDict(extra="allow")

    conversation: Conversation
    messages: tuple[Message, ...] = ()
    cursor: int


class HandoffDetails(TypedDict, total=False):
    """What a hand-off may say, beside where and in which epoch. ``accept_within`` is a duration: ``"5m"``."""

    key: str
    reason: str
    priority: Priority
    fields: Mapping[str, Any]
    form: Form | Mapping[str, Any]
    tags: Sequence[str]
    skills: Sequence[str]
    prefer_skills: Sequence[str]
    group: str
    style: Style
    subject: str
    summary: str
    transcript_from: str
    say: str
    followups: str
    accept_within: str | timedelta


class PreviewDetails(TypedDict, total=False):
    """What a preview may say of the hand-off it asks about."""

    epoch: int
    priority: Priority
    fields: Mapping[str, Any]
    form: Form | Mapping[str, Any]
    skills: Sequence[str]
    prefer_skills: Sequence[str]
    group: str
    summary: str


class Conversations(Resource):
    """``client.conversations``."""

    async def create(
        self,
        *,
        customer: CustomerProfile | Mapping[str, Any] | None = None,
        brand: str | None = None,
        channel: str | None = None,
        message: str | BaseModel | Mapping[str, Any] | None = None,
        metadata: JsonObject | None = None,
        idempotency_key: str | None = None,
    ) -> Conversation:
        """Start a conversation. A customer who is not known yet is made.

        Args:
            customer: Who it is: ``{"external_id": "42", "name": "Mia"}``; further keys become attributes.
            brand: The brand; the engine's default if left out.
            channel: Where it is held; ``web`` if left out.
            message: The customer's first message, as text or as content.
            metadata: The application's own notes.
            idempotency_key: Makes a repeated call harmless; one is made if left out.
        """
        first = None
        if message is not None:
            text, content = (message, None) if isinstance(message, str) else (None, message)
            first = {"content": content_of(text, content)}
        asked = command(
            StartConversation,
            given(customer=customer, brand=brand, channel=channel, message=first, metadata=metadata),
        )
        answer = await self._send("POST", path("conversations"), body_of(asked), idempotency_key=idempotency_key)
        return noun_of(Conversation, answer)

    async def get(self, conversation_id: str) -> Conversation:
        """One conversation, with its latest ticket."""
        return await self._get(Conversation, path("conversations", conversation_id))

    def list(
        self,
        *,
        customer: str | None = None,
        owner: Owner | None = None,
        brand: str | None = None,
        status: Status | None = None,
        silent_for: str | timedelta | None = None,
        last_author: Literal["customer", "bot", "agent"] | None = None,
        limit: int | None = None,
    ) -> Pages[Conversation]:
        """Conversations, newest first.

        Args:
            customer: Only this customer's.
            owner: Only those of this owner.
            brand: Only this brand's.
            status: Only those whose latest ticket has this status.
            silent_for: Only those without a message for so long, ``"3d"``.
            last_author: Only those where this side spoke last.
            limit: How many a page.
        """
        return self._list(
            Conversation,
            path("conversations"),
            customer=customer,
            owner=owner,
            brand=brand,
            status=status,
            silent_for=duration_param("silent_for", silent_for),
            last_author=last_author,
            limit=limit,
        )

    async def update(
        self, conversation_id: str, *, metadata: JsonObject | None = None, state: JsonObject | None = None
    ) -> Conversation:
        """Change the application's ``metadata`` or the bot's ``state``: keys given are set, ``None`` removes a key."""
        fields = given(conversation_id=conversation_id, metadata=metadata, state=state)
        body = body_of(command(UpdateConversation, fields), "conversation_id")
        return noun_of(Conversation, await self._send("PATCH", path("conversations", conversation_id), body))

    async def snapshot(self, conversation_id: str) -> Snapshot:
        """The conversation at this instant, as the caller may see it, and the cursor to follow it from."""
        return await self._get(Snapshot, path("conversations", conversation_id, "snapshot"))

    async def handoff(
        self,
        conversation_id: str,
        *,
        epoch: int,
        idempotency_key: str | None = None,
        **details: Unpack[HandoffDetails],
    ) -> HandedOff:
        """Hand the conversation to people. Afterwards it is theirs, whether or not anybody is there yet.

        Args:
            conversation_id: The conversation.
            epoch: The epoch in which the caller read that it is the bot's.
            idempotency_key: Makes a repeated call harmless; one is made if left out.
            details: What the people are told, and what becomes of it if nobody accepts.

        Raises:
            ControlLost: The bot does not own it in this epoch.
            AlreadyOpen: People own it already.
        """
        asked = command(HandOff, {"conversation_id": conversation_id, "epoch": epoch, **details})
        where = path("conversations", conversation_id, "handoff")
        answer = await self._send("POST", where, body_of(asked, "conversation_id"), idempotency_key=idempotency_key)
        return noun_of(HandedOff, answer)

    async def preview(self, conversation_id: str, **details: Unpack[PreviewDetails]) -> Previewed:
        """What a hand-off would meet now: who could take it, why others could not, and its place in the queue."""
        asked = command(Preview, {"conversation_id": conversation_id, **details})
        where = path("conversations", conversation_id, "preview")
        return noun_of(Previewed, await self._send("POST", where, body_of(asked, "conversation_id")))

    async def pass_to(self, conversation_id: str, *, bot: str, epoch: int) -> Conversation:
        """Pass the conversation, with what its bot has not done yet, to another bot.

        Raises:
            ControlLost: The epoch is stale, or the conversation is not the bot's.
        """
        asked = command(PassControl, {"conversation_id": conversation_id, "bot": bot, "epoch": epoch})
        where = path("conversations", conversation_id, "pass")
        return noun_of(Conversation, await self._send("POST", where, body_of(asked, "conversation_id")))

    async def release(self, conversation_id: str, *, epoch: int) -> Conversation:
        """Acknowledge the bot's open turn without a word; it counts as answered.

        Raises:
            ControlLost: The epoch is stale, or the conversation is not the bot's.
        """
        asked = command(ReleaseTurn, {"conversation_id": conversation_id, "epoch": epoch})
        where = path("conversations", conversation_id, "release")
        return noun_of(Conversation, await self._send("POST", where, body_of(asked, "conversation_id")))

    async def end_session(
        self,
        conversation_id: str,
        *,
        epoch: int | None = None,
        ticket_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Conversation:
        """End the session; the customer's next message starts another."""
        asked = command(EndSession, given(conversation_id=conversation_id, epoch=epoch, ticket_id=ticket_id))
        where = path("conversations", conversation_id, "end_session")
        answer = await self._send("POST", where, body_of(asked, "conversation_id"), idempotency_key=idempotency_key)
        return noun_of(Conversation, answer)

    async def leave_queue(self, conversation_id: str, *, idempotency_key: str | None = None) -> Conversation:
        """Leave the queue (the customer) or cancel the hand-off (the bot), while no agent has the ticket."""
        asked = command(LeaveQueue, {"conversation_id": conversation_id})
        where = path("conversations", conversation_id, "leave_queue")
        answer = await self._send("POST", where, body_of(asked, "conversation_id"), idempotency_key=idempotency_key)
        return noun_of(Conversation, answer)

    async def answer_survey(
        self,
        conversation_id: str,
        rating: Rating,
        *,
        comment: str | None = None,
        ticket_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Conversation:
        """Answer, as the customer, how the latest ticket that they were asked about went; replaces an earlier answer.

        Raises:
            Conflict: The customer was not asked.
        """
        details = given(conversation_id=conversation_id, rating=rating, comment=comment, ticket_id=ticket_id)
        asked = command(AnswerSurvey, details)
        where = path("conversations", conversation_id, "survey")
        answer = await self._send("POST", where, body_of(asked, "conversation_id"), idempotency_key=idempotency_key)
        return noun_of(Conversation, answer)

    async def activity(
        self,
        conversation_id: str,
        activity: Activity,
        *,
        up_to: str | None = None,
        message_id: str | None = None,
        reason: str | None = None,
    ) -> None:
        """Report typing or a receipt.

        Args:
            conversation_id: The conversation.
            activity: What happened. ``delivered`` and ``failed`` are for channel adapters.
            up_to: The id of the last message that was read.
            message_id: The message that was delivered or failed.
            reason: Why it failed.
        """
        told = given(conversation_id=conversation_id, type=activity, up_to=up_to, message_id=message_id, reason=reason)
        body = body_of(command(RecordActivity, told), "conversation_id")
        await self._send("POST", path("conversations", conversation_id, "activity"), body)
