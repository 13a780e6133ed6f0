"""Closing: a ticket closes by its style or a rule, a session is ended, and a live ticket gives control back with it.

Source: lifecycle.md, 2.6 (``closed``, ``session_ended``, ``customer_left``), 4, 5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff_sdk.core.control import abandon, give_back
from handoff_sdk.core.session import end
from handoff_sdk.core.status import set_status

if TYPE_CHECKING:
    from handoff_sdk.core.draft import Draft
    from handoff_sdk.core.lifecycle import Cause
    from handoff_sdk.models.conversation import EndReason
    from handoff_sdk.models.ticket import Ticket

__all__ = ["close", "leave"]


def close(draft: Draft, ticket: Ticket, cause: Cause = "style") -> None:
    """Close a ticket for good; a live one ends the session and returns control.

    Raises:
        InvalidTransition: It cannot be closed by this cause.
    """
    ticket = set_status(draft, ticket, "closed", cause)
    if ticket.live:
        end(draft, "closed")
        give_back(draft, ticket, "closed")


def leave(draft: Draft, reason: EndReason) -> None:
    """End the session; a live ticket returns control, abandoned where no agent has it."""
    ticket = draft.live
    end(draft, reason)
    if ticket is not None:
        if ticket.assignee is None:
            abandon(draft, ticket, "customer_left")
        else:
            give_back(draft, ticket, "session_ended")
