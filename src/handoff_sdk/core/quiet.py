"""The customer's clock: when their quiet hours end, and when their day began.

Whether an instant is quiet is what the customer's wall clock says then, also on days on which clocks are changed.

Source: lifecycle.md, 7 (quiet hours hold, their end is exclusive; the customer's calendar day).
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from handoff_sdk.models.customer import Customer
    from handoff_sdk.models.quiet import QuietHours
    from handoff_sdk.models.schedule import Schedule

__all__ = ["day_start", "quiet_until", "zone_of"]


def zone_of(customer: Customer, schedule: Schedule | None = None) -> tzinfo:
    """The customer's time zone; where it is not known that of the schedule, else UTC."""
    name = customer.timezone or (schedule.timezone if schedule else None)
    return _zone(name) if name else UTC


def day_start(customer: Customer, instant: datetime) -> datetime:
    """When the customer's calendar day began that ``instant`` is in, as UTC."""
    local = instant.astimezone(zone_of(customer))
    return local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0).astimezone(UTC)


def quiet_until(quiet: QuietHours, zone: tzinfo, instant: datetime) -> datetime | None:
    """The first instant from ``instant`` on that is not quiet, as UTC; ``None`` where ``instant`` itself is not."""
    at = instant
    while (remaining := quiet.remaining(at.astimezone(zone).time())) is not None:
        at = _change_of_clocks(zone, at, at + remaining) or at + remaining
    return None if at == instant else at


def _change_of_clocks(zone: tzinfo, since: datetime, until: datetime) -> datetime | None:
    """When the zone's clocks are changed, where they say otherwise at ``until`` than they would unchanged."""
    before = since.astimezone(zone).utcoffset()
    if until.astimezone(zone).utcoffset() == before:
        return None
    early, late = int(since.timestamp()), int(until.timestamp())  # clocks are changed at whole seconds
    while late - early > 1:
        middle = (early + late) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == before:
            early = middle
        else:
            late = middle
    return datetime.fromtimestamp(late, UTC)


@lru_cache(maxsize=1024)
def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # a name that this machine does not know
        return UTC
