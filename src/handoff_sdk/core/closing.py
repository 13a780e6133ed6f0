"""Closing: a solved ticket closes by its style, and a live one gives control back with it.

Source: lifecycle.md, 2.6 (``closed``), 4, 5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff_sdk.core.control import give_back
from handoff_sdk.core.session import end
from handoff_sdk.core.status import set_status

if TYPE_CHECKING:
    from handoff_sdk.core.draft import Draft
    from handoff_sdk.models.ticket import Ticket

__all__ = ["close"]


def close(draft: Draft, ticket: Ticket) -> None:
    """Close a solved ticket for good; a live one ends the session and returns control."""
    ticket = set_status(draft, ticket, "closed", "style")
    if ticket.live:
        end(draft, "closed")
        give_back(draft, ticket, "closed")
