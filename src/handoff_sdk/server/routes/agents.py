"""Agents: who is there, for what, and with how much in hand.

Source: api.md, Resources; lifecycle.md, 6.12.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff_sdk.desk.workplaces import workplace_of
from handoff_sdk.errors import Forbidden, NotFound
from handoff_sdk.models.agent import Agent, Workload
from handoff_sdk.models.command import SetAgentStatus
from handoff_sdk.models.event import Actor
from handoff_sdk.models.noun import Noun
from handoff_sdk.models.workplace import Workplace
from handoff_sdk.server.route import AGENT, STAFF, Route

if TYPE_CHECKING:
    from aiohttp import web

    from handoff_sdk.server.call import Call

__all__ = ["ROUTES"]


class Agents(Noun):
    """Agents, by id: an agent sees those who share a brand with them."""

    items: list[Agent]
    next: None


async def find(call: Call) -> web.StreamResponse:
    """List all agents whom the caller sees."""
    return call.told({"items": call.desk.queries.agents(call.caller.audience), "next": None})


async def set_status(call: Call, command: SetAgentStatus) -> web.StreamResponse:
    """Set an agent's status."""
    caller = call.caller
    if caller.capacity == "agent" and caller.agent_id != command.agent_id:
        if not caller.leads:
            raise Forbidden(f"The agent {caller.agent_id!r} sets no other agent's status.")
        call.desk.queries.agent(command.agent_id, caller.audience)
    actor = Actor(type="agent", id=caller.agent_id) if caller.agent_id else Actor(type=caller.role or "integrator")
    return await call.handle(command, actor, lambda outcome: outcome.agent)


async def workload(call: Call) -> web.StreamResponse:
    """Tell what an agent has in hand."""
    return call.told(await call.desk.queries.workload(call.request.match_info["agent_id"], call.caller.audience))


async def snapshot(call: Call) -> web.StreamResponse:
    """Read what lies before an agent."""
    caller, agent_id = call.caller, call.request.match_info["agent_id"]
    if caller.capacity == "agent" and agent_id != caller.agent_id:
        raise NotFound(f"The agent {caller.agent_id!r} sees no other agent's workplace.")
    return call.told(await workplace_of(call.desk, agent_id))


ROUTES = (
    Route(
        method="GET",
        path="/v1/agents",
        handler=find,
        summary="All agents, with status and load; for an agent, those who share a brand with them",
        who=STAFF | AGENT,
        answer=Agents,
    ),
    Route(
        method="PUT",
        path="/v1/agents/{agent_id}/status",
        handler=set_status,
        summary="Set an agent's status, as the agent or for them",
        who=STAFF | AGENT,
        command=SetAgentStatus,
        answer=Agent,
    ),
    Route(
        method="GET",
        path="/v1/agents/{agent_id}/workload",
        handler=workload,
        summary="What an agent has in hand",
        who=STAFF | AGENT,
        answer=Workload,
    ),
    Route(
        method="GET",
        path="/v1/agents/{agent_id}/snapshot",
        handler=snapshot,
        summary="What lies before an agent: tickets, conversations, customers; events go on after its cursor",
        who=STAFF | AGENT,
        answer=Workplace,
    ),
)
