"""What is doubtful in a configuration: every lint is a small function of it, and ``_LINTS`` is the table of them all.

What is wrong keeps a configuration from being loaded at all (``models``), so that a loaded one has warnings only.

Source: config.md, Lint.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeAlias

from handoff_sdk.core.blanks import BLANKS, OPEN
from handoff_sdk.models.config import DeskConfig
from handoff_sdk.models.duration import format_duration
from handoff_sdk.models.finding import Finding, as_written
from handoff_sdk.models.nearest import did_you_mean, nearest
from handoff_sdk.models.references import matches
from handoff_sdk.models.template import asked_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from handoff_sdk.models.condition import Condition
    from handoff_sdk.models.document import Document, KeyPath
    from handoff_sdk.models.finding import Level
    from handoff_sdk.models.ladder import Ladder
    from handoff_sdk.models.rule import Action, Automation

    _Doubts: TypeAlias = Iterator[tuple[KeyPath, str]]

__all__ = ["findings", "inspected"]

_STOPPING: Final = frozenset({"solved", "closed", "on_hold"})
"""The statuses at which a ladder stops."""
_ENDING: Final = frozenset({"solved", "closed"})

_TEXTS: Final[tuple[tuple[str, ...], ...]] = (
    ("brands", "*", "closed_text", "*"),
    ("brands", "*", "lines", "*", "*"),
    *((rules, "*", "actions", "*", which, "*") for rules in ("triggers", "automations") for which in ("say", "note")),
    ("followups", "*", "steps", "*", "say", "*"),
    ("canned", "*", "*"),
)
"""Where texts with blanks stand."""

_AT_EVERY_CHANGE: Final = (
    "is said again at every change of the ticket; ask for the change: {field: status, op: changed_to, value: open}"
)


def findings(config: DeskConfig) -> tuple[Finding, ...]:
    """What is found in a loaded configuration, in the order of the file format."""
    return _told("warning", _doubts(config), None)


def inspected(
    value: object, document: Document | None = None, *, environ: Mapping[str, str] | None = None
) -> tuple[Finding, ...]:
    """What is found in a configuration that a mapping of plain values writes: errors, or else warnings.

    Args:
        value: The mapping; ``None`` is the empty one.
        document: Where it was read; gives findings their lines, and their order.
        environ: What ``${NAME}`` in its texts stands for; without it they stay as they are.
    """
    config, problems = DeskConfig.attempted(value, environ)
    if config is None:
        return _told("error", problems.items(), document)
    return _told("warning", _doubts(config), document)


def _told(level: Level, found: Iterable[tuple[KeyPath, str]], document: Document | None) -> tuple[Finding, ...]:
    told = [
        Finding(level=level, path=as_written(path), message=message, line=document.line(path) if document else None)
        for path, message in found
    ]
    return tuple(sorted(told, key=lambda finding: finding.line or 0))


def _doubts(config: DeskConfig) -> _Doubts:
    for lint in _LINTS:
        yield from lint(config)


def _agents_in_no_group(config: DeskConfig) -> _Doubts:
    for name, agent in config.agents.items():
        if not agent.groups:
            yield ("agents", name), "is in no group, and gets only what is for everybody; write 'groups: [...]'"


def _agents_without_capacity(config: DeskConfig) -> _Doubts:
    for name, agent in config.agents.items():
        for channel, most in agent.capacity:
            if not most:
                yield (
                    ("agents", name, "capacity", channel),
                    f"is 0: the engine never gives {name!r} any work of this channel; write at least 1",
                )


def _queues_without_agents(config: DeskConfig) -> _Doubts:
    staffed = {group for agent in config.agents.values() for group in agent.groups}
    for place, queue in enumerate(config.queues):
        serving = (*queue.groups, *queue.fallback_groups)
        if serving and staffed.isdisjoint(serving):
            yield ("queues", place), f"no agent is in {_listed(serving)}, so nobody serves {queue.name!r}"
        elif not config.agents:
            yield ("queues", place), f"there are no agents, so nobody serves {queue.name!r}"


def _skills_of_nobody(config: DeskConfig) -> _Doubts:
    for path, action in _actions(config):
        for place, skill in enumerate(action.require_skills):
            if skill not in config.skills:
                yield (
                    (*path, "require_skills", place),
                    f"no agent has the skill {skill!r}{did_you_mean(skill, config.skills)}",
                )


def _words_at_every_change(config: DeskConfig) -> _Doubts:
    for place, trigger in enumerate(config.triggers):
        asks = (*trigger.all, *trigger.any)
        if "ticket.updated" not in trigger.on or any(one.op.startswith("changed") for one in asks):
            continue
        for number, action in enumerate(trigger.actions):
            if action.say is not None:
                yield ("triggers", place, "actions", number, "say"), _AT_EVERY_CHANGE


def _steps_after_the_close(config: DeskConfig) -> _Doubts:
    for name, ladder in config.followups.items():
        for number in range(1, len(ladder.steps)):
            why = _stopped_before(ladder, number) or _ended_before(ladder, number, config.automations)
            if why is not None:
                yield ("followups", name, "steps", number), f"is never reached: {why}"
                break


def _stopped_before(ladder: Ladder, number: int) -> str | None:
    """Why the step before one is the last of its ladder, if it is."""
    step = ladder.steps[number - 1]
    if step.end_session:
        return "the step before it ends the session, and with it the ladder"
    if step.set is not None and step.set.status in _STOPPING:
        return f"the step before it sets the ticket to {step.set.status!r}, and with that the ladder stops"
    return None


def _ended_before(ladder: Ladder, number: int, automations: Iterable[Automation]) -> str | None:
    """Which automation has ended a silent customer's ticket before a step is due, if one has."""
    due = sum((step.after for step in ladder.steps[: number + 1]), timedelta())
    for automation in automations:
        limit = _longest_silence(automation)
        if limit is not None and limit <= due:
            first, then = format_duration(limit), format_duration(due)
            return f"{automation.name!r} ends the ticket {first} after the agent's message, this step is due at {then}"
    return None


