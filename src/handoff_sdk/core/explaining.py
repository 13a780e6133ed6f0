"""Why a ticket is where it is: who could take it now, and why each other agent can't. By the rules that route.

Source: lifecycle.md, 6.15.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff_sdk.core.hours import is_open, opens_at, schedule_of
from handoff_sdk.core.routing import who_could
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
    able, out = who_could(ticket, agents, config, now, inactive=inactive)
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
        agents=able,
        out=out,
    )


def _state(ticket: Ticket) -> TicketState:
    if ticket.assignee is not None:
        return "assigned"
    if ticket.offer is not None:
        return "offered"
    return "waiting" if eligible(ticket) else "not_routed"
