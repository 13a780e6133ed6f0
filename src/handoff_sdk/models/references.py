"""Which names of a configuration stand for something in it: where each stands, and where it has to be defined.

Source: config.md, Lint (unknown group, agent, schedule, ladder).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias

from .agent import AGENT_STATUSES
from .brand import DEFAULT_BRAND
from .document import KeyPath
from .ladder import BUILT_IN
from .problems import unknown_names
from .queue import STANDARD
from .routing import KEEP
from .ticket import CATEGORIES

__all__ = ["strangers"]

_Defined: TypeAlias = tuple[KeyPath, ...]

_GROUPS: Final[_Defined] = (("groups", "*"),)
_AGENTS: Final[_Defined] = (("agents", "*"),)
_BRANDS: Final[_Defined] = (("brands", "*"),)
_STATUSES: Final[_Defined] = (("statuses", "*"),)
_TICKET_STATUSES: Final[_Defined] = (("ticket_statuses", "*"),)
_SCHEDULES: Final[_Defined] = (("schedules", "*"),)
_LADDERS: Final[_Defined] = (("followups", "*"),)
_QUEUES: Final[_Defined] = (("queues", "*", "name"),)
_WEBHOOKS: Final[_Defined] = (("webhooks", "*", "name"), ("webhooks", "*", "url"))
_ACTIONS: Final[tuple[KeyPath, ...]] = (("triggers", "*", "actions", "*"), ("automations", "*", "actions", "*"))

# Which names have to be defined, where and as what, and which are known anyway.
_REFERENCES: Final[tuple[tuple[KeyPath, _Defined, str, tuple[str, ...]], ...]] = (
    (("brands", "*", "group"), _GROUPS, "group", ()),
    (("brands", "*", "schedule"), _SCHEDULES, "schedule", ()),
    (("brands", "*", "followups"), _LADDERS, "ladder of follow-ups", tuple(BUILT_IN)),
    (("agents", "*", "groups", "*"), _GROUPS, "group", ()),
    (("queues", "*", "groups", "*"), _GROUPS, "group", ()),
    (("queues", "*", "fallback_groups", "*"), _GROUPS, "group", ()),
    (("routing", "lapses", "status"), _STATUSES, "agent status", tuple(AGENT_STATUSES)),
    (("routing", "on_disconnect"), _STATUSES, "agent status", (*AGENT_STATUSES, KEEP)),
    (("routing", "reassign_on", "*"), _STATUSES, "agent status", tuple(AGENT_STATUSES)),
    (("routing", "reopen_elsewhere", "*"), _STATUSES, "agent status", tuple(AGENT_STATUSES)),
    (("agents", "*", "brands", "*"), _BRANDS, "brand", (DEFAULT_BRAND,)),
    *(((*action, "set", "status"), _TICKET_STATUSES, "ticket status", tuple(CATEGORIES)) for action in _ACTIONS),
    *(((*action, "set", "group"), _GROUPS, "group", ()) for action in _ACTIONS),
    *(((*action, "set", "assignee"), _AGENTS, "agent", ()) for action in _ACTIONS),
    *(((*action, "set", "queue"), _QUEUES, "queue", (STANDARD,)) for action in _ACTIONS),
    *(((*action, "followups"), _LADDERS, "ladder of follow-ups", tuple(BUILT_IN)) for action in _ACTIONS),
    *(((*action, "notify"), _WEBHOOKS, "webhook", ()) for action in _ACTIONS),
)


def strangers(config: object) -> Iterator[tuple[KeyPath, str]]:
    """The names in a configuration that stand for nothing."""
    for reference in _REFERENCES:
        yield from unknown_names(config, *reference)
