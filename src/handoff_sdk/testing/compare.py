"""Compares what a scenario expects with what is there.

A mapping is compared key by key, and only the keys given; ``null`` means that there is no such thing. Tags, skills and
offers are compared without regard to order. Numbers, booleans and texts are different things.

Source: scenario.md, the table of ``expect``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, TypeGuard

from handoff_sdk.testing.stuck import Stuck
from handoff_sdk.testing.words import shown

__all__ = ["hold"]

_UNORDERED: Final = frozenset({"tags", "skills", "offers"})


def hold(path: str, expected: object, actual: object) -> None:
    """Compare what is expected at ``path`` with what is there.

    Raises:
        Stuck: They differ; the text names the first place where they do.
    """
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        for key, part in expected.items():
            hold(f"{path}.{key}", part, actual.get(key))
    elif _is_records(expected) and _is_records(actual) and len(expected) == len(actual):
        for index, (part, found) in enumerate(zip(expected, actual, strict=True)):
            hold(f"{path}[{index}]", part, found)
    elif not _same(expected, actual, ordered=path.rpartition(".")[2] not in _UNORDERED):
        raise Stuck(f"expected {path} {shown(expected)}, got {shown(actual)}")


def _is_records(value: object) -> TypeGuard[list[Mapping[str, object]]]:
    """Whether it is a list of mappings."""
    return isinstance(value, list) and all(isinstance(part, Mapping) for part in value)


def _same(expected: object, actual: object, *, ordered: bool = True) -> bool:
    if isinstance(expected, list) and isinstance(actual, (list, tuple)):
        if not ordered:
            expected, actual = sorted(expected, key=repr), sorted(actual, key=repr)
        return len(expected) == len(actual) and all(map(_same, expected, actual))
    if isinstance(expected, bool) or isinstance(actual, bool):
        return expected is actual
    return expected == actual or _same_instant(expected, actual)


def _same_instant(expected: object, actual: object) -> bool:
    """Whether both are instants, and the same one however it is written."""
    if not isinstance(expected, str):
        return False
    try:
        instant = datetime.fromisoformat(expected)
        other = datetime.fromisoformat(actual) if isinstance(actual, str) else actual
    except ValueError:
        return False
    return isinstance(other, datetime) and bool(instant.tzinfo and other.tzinfo) and instant == other
