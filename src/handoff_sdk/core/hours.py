"""Working time: whether people are there, when they are next, and how much of their time passes between two instants.

People are there when the wall clock of the schedule's zone says so, also on days on which clocks are changed.

Source: config.md (``schedules``); lifecycle.md, 4 (``close_hours``) and 8 (business hours).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from handoff_sdk.core.identity import Same

if TYPE_CHECKING:
    from collections.abc import Iterator

    from handoff_sdk.models.config import DeskConfig
    from handoff_sdk.models.schedule import Schedule

__all__ = ["after_working", "comings_and_goings", "is_open", "opens_at", "schedule_of", "worked"]

_DAY: Final = timedelta(days=1)
_NOTHING: Final = timedelta(0)
_FAR: Final = 366 * 3
"""Days after which no schedule opens any more that has not opened until then."""

_THE_NEXT: Final = 2

Span = tuple[datetime, datetime]


def schedule_of(brand: str, config: DeskConfig) -> Schedule | None:
    """The schedule of a brand; ``None``: its people are always there."""
    configured = config.brands.get(brand)
    return config.schedules.get(configured.schedule or "") if configured else None


def is_open(schedule: Schedule | None, at: datetime) -> bool:
    """Whether people are there at an instant."""
    return schedule is None or any(start <= at < end for start, end in _spans(schedule, at))


def opens_at(schedule: Schedule | None, at: datetime) -> datetime | None:
    """When people are there from an instant on: at once, or when they come next, UTC; ``None``: not in three years."""
    if schedule is None:
        return at
    return next((max(start, at) for start, end in _onwards(schedule, at) if end > at), None)


def comings_and_goings(schedule: Schedule | None, at: datetime) -> list[datetime]:
    """The next two instants after one at which people come or go, UTC; fewer where there are none in three years."""
    if schedule is None:
        return []
    found: list[datetime] = []
    for opens, closes in _onwards(schedule, at):
        if found and found[-1] == opens:
            found.pop()  # they stay over midnight
        elif opens > at:
            found.append(opens)
        if len(found) >= _THE_NEXT:
            return found[:_THE_NEXT]
        found.append(closes)
    return found[:-1]


def worked(schedule: Schedule | None, start: datetime, end: datetime) -> timedelta:
    """How much working time there is from an instant until another; none where that is earlier."""
    if schedule is None:
        return max(end - start, _NOTHING)
    total = _NOTHING
    for opens, closes in _onwards(schedule, start):
        if opens >= end:
            break
        total += max(min(closes, end) - max(opens, start), _NOTHING)
    return total


def after_working(schedule: Schedule | None, start: datetime, span: timedelta) -> datetime | None:
    """The first instant, UTC, until which so much working time has passed; ``None``: not in three years."""
    if schedule is None:
        return start + span
    if span <= _NOTHING:
        return start
    left = span
    for opens, closes in _onwards(schedule, start):
        begins = max(opens, start)
        if closes - begins >= left:
            return begins + left
        left -= max(closes - begins, _NOTHING)
    return None


def _onwards(schedule: Schedule, at: datetime) -> Iterator[Span]:
    """The spans that end after an instant, in order, for three years."""
    first = at.astimezone(ZoneInfo(schedule.timezone)).date()
    for ahead in range(-1, _FAR):
        for span in _of_day(Same(schedule), first + ahead * _DAY):
            if span[1] > at:
                yield span


def _spans(schedule: Schedule, at: datetime) -> tuple[Span, ...]:
    return _of_day(Same(schedule), at.astimezone(ZoneInfo(schedule.timezone)).date())


@lru_cache(maxsize=4096)
def _of_day(same: Same[Schedule], day: date) -> tuple[Span, ...]:
    """When people are there on a day of the wall clock, as UTC, in order."""
    schedule = same.value
    slots = () if day in schedule.days_off else schedule.week[day.weekday()]
    if not slots:
        return ()
    found: list[Span] = []
    for begins, ends, offset in _stretches(day, ZoneInfo(schedule.timezone)):
        midnight = datetime.combine(day, time(), tzinfo=UTC) - offset
        for start, end in slots:
            span = (max(midnight + start, begins), min(midnight + end, ends))
            if span[0] < span[1]:
                found.append(span)
    return tuple(_joined(found))


def _stretches(day: date, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """A day of the wall clock in pieces of one offset each, from and until as UTC; two where clocks change."""
    begins, ends = (_midnight(each, zone) for each in (day, day + _DAY))
    while begins < ends:
        offset = _offset(begins, zone)
        until = ends if _offset(ends - timedelta(seconds=1), zone) == offset else _change(begins, ends, zone)
        yield begins, until, offset
        begins = until


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a day, as UTC."""
    at = datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
    return at if at.astimezone(zone).date() == day else _change(at - _DAY, at + _DAY, zone)


def _change(begins: datetime, ends: datetime, zone: ZoneInfo) -> datetime:
    """The instant between two at which the zone's clocks change, to the second."""
    before = _offset(begins, zone)
    while ends - begins > timedelta(seconds=1):
        middle = begins + (ends - begins) // timedelta(seconds=2) * timedelta(seconds=1)
        if _offset(middle, zone) == before:
            begins = middle
        else:
            ends = middle
    return ends


def _offset(at: datetime, zone: ZoneInfo) -> timedelta:
    return at.astimezone(zone).utcoffset() or _NOTHING


def _joined(spans: list[Span]) -> Iterator[Span]:
    """Spans in order; those that touch are one."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    yield from joined
