"""How long a ticket waits: an estimate from what its queue did lately, and what it becomes once it was told.

An estimate that was told when a ticket was queued is a promise. It is kept with the ticket, and has slipped when the
minutes that were said are over and the ticket still waits.

Source: lifecycle.md, 6.15; docs/lines.md.
"""

from __future__ import annotations

from math import ceil, floor
from typing import TYPE_CHECKING, Final

from handoff_sdk.core.status import eligible
from handoff_sdk.models.wait import PromisedWait, WaitRange

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from handoff_sdk.core.draft import Draft
    from handoff_sdk.models.ticket import Ticket

__all__ = ["HISTORY", "per_place", "promised", "slip", "slips_at", "wait_range"]

HISTORY: Final = 50
"""Of how many tickets that a queue gave last the estimate is made."""
_FEWEST: Final = 3


def per_place(waited: timedelta, places: int) -> timedelta:
    """What a ticket tells of its queue: how long it waited for each place it had to move up."""
    return waited / max(places, 1)


def wait_range(history: Sequence[timedelta], position: int) -> WaitRange | None:
    """How long a ticket at ``position`` is likely to wait; ``None`` where the queue gave fewer than three tickets.

    The estimator: each of the last tickets that an agent got waited so long per place (``per_place``); the range is
    the lower and the upper quartile of these, times the position. It follows how fast the queue moves and how many
    agents are there, without a model of either, and one ticket that was forgotten does not move it.

    >>> from datetime import timedelta
    >>> wait_range([timedelta(seconds=seconds) for seconds in (20, 30, 60, 40, 50)], 2)
    WaitRange(low_seconds=60, high_seconds=100)
    """
    if len(history) < _FEWEST:
        return None
    ordered = sorted(history)
    last = len(ordered) - 1
    low, high = ordered[last // 4], ordered[ceil(last * 3 / 4)]
    return WaitRange(
        low_seconds=floor((low * position).total_seconds()), high_seconds=ceil((high * position).total_seconds())
    )


def promised(draft: Draft, ticket: Ticket) -> PromisedWait | None:
    """What a ticket's customer is promised as it is queued now; ``None`` where there is no estimate."""
    place_of = draft.beside.place_of
    wait = None if place_of is None else place_of(ticket).wait
    return None if wait is None else PromisedWait(**dict(wait), at=draft.now)


def slips_at(ticket: Ticket) -> datetime | None:
    """When the promise of a ticket that still waits slips; ``None`` where it has none, or it has slipped."""
    promise = ticket.promised_wait
    return promise.until if promise is not None and not promise.slipped and eligible(ticket) else None


def slip(draft: Draft, ticket: Ticket) -> None:
    """Let a promise slip."""
    promise = ticket.promised_wait
    draft.set_ticket(ticket, promised_wait=promise and promise.model_copy(update={"slipped": True}))
