"""Agents: who is there, and with how much in hand.

Source: api.md, Resources; lifecycle.md, 6.12 (statuses).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff_sdk.client.answer import noun_of
from handoff_sdk.client.request import body_of, command, path
from handoff_sdk.models.agent import Agent, LoginLink, Workload
from handoff_sdk.models.command import SetAgentStatus
from handoff_sdk.models.workplace import Workplace

from .resource import Resource

if TYPE_CHECKING:
    from handoff_sdk.client.pages import Pages

__all__ = ["Agents"]


class Agents(Resource):
    """``client.agents``."""

    def list(self) -> Pages[Agent]:
        """All agents, by id."""
        return self._list(Agent, path("agents"))

    async def login_link(self, agent_id: str) -> LoginLink:
        """A link for an agent to log in to the console with, good once and for 15 minutes; for admins' keys."""
        return noun_of(LoginLink, await self._send("POST", path("agents", agent_id, "login_link")))

    async def end_sessions(self, agent_id: str) -> None:
        """Log an agent out of all consoles; for admins' keys."""
        await self._send("DELETE", path("agents", agent_id, "sessions"))

    async def set_status(self, agent_id: str, status: str) -> Agent:
        """Set an agent's status: ``online``, ``away``, ``transfers_only``, ``offline`` or a configured one."""
        asked = command(SetAgentStatus, {"agent_id": agent_id, "status": status})
        answer = await self._send("PUT", path("agents", agent_id, "status"), body_of(asked, "agent_id"))
        return noun_of(Agent, answer)

    async def workload(self, agent_id: str) -> Workload:
        """What an agent has in hand: offers and tickets."""
        return await self._get(Workload, path("agents", agent_id, "workload"))

    async def snapshot(self, agent_id: str) -> Workplace:
        """What lies before an agent at this instant, as a console shows it, and the cursor to follow it from."""
        return await self._get(Workplace, path("agents", agent_id, "snapshot"))
