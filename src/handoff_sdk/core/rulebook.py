"""The rules of a configuration, compiled: once for each configuration, however often it is asked.

Source: config.md (``triggers``, ``automations``).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from handoff_sdk.core.conditions import Test, compiled, fields_of, moments_of
from handoff_sdk.core.identity import Same
from handoff_sdk.core.shortlist import Shortlist
from handoff_sdk.models.condition import TIMED, Conditions

if TYPE_CHECKING:
    from datetime import timedelta

    from handoff_sdk.models.config import DeskConfig
    from handoff_sdk.models.rule import Automation, Trigger

__all__ = ["CompiledAutomation", "Rulebook", "rulebook"]

_HOURS: Final = "hours"


def rulebook(config: DeskConfig) -> Rulebook:
    """The rules of a configuration."""
    return _rulebook(Same(config))


@dataclass(frozen=True, slots=True)
class CompiledAutomation:
    """An automation, compiled. ``steady`` tests what time alone does not change, ``moments`` are what it does.

    ``by_hours``: it asks whether people are there, which passes with time as well.
    """

    name: str
    test: Test
    steady: Test
    moments: tuple[tuple[str, timedelta], ...]
    by_hours: bool


class Rulebook:
    """The rules of a configuration, compiled."""

    def __init__(self, config: DeskConfig) -> None:
        self.triggers: list[tuple[Trigger, Test]] = [(trigger, compiled(trigger)) for trigger in config.triggers]
        self.queues: list[tuple[str, Test]] = [(queue.name, compiled(queue)) for queue in config.queues]
        self.policies: list[Test] = [compiled(policy) for policy in config.sla]
        self.views: dict[str, Test] = {view.name: compiled(view) for view in config.views}
        self.automations = [_compiled(automation) for automation in config.automations]
        listening: defaultdict[str, list[tuple[int, Trigger]]] = defaultdict(list)
        for index, trigger in enumerate(config.triggers):
            for event_type in trigger.on:
                listening[event_type].append((index, trigger))
        self.listening = {event_type: Shortlist(triggers) for event_type, triggers in listening.items()}
        """The triggers that run on an event, by their places."""


def _compiled(automation: Automation) -> CompiledAutomation:
    steady = tuple(condition for condition in automation.all if condition.field not in TIMED | {_HOURS})
    return CompiledAutomation(
        automation.name,
        compiled(automation),
        compiled(Conditions(all=steady)),
        moments_of(automation),
        by_hours=_HOURS in fields_of(automation),
    )


@lru_cache(maxsize=16)
def _rulebook(same: Same[DeskConfig]) -> Rulebook:
    return Rulebook(same.value)
