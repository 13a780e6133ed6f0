"""Triggers that chase each other: in one transaction each makes the other's conditions hold again.

Each fires at most once in a transaction, so they come to rest; but how a ticket ends is an accident of their order.
Two triggers chase each other where

- they run in one transaction: on an event they share, or one of them on ``ticket.updated``, which every change causes;
- they set a field to different values, or one adds the tag that the other removes;
- each asks for that field, and what it asks for holds as the other leaves it;
- nothing else that they ask for keeps them apart.

Source: config.md, Lint; lifecycle.md, 7 (triggers).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from .document import KeyPath
from .rule import Trigger
from .ticket import PRIORITIES

if TYPE_CHECKING:
    from .condition import Condition

__all__ = ["chasing"]

_Changes: TypeAlias = Mapping[str, object]
"""What a rule leaves behind by field; a tag is a field of its own, which is there or not."""

_Key: TypeAlias = tuple[bool, str]
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
class _Asks:
    """A condition about one field, or one tag."""

    field: str
    op: str
    wanted: object

    def holds(self, value: object) -> bool:
        return _HOLDS[self.op](value, self.wanted)

    @property
    def pins(self) -> tuple[object, ...] | None:
        """The values at which alone it holds; ``None`` where there are too many to tell."""
        return _PINS[self.op](self.wanted) if self.op in _PINS else None


@dataclass(frozen=True, slots=True)
class _Runner:
    """A trigger that asks for what it changes itself."""

    place: int
    trigger: Trigger
    changes: _Changes
    every: tuple[_Asks, ...]
    some: tuple[_Asks, ...]
    has_any: bool

    def may_run(self, state: _Changes, also: Iterable[_Asks] = ()) -> bool:
        """Whether its conditions may hold, ``also`` together with others, where these fields have these values."""
        return _may_hold((*self.every, *also), state) and (
            not self.has_any
            or len(self.some) < len(self.trigger.any)
            or any(_may_hold((one,), state) for one in self.some)
        )


def chasing(triggers: Sequence[Trigger], categories: Mapping[str, str]) -> Iterator[tuple[KeyPath, str]]:
    """The triggers that chase one before them, and what they do to each other.

    Args:
        triggers: In their order.
        categories: The category of each custom status of tickets: conditions see no more of them.
    """
    runners = [_runner(place, trigger, categories) for place, trigger in enumerate(triggers)]
    left: dict[str, dict[_Key, object]] = defaultdict(dict)
    for runner in runners:
        for field, value in runner.changes.items():
            left[field][_key(value)] = value
    contenders: dict[tuple[str, _Key, _Key], list[_Runner]] = defaultdict(list)
    for runner in runners:
        told: set[int] = set()
        for field, value in runner.changes.items():
            own = _key(value)
            for other in _asked_for(runner, field, left[field]):
                if other == own:
                    continue
                for rival in contenders[field, other, own]:
                    if rival.place not in told and _meet(rival, runner) and not _apart(rival, runner):
                        told.add(rival.place)
                        yield ("triggers", runner.place), _told(runner, rival, field)
                contenders[field, own, other].append(runner)


def _runner(place: int, trigger: Trigger, categories: Mapping[str, str]) -> _Runner:
    every = tuple(_asked(trigger.all))
    some = tuple(_asked(trigger.any))
    return _Runner(place, trigger, _changes(trigger, categories), every, some, bool(trigger.any))


def _changes(trigger: Trigger, categories: Mapping[str, str]) -> _Changes:
    changes: dict[str, object] = {}
    for action in trigger.actions:
        for name in action.set.model_fields_set - {"fields"} if action.set else ():
            value = getattr(action.set, name)
            changes[name] = categories.get(value, value) if name == "status" else value
        changes |= {f"fields.{name}": value for name, value in (action.set.fields if action.set else {}).items()}
        changes |= {f"tag {tag}": True for tag in action.add_tags}
        changes |= {f"tag {tag}": None for tag in action.remove_tags}
    return changes


def _asked(conditions: Iterable[Condition]) -> Iterator[_Asks]:
    """What can be told of conditions about single fields and tags."""
    for condition in conditions:
        op, value = condition.op, condition.value
        tags = value if isinstance(value, tuple) else (value,)
        if op == "excludes":
            yield from (_Asks(f"tag {tag}", "absent", None) for tag in tags)
        elif op == "includes" and len(tags) == 1:
            yield _Asks(f"tag {tags[0]}", "present", None)
        elif op in _HOLDS:
            yield _Asks(condition.field, op, value)


def _asked_for(runner: _Runner, field: str, left: Mapping[_Key, object]) -> Iterator[_Key]:
    """Those of the values that rules leave in a field at which all holds that a rule asks of the field."""
    about = [asks for asks in (*runner.every, *runner.some) if asks.field == field]
    pinned = next((asks.pins for asks in runner.every if asks.field == field and asks.pins is not None), None)
    keys = left if pinned is None else dict.fromkeys(map(_key, pinned))
    for key in keys if about else ():
        if key in left and all(asks.holds(left[key]) for asks in about):
            yield key


def _key(value: object) -> _Key:
    return (value is None, str(value))


def _meet(one: _Runner, other: _Runner) -> bool:
    """Whether both run in some transaction."""
    events = {*one.trigger.on, *other.trigger.on}
    return "ticket.updated" in events or not set(one.trigger.on).isdisjoint(other.trigger.on)


def _apart(one: _Runner, other: _Runner) -> bool:
    """Whether what they ask for never holds for both, in their turns, one after the other."""
    changed = {*one.changes, *other.changes}
    steady = [asks for asks in (*one.every, *other.every) if asks.field not in changed]
    after_one, after_other = {**other.changes, **one.changes}, {**one.changes, **other.changes}
    return not (other.may_run(after_one, steady) and one.may_run(after_other, steady))


def _may_hold(asked: Iterable[_Asks], state: _Changes) -> bool:
    by_field: dict[str, list[_Asks]] = defaultdict(list)
    for asks in asked:
        by_field[asks.field].append(asks)
    for field, about in by_field.items():
        pinned = next((asks.pins for asks in about if asks.pins is not None), None)
        values = (state[field],) if field in state else pinned
        if values is not None and not any(all(asks.holds(value) for asks in about) for value in values):
            return False
    return True


def _told(runner: _Runner, rival: _Runner, field: str) -> str:
    name = repr(rival.trigger.name)
    return (
        f"{runner.trigger.name!r} and {name} chase each other: this one {_does(field, runner.changes[field])}, {name} "
        f"{_does(field, rival.changes[field])}, and each makes the conditions of the other hold again; let one of them "
        "ask for something that the other ends"
    )


def _does(field: str, value: object) -> str:
    if field.startswith("tag "):
        return f"{'adds' if value else 'removes'} the {field}"
    return f"empties {field!r}" if value is None else f"sets {field!r} to {value!r}"
