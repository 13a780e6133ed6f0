"""Which names of a configuration stand for something in it: where each stands, and where it has to be defined.

Source: config.md, Lint (unknown group, agent, schedule, ladder).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from pydantic import BaseModel

from .agent import AGENT_STATUSES
from .brand import DEFAULT_BRAND
from .document import KeyPath
from .event import EVENT_TYPES
from .ladder import BUILT_IN
from .nearest import did_you_mean
from .queue import STANDARD
from .routing import KEEP
from .ticket import CATEGORIES

__all__ = ["matches", "strangers"]

_Kind: TypeAlias = tuple[str, tuple[KeyPath, ...], Collection[str]]
"""What a name stands for, the paths of what is known (the keys there where a path ends with ``*``, else the values),
and what is known anyway."""

_GROUP: Final[_Kind] = ("group", (("groups", "*"),), ())
_AGENT: Final[_Kind] = ("agent", (("agents", "*"),), ())
_BRAND: Final[_Kind] = ("brand", (("brands", "*"),), (DEFAULT_BRAND,))
_STATUS: Final[_Kind] = ("agent status", (("statuses", "*"),), tuple(AGENT_STATUSES))
_STATUS_OR_KEEP: Final[_Kind] = ("agent status", (("statuses", "*"),), (*AGENT_STATUSES, KEEP))
_TICKET_STATUS: Final[_Kind] = ("ticket status", (("ticket_statuses", "*"),), tuple(CATEGORIES))
_SCHEDULE: Final[_Kind] = ("schedule", (("schedules", "*"),), ())
_LADDER: Final[_Kind] = ("ladder of follow-ups", (("followups", "*"),), tuple(BUILT_IN))
_QUEUE: Final[_Kind] = ("queue", (("queues", "*", "name"),), (STANDARD,))
_WEBHOOK: Final[_Kind] = ("webhook", (("webhooks", "*", "name"), ("webhooks", "*", "url")), ())
_EVENT: Final[_Kind] = ("event", (), EVENT_TYPES)

_IN_ACTIONS: Final[Mapping[KeyPath, _Kind]] = {
    ("set", "status"): _TICKET_STATUS,
    ("set", "group"): _GROUP,
    ("set", "assignee"): _AGENT,
    ("set", "queue"): _QUEUE,
    ("followups",): _LADDER,
    ("notify",): _WEBHOOK,
}
_REFERENCES: Final[Mapping[KeyPath, _Kind]] = {
    ("brands", "*", "group"): _GROUP,
    ("brands", "*", "schedule"): _SCHEDULE,
    ("brands", "*", "followups"): _LADDER,
    ("agents", "*", "groups", "*"): _GROUP,
    ("agents", "*", "brands", "*"): _BRAND,
    ("queues", "*", "groups", "*"): _GROUP,
    ("queues", "*", "fallback_groups", "*"): _GROUP,
    ("routing", "lapses", "status"): _STATUS,
    ("routing", "on_disconnect"): _STATUS_OR_KEEP,
    ("routing", "reassign_on", "*"): _STATUS,
    ("routing", "reopen_elsewhere", "*"): _STATUS,
    **{
        (rules, "*", "actions", "*", *path): kind
        for rules in ("triggers", "automations")
        for path, kind in _IN_ACTIONS.items()
    },
}
"""Where names stand that have to be defined; ``*`` is any key or index."""

_FIELDS: Final[Mapping[str, _Kind]] = {
    "group": _GROUP,
    "assignee": _AGENT,
    "brand": _BRAND,
    "queue": _QUEUE,
    "event": _EVENT,
}
"""The fields whose values in conditions are such names."""

_NAMING: Final = frozenset({"is", "is_not", "in", "not_in", "changed_to", "changed_from"})
"""The ops that compare with names, and not with parts of them."""

_CONDITIONS: Final[tuple[KeyPath, ...]] = tuple(
    (section, "*", which, "*")
    for section in ("queues", "triggers", "automations", "views", "sla")
    for which in ("all", "any")
)


def strangers(config: object) -> Iterator[tuple[KeyPath, str]]:
    """The names that stand for nothing, also in a configuration that is not valid otherwise.

    Args:
        config: A configuration, or the plain mapping of one.
    """
    known: dict[_Kind, Collection[str]] = {}
    for pattern, kind in _REFERENCES.items():
        yield from _unknown(matches(config, pattern), kind, config, known)
    for pattern in _CONDITIONS:
        for path, condition in matches(config, pattern):
            given = dict(_children(condition))
            kind_of_value = _FIELDS.get(str(given.get("field")))
            if kind_of_value is not None and given.get("op") in _NAMING:
                value = given.get("value")
                names = matches(value, ("*",) if isinstance(value, list | tuple) else (), (*path, "value"))
                yield from _unknown(names, kind_of_value, config, known)


def _unknown(
    named: Iterable[tuple[KeyPath, object]], kind: _Kind, config: object, known: dict[_Kind, Collection[str]]
) -> Iterator[tuple[KeyPath, str]]:
    """Those of some names that do not stand for anything of a kind; ``known`` keeps what does."""
    what, defined, built_in = kind
    for path, name in named:
        if not isinstance(name, str):
            continue
        if kind not in known:
            known[kind] = {*built_in, *_defined(config, defined)}
        if name not in known[kind]:
            yield path, f"there is no {what} {name!r}{did_you_mean(name, known[kind])}"


def _defined(config: object, patterns: Iterable[KeyPath]) -> Iterator[str]:
    for pattern in patterns:
        keys = pattern[-1] == "*"
        for path, value in matches(config, pattern):
            if keys or value:
                yield str(path[-1] if keys else value)


def matches(value: object, pattern: Sequence[str | int], path: KeyPath = ()) -> Iterator[tuple[KeyPath, object]]:
    """The values inside ``value`` whose path has the ``pattern``; ``*`` is any key or index."""
    if not pattern:
        yield path, value
        return
    for key, child in _children(value):
        if pattern[0] in ("*", key):
            yield from matches(child, pattern[1:], (*path, key))


def _children(value: object) -> Iterable[tuple[str | int, object]]:
    if isinstance(value, Mapping):
        return value.items()
    if isinstance(value, BaseModel):
        return value
    return enumerate(value) if isinstance(value, (list, tuple)) else ()
