"""The shortlist: which of many rules can hold at all, found without asking each.

Every rule is filed once, under the one of its ``all`` conditions that fewest others share and that can be looked up: a
value, a part of a text, or a pattern. What is found may hold and has to be asked; what is not found does not hold. A
rule whose conditions cannot be looked up is found always.

Source: config.md, Conditions; docs/performance.md.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

import re2

from handoff_sdk.core.conditions import number_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from handoff_sdk.core.conditions import Facts
    from handoff_sdk.models.condition import Condition, Conditions

__all__ = ["Shortlist"]

_Key: TypeAlias = "str | float | tuple[bool]"
"""What values that count as the same have in common."""

_BY_VALUE: Final = frozenset({"is", "in", "includes", "changed_to"})
_CROWD: Final = {"contains": 20, "matches": 10}
"""As how many rules of one value a condition on a text counts: it costs as much to look up."""
_PATTERNS_AT_ONCE: Final = 100


class _Filed(NamedTuple):
    """A rule's place and the condition it is filed under."""

    place: int
    condition: Condition


class Shortlist:
    """Rules by what has to be so if they hold.

    Args:
        rules: Their places and conditions.
    """

    def __init__(self, rules: Iterable[tuple[int, Conditions]]) -> None:
        self._always: set[int] = set()
        self._values: defaultdict[str, defaultdict[_Key, set[int]]] = defaultdict(lambda: defaultdict(set))
        self._parts: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
        patterns: defaultdict[str, list[_Filed]] = defaultdict(list)
        rules = tuple(rules)
        crowds = Counter((one.field, key) for _, rule in rules for one in rule.all for key in _keys_of(one))
        for index, rule in rules:
            one = min(rule.all, key=lambda condition: _crowd(condition, crowds), default=None)
            if one is None or _crowd(one, crowds) == float("inf"):
                self._always.add(index)
            elif one.op == "contains":
                self._parts[one.field].append((str(one.value).casefold(), index))
            elif one.op == "matches":
                patterns[one.field].append(_Filed(index, one))
            else:
                for key in _keys_of(one):
                    self._values[one.field][key].add(index)
        self._patterns = {field: list(_together(filed)) for field, filed in patterns.items()}
        self._texts = sorted(self._parts.keys() | self._patterns.keys())
        self._last: dict[str, tuple[str, frozenset[int]]] = {}

    def of(self, facts: Facts) -> set[int]:
        """The places of all rules that hold, and perhaps of others."""
        found = set(self._always)
        for field, by_key in self._values.items():
            for key in _keys(facts.now(field)):
                found |= by_key.get(key, _NONE)
        for field in self._texts:
            if isinstance(text := facts.now(field), str):
                found |= self._in_text(field, text)
        return found

    def _in_text(self, field: str, text: str) -> frozenset[int]:
        """The rules that a text may make hold; asked again and again about the same one while rules fire."""
        last = self._last.get(field)
        if last is not None and last[0] is text:
            return last[1]
        folded = text.casefold()
        found = {index for part, index in self._parts.get(field, ()) if part in folded}
        found.update(*(patterns.of(text) for patterns in self._patterns.get(field, ())))
        self._last[field] = (text, frozenset(found))
        return self._last[field][1]


class _Patterns:
    """Patterns that are looked for at once; where memory is too short for that, all of them are found."""

    def __init__(self, filed: Sequence[_Filed]) -> None:
        self._indexes = [one.place for one in filed]
        self._set = re2.Set.SearchSet()
        for one in filed:
            self._set.Add(str(one.condition.value))
        self._anything = self._set.Add("")  # a search that gives up finds nothing, not even this
        try:
            self._set.Compile()
        except re2.error:
            self._set = None

    def of(self, text: str) -> set[int]:
        """The places of the rules whose patterns are in a text."""
        found = [] if self._set is None else self._set.Match(text)
        if self._anything not in found:
            return set(self._indexes)
        return {self._indexes[place] for place in found if place != self._anything}


_NONE: Final[frozenset[int]] = frozenset()


def _together(filed: Sequence[_Filed]) -> Iterator[_Patterns]:
    for begin in range(0, len(filed), _PATTERNS_AT_ONCE):
        yield _Patterns(filed[begin : begin + _PATTERNS_AT_ONCE])


def _crowd(condition: Condition, crowds: Counter[tuple[str, _Key]]) -> float:
    """How many rules are found together with one that is filed under a condition; infinity where that can't be."""
    keys = _keys_of(condition)
    if keys:
        return max(crowds[condition.field, key] for key in keys)
    return _CROWD.get(condition.op, float("inf"))


def _keys_of(condition: Condition) -> tuple[_Key, ...]:
    """The keys of which a field has one if a condition holds; none where that can't be said."""
    return _keys(condition.value) if condition.op in _BY_VALUE else ()


def _keys(value: object) -> tuple[_Key, ...]:
    """The keys of a value, or of those in a list."""
    items: Sequence[object] = value if isinstance(value, (list, tuple)) else (value,)
    return tuple(key for item in items if (key := _key(item)) is not None)


def _key(value: object) -> _Key | None:
    if isinstance(value, bool):
        return (value,)
    if isinstance(value, str) and value[:1].isalpha():
        return value
    number = number_of(value)
    if number is not None:
        return float(number)
    return value if isinstance(value, (str, float)) else None
