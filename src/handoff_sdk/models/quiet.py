"""Quiet hours: a stretch of the day in which nobody is nudged, as people write it: ``20:00-08:00``.

Source: config.md (``quiet``); lifecycle.md, 7 (the end is exclusive).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time, timedelta
from typing import Annotated, Final, TypeAlias

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from .section import refusal

__all__ = ["DAY", "Quiet", "QuietHours"]

DAY: Final = timedelta(days=1)

_TIME: Final = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_HOURS = re.compile(rf"({_TIME})-({_TIME}|24:00)")


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From ``start`` until before ``end``, both as the time since midnight; past midnight where the end comes first.

    >>> QuietHours.parse("20:00-08:00").remaining(time(23, 30))
    datetime.timedelta(seconds=30600)
    """

    start: timedelta
    end: timedelta

    @classmethod
    def parse(cls, text: str) -> QuietHours:
        """The quiet hours that ``text`` writes.

        Raises:
            ValueError: It is not two different times of day like ``20:00-08:00``.
        """
        match = _HOURS.fullmatch(text)
        start, end = (_since_midnight(part) for part in match.groups()) if match else (DAY, DAY)
        if start == end:
            raise ValueError(f"{text!r} is not a stretch of the day; write one like '20:00-08:00'")
        return cls(start, end)

    def remaining(self, at: time) -> timedelta | None:
        """How long it stays quiet after a time of day, on a clock that nobody sets; ``None`` where it is not quiet."""
        now = timedelta(hours=at.hour, minutes=at.minute, seconds=at.second, microseconds=at.microsecond)
        since_start = (now - self.start) % DAY
        length = (self.end - self.start) % DAY
        return length - since_start if since_start < length else None

    def __str__(self) -> str:
        return f"{_written(self.start)}-{_written(self.end)}"


def _since_midnight(text: str) -> timedelta:
    hours, minutes = text.split(":")
    return timedelta(hours=int(hours), minutes=int(minutes)) % DAY


def _written(since_midnight: timedelta) -> str:
    hours, minutes = divmod(since_midnight // timedelta(minutes=1), 60)
    return f"{hours:02}:{minutes:02}"


def _read(value: object) -> QuietHours:
    if isinstance(value, QuietHours):
        return value
    if not isinstance(value, str):
        raise refusal("has to be text like '20:00-08:00'")
    try:
        return QuietHours.parse(value)
    except ValueError as error:
        raise refusal(str(error)) from None


Quiet: TypeAlias = Annotated[
    QuietHours,
    PlainValidator(_read),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": f"^{_HOURS.pattern}$", "examples": ["20:00-08:00"]}),
]
"""A field that reads quiet hours, holds ``QuietHours``, and is text again when it is dumped."""
