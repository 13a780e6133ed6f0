"""Values and instants as a scenario would write them: what failures and traces are made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["instant", "shown"]

_CONSTANTS: Final[Mapping[object, str]] = {None: "null", True: "true", False: "false"}


def shown(value: object) -> str:
    """A value as a scenario would write it.

    >>> shown({"tags": ["big"], "order": None})
    "{tags: ['big'], order: null}"
    """
    if value is None or isinstance(value, bool):
        return _CONSTANTS[value]
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {shown(part)}" for key, part in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(shown, value)) + "]"
    return repr(value)


def instant(at: datetime) -> str:
    """An instant as a scenario would write it.

    >>> from datetime import UTC, datetime
    >>> instant(datetime(2026, 1, 5, 9, tzinfo=UTC))
    '2026-01-05T09:00:00Z'
    """
    return at.isoformat().replace("+00:00", "Z")
