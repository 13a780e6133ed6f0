"""Firing a rule: how often it may, and what is remembered of it.

Source: lifecycle.md, 7 (at most 20 times an hour per ticket, then ``rule.stopped`` for that ticket).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from handoff_sdk.core.acting import act
from handoff_sdk.core.thread import RuleMemory
from handoff_sdk.models.event import Actor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff_sdk.core.draft import Draft
    from handoff_sdk.models.noun import JsonObject
    from handoff_sdk.models.rule import Rule
    from handoff_sdk.models.ticket import Ticket

__all__ = ["MOST_AN_HOUR", "fire", "memory_of", "remember"]

MOST_AN_HOUR: Final = 20
"""How often a rule may fire for one ticket within an hour; then it is stopped for that ticket."""

_HOUR: Final = timedelta(hours=1)
_NOTHING: Final = RuleMemory()


def fire(draft: Draft, rule: Rule, ticket: Ticket | None, event_type: str | None) -> bool:
    """Do what a rule does, unless it was stopped for the ticket, or has fired too often; whether it was done."""
    about = ticket.id if ticket else draft.conversation.id
    memory = memory_of(draft.rules, about)
    if rule.name in memory.stopped:
        return False
    recent = tuple(at for at in memory.fired.get(rule.name, ()) if at > draft.now - _HOUR)
    facts: JsonObject = {"rule": rule.name, "event": event_type}
    actor = Actor(type="rule", id=rule.name)
    if len(recent) >= MOST_AN_HOUR:
        remember(draft, about, memory.model_copy(update={"stopped": (*memory.stopped, rule.name)}))
        draft.tell("rule.stopped", facts | {"reason": "fired_too_often", "within_seconds": 3600}, ticket, actor=actor)
        return False
    fired = memory.fired | {rule.name: (*recent, draft.now)}
    remember(draft, about, memory.model_copy(update={"fired": fired}))
    act(draft, rule, ticket, facts, actor)
    return True


def remember(draft: Draft, about: str, memory: RuleMemory) -> None:
    """Keep this of the rules for a ticket, or for a conversation."""
    draft.rules = draft.rules | {about: memory}


def memory_of(rules: Mapping[str, RuleMemory], about: str) -> RuleMemory:
    """What is remembered of the rules for a ticket, or for a conversation."""
    return rules.get(about) or _NOTHING