def _longest_silence(automation: Automation) -> timedelta | None:
    """How long after an agent's message an automation ends every ticket; ``None`` where it asks for more than that."""
    statuses = [action.set.status for action in automation.actions if action.set]
    if _ENDING.isdisjoint(statuses) or automation.any or len(automation.all) != 1:
        return None
    asked: Condition = automation.all[0]
    counts = asked.field == "since_agent_message" and asked.op in {"at_least", "greater_than"}
    return asked.value if counts and isinstance(asked.value, timedelta) else None


def _unknown_blanks(config: DeskConfig) -> _Doubts:
    for pattern in _TEXTS:
        for path, text in matches(config, pattern):
            for root, *rest in asked_in(text) if isinstance(text, str) else ():
                name = ".".join((root, *rest[:1]))
                if root not in BLANKS or (rest and root != OPEN and rest[0] not in BLANKS[root]):
                    yield path, f"there is nothing to fill in for {name!r}, it stays empty{_meant(root, rest)}"


def _meant(root: str, rest: list[str]) -> str:
    known = [f"{of}.{name}" for of, names in BLANKS.items() for name in names]
    if rest and nearest(root, BLANKS) == OPEN:
        known.append(f"{OPEN}.{rest[0]}")
    return did_you_mean(".".join((root, *rest[:1])), known) or f"; there are {', '.join(known)}"


def _actions(config: DeskConfig) -> Iterator[tuple[KeyPath, Action]]:
    """The actions of all rules, each with its path."""
    for section, rules in (("triggers", config.triggers), ("automations", config.automations)):
        for place, rule in enumerate(rules):
            for number, action in enumerate(rule.actions):
                yield (section, place, "actions", number), action


def _listed(names: Iterable[str]) -> str:
    return " or ".join(map(repr, names))


_LINTS: Final[tuple[Callable[[DeskConfig], _Doubts], ...]] = (
    _agents_in_no_group,
    _agents_without_capacity,
    _queues_without_agents,
    _skills_of_nobody,
    _words_at_every_change,
    _steps_after_the_close,
    _unknown_blanks,
)
"""In the order of the file format."""
