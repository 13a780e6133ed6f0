"""The checks that words must pass when their time comes: what holds them, what skips them, and why.

Source: lifecycle.md, 7 (checked again at sending).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from handoff_sdk.core.hours import schedule_of
from handoff_sdk.core.quiet import quiet_until, zone_of
from handoff_sdk.core.window import window_open

if TYPE_CHECKING:
    from datetime import datetime

    from handoff_sdk.core.draft import Draft
    from handoff_sdk.models.followup import LadderRun, SkipReason
    from handoff_sdk.models.ladder import Ladder

__all__ = ["Held", "crowd", "hindrance", "not_its_turn"]

_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Held:
    """Words are held until an instant, from which on those of the ladder leave at its pace."""

    until: datetime
    ladder: str
    pace: int


def not_its_turn(draft: Draft, run: LadderRun, ladder: Ladder) -> SkipReason | None:
    """Why a ladder may not act at all: for another owner, for a ticket of nobody, or in another epoch."""
    owner, ticket = draft.conversation.owner, draft.live
    if owner not in ladder.owners or (ticket is not None and ticket.assignee is None):
        return "owner"
    return "epoch" if run.epoch != draft.conversation.epoch else None


def hindrance(draft: Draft, named: tuple[str, Ladder] | None, *, template: bool = False) -> SkipReason | Held | None:
    """What keeps words from being said now, in the order of the law; ``None`` where nothing does.

    Args:
        draft: The conversation.
        named: The ladder whose quiet hours and budget count, with its name; ``None`` where there is none.
        template: There is a template, which a closed window lets through.
    """
    name, ladder = named or ("", None)
    ticket = draft.live
    if draft.conversation.last_author == "customer":
        return "last_author"
    if ticket is not None and ticket.status in {"solved", "on_hold"}:
        return "status"
    if ladder is not None and ladder.quiet is not None:
        schedule = schedule_of(draft.conversation.brand, draft.config)
        until = quiet_until(ladder.quiet, zone_of(draft.before.customer, schedule), draft.now)
        if until is not None:
            return Held(until, name, ladder.pace)
    if not template and not window_open(draft):
        return "window"
    if ladder is not None and ladder.max_per_day is not None and draft.beside.sent_today >= ladder.max_per_day:
        return "budget"
    breaker = draft.beside.breaker
    return "breaker" if breaker is not None and breaker.open else None


def crowd(draft: Draft, named: tuple[str, Ladder] | None) -> Held | None:
    """What keeps words that were held from leaving in the present second: so many have left in it already."""
    if draft.beside.pacer is None or named is None:
        return None
    name, ladder = named
    draft.left = draft.beside.pacer.room(name, draft.now, ladder.pace)
    return None if draft.left else Held(draft.now.replace(microsecond=0) + _SECOND, name, ladder.pace)
