"""Schedules as a configuration writes them: when people are there, in a time zone, but for holidays.

Source: config.md (``schedules``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Annotated, Any, Final, TypeAlias

from pydantic import AfterValidator, ConfigDict, PlainSerializer, PlainValidator, WithJsonSchema, field_validator

from .customer import TimeZone
from .section import FROM_LIST, Section, refusal

__all__ = ["DAYS", "Schedule", "Slot"]

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""In the order of ``date.weekday``."""

_YEARS: Final = range(2020, 2061)
_SLOT = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-(?:([01][0-9]|2[0-3]):([0-5][0-9])|24:00)")
_DAYS = re.compile(rf"({'|'.join(DAYS)})(?:-({'|'.join(DAYS)}))?")

Slot: TypeAlias = tuple[timedelta, timedelta]
"""A stretch of a day, from and until before: times since midnight on the wall clock."""


def _slot(value: object) -> Slot:
    match = _SLOT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise refusal(f"{value!r} is not a stretch of the day; write one like '09:00-12:30'")
    hour, minute, until_hour, until_minute = match.groups()
    start = timedelta(hours=int(hour), minutes=int(minute))
    end = timedelta(hours=int(until_hour or 24), minutes=int(until_minute or 0))
    if end <= start:
        raise refusal(f"{value!r} ends before it begins; past midnight it is two: until '24:00', and from '00:00'")
    return (start, end)


def _written(slot: Slot) -> str:
    minutes = (part // timedelta(minutes=1) for part in slot)
    return "-".join(f"{minute // 60:02}:{minute % 60:02}" for minute in minutes)


def _date(value: object) -> date:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise refusal(f"{value!r} is not a date; write one like '2026-12-24'") from None


def _of_a_country(code: str) -> str:
    holidays_of(code)
    return code


_WrittenSlot: TypeAlias = Annotated[
    Slot,
    PlainValidator(_slot),
    PlainSerializer(_written, return_type=str),
    WithJsonSchema({"type": "string", "pattern": f"^(?:{_SLOT.pattern})$", "examples": ["09:00-12:30"]}),
]
_Day: TypeAlias = Annotated[
    date,
    PlainValidator(_date),
    PlainSerializer(date.isoformat, return_type=str),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-12-24"]}),
]
_Days: TypeAlias = Annotated[str, WithJsonSchema({"type": "string", "pattern": f"^(?:{_DAYS.pattern})$"})]


class Schedule(Section):
    """When people are there: stretches of the days of a week, but not on holidays and further days.

    Args:
        timezone: Whose wall clock counts.
        hours: By days (``mon``, ``mon-fri``), the stretches of each: ``09:00-12:30``; days without any are closed.
        holidays: A country, and a part of it, whose public holidays are closed: ``DE``, ``DE-BE``.
        closed: Further days.
    """

    model_config = ConfigDict(ignored_types=(cached_property,))

    timezone: TimeZone
    hours: dict[_Days, Annotated[tuple[_WrittenSlot, ...], FROM_LIST]]
    holidays: Annotated[str, AfterValidator(_of_a_country)] | None = None
    closed: Annotated[tuple[_Day, ...], FROM_LIST] = ()

    @field_validator("hours", mode="after")
    @classmethod
    def _make_a_week(cls, hours: dict[str, tuple[Slot, ...]]) -> dict[str, tuple[Slot, ...]]:
        if not any(hours.values()):
            raise refusal("has no stretch of any day: nobody would ever be there")
        for day, slots in zip(DAYS, _week(hours), strict=True):
            for (_, end), (start, _) in pairwise(slots):
                if start < end:
                    raise refusal(f"two stretches of {day!r} overlap")
        return hours

    @cached_property
    def week(self) -> tuple[tuple[Slot, ...], ...]:
        """The stretches of each day of the week, from Monday, in order."""
        return _week(self.hours)

    @cached_property
    def days_off(self) -> frozenset[date]:
        """The days on which nobody is there, whatever the day of the week; holidays of 2020 to 2060."""
        return frozenset(self.closed) | (holidays_of(self.holidays) if self.holidays else frozenset())


def _week(hours: Mapping[str, tuple[Slot, ...]]) -> tuple[tuple[Slot, ...], ...]:
    week: list[list[Slot]] = [[] for _ in DAYS]
    for written, slots in hours.items():
        for day in _days(written):
            week[day] += slots
    return tuple(tuple(sorted(slots)) for slots in week)


def _days(written: str) -> Iterator[int]:
    match = _DAYS.fullmatch(written)
    if match is None:
        raise refusal(f"{written!r} is not a day of the week; write one of {', '.join(DAYS)}, or two with '-' between")
    first, last = (DAYS.index(day) if day else None for day in match.groups())
    last = first if last is None else last
    if first is None or last is None or last < first:
        raise refusal(f"{written!r} goes backwards; a week begins with 'mon'")
    yield from range(first, last + 1)


@lru_cache(maxsize=64)
def holidays_of(code: str) -> frozenset[date]:
    """The public holidays of a country, or a part of it, from 2020 to 2060.

    Raises:
        PydanticCustomError: There is no such country or part.
    """
    import holidays  # noqa: PLC0415 - only the server extra installs it

    country, _, part = code.partition("-")
    known: dict[str, Any] = holidays.list_supported_countries()
    if country not in known:
        raise refusal(f"{country!r} is not a country whose holidays are known; write an ISO code like 'DE' or 'DE-BE'")
    if part and part not in known[country]:
        parts = ", ".join(known[country]) or "none"
        raise refusal(f"{part!r} is not a part of {country!r}; there are: {parts}")
    return frozenset(holidays.country_holidays(country, subdiv=part or None, years=_YEARS))
