"""What happens to agents: their status, and what offers do to it.

Source: lifecycle.md, 6.5 (latest offer), 6.7 (lapses in a row), 6.12 (statuses).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff_sdk.core.draft import SYSTEM
from handoff_sdk.core.fence import check_known
from handoff_sdk.errors import InvalidRequest
from handoff_sdk.models.event import Actor, Event

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from handoff_sdk.core.draft import AgentFact
    from handoff_sdk.models.agent import Agent
    from handoff_sdk.models.config import DeskConfig, Lapses

__all__ = ["after", "set_status"]


def set_status(
    agent: Agent, status: str, *, actor: Actor, now: datetime, new_id: Callable[[str], str], config: DeskConfig
) -> tuple[Agent, tuple[Event, ...]]:
    """Set an agent's status; that connects the agent and starts the row of lapses anew.

    Raises:
        InvalidRequest: There is no such status.
    """
    check_known("agent status", status, config.agent_statuses, InvalidRequest)
    if status == agent.status:
        return agent.model_copy(update={"connected": True, "lapses": 0}), ()
    changed = agent.model_copy(update={"connected": True, "lapses": 0, "status": status, "status_at": now})
    return changed, (_told(agent, changed, actor, now, new_id),)


def after(
    agent: Agent, fact: AgentFact, *, lapses: Lapses, now: datetime, new_id: Callable[[str], str]
) -> tuple[Agent, tuple[Event, ...]]:
    """The agent after something that a decision about a conversation means for them."""
    if fact.what == "given":
        return agent.model_copy(update={"given_at": now}), ()
    if fact.what != "lapsed":
        return agent.model_copy(update={"lapses": 0}), ()
    row = agent.lapses + 1
    if lapses.count == 0 or row < lapses.count or agent.status == lapses.status:
        return agent.model_copy(update={"lapses": row}), ()
    changed = agent.model_copy(update={"lapses": 0, "status": lapses.status, "status_at": now})
    return changed, (_told(agent, changed, SYSTEM, now, new_id),)


def _told(before: Agent, agent: Agent, actor: Actor, now: datetime, new_id: Callable[[str], str]) -> Event:
    data = {"agent_id": agent.id, "status": agent.status, "from": before.status, "lapses": before.lapses}
    return Event(id=new_id("evt"), type="agent.status", at=now, actor=actor, data=data)
