"""Whether conditions hold: compiled once, asked often, of any facts that answer by a field's name.

Source: config.md, Conditions.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

import re2

from handoff_sdk.models.condition import TIMED
from handoff_sdk.models.ticket import PRIORITIES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from handoff_sdk.models.condition import Condition, Conditions, Op

__all__ = ["Facts", "Test", "compiled", "counts_down", "fields_of", "moments_of", "number_of"]

_RANK: Final[dict[object, int]] = {priority: rank for rank, priority in enumerate(reversed(PRIORITIES))}
"""Priorities by urgency; an empty one is the least."""

_AN_INSTANT: Final = timedelta(microseconds=1)


class Facts(Protocol):
    """What conditions are asked about. A field that is not there, or empty, is ``None``."""

    def now(self, field: str) -> object:
        """What a field holds."""
        ...

    def before(self, field: str) -> object:
        """What a field held before the transaction; what it holds, where nothing changed it."""
        ...


Test: TypeAlias = Callable[[Facts], bool]
"""A compiled condition."""


def compiled(conditions: Conditions) -> Test:
    """The test whether each of ``all`` holds, and one of ``any`` where there are some."""
    every = tuple(map(_compiled, conditions.all))
    some = tuple(map(_compiled, conditions.any))

    def holds(facts: Facts) -> bool:
        return all(test(facts) for test in every) and (not some or any(test(facts) for test in some))

    return holds


def fields_of(conditions: Conditions) -> frozenset[str]:
    """The fields that conditions ask for."""
    return frozenset(condition.field for condition in conditions.each())


def moments_of(conditions: Conditions) -> tuple[tuple[str, timedelta], ...]:
    """When conditions may begin to hold, or to fail, by the passing of time alone: fields, and how much of each.

    An op may leave its limit out, so each instant is there with the next one.
    """
    timed = (condition for condition in conditions.each() if condition.field in TIMED)
    spans = {(one.field, one.value) for one in timed if isinstance(one.value, timedelta)}
    later = {True: -_AN_INSTANT, False: _AN_INSTANT}
    return tuple(
        (field, span + more) for field, span in sorted(spans) for more in (timedelta(0), later[counts_down(field)])
    )


def counts_down(field: str) -> bool:
    """Whether a field gets smaller by the passing of time."""
    return field.startswith("until_")


def _compiled(condition: Condition) -> Test:
    return _TESTS[condition.op](condition.field, condition.value)


def _against(holds: Callable[[object, object], bool]) -> Callable[[str, object], Test]:
    """What makes a test of the present value."""
    return lambda field, value: lambda facts: holds(facts.now(field), value)


def _changed(field: str, _: object) -> Test:
    return lambda facts: not _same(facts.now(field), facts.before(field))


def _changed_to(field: str, value: object) -> Test:
    return lambda facts: _same(facts.now(field), value) and not _same(facts.before(field), value)


def _changed_from(field: str, value: object) -> Test:
    return lambda facts: _same(facts.before(field), value) and not _same(facts.now(field), value)


def _matches(field: str, value: object) -> Test:
    pattern = re2.compile(str(value))
    return lambda facts: isinstance(text := facts.now(field), str) and pattern.search(text) is not None


def _same(one: object, other: object) -> bool:
    """Whether two values are the same; a number in a text is the number, and ``true`` is no number."""
    if isinstance(one, bool) is not isinstance(other, bool):
        return False
    return one == other or (isinstance(one, str) is not isinstance(other, str) and _same_number(one, other))


def _same_number(one: object, other: object) -> bool:
    number = number_of(one)
    return number is not None and number == number_of(other)


def number_of(value: object) -> Decimal | None:
    """The number that a value is, also as a text; ``None`` where it is none."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _compared(value: object, limit: object) -> int | None:
    """-1, 0 or 1 as the value is below, at or above the limit; ``None`` where they cannot be compared."""
    if isinstance(limit, timedelta):
        return None if not isinstance(value, timedelta) else (value > limit) - (value < limit)
    if isinstance(limit, str):
        return (_RANK[value] > _RANK[limit]) - (_RANK[value] < _RANK[limit])
    number, at_number = number_of(value), number_of(limit)
    return None if number is None or at_number is None else (number > at_number) - (number < at_number)


def _empty(value: object) -> bool:
    return value is None or value in ("", (), [], {})


def _has(value: object, wanted: object) -> bool:
    """Whether a list holds the wanted, or one of the wanted."""
    items: Iterable[object] = value if isinstance(value, (list, tuple)) else ()
    these = wanted if isinstance(wanted, tuple) else (wanted,)
    return any(_same(item, one) for item in items for one in these)


def _contains(value: object, wanted: object) -> bool:
    return isinstance(value, str) and str(wanted).casefold() in value.casefold()


def _in(value: object, choices: object) -> bool:
    return isinstance(choices, tuple) and any(_same(value, choice) for choice in choices)


_TESTS: Final[dict[Op, Callable[[str, object], Test]]] = {
    "is": _against(_same),
    "is_not": _against(lambda value, other: not _same(value, other)),
    "in": _against(_in),
    "not_in": _against(lambda value, choices: not _in(value, choices)),
    "includes": _against(_has),
    "excludes": _against(lambda value, wanted: not _has(value, wanted)),
    "contains": _against(_contains),
    "matches": _matches,
    "less_than": _against(lambda value, limit: _compared(value, limit) == -1),
    "greater_than": _against(lambda value, limit: _compared(value, limit) == 1),
    "at_least": _against(lambda value, limit: _compared(value, limit) in {0, 1}),
    "changed": _changed,
    "changed_to": _changed_to,
    "changed_from": _changed_from,
    "present": _against(lambda value, _: not _empty(value)),
    "absent": _against(lambda value, _: _empty(value)),
}
"""For each op, what makes the test of a field against a value."""
