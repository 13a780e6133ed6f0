"""Durations as people write them: ``30s``, ``10m``, ``1h59m``, ``4d``, ``0.5s``, and ``never`` where a field allows it.

A duration is number and unit parts, units ``d h m s``, largest first, each at most once. Only seconds take
decimals, down to a microsecond. A number without a unit is refused: whether 10 meant seconds or minutes
is not for us to guess.

Source: lifecycle, the paragraph before section 1.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

__all__ = ["LONGEST", "NEVER", "Duration", "DurationOrNever", "KeptDuration", "format_duration", "parse_duration"]

NEVER: Final = "never"
LONGEST: Final = timedelta(days=36_500)
"""The longest that may be asked for: a hundred years from now is an instant, ten thousand are none."""

_DURATION = re.compile(
    r"(?=.)(?:([0-9]{1,9})d)?(?:([0-9]{1,9})h)?(?:([0-9]{1,9})m)?(?:([0-9]{1,9})(?:\.([0-9]{1,6}))?s)?",
)

# What people write by habit ("10 minutes", "1.5h", "5m1h"): never read, only recognised to say what is right.
_HABIT_PART = (
    r"([0-9]{1,6}(?:\.[0-9]{1,6})?)\s*"
    r"(w(?:eeks?)?|d(?:ays?)?|h(?:rs?|ours?)?|m(?:in(?:ute)?s?)?|s(?:ec(?:ond)?s?)?)"
)
_HABIT = re.compile(rf"\s*(?:{_HABIT_PART}[\s,]*){{1,8}}", re.IGNORECASE)
_HABIT_UNITS = {
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
}


def parse_duration(text: str) -> timedelta:
    """The duration that ``text`` writes.

    >>> parse_duration("1h59m")
    datetime.timedelta(seconds=7140)

    Raises:
        ValueError: ``text`` is not a duration; the message says what would be, where that is clear.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(_explained(text))
    days, hours, minutes, seconds, fraction = (part or "0" for part in match.groups())
    try:
        return timedelta(
            days=int(days),
            hours=int(hours),
            minutes=int(minutes),
            seconds=int(seconds),
            microseconds=int(fraction.ljust(6, "0")),
        )
    except OverflowError:
        raise ValueError(f"{text!r} is too long: a duration is less than 1000000000d") from None


def format_duration(duration: timedelta) -> str:
    """The shortest text that ``parse_duration`` reads as ``duration``; ``0s`` for zero.

    >>> format_duration(timedelta(minutes=119))
    '1h59m'

    Raises:
        ValueError: the duration is negative.
    """
    if duration < timedelta(0):
        raise ValueError(f"a duration cannot be negative: {duration!r}")
    minutes, seconds = divmod(duration.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((duration.days, "d"), (hours, "h"), (minutes, "m"))
    text = "".join(f"{number}{unit}" for number, unit in parts if number)
    if seconds or duration.microseconds or not text:
        text += f"{seconds}.{duration.microseconds:06d}".rstrip("0").rstrip(".") + "s"
    return text


def _explained(text: str) -> str:
    """Why ``text`` is not a duration, and what would be."""
    if re.fullmatch(r"[0-9]{1,9}", text):
        return f"{text!r} has no unit; write '{text}s' or '{text}m'"
    if _HABIT.fullmatch(text):
        parts = re.findall(_HABIT_PART, text, re.IGNORECASE)
        meant = sum((float(number) * _HABIT_UNITS[unit[0].lower()] for number, unit in parts), timedelta(0))
        return f"{text!r} is not a duration; write {format_duration(meant)!r}"
    return f"{text!r} is not a duration; write one like '30s', '10m', '1h59m' or '4d'"


def _read(value: object) -> timedelta:
    duration = _kept(value)
    if duration > LONGEST:
        raise _refusal(f"is too long; write at most {format_duration(LONGEST)!r}")
    return duration


def _kept(value: object) -> timedelta:
    try:
        duration = _meant(value)
    except ValueError as error:
        raise _refusal(str(error)) from None
    if duration < timedelta(0):
        raise _refusal("a duration cannot be negative")
    return duration


def _refusal(problem: str) -> PydanticCustomError:
    return PydanticCustomError("duration", "{problem}", {"problem": problem})


def _meant(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if isinstance(value, str):
        return parse_duration(value)
    if isinstance(value, int) and not isinstance(value, bool):
        raise ValueError(_explained(str(value)))  # noqa: TRY004 - pydantic makes a problem of ValueErrors alone
    message = "a duration is text like '30s', '10m', '1h59m' or '4d'"
    raise ValueError(message)


def _read_or_never(value: object) -> timedelta | Literal["never"]:
    return NEVER if value == NEVER else _read(value)


def _written(value: timedelta | Literal["never"]) -> str:
    return value if isinstance(value, str) else format_duration(value)


_SCHEMA: Final = {
    "type": "string",
    "description": "A duration: numbers with the units d, h, m and s, the largest first.",
    "examples": ["30s", "10m", "1h59m", "4d"],
}

Duration: TypeAlias = Annotated[
    timedelta,
    PlainValidator(_read),
    PlainSerializer(_written, return_type=str, when_used="json"),
    WithJsonSchema({**_SCHEMA, "pattern": f"^{_DURATION.pattern}$"}),
]
"""A field that reads a duration's text or a ``timedelta``, holds a ``timedelta``, and is text again in JSON."""

KeptDuration: TypeAlias = Annotated[
    timedelta,
    PlainValidator(_kept),
    PlainSerializer(_written, return_type=str, when_used="json"),
    WithJsonSchema({**_SCHEMA, "pattern": f"^{_DURATION.pattern}$"}),
]
"""A noun's duration: what was once kept is read again, however long it is."""

DurationOrNever: TypeAlias = Annotated[
    timedelta | Literal["never"],
    PlainValidator(_read_or_never),
    PlainSerializer(_written, return_type=str, when_used="json"),
    WithJsonSchema({**_SCHEMA, "pattern": f"^(?:never|{_DURATION.pattern})$"}),
]
"""Like ``Duration``, or the word ``never``."""
