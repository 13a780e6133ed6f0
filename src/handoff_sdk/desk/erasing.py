"""Erasing a customer: conversation by conversation, so that whoever is interrupted may go on.

Work on a conversation is closed, its figures are read, and then it goes. Its lock is held meanwhile, and a customer who
is being erased is blocked: nothing new can be said or begun behind our back.

Source: api.md, Resources (privacy).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff_sdk.models.customer import BlockCustomer
from handoff_sdk.ports import ConversationFilter

if TYPE_CHECKING:
    from handoff_sdk.desk.conversations import Conversations
    from handoff_sdk.desk.people import People
    from handoff_sdk.desk.reports import Reports
    from handoff_sdk.ports import Store

__all__ = ["Erasing"]

_PAGE = 100
_BLOCKED = BlockCustomer(customer_id="-", blocked=True, reason="is being erased")


class Erasing:
    """Erases customers from a desk."""

    def __init__(self, store: Store, people: People, conversations: Conversations, reports: Reports) -> None:
        self._store = store
        self._people = people
        self._conversations = conversations
        self._reports = reports

    async def erase(self, customer_id: str) -> None:
        """Erase all that is kept of a customer; figures stay, as numbers."""
        await self._people.block(_BLOCKED.model_copy(update={"customer_id": customer_id}))
        which = ConversationFilter(customer_id=customer_id)
        while page := await self._store.conversations(which, before=None, limit=_PAGE):
            for conversation, _ in page:
                await self._conversations.erase(conversation.id, self._reports.catch_up_to)
        await self._people.forget(customer_id)
