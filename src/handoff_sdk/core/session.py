"""The session: the live link to the customer, moved by what is said, by silence and by ending it.

Source: lifecycle.md, 5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff_sdk.core.lifecycle import SESSION, SessionEvent
from handoff_sdk.core.turns import void_turns

if TYPE_CHECKING:
    from handoff_sdk.core.draft import Draft
    from handoff_sdk.models.conversation import EndReason

__all__ = ["end", "fall_silent", "wake"]


def wake(draft: Draft, why: SessionEvent) -> None:
    """Make the session active, because the customer wrote or a person comes in."""
    old = draft.conversation.session
    new = SESSION[old][why]
    if new != old:
        draft.set_conversation(session=new, ended_by=None)
        draft.tell("session.active" if old == "inactive" else "session.started", {"session": new})


def fall_silent(draft: Draft) -> None:
    """Make the session inactive: it uses no capacity any more, and the ticket's status stays."""
    draft.set_conversation(session=SESSION[draft.conversation.session]["silence"])
    draft.tell("session.inactive", {"session": "inactive"})


def end(draft: Draft, reason: EndReason) -> None:
    """End the session; nothing where it is not running."""
    new = SESSION[draft.conversation.session].get("end")
    if new is not None:
        draft.set_conversation(session=new, ended_by=reason)
        void_turns(draft)
        draft.tell("session.ended", {"session": new, "reason": reason})
