"""All that is kept of a customer, read conversation by conversation.

Source: api.md, Resources (privacy).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from handoff_sdk.models.export import ExportedConversation
from handoff_sdk.ports import ConversationFilter, TicketFilter

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from handoff_sdk.models.conversation import Conversation
    from handoff_sdk.models.message import Message
    from handoff_sdk.models.ticket import Ticket
    from handoff_sdk.ports import Store

__all__ = ["conversations_of", "exported"]

_PAGE: Final = 500


async def exported(store: Store, customer_id: str) -> list[ExportedConversation]:
    """A customer's conversations with all that was said and done in them, oldest first."""
    conversations = [each async for each in conversations_of(store, customer_id)]
    return [
        ExportedConversation(
            conversation=conversation,
            messages=tuple([message async for message in _messages(store, conversation.id)]),
            tickets=tuple(reversed([ticket async for ticket in _tickets(store, conversation.id)])),
        )
        for conversation in reversed(conversations)
    ]


async def conversations_of(store: Store, customer_id: str) -> AsyncIterator[Conversation]:
    """A customer's conversations, newest first."""
    which, before = ConversationFilter(customer_id=customer_id), None
    while page := await store.conversations(which, before=before, limit=_PAGE):
        for conversation, _ in page:
            yield conversation
        before = page[-1][0].id


async def _messages(store: Store, conversation_id: str) -> AsyncIterator[Message]:
    after = 0
    while page := await store.messages(conversation_id, after=after, limit=_PAGE):
        for message in page:
            yield message
        after = page[-1].seq


async def _tickets(store: Store, conversation_id: str) -> AsyncIterator[Ticket]:
    which, before = TicketFilter(conversation_id=conversation_id), None
    while page := await store.tickets(which, before=before, limit=_PAGE):
        for ticket in page:
            yield ticket
        before = page[-1].id
