"""What falls due next for a conversation: all its timers as one function of its state.

There are no timer rows. A state that changes cancels, moves or arms what depends on it; nothing else has to be done.

Source: lifecycle.md, 4 (close), 2.6 (accept_within), 5 (silence), 6.7 (offers), 7 (follow-ups), 10 (order of one
instant).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from handoff_sdk.core.automations import due_rules
from handoff_sdk.core.followups import first_due
from handoff_sdk.core.hours import after_working, schedule_of
from handoff_sdk.core.promises import breaches, warnings
from handoff_sdk.core.routing import relaxes_at
from handoff_sdk.core.status import eligible
from handoff_sdk.core.turns import answer_due, timer_due
from handoff_sdk.core.waits import slips_at
from handoff_sdk.models.config import CLOSE_LIMIT, STYLE_CLOSE_AFTER
from handoff_sdk.models.promise import METRICS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from handoff_sdk.core.thread import Thread
    from handoff_sdk.models.config import DeskConfig
    from handoff_sdk.models.ticket import Ticket

__all__ = ["DueItem", "Rank", "close_at", "next_due", "silent_at"]


class Rank(IntEnum):
    """The kinds of things that fall due, in the order in which those of one instant run."""

    CLOSE = 10
    ACCEPT_WITHIN = 20
    BOT_ANSWER = 30
    BOT_TIMER = 31
    OFFER = 40
    SILENCE_ASSIGNED = 50
    SILENCE_UNASSIGNED = 51
    SKILL = 60
    AGENT = 70
    SLA_BREACH = 80
    SLA_WARNING = 81
    SLIP = 85
    AUTOMATION = 90
    FOLLOWUP = 100


_MOST_OF_A_KIND: Final = 100_000


@dataclass(frozen=True, slots=True, order=True)
class DueItem:
    """One thing that falls due: when, of which kind, and for which ticket.

    ``index`` orders those of one kind that are configured, ``number`` is the ticket's; 0 where there is no such thing.
    """

    at: datetime
    rank: Rank
    index: int
    number: int

    @property
    def order(self) -> int:
        """What orders the things of one instant over all conversations: the kind, then the index."""
        return self.rank * _MOST_OF_A_KIND + self.index


def close_at(ticket: Ticket, config: DeskConfig) -> datetime | None:
    """When a solved ticket closes: by its style, at the latest 28 days after it was solved; else ``None``."""
    if ticket.status != "solved" or ticket.solved_at is None:
        return None
    delay = ticket.close_after
    brand = config.brands.get(ticket.brand)
    if delay is None:
        own = brand.close_after if brand is not None and brand.style == ticket.style else None
        delay = STYLE_CLOSE_AFTER[ticket.style] if own is None else own
    limit = ticket.solved_at + CLOSE_LIMIT
    if delay == "never":
        return limit
    if brand is not None and brand.close_hours == "business":
        closes = after_working(schedule_of(ticket.brand, config), ticket.solved_at, delay)
        return limit if closes is None else min(closes, limit)
    return min(ticket.solved_at + delay, limit)


def silent_at(thread: Thread, ticket: Ticket, config: DeskConfig) -> datetime | None:
    """When the session of a live ticket goes inactive because the customer is silent; ``None`` while nothing counts.

    With an assignee the clock runs from the first agent message that the customer has not answered; without one from
    the latest of the customer's last message, their disconnect, the hand-off and becoming unassigned, and it stands
    still while the customer is connected.
    """
    if thread.conversation.session != "active":
        return None
    clocks = thread.clocks
    if ticket.assignee is not None:
        since = clocks.unanswered_agent_at
        return None if since is None else since + config.routing.inactive_after
    if clocks.connected:
        return None
    instants = (ticket.created_at, clocks.customer_at, clocks.disconnected_at, ticket.unassigned_at)
    return max(instant for instant in instants if instant is not None) + config.routing.inactive_after


def next_due(thread: Thread, config: DeskConfig) -> DueItem | None:
    """The first thing that falls due for a conversation, by instant, kind and ticket; ``None`` where nothing will."""
    return min(_items(thread, config), default=None)


def _items(thread: Thread, config: DeskConfig) -> Iterator[DueItem]:
    if (at := answer_due(thread, config)) is not None:
        yield DueItem(at, Rank.BOT_ANSWER, 0, 0)
    if (at := timer_due(thread)) is not None:
        yield DueItem(at, Rank.BOT_TIMER, 0, 0)
    if (followup := first_due(thread, config)) is not None:
        yield DueItem(followup.at, Rank.FOLLOWUP, 0, 0)
    for rule in due_rules(thread, config):
        yield DueItem(rule.at, Rank.AUTOMATION, rule.index, rule.number)
    for ticket in thread.tickets:
        if (at := close_at(ticket, config)) is not None:
            yield DueItem(at, Rank.CLOSE, 0, ticket.number)
        if ticket.sla:
            yield from _promised_items(ticket, config)
        if ticket.live:
            yield from _live_items(thread, ticket, config)


def _promised_items(ticket: Ticket, config: DeskConfig) -> Iterator[DueItem]:
    for at, metric in breaches(ticket):
        yield DueItem(at, Rank.SLA_BREACH, METRICS.index(metric), ticket.number)
    for at, metric in warnings(ticket, config):
        yield DueItem(at, Rank.SLA_WARNING, METRICS.index(metric), ticket.number)


def _live_items(thread: Thread, ticket: Ticket, config: DeskConfig) -> Iterator[DueItem]:
    if ticket.accept_within is not None and ticket.accepted_at is None:
        yield DueItem(ticket.created_at + ticket.accept_within, Rank.ACCEPT_WITHIN, 0, ticket.number)
    if ticket.offer is not None:
        yield DueItem(ticket.offer.expires_at, Rank.OFFER, 0, ticket.number)
    if (at := silent_at(thread, ticket, config)) is not None:
        rank = Rank.SILENCE_UNASSIGNED if ticket.assignee is None else Rank.SILENCE_ASSIGNED
        yield DueItem(at, rank, 0, ticket.number)
    if (at := slips_at(ticket)) is not None:
        yield DueItem(at, Rank.SLIP, 0, ticket.number)
    if ticket.offer is None and eligible(ticket):
        for at in (ticket.retry_at, relaxes_at(ticket, config)):
            if at is not None:
                yield DueItem(at, Rank.SKILL, 0, ticket.number)
