"""The agents as things stand: what the configuration says of them, their status, and what they have in hand.

Changes show here as soon as they are on their way to the store, so that two decisions at once do not give away the same
capacity; one that fails is taken back.

Source: lifecycle.md, 6.10 and 6.12.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff_sdk.desk.free import FreeAgents
from handoff_sdk.errors import NotFound
from handoff_sdk.models.agent import Agent, Capacity
from handoff_sdk.models.nearest import did_you_mean
from handoff_sdk.ports import Standing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from handoff_sdk.models.config import DeskConfig
    from handoff_sdk.ports import AgentChange

__all__ = ["Roster"]


_SET = ("status", "status_at", "lapses", "connected", "at_console", "disconnected_at", "gave_back_at")
"""What a change of an agent sets, beside what it adds to."""


class Roster:
    """Every agent of the configuration, and beside them those it had before: they may still hold something.

    ``free`` has those with room for more at hand; ``changed`` collects who has changed, for whoever clears it.
    """

    def __init__(self, config: DeskConfig) -> None:
        self.changed: set[str] = set()
        self.free = FreeAgents(config)
        self._agents: dict[str, Agent] = {}
        self._former: dict[str, Agent] = {}
        self.load(config, Standing())

    def load(self, config: DeskConfig, standing: Standing, *, at_start: bool = False) -> None:
        """Take agents from the configuration, their status from the store; at a start nobody has a console open yet."""
        known = {agent.id: agent for agent in standing.agents}
        self._agents, self._former = {}, {}
        for agent_id in (*known, *standing.used, *standing.inactive, *standing.emails):
            state = known.get(agent_id) or Agent(id=agent_id)
            self._former[agent_id] = state.model_copy(
                update={
                    "connected": state.connected and not (at_start and state.at_console),
                    "used": Capacity(messaging=standing.used.get(agent_id, 0), email=standing.emails.get(agent_id, 0)),
                    "inactive": standing.inactive.get(agent_id, 0),
                }
            )
        self.configure(config)

    def configure(self, config: DeskConfig) -> None:
        """Go by another configuration; who is new in it has nothing in hand, or what they had when they left."""
        known = self._agents | self._former
        self._agents, self._former = {}, {}
        self.free = FreeAgents(config)
        for agent_id, configured in config.agents.items():
            state = known.pop(agent_id, None) or Agent(id=agent_id)
            details = {
                "name": configured.name or agent_id,
                "groups": configured.groups,
                "brands": configured.brands,
                "skills": configured.skills,
                "capacity": Capacity(messaging=configured.capacity.messaging, email=configured.capacity.email),
            }
            self._show(state.model_copy(update=details))
        self._former = known
        self.changed |= known.keys()

    def all(self) -> list[Agent]:
        """All agents, by id."""
        return [self._agents[agent_id] for agent_id in sorted(self._agents)]

    def all_ever(self) -> list[Agent]:
        """All agents, and those whom the configuration does not have any more."""
        return [*self.all(), *(self._former[agent_id] for agent_id in sorted(self._former))]

    def agent(self, agent_id: str) -> Agent:
        """One agent.

        Raises:
            NotFound: There is no such agent.
        """
        agent = self._agents.get(agent_id)
        if agent is None:
            raise NotFound(f"There is no agent {agent_id!r}{did_you_mean(agent_id, self._agents)}")
        return agent

    def find(self, agent_id: str) -> Agent | None:
        """One agent; ``None`` where the configuration does not know them."""
        return self._agents.get(agent_id)

    def holder(self, agent_id: str) -> Agent | None:
        """One agent who may still hold work: of the configuration, or not any more."""
        return self._agents.get(agent_id) or self._former.get(agent_id)

    def apply(self, changes: Iterable[AgentChange]) -> None:
        """Show changes that are on their way to the store."""
        for change in changes:
            before = self.holder(change.agent.id) or change.agent
            used = _with(before.used, change.load, change.email)
            inactive = before.inactive + change.inactive
            self._show(change.agent.model_copy(update={"used": used, "inactive": inactive}))

    def take_back(self, changes: Iterable[AgentChange], before: Mapping[str, Agent]) -> None:
        """Undo changes that did not reach the store."""
        for change in changes:
            now = self.holder(change.agent.id) or change.agent
            used = _with(now.used, -change.load, -change.email)
            old = before[change.agent.id]
            kept = {name: getattr(old, name) for name in _SET}
            undone = {"used": used, "inactive": now.inactive - change.inactive}
            self._show(now.model_copy(update=undone | kept))

    def _show(self, agent: Agent) -> None:
        if agent.id in self._former:
            self._former[agent.id] = agent
            return
        self._agents[agent.id] = agent
        self.free.put(agent)
        self.changed.add(agent.id)


def _with(used: Capacity, messaging: int, email: int) -> Capacity:
    return Capacity(messaging=used.messaging + messaging, email=used.email + email)
