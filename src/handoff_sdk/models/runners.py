"""Triggers as those see them who look for what they do to each other: what each changes, and what it asks for.

Source: config.md, Lint; models/chasing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from .rule import Trigger
from .ticket import PRIORITIES

if TYPE_CHECKING:
    from .condition import Condition

__all__ = ["Asks", "Changes", "Key", "Runner", "asked_for", "key_of", "runner_of"]

Changes: TypeAlias = Mapping[str, object]
"""What a rule leaves behind by field; a tag is a field of its own, which is there or not."""

Key: TypeAlias = tuple[bool, str]
"""What a value is known by: ``2`` and ``"2"`` are the same to conditions."""

_RANK: Final = {priority: rank for rank, priority in enumerate(reversed(PRIORITIES))}


def _same(value: object, wanted: object) -> bool:
    return value is not None and str(value) == str(wanted)


def _in(value: object, choices: object) -> bool:
    return isinstance(choices, tuple) and any(_same(value, choice) for choice in choices)


def _size(value: object, limit: object) -> float:
    """How far a value is above a limit; not a number where they cannot be compared."""
    if isinstance(limit, str):
        return _RANK[value] - _RANK[limit] if value in _RANK and limit in _RANK else float("nan")
    numbers = isinstance(value, int | float) and isinstance(limit, int | float)
    return value - limit if numbers else float("nan")  # type: ignore[operator]


_HOLDS: Final[Mapping[str, Callable[[object, object], bool]]] = {
    "is": _same,
    "is_not": lambda value, wanted: not _same(value, wanted),
    "in": _in,
    "not_in": lambda value, choices: not _in(value, choices),
    "less_than": lambda value, limit: _size(value, limit) < 0,
    "greater_than": lambda value, limit: _size(value, limit) > 0,
    "at_least": lambda value, limit: _size(value, limit) >= 0,
    "changed": lambda _value, _wanted: True,
    "changed_to": _same,
    "changed_from": lambda value, wanted: not _same(value, wanted),
    "present": lambda value, _: value is not None,
    "absent": lambda value, _: value is None,
}
"""Whether a condition may hold once a rule has left a value. Ops that are not here may always."""

_PINS: Final[Mapping[str, Callable[[object], tuple[object, ...]]]] = {
    "is": lambda wanted: (wanted,),
    "changed_to": lambda wanted: (wanted,),
    "in": lambda choices: choices if isinstance(choices, tuple) else (choices,),
    "absent": lambda _: (None,),
}
"""The values that a field can have at all where such a condition holds."""


@dataclass(frozen=True, slots=True)
class Asks:
    """A condition about one field, or one tag."""

    field: str
    op: str
    wanted: object

    def holds(self, value: object) -> bool:
        """Whether it may hold once a rule has left a value."""
        return _HOLDS[self.op](value, self.wanted)

    @property
    def pins(self) -> tuple[object, ...] | None:
        """The values at which alone it holds; ``None`` where there are too many to tell."""
        return _PINS[self.op](self.wanted) if self.op in _PINS else None


@dataclass(frozen=True, slots=True)
class Runner:
    """A trigger at its ``place``: what it changes, and the single fields it asks for in ``all`` and in ``any``."""

    place: int
    trigger: Trigger
    changes: Changes
    every: tuple[Asks, ...]
    some: tuple[Asks, ...]
    has_any: bool

    def may_run(self, state: Changes, also: Iterable[Asks] = ()) -> bool:
        """Whether its conditions may hold, ``also`` together with others, where these fields have these values."""
        return _may_hold((*self.every, *also), state) and (
            not self.has_any
            or len(self.some) < len(self.trigger.any)
            or any(_may_hold((one,), state) for one in self.some)
        )


def runner_of(place: int, trigger: Trigger, categories: Mapping[str, str]) -> Runner:
    """A trigger at its place, with the categories of custom statuses."""
    every = tuple(_asked(trigger.all))
    some = tuple(_asked(trigger.any))
    return Runner(place, trigger, _changes(trigger, categories), every, some, bool(trigger.any))


def _changes(trigger: Trigger, categories: Mapping[str, str]) -> Changes:
    changes: dict[str, object] = {}
    for action in trigger.actions:
        for name in action.set.model_fields_set - {"fields"} if action.set else ():
            value = getattr(action.set, name)
            changes[name] = categories.get(value, value) if name == "status" else value
        changes |= {f"fields.{name}": value for name, value in (action.set.fields if action.set else {}).items()}
        changes |= {f"tag {tag}": True for tag in action.add_tags}
        changes |= {f"tag {tag}": None for tag in action.remove_tags}
    return changes


def _asked(conditions: Iterable[Condition]) -> Iterator[Asks]:
    """What can be told of conditions about single fields and tags."""
    for condition in conditions:
        op, value = condition.op, condition.value
        tags = value if isinstance(value, tuple) else (value,)
        if op == "excludes":
            yield from (Asks(f"tag {tag}", "absent", None) for tag in tags)
        elif op == "includes" and len(tags) == 1:
            yield Asks(f"tag {tags[0]}", "present", None)
        elif op in _HOLDS:
            yield Asks(condition.field, op, value)


def asked_for(runner: Runner, field: str, left: Mapping[Key, object]) -> Iterator[Key]:
    """Those of the values that rules leave in a field at which all holds that a rule asks of the field."""
    about = [asks for asks in (*runner.every, *runner.some) if asks.field == field]
    pinned = next((asks.pins for asks in runner.every if asks.field == field and asks.pins is not None), None)
    keys = left if pinned is None else dict.fromkeys(map(key_of, pinned))
    for key in keys if about else ():
        if key in left and all(asks.holds(left[key]) for asks in about):
            yield key


def key_of(value: object) -> Key:
    """What a value is known by."""
    return (value is None, str(value))


def _may_hold(asked: Iterable[Asks], state: Changes) -> bool:
    by_field: dict[str, list[Asks]] = defaultdict(list)
    for asks in asked:
        by_field[asks.field].append(asks)
    for field, about in by_field.items():
        pinned = next((asks.pins for asks in about if asks.pins is not None), None)
        values = (state[field],) if field in state else pinned
        if values is not None and not any(all(asks.holds(value) for asks in about) for value in values):
            return False
    return True
