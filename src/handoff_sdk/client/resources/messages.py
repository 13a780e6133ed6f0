"""Messages: saying something in a conversation, and reading what was said.

Source: api.md, Resources and Message content.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from handoff_sdk.client.answer import noun_of
from handoff_sdk.client.pages import Pages
from handoff_sdk.client.request import body_of, command, content_of, given, path
from handoff_sdk.errors import FieldError, InvalidRequest
from handoff_sdk.models.command import PostMessage, RedactMessage
from handoff_sdk.models.message import Message

from .resource import Resource

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from pydantic import BaseModel

    from handoff_sdk.models.message import Author, AuthorType, Visibility
    from handoff_sdk.models.noun import JsonObject

__all__ = ["Messages"]


class Messages(Resource):
    """``client.messages``."""

    async def create(
        self,
        conversation_id: str,
        *,
        text: str | None = None,
        content: BaseModel | Mapping[str, Any] | None = None,
        author: AuthorType | Author | None = None,
        epoch: int | None = None,
        ticket_id: str | None = None,
        visibility: Visibility | None = None,
        channel: Literal["email"] | None = None,
        metadata: JsonObject | None = None,
        idempotency_key: str | None = None,
    ) -> Message:
        """Post a message, or with ``visibility="internal"`` a note that only staff sees.

        Args:
            conversation_id: The conversation.
            text: What is said. Either this or ``content``.
            content: What is shown: one of the content types, as a model or a mapping.
            author: Who says it. Left out: whom the credential speaks as, an integrator's as the customer.
            epoch: The epoch that was read; a bot must name it.
            ticket_id: The ticket that an agent means.
            visibility: ``public`` if left out.
            channel: ``email`` where an agent continues the ticket by email.
            metadata: The application's own notes.
            idempotency_key: Makes a repeated call harmless; one is made if left out.

        Raises:
            ControlLost: The author does not speak for the business any more. Nothing reached the customer.
        """
        asked = command(
            PostMessage,
            given(
                conversation_id=conversation_id,
                author={"type": author} if isinstance(author, str) else author,
                content=content_of(text, content),
                epoch=epoch,
                ticket_id=ticket_id,
                visibility=visibility,
                channel=channel,
                metadata=metadata,
            ),
        )
        where = path("conversations", conversation_id, "messages")
        answer = await self._send("POST", where, body_of(asked, "conversation_id"), idempotency_key=idempotency_key)
        return noun_of(Message, answer)

    async def redact(
        self, conversation_id: str, message_id: str, *, reason: str | None = None, idempotency_key: str | None = None
    ) -> Message:
        """Take back what a message said, everywhere it is kept; its attachment is gone. It cannot be undone.

        Args:
            conversation_id: The conversation.
            message_id: The message.
            reason: Why; only staff sees it.
            idempotency_key: Makes a repeated call harmless; one is made if left out.

        Raises:
            Forbidden: An agent who neither has the ticket nor leads.
        """
        asked = command(RedactMessage, given(conversation_id=conversation_id, message_id=message_id, reason=reason))
        where = path("conversations", conversation_id, "messages", message_id, "redact")
        body = body_of(asked, "conversation_id", "message_id")
        return noun_of(Message, await self._send("POST", where, body, idempotency_key=idempotency_key))

    def list(
        self,
        conversation_id: str,
        *,
        before: str | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> Pages[Message]:
        """What was said, oldest first.

        The pages go back in time: the first one holds the latest messages, each oldest first. With ``after`` they go
        forward. Going through all of them is in order either way; without ``after`` all are fetched before the first.

        Args:
            conversation_id: The conversation.
            before: Only messages before this one (its id).
            after: Only messages after this one (its id).
            limit: How many a page.

        Raises:
            InvalidRequest: Both ``before`` and ``after`` were given.
        """
        if before is not None and after is not None:
            problem = "give before or after, not both"
            raise InvalidRequest(f"after: {problem}.", [FieldError("after", problem)])
        where = path("conversations", conversation_id, "messages")
        if after is not None:
            return self._list(Message, where, turn="after", begin=after, limit=limit)
        return _Backwards(self._list(Message, where, turn="before", begin=before, limit=limit).page)


class _Backwards(Pages[Message]):
    """Pages that go back in time, gone through in order."""

    async def first(self) -> Message | None:
        async for message in self:
            return message
        return None

    async def __aiter__(self) -> AsyncIterator[Message]:
        for page in reversed([page async for page in self.pages()]):
            for message in page.items:
                yield message
