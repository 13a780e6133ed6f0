"""Routing: which waiting ticket is next, and which agent gets it. A pure choice with a stated tie-break.

Source: lifecycle.md, 6.1 to 6.5, 6.7, 6.10.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from handoff_sdk.models.agent import AGENT_STATUSES
from handoff_sdk.models.ticket import PRIORITIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from handoff_sdk.core.thread import Thread
    from handoff_sdk.models.agent import Agent
    from handoff_sdk.models.config import AgentConfig, Routing
    from handoff_sdk.models.ticket import Ticket

__all__ = ["chosen_agent", "in_turn", "load_agent", "may_see", "serving_order", "why_not", "why_not_given"]

_URGENCY = {priority: rank for rank, priority in enumerate(PRIORITIES)}
_NEVER = datetime.min.replace(tzinfo=UTC)


def serving_order(ticket: Ticket) -> tuple[int, datetime, datetime, str]:
    """The key that waiting tickets are served by: priority, then who was eligible first, then who was made first."""
    return (_URGENCY[ticket.priority], ticket.eligible_at or ticket.created_at, ticket.created_at, ticket.id)


def may_see(agent: AgentConfig | Agent, ticket: Ticket) -> bool:
    """Whether an agent's brands and groups cover a ticket; a ticket without a group is everybody's."""
    if agent.brands is not None and ticket.brand not in agent.brands:
        return False
    return ticket.group is None or ticket.group in agent.groups


def why_not(agent: Agent, ticket: Ticket) -> str | None:
    """Why an agent cannot have a ticket on offer (status, brand, group, capacity); ``None`` where they can.

    Capacity counts only as exceeded: a running offer of the ticket's own is within it.
    """
    if not AGENT_STATUSES.get(agent.status, False):
        return "status"
    if agent.brands is not None and ticket.brand not in agent.brands:
        return "brand"
    if not may_see(agent, ticket):
        return "group"
    return "capacity" if agent.used.messaging > agent.capacity.messaging else None


def why_not_given(agent: Agent, ticket: Ticket) -> str | None:
    """Why the engine cannot give an agent a waiting ticket now; as ``why_not``, and capacity has to be left."""
    full = agent.used.messaging >= agent.capacity.messaging
    return why_not(agent, ticket) or ("capacity" if full else None)


def in_turn(agents: Iterable[Agent], routing: Routing) -> list[Agent]:
    """Agents in the order they are asked, by the configured method."""
    return sorted(agents, key=_PREFERENCE[routing.method])


def chosen_agent(ticket: Ticket, agents: Iterable[Agent], routing: Routing, now: datetime) -> Agent | None:
    """The agent who gets a waiting ticket; ``None`` where nobody can take it now.

    Who declined it last or let it lapse is passed over while another can take it, and after a decline does not get it
    again before ``ticket.retry_at``.
    """
    able = [agent for agent in agents if why_not_given(agent, ticket) is None]
    others = [agent for agent in able if agent.id != ticket.passed_over]
    if not others and ticket.retry_at is not None and ticket.retry_at > now:
        return None
    return min(others or able, key=_PREFERENCE[routing.method], default=None)


def load_agent(thread: Thread, routing: Routing) -> str | None:
    """The agent whose capacity a conversation uses: by a running offer, or by a live ticket that is new or open.

    An inactive one uses none, unless ``count_inactive``.
    """
    ticket = thread.live
    if ticket is None:
        return None
    if ticket.offer is not None:
        return ticket.offer.agent_id
    if ticket.status not in {"new", "open"}:
        return None
    if thread.conversation.session != "active" and not routing.count_inactive:
        return None
    return ticket.assignee


def _turn(agent: Agent) -> tuple[datetime, str]:
    return (agent.given_at or _NEVER, agent.id)


def _by_spare_capacity(agent: Agent) -> tuple[int, datetime, str]:
    return (agent.used.messaging - agent.capacity.messaging, *_turn(agent))


def _by_spare_share(agent: Agent) -> tuple[float, datetime, str]:
    return (agent.used.messaging / agent.capacity.messaging, *_turn(agent))


_PREFERENCE: dict[str, Callable[[Agent], tuple[float, datetime, str]]] = {
    "spare_capacity": _by_spare_capacity,
    "spare_share": _by_spare_share,
    "round_robin": lambda agent: (0, *_turn(agent)),
}
