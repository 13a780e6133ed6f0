"""Attendance: which agents are there, with which status, and what falls due for them.

An agent's console is an open stream of theirs; the first that opens and the last that closes count.

Source: lifecycle.md, 6.12 and 10 (disconnects count from the start).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff_sdk.core.agents import connect, disconnect, give_back_due, gives_back, set_status, tick
from handoff_sdk.models.agent import Agent
from handoff_sdk.models.prompt import GiveTicketBack
from handoff_sdk.ports import AgentChange, Change

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from handoff_sdk.desk.commits import Commits, Once, Outcome
    from handoff_sdk.desk.threads import Threads
    from handoff_sdk.models.command import ConversationCommand, SetAgentStatus
    from handoff_sdk.models.event import Actor, Event

__all__ = ["Attendance"]


class Attendance:
    """The agents' comings and goings; ``act`` carries out what they mean for a conversation."""

    def __init__(
        self, commits: Commits, threads: Threads, act: Callable[[ConversationCommand], Awaitable[object]]
    ) -> None:
        self._commits = commits
        self._threads = threads
        self._act = act
        self._consoles: dict[str, int] = {}

    async def begin(self) -> None:
        """Take note that no console is open yet: whoever had one has lost it now."""
        for agent in self._commits.roster.all():
            if agent.at_console or agent.disconnected_at is not None:
                await self._keep(disconnect(agent, now=self._commits.clock.now(), new_id=self._commits.new_id))

    async def set_status(self, command: SetAgentStatus, actor: Actor, once: Once | None) -> Outcome:
        """Set an agent's status.

        Raises:
            NotFound: There is no such agent.
            InvalidRequest: There is no such status.
        """
        commits = self._commits
        agent, events = set_status(
            commits.roster.agent(command.agent_id),
            command.status,
            actor=actor,
            now=commits.clock.now(),
            new_id=commits.new_id,
            config=commits.config,
        )
        return await commits.agent_set(agent, events, once)

    async def presence(self, agent_id: str, *, connected: bool) -> None:
        """Take in that one of an agent's consoles opened or closed; the first and the last one count."""
        before = self._consoles.get(agent_id, 0)
        now = self._consoles[agent_id] = before + 1 if connected else max(before - 1, 0)
        agent = self._commits.roster.find(agent_id)
        if agent is not None and bool(before) != bool(now):
            change = connect if connected else disconnect
            await self._keep(change(agent, now=self._commits.clock.now(), new_id=self._commits.new_id))

    async def tick(self, agent_id: str) -> None:
        """Do the first thing that is due for an agent; of the tickets that go back to the queue, one."""
        commits = self._commits
        agent, now = commits.roster.find(agent_id), commits.clock.now()
        if agent is None:  # the configuration does not have them any more, and nothing is due for them
            await commits.store.submit(Change(agents=(AgentChange(Agent(id=agent_id)),)))
        elif not give_back_due(agent, commits.config, now) or not await self._gave_back(agent_id):
            await self._keep(tick(agent, now=now, new_id=commits.new_id, config=commits.config))

    async def _gave_back(self, agent_id: str) -> bool:
        """Put the first of an agent's open active tickets back into its queue; whether there was one."""
        for ticket in await self._commits.store.agent_tickets(agent_id):
            if gives_back(await self._threads.get(ticket.conversation_id), agent_id):
                await self._act(GiveTicketBack(conversation_id=ticket.conversation_id, agent_id=agent_id))
                return True
        return False

    async def _keep(self, changed: tuple[Agent, tuple[Event, ...]]) -> None:
        await self._commits.agent_set(*changed)
