"""Putting words into a conversation. Who may speak was checked before.

Source: lifecycle.md, 7 (who speaks for the engine).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff_sdk.models.message import TextContent

if TYPE_CHECKING:
    from handoff_sdk.core.draft import Draft
    from handoff_sdk.models.message import Author, Content, Via, Visibility
    from handoff_sdk.models.noun import JsonObject
    from handoff_sdk.models.ticket import Ticket

__all__ = ["say"]


def say(
    draft: Draft,
    author: Author,
    content: Content | str,
    *,
    visibility: Visibility = "public",
    via: Via | None = None,
    channel: str | None = None,
    ticket: Ticket | None = None,
    metadata: JsonObject | None = None,
) -> JsonObject:
    """Put a message or note into the conversation; it carries the epoch of this moment. Answers the message."""
    body = TextContent(text=content) if isinstance(content, str) else content
    message: JsonObject = {
        "id": draft.new_id("msg"),
        "conversation_id": draft.conversation.id,
        "author": {"type": author.type, "id": author.id, "name": author.name},
        "content": {"type": body.type, **body.model_dump(mode="json", exclude_defaults=True)},
        "visibility": visibility,
        "via": via,
        "ticket_id": ticket.id if ticket else None,
        "epoch": draft.conversation.epoch,
        "seq": 0,
        "public_seq": None,
        "at": draft.at,
        "metadata": metadata or {},
    }
    if channel is not None:
        message["channel"] = channel
    if author.type != "system":
        draft.message = message
        if visibility == "public":
            draft.set_conversation(last_message_at=draft.now, last_author=author.type)
    draft.tell("message.created", {"message": message}, ticket)
    return message
