"""What happens to agents: their status, their connection, and what offers do to them.

What falls due for an agent is a function of their state, as it is for a conversation.

Source: lifecycle.md, 6.5 (latest offer), 6.7 (lapses in a row), 6.12 (statuses, lost connections, giving back).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from handoff_sdk.core.deadlines import DueItem, Rank
from handoff_sdk.core.draft import SYSTEM
from handoff_sdk.core.fence import check_known
from handoff_sdk.errors import InvalidRequest
from handoff_sdk.models.agent import OFFLINE
from handoff_sdk.models.config import KEEP
from handoff_sdk.models.event import Actor, Event

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from handoff_sdk.core.draft import AgentFact
    from handoff_sdk.core.thread import Thread
    from handoff_sdk.models.agent import Agent
    from handoff_sdk.models.config import DeskConfig, Lapses

__all__ = ["after", "connect", "disconnect", "give_back_due", "gives_back", "next_due", "set_status", "tick", "under"]

GIVE_BACK_AFTER: Final = timedelta(minutes=1)
"""How long an agent is in a status of ``reassign_on`` before their tickets go back to the queue."""

_Changed = tuple["Agent", tuple[Event, ...]]


def set_status(
    agent: Agent, status: str, *, actor: Actor, now: datetime, new_id: Callable[[str], str], config: DeskConfig
) -> _Changed:
    """Set an agent's status; that connects the agent and starts the row of lapses anew.

    One that is set again is told as a connection, where there was none.

    Raises:
        InvalidRequest: There is no such status.
    """
    check_known("agent status", status, config.agent_statuses, InvalidRequest)
    there, events = _connected(agent, actor, now, new_id)
    there = there.model_copy(update={"lapses": 0})
    if status == agent.status:
        return there, events
    changed = _at_status(there, status, now)
    return changed, (_told(agent, changed, actor, now, new_id),)


def connect(agent: Agent, *, now: datetime, new_id: Callable[[str], str]) -> _Changed:
    """The agent whose first console opens; a loss of connection before is made good."""
    there, events = _connected(agent, Actor(type="agent", id=agent.id), now, new_id)
    return there.model_copy(update={"at_console": True}), events


def disconnect(agent: Agent, *, now: datetime, new_id: Callable[[str], str]) -> _Changed:
    """The agent whose last console closed; their status stays for a while."""
    gone = agent.model_copy(update={"connected": False, "at_console": False, "disconnected_at": now})
    events = (_event("agent.disconnected", agent, SYSTEM, now, new_id),) if agent.connected or agent.at_console else ()
    return gone, events


def next_due(agent: Agent, config: DeskConfig) -> DueItem | None:
    """What falls due next for an agent: the status that a lost connection sets, or giving their tickets back."""
    routing = config.routing
    items = []
    if agent.disconnected_at is not None and routing.on_disconnect not in {KEEP, agent.status}:
        items.append(DueItem(agent.disconnected_at + routing.disconnect_grace, Rank.AGENT, 0, 0))
    if agent.status in routing.reassign_on and agent.status_at is not None and agent.gave_back_at is None:
        items.append(DueItem(agent.status_at + GIVE_BACK_AFTER, Rank.AGENT, 0, _GIVE_BACK))
    return min(items, default=None)


def give_back_due(agent: Agent, config: DeskConfig, now: datetime) -> bool:
    """Whether the first thing that is due for an agent is to give their tickets back."""
    item = next_due(agent, config)
    return item is not None and item.at <= now and item.number == _GIVE_BACK


def gives_back(thread: Thread, agent_id: str) -> bool:
    """Whether a conversation has a ticket that goes back to its queue with an agent's others: open and active."""
    ticket = thread.live
    active = thread.conversation.session == "active"
    return ticket is not None and ticket.assignee == agent_id and ticket.status == "open" and active


def tick(agent: Agent, *, now: datetime, new_id: Callable[[str], str], config: DeskConfig) -> _Changed:
    """The agent after the first thing that is due; nothing changes where nothing is.

    Giving back is over when none of their tickets is left to be given back.
    """
    item = next_due(agent, config)
    if item is None or item.at > now:
        return agent, ()
    if item.number == _GIVE_BACK:
        return agent.model_copy(update={"gave_back_at": now}), ()
    changed = _at_status(agent.model_copy(update={"lapses": 0}), config.routing.on_disconnect, now)
    return changed, (_told(agent, changed, SYSTEM, now, new_id),)


def under(agent: Agent, config: DeskConfig, *, now: datetime, new_id: Callable[[str], str]) -> _Changed:
    """The agent under another configuration: ``offline`` who is not in it, ``away`` whose status it does not have."""
    known = agent.id in config.agents
    if agent.status in (config.agent_statuses if known else {OFFLINE}):
        return agent, ()
    changed = _at_status(agent, _AWAY if known else OFFLINE, now)
    return changed, (_told(agent, changed, SYSTEM, now, new_id),)


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
    changed = _at_status(agent.model_copy(update={"lapses": 0}), lapses.status, now)
    return changed, (_told(agent, changed, SYSTEM, now, new_id),)


_AWAY: Final = "away"
_GIVE_BACK: Final = 1
"""The number of the item that gives tickets back; at one instant it comes after the other."""


def _connected(agent: Agent, actor: Actor, now: datetime, new_id: Callable[[str], str]) -> _Changed:
    there = agent.model_copy(update={"connected": True, "disconnected_at": None})
    return there, () if agent.connected else (_event("agent.connected", agent, actor, now, new_id),)


def _at_status(agent: Agent, status: str, now: datetime) -> Agent:
    return agent.model_copy(update={"status": status, "status_at": now, "gave_back_at": None})


def _event(event_type: str, agent: Agent, actor: Actor, now: datetime, new_id: Callable[[str], str]) -> Event:
    return Event(id=new_id("evt"), type=event_type, at=now, actor=actor, data={"agent_id": agent.id})


def _told(before: Agent, agent: Agent, actor: Actor, now: datetime, new_id: Callable[[str], str]) -> Event:
    data = {"agent_id": agent.id, "status": agent.status, "from": before.status, "lapses": before.lapses}
    return Event(id=new_id("evt"), type="agent.status", at=now, actor=actor, data=data)
