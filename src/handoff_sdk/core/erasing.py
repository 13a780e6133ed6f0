"""Before a conversation is erased: nobody works on it any more, and nobody is told anything.

Source: api.md, Resources (privacy).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff_sdk.core.closing import close
from handoff_sdk.core.offers import withdraw_if_void
from handoff_sdk.core.session import end
from handoff_sdk.core.turns import void_turns
from handoff_sdk.models.followup import Followups

if TYPE_CHECKING:
    from handoff_sdk.core.draft import Draft
    from handoff_sdk.models.prompt import CloseInSilence

__all__ = ["close_in_silence"]


def close_in_silence(draft: Draft, _command: CloseInSilence) -> None:
    """Close all tickets and end the session: no line is said, no rule fires, nothing falls due afterwards."""
    for ticket in tuple(draft.tickets.values()):
        if ticket.status != "closed":
            close(draft, ticket, "rule")
        withdraw_if_void(draft, draft.tickets[ticket.id])
    end(draft, "closed")
    void_turns(draft)
    if draft.timers:
        draft.timers = {}
    if draft.followups != Followups():
        draft.followups = Followups()
