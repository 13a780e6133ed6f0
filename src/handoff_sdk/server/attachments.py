"""Attachments: taking them in, and links that open them for a while.

A message names an attachment by its address, which opens nothing. Whoever reads the message gets it signed.

Source: api.md, Resources (attachments).
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
from base64 import urlsafe_b64encode
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import to_json

from handoff_sdk.errors import InvalidRequest, NotFound, TooLarge, Unavailable, UnsupportedMedia
from handoff_sdk.models.attachment import ATTACHMENT_BYTES, ATTACHMENT_TYPES, ATTACHMENTS, Attachment, StoredAttachment

from .sniffing import HEAD, looks_like

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from handoff_sdk.desk.desk import Desk
    from handoff_sdk.desk.hub import Delivery
    from handoff_sdk.models.command import PostMessage
    from handoff_sdk.models.message import Message
    from handoff_sdk.models.noun import JsonObject
    from handoff_sdk.ports import Files

    from .auth import Caller

__all__ = ["AttachmentDesk", "may_send"]

_GOOD_FOR: Final = timedelta(hours=24)
_UNSENT_FOR: Final = timedelta(hours=24)
_SWEEP_EVERY: Final = 3600.0
_AT_ONCE: Final = 16
_ID: Final = "att_"
_ADDRESS: Final = ATTACHMENTS.encode()


class AttachmentDesk:
    """The attachments of one server.

    Args:
        desk: Whose messages they belong to.
        files: Where their bytes are kept; without, none are taken.
    """

    def __init__(self, desk: Desk, files: Files | None) -> None:
        self._desk = desk
        self._files = files
        self._secret: bytes | None = None
        self._coming = 0

    async def take(self, media: str, name: str, caller: Caller, chunks: AsyncIterator[bytes]) -> StoredAttachment:
        """Keep a file that comes from a caller.

        Raises:
            UnsupportedMedia: Its type is none that is taken, or not the one it says.
            TooLarge: It is larger than 25 MB.
            Unavailable: None are kept here, or too many come.
        """
        if media not in ATTACHMENT_TYPES:
            raise UnsupportedMedia(
                f"Attachments of the type {media!r} are not taken; taken are {', '.join(ATTACHMENT_TYPES)}."
            )
        if self._files is None:
            raise Unavailable("This engine keeps no attachments.")
        if self._coming >= _AT_ONCE:
            raise Unavailable("Too many attachments are on their way.", retry_after=2)
        attachment_id = f"{_ID}{secrets.token_urlsafe(16)}"
        self._coming += 1
        try:
            size = await self._files.keep(attachment_id, _checked(media, chunks))
        finally:
            self._coming -= 1
        stored = StoredAttachment(
            id=attachment_id,
            name=name,
            type=media,
            size=size,
            owner=caller.customer_id,
            agent_id=caller.agent_id,
            created_at=self._desk.clock.now(),
        )
        await self._desk.store.keep_attachment(stored)
        return stored

    async def find(self, attachment_id: str) -> StoredAttachment:
        """One attachment.

        Raises:
            NotFound: There is none.
        """
        found = await self._desk.store.attachment(attachment_id)
        if found is None:
            raise NotFound(f"There is no attachment {attachment_id}.")
        return found

    def read(self, attachment: StoredAttachment) -> AsyncIterator[bytes]:
        """Its bytes."""
        if self._files is None:
            raise NotFound
        return self._files.read(attachment.id)

    async def sent(self, command: PostMessage, conversation_id: str, caller: Caller) -> PostMessage:
        """The message with the bare address of its attachment, which belongs to the conversation from now on.

        Raises:
            InvalidRequest: It is not there for who sends it.
        """
        url = getattr(command.content, "url", None)
        if url is None or not url.startswith(ATTACHMENTS):
            return command
        attachment_id = url.removeprefix(ATTACHMENTS).partition("?")[0]
        found = await self._desk.store.attachment(attachment_id)
        if found is None or not (found.conversation_id == conversation_id or may_send(found, caller)):
            raise InvalidRequest("content.url: there is no such attachment for you.")
        if found.conversation_id not in {None, conversation_id}:
            raise InvalidRequest("content.url: this attachment was sent in another conversation; upload it again.")
        await self._desk.store.keep_attachment(found.model_copy(update={"conversation_id": conversation_id}))
        told = {"url": f"{ATTACHMENTS}{found.id}", "name": found.name, "size": found.size}
        return command.model_copy(update={"content": command.content.model_copy(update=told)})

    async def drop(self, message: Message) -> None:
        """Forget the file that a message names, for all; other messages that name it lead nowhere then."""
        url = getattr(message.content, "url", None)
        if url is None or not url.startswith(ATTACHMENTS):
            return
        attachment_id = url.removeprefix(ATTACHMENTS).partition("?")[0]
        if (await self._desk.store.attachment(attachment_id)) is not None:
            await self.forget(attachment_id)

    async def forget(self, attachment_id: str) -> None:
        """Forget an attachment, the bytes first: where it breaks off, what is left says what is to be forgotten."""
        if self._files is not None:
            await self._files.drop(attachment_id)
        await self._desk.store.drop_attachment(attachment_id)

    def require_none(self, content: object) -> None:
        """Let a message through that has no attachment: there is no conversation yet that it could belong to.

        Raises:
            InvalidRequest: It has one.
        """
        if str(getattr(content, "url", "")).startswith(ATTACHMENTS):
            raise InvalidRequest("message.content.url: start the conversation first, then send the attachment.")

    async def link(self, attachment: StoredAttachment) -> Attachment:
        """What its uploader is told."""
        url, expires_at = self._signed(attachment.id, await self._key())
        return Attachment(
            id=attachment.id,
            url=url,
            name=attachment.name,
            type=attachment.type,
            size=attachment.size,
            expires_at=expires_at,
        )

    async def opens(self, attachment_id: str, expires: int, signature: str) -> bool:
        """Whether a signed link is good."""
        good = _signature(await self._key(), attachment_id, expires)
        fits = hmac.compare_digest(good.encode(), signature.encode("utf-8", "surrogateescape"))
        return fits and expires > self._desk.clock.now().timestamp()

    async def ready(self) -> None:
        """Have at hand what links are signed with."""
        await self._key()

    def shown(self, message: JsonObject) -> JsonObject:
        """A message with its attachment's link signed."""
        url = message["content"].get("url")
        if self._secret is None or not isinstance(url, str) or not url.startswith(f"{ATTACHMENTS}{_ID}"):
            return message
        link, _ = self._signed(url.removeprefix(ATTACHMENTS), self._secret)
        return message | {"content": message["content"] | {"url": link}}

    def told(self, delivery: Delivery) -> bytes:
        """An event with its message's attachment's link signed, as JSON."""
        if _ADDRESS not in delivery.json or delivery.event.type != "message.created":
            return delivery.json
        event: dict[str, Any] = delivery.event.model_dump(mode="json")
        event["data"] = event["data"] | {"message": self.shown(event["data"]["message"])}
        return to_json(event)

    async def sweep(self) -> None:
        """Forget every hour, for as long as it runs, what was uploaded a day ago and sent in no message."""
        while True:
            with suppress(Unavailable):  # what cannot be forgotten now is in an hour
                await self.sweep_once()
            await asyncio.sleep(_SWEEP_EVERY)

    async def sweep_once(self) -> None:
        """Forget what was uploaded a day ago and sent in no message."""
        before = self._desk.clock.now() - _UNSENT_FOR
        for attachment in await self._desk.store.unsent_attachments(before):
            await self.forget(attachment.id)

    async def _key(self) -> bytes:
        if self._secret is None:
            self._secret = await self._desk.store.secret("attachments")
        return self._secret

    def _signed(self, attachment_id: str, secret: bytes) -> tuple[str, datetime]:
        """A link, the same for an hour so that browsers keep what it opens, and when it is over."""
        hours = -(-int((self._desk.clock.now() + _GOOD_FOR).timestamp()) // 3600)
        expires = hours * 3600
        signature = _signature(secret, attachment_id, expires)
        url = f"{ATTACHMENTS}{attachment_id}?expires={expires}&signature={signature}"
        return url, datetime.fromtimestamp(expires, UTC)


def may_send(attachment: StoredAttachment, caller: Caller) -> bool:
    """Whether an attachment that was sent nowhere yet is the caller's: what an agent uploaded is no other agent's."""
    uploader = attachment.agent_id if caller.agent_id is not None else None
    return attachment.owner == caller.customer_id and uploader in {None, caller.agent_id}


def _signature(secret: bytes, attachment_id: str, expires: int) -> str:
    digest = hmac.digest(secret, f"{attachment_id}\n{expires}".encode(), "sha256")
    return urlsafe_b64encode(digest).decode().rstrip("=")


async def _checked(media: str, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The chunks, as long as they are of the type and not too many."""
    head, size, seen = b"", 0, False
    async for chunk in chunks:
        size += len(chunk)
        if size > ATTACHMENT_BYTES:
            raise TooLarge(f"An attachment has {ATTACHMENT_BYTES // 1_000_000} MB at the most.")
        if not seen:
            head += chunk
            if len(head) < HEAD:
                continue
            _require_type(media, head)
            seen, chunk = True, head  # noqa: PLW2901 - what was held back goes first
        yield chunk
    if not seen:
        _require_type(media, head)
        yield head


def _require_type(media: str, head: bytes) -> None:
    if not head:
        raise InvalidRequest("The attachment is empty.")
    if not looks_like(media, head[:HEAD]):
        raise UnsupportedMedia(f"The file does not begin as one of the type {media!r} does.")
