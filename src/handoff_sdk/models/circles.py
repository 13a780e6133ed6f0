"""Circles of triggers: each leaves a field as the next one asks for it, until the first one's conditions hold again.

A circle is told where all of it can run in one transaction, where each thing that is left for the next one is otherwise
after another one of them, and where going round it step by step every one's conditions may hold in its turn. The search
ends after so many steps, so that a big configuration is not held up; what it tells is true, also then.

Source: config.md, Lint; models/chasing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from .runners import Changes, Key, Runner, asked_for, key_of

__all__ = ["circles"]

_Links: TypeAlias = Mapping[int, Mapping[int, str]]
"""By the places of two triggers, the field that the first one leaves as the second asks for it."""

_MOST_STEPS: Final = 50_000
_MOST_VALUES: Final = 1_000
"""Fields with more values than these hold numbers and names, not states."""


def circles(
    runners: Sequence[Runner], left: Mapping[str, Mapping[Key, object]], pairs: Collection[tuple[int, int]]
) -> Iterator[tuple[Runner, ...]]:
    """The circles of triggers, each in its order, beginning with its first one; at most one for each that begins it.

    Args:
        runners: The triggers.
        left: By field, the values that triggers leave in it.
        pairs: The triggers that are known to chase each other, by their places: circles with both are not told.
    """
    links = _within_circles(_links(runners, left))
    steps = 0
    for start in sorted(links):
        path, ways = [start], [iter(links[start])]
        while path and steps < _MOST_STEPS:
            steps += 1
            after = next(ways[-1], None)
            if after is None:
                path.pop()
                ways.pop()
            elif after == start:
                circle = tuple(runners[place] for place in path)
                if not _has_any(path, pairs) and _goes_round(circle, links):
                    yield circle
                    break
            elif after > start and after not in path:
                path.append(after)
                ways.append(iter(links[after]))


def _links(runners: Sequence[Runner], left: Mapping[str, Mapping[Key, object]]) -> dict[int, dict[int, str]]:
    leaving: defaultdict[tuple[str, Key], list[int]] = defaultdict(list)
    for runner in runners:
        for field, value in runner.changes.items():
            if 1 < len(left[field]) <= _MOST_VALUES:
                leaving[field, key_of(value)].append(runner.place)
    links: defaultdict[int, dict[int, str]] = defaultdict(dict)
    for runner in runners:
        for field in {asks.field: None for asks in (*runner.every, *runner.some)}:
            for key in asked_for(runner, field, left.get(field, {})):
                for place in leaving.get((field, key), ()):
                    if place != runner.place:
                        links[place].setdefault(runner.place, field)
    return links


def _within_circles(links: Mapping[int, Mapping[int, str]]) -> dict[int, dict[int, str]]:
    """Links without those that lead from nowhere or to nowhere."""
    kept = {place: dict(after) for place, after in links.items()}
    while True:
        reached = {after for ways in kept.values() for after in ways}
        fewer = {
            place: {after: field for after, field in ways.items() if after in kept}
            for place, ways in kept.items()
            if place in reached
        }
        fewer = {place: ways for place, ways in fewer.items() if ways}
        if fewer == kept:
            return fewer
        kept = fewer


def _has_any(path: Sequence[int], pairs: Collection[tuple[int, int]]) -> bool:
    members = set(path)
    return any(one in members and other in members for one, other in pairs)


def _goes_round(circle: Sequence[Runner], links: _Links) -> bool:
    """Whether the triggers of a circle run in one transaction, undo what the next one needs, and can run in turn."""
    others = [set(one.trigger.on) for one in circle if "ticket.updated" not in one.trigger.on]
    if others and not set.intersection(*others):
        return False
    changed = {field for one in circle for field in one.changes}
    steady = [asks for one in circle for asks in one.every if asks.field not in changed]
    for place, one in enumerate(circle):
        field = links[one.place][circle[(place + 1) % len(circle)].place]
        if not any(field in other.changes and _differ(one, other, field) for other in circle):
            return False
        state: Changes = {}
        for earlier in (*circle[place:], *circle[:place]):
            state = {**state, **earlier.changes}
        if not one.may_run(state, steady):
            return False
    return True


def _differ(one: Runner, other: Runner, field: str) -> bool:
    return key_of(one.changes[field]) != key_of(other.changes[field])
