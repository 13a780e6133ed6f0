"""Why a ticket is where it is: who could take it now, and why each other agent can't. By the rules that route.

Source: lifecycle.md, 6.15.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff_sdk.core.hours import is_open, opens_at, schedule_of
from handoff_sdk.core.routing import candidates, in_turn, why_not_now
from handoff_sdk.core.status import eligible
from handoff_sdk.models.handoff import Explained

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from handoff_sdk.core.thread import Thread
    from handoff_sdk.models.agent import Agent
    from handoff_sdk.models.config import DeskConfig
    from handoff_sdk.models.handoff import TicketState
    from handoff_sdk.models.ticket import Ticket
    from handoff_sdk.models.wait import Place

__all__ = ["explain"]


def explain(
    thread: Thread, ticket: Ticket, *, agents: Sequence[Agent], place: Place | None, now: datetime, config: DeskConfig
) -> Explained:
    """Where a ticket stands, and who could take it now.

    Args:
        thread: Its conversation.
        ticket: The ticket.
        agents: All agents as they are.
        place: Its place in the queue, where it waits.
        now: The present instant, UTC.
        config: The configuration in force.
    """
    inactive = thread.conversation.session != "active" and not config.routing.count_inactive
    out = {agent.id: why for agent in agents if (why := why_not_now(agent, ticket, config, inactive=inactive))}
    able = in_turn(candidates(ticket, agents, config, now, inactive=inactive), config.routing)
    named = {agent.id for agent in able}
    left = (agent.id for agent in agents if agent.id not in named and agent.id not in out)
    out |= {agent_id: "passed_over" if agent_id == ticket.passed_over else "fallback" for agent_id in left}
    schedule = schedule_of(ticket.brand, config)
    people_there = is_open(schedule, now)
    return Explained(
        ticket_id=ticket.id,
        state=_state(ticket),
        open=people_there,
        opens_at=None if people_there else opens_at(schedule, now),
        queue=ticket.queue,
        position=place.position if place else None,
        wait=place.wait if place else None,
        assignee=ticket.assignee,
        offered_to=ticket.offered_to,
        agents=tuple(agent.id for agent in able),
        out=dict(sorted(out.items())),
    )


def _state(ticket: Ticket) -> TicketState:
    if ticket.assignee is not None:
        return "assigned"
    if ticket.offer is not None:
        return "offered"
    return "waiting" if eligible(ticket) else "not_routed"
