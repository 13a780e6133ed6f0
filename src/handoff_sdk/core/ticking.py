"""Doing what is due: one thing a decision, the first by instant, kind and ticket.

Source: lifecycle.md, 10.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff_sdk.core.automations import run_automation
from handoff_sdk.core.closing import close
from handoff_sdk.core.control import abandon, hand_off_to_people
from handoff_sdk.core.deadlines import Rank, next_due
from handoff_sdk.core.offers import lapse
from handoff_sdk.core.promises import break_promise, warn
from handoff_sdk.core.sending import send_first_due
from handoff_sdk.core.session import fall_silent
from handoff_sdk.core.turns import ring
from handoff_sdk.core.waits import slip

if TYPE_CHECKING:
    from collections.abc import Callable

    from handoff_sdk.core.draft import Draft
    from handoff_sdk.models.prompt import Tick
    from handoff_sdk.models.ticket import Ticket

__all__ = ["tick"]


def tick(draft: Draft, _command: Tick) -> None:
    """Do the first thing that is due; nothing where nothing is."""
    item = next_due(draft.before, draft.config)
    if item is None or item.at > draft.now:
        return
    ticket = next((ticket for ticket in draft.tickets.values() if ticket.number == item.number), None)
    if ticket is None:
        _FOR_CONVERSATION[item.rank](draft)
    elif item.rank is Rank.AUTOMATION:
        run_automation(draft, item.index, ticket)
    else:
        _FOR_TICKET[item.rank](draft, ticket)


def _bot_silent(draft: Draft) -> None:
    hand_off_to_people(draft, tags=("bot_silent",))


def _nobody_accepted(draft: Draft, ticket: Ticket) -> None:
    abandon(draft, ticket, "nobody_available")


def _silent(draft: Draft, _ticket: Ticket) -> None:
    fall_silent(draft)


def _wait_no_longer(draft: Draft, ticket: Ticket) -> None:
    """Wait for nobody in particular any more: not for others than who declined, or not for preferred skills."""
    if ticket.retry_at is not None and ticket.retry_at <= draft.now:
        draft.set_ticket(ticket, retry_at=None)
    else:
        draft.set_ticket(ticket, relaxed=True)


_FOR_TICKET: dict[Rank, Callable[[Draft, Ticket], None]] = {
    Rank.CLOSE: close,
    Rank.ACCEPT_WITHIN: _nobody_accepted,
    Rank.OFFER: lapse,
    Rank.SILENCE_ASSIGNED: _silent,
    Rank.SILENCE_UNASSIGNED: _silent,
    Rank.SKILL: _wait_no_longer,
    Rank.SLA_BREACH: break_promise,
    Rank.SLA_WARNING: warn,
    Rank.SLIP: slip,
}
_FOR_CONVERSATION: dict[Rank, Callable[[Draft], None]] = {
    Rank.BOT_ANSWER: _bot_silent,
    Rank.BOT_TIMER: ring,
    Rank.FOLLOWUP: send_first_due,
}
