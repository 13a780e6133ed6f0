"""Taking back what a message said: its content goes wherever it is kept, the message itself stays in its place.

Numbers, authors and instants stay, so nothing that counts messages or follows their order has to know of it.

Source: api.md, Resources (privacy) and Events (``message.redacted``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handoff_sdk.models.message import RedactedContent

if TYPE_CHECKING:
    from handoff_sdk.core.draft import Draft
    from handoff_sdk.models.prompt import Redact

__all__ = ["redact", "without"]


def redact(draft: Draft, command: Redact) -> None:
    """Take back what a message said. Once it is taken back, nothing more follows."""
    message = command.message
    draft.message = message.model_copy(update={"content": RedactedContent()}).model_dump(mode="json")
    if isinstance(message.content, RedactedContent):
        return
    told = {"message_id": message.id, "visibility": message.visibility, "reason": command.reason}
    draft.tell("message.redacted", told, draft.tickets.get(message.ticket_id or ""))
    draft.redacted = message.id


def without(told: Any, message_id: str) -> Any:  # noqa: ANN401 - any JSON
    """JSON as it is once this message is redacted, wherever in it the message lies.

    >>> without({"message": {"id": "msg_1", "content": {"type": "text", "text": "4111 1111"}}}, "msg_1")
    {'message': {'id': 'msg_1', 'content': {'type': 'redacted'}}}
    """
    if isinstance(told, list):
        return [without(each, message_id) for each in told]
    if not isinstance(told, dict):
        return told
    if told.get("id") == message_id and "content" in told:
        return told | {"content": RedactedContent().model_dump()}
    return {name: without(value, message_id) for name, value in told.items()}
