"""Triggers that chase each other: in one transaction each makes the other's conditions hold again.

Each fires at most once in a transaction, so they come to rest; but how a ticket ends is an accident of their order.
Two triggers chase each other where

- they run in one transaction: on an event they share, or one of them on ``ticket.updated``, which every change causes;
- they set a field to different values, or one adds the tag that the other removes;
- each asks for that field, and what it asks for holds as the other leaves it;
- nothing else that they ask for keeps them apart.

Three and more, or two by different fields, do so in a *circle*: each leaves a field as the next one asks for it, and
another one of them leaves it otherwise.

Source: config.md, Lint; lifecycle.md, 7 (triggers).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from .circles import circles
from .document import KeyPath
from .rule import Trigger
from .runners import Key, Runner, asked_for, key_of, runner_of

__all__ = ["chasing"]


def chasing(triggers: Sequence[Trigger], categories: Mapping[str, str]) -> Iterator[tuple[KeyPath, str]]:
    """The triggers that chase one before them, and what they do to each other.

    Args:
        triggers: In their order.
        categories: The category of each custom status of tickets: conditions see no more of them.
    """
    runners = [runner_of(place, trigger, categories) for place, trigger in enumerate(triggers)]
    left: dict[str, dict[Key, object]] = defaultdict(dict)
    for runner in runners:
        for field, value in runner.changes.items():
            left[field][key_of(value)] = value
    pairs: set[tuple[int, int]] = set()
    contenders: dict[tuple[str, Key, Key], list[Runner]] = defaultdict(list)
    for runner in runners:
        for field, value in runner.changes.items():
            own = key_of(value)
            for other in asked_for(runner, field, left[field]):
                if other == own:
                    continue
                for rival in contenders[field, other, own]:
                    pair = (rival.place, runner.place)
                    if pair not in pairs and _meet(rival, runner) and not _apart(rival, runner):
                        pairs.add(pair)
                        yield ("triggers", runner.place), _told(runner, rival, field)
                contenders[field, own, other].append(runner)
    for circle in circles(runners, left, pairs):
        yield ("triggers", max(one.place for one in circle)), _told_of_all(circle)


def _meet(one: Runner, other: Runner) -> bool:
    """Whether both run in some transaction."""
    events = {*one.trigger.on, *other.trigger.on}
    return "ticket.updated" in events or not set(one.trigger.on).isdisjoint(other.trigger.on)


def _apart(one: Runner, other: Runner) -> bool:
    """Whether what they ask for never holds for both, in their turns, one after the other."""
    changed = {*one.changes, *other.changes}
    steady = [asks for asks in (*one.every, *other.every) if asks.field not in changed]
    after_one, after_other = {**other.changes, **one.changes}, {**one.changes, **other.changes}
    return not (other.may_run(after_one, steady) and one.may_run(after_other, steady))


def _told(runner: Runner, rival: Runner, field: str) -> str:
    name = repr(rival.trigger.name)
    return (
        f"{runner.trigger.name!r} and {name} chase each other: this one {_does(field, runner.changes[field])}, {name} "
        f"{_does(field, rival.changes[field])}, and each makes the conditions of the other hold again; let one of them "
        "ask for something that the other ends"
    )


def _told_of_all(circle: Sequence[Runner]) -> str:
    *names, last = (repr(one.trigger.name) for one in circle)
    return (
        f"{', '.join(names)} and {last} chase each other in a circle: each leaves what the next one asks for, "
        "and the last one what the first asks for; let one of them ask for something that another ends"
    )


def _does(field: str, value: object) -> str:
    if field.startswith("tag "):
        return f"{'adds' if value else 'removes'} the {field}"
    return f"empties {field!r}" if value is None else f"sets {field!r} to {value!r}"
