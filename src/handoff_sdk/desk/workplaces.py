"""Workplaces: what lies before an agent, read at once.

Source: api.md, Resources (snapshots); lifecycle.md, 6.1 (eligible) and 6.14 (what an agent's groups and brands show).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from handoff_sdk.core.status import eligible
from handoff_sdk.core.views import Audience
from handoff_sdk.errors import NotFound
from handoff_sdk.models.agent import AGENT_STATUSES
from handoff_sdk.models.nearest import did_you_mean
from handoff_sdk.models.ticket import PRIORITIES
from handoff_sdk.models.workplace import Workplace

if TYPE_CHECKING:
    from typing import Any

    from handoff_sdk.desk.desk import Desk
    from handoff_sdk.models.config import AgentConfig
    from handoff_sdk.models.ticket import Ticket

__all__ = ["workplace_of"]

_ELIGIBLE: Final = 500
"""The most eligible tickets that a workplace shows."""


async def workplace_of(desk: Desk, agent_id: str) -> Workplace:
    """What lies before an agent, and the cursor from which events go on.

    What the events after the cursor tell may be in it already; what they don't tell any more always is.

    Raises:
        NotFound: There is no such agent.
    """
    config, store = desk.config, desk.store
    agent = config.agents.get(agent_id)
    if agent is None:
        raise NotFound(f"There is no agent {agent_id!r}{did_you_mean(agent_id, config.agents)}")
    cursor = await store.cursor()
    # From the store, and after the cursor: memory learns of a commit later than the store's readers do.
    waiting = sorted((ticket for ticket, _ in await store.live() if _may_take(agent, ticket)), key=_served)
    own = await store.agent_tickets(agent_id)
    wanted = {ticket.conversation_id: None for ticket in (*own, *waiting[:_ELIGIBLE])}
    threads = await store.threads(list(wanted))
    tickets = [
        ticket
        for thread in threads
        for ticket in thread.tickets
        if ticket.status != "closed" and (agent_id in (ticket.assignee, ticket.offered_to) or _may_take(agent, ticket))
    ]
    customers = {thread.customer.id: thread.customer for thread in threads}
    return Workplace(
        agent_id=agent_id,
        role=agent.role,
        at=desk.clock.now(),
        agents=tuple(desk.queries.agents(Audience("agent", agent_id))),
        groups=tuple(config.groups),
        queues=tuple(sorted(config.queue_names)),
        statuses=(*AGENT_STATUSES, *config.statuses),
        ticket_statuses=dict(config.ticket_statuses),
        views=tuple(view.name for view in config.views),
        count_inactive=config.routing.count_inactive,
        tickets=tuple(sorted(tickets, key=_id)),
        conversations=tuple(thread.conversation for thread in threads),
        customers=tuple(customers[customer_id] for customer_id in sorted(customers)),
        more=len(waiting) > _ELIGIBLE,
        cursor=str(cursor),
    )


def _may_take(agent: AgentConfig, ticket: Ticket) -> bool:
    """Whether a ticket waits for somebody, or is on offer, and is of the agent's brands and groups."""
    return (
        eligible(ticket)
        and (agent.brands is None or ticket.brand in agent.brands)
        and (agent.role != "agent" or ticket.group is None or ticket.group in agent.groups)
    )


def _served(ticket: Ticket) -> tuple[Any, ...]:
    return (PRIORITIES.index(ticket.priority), ticket.eligible_at or ticket.created_at, ticket.id)


def _id(ticket: Ticket) -> str:
    return ticket.id
