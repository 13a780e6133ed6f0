"""Free agents at hand: who has room for more, by what they can do, in the order they are asked.

Agents of the same groups, brands and skills can take the same tickets, so only the first of them are looked at. The
index narrows who is asked; which one gets a ticket is still the rules' choice.

Source: lifecycle.md, 6.4 and 6.5; house page, decision 7.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from heapq import nsmallest
from typing import TYPE_CHECKING, Any, TypeAlias

from handoff_sdk.core.routing import pool_of, preference

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from handoff_sdk.models.agent import Agent
    from handoff_sdk.models.config import DeskConfig
    from handoff_sdk.models.ticket import Ticket

__all__ = ["FreeAgents"]

_Profile: TypeAlias = tuple[frozenset[str], tuple[str, ...] | None, frozenset[str]]
_Shelf: TypeAlias = list[tuple[Any, ...]]

_ENOUGH = 2
"""The first of a pool, and the next one where the first is passed over."""


class FreeAgents:
    """Agents whose status allows work, with room for one more: with capacity left, or for a silent customer."""

    def __init__(self, config: DeskConfig) -> None:
        self._config = config
        self._shelves: dict[bool, dict[_Profile, _Shelf]] = {False: {}, True: {}}
        self._stands: dict[str, list[tuple[bool, _Profile, tuple[Any, ...]]]] = {}
        self._agents: dict[str, Agent] = {}
        self._likeness: dict[_Profile, Agent] = {}
        self._fitting: dict[Hashable, dict[_Profile, int]] = {}

    def put(self, agent: Agent) -> None:
        """Take in how an agent is now."""
        for inactive, profile, key in self._stands.pop(agent.id, ()):
            shelf = self._shelves[inactive][profile]
            del shelf[bisect_left(shelf, key)]
            if not shelf:
                del self._shelves[inactive][profile]
        self._agents[agent.id] = agent
        if not self._config.gives_messaging(agent.status):
            return
        profile = (frozenset(agent.groups), agent.brands, frozenset(agent.skills))
        if profile not in self._likeness:
            self._likeness[profile] = agent
            self._fitting.clear()
        key = preference(agent, self._config.routing)
        stands = self._stands[agent.id] = []
        for inactive, free in (
            (False, agent.used.messaging < agent.capacity.messaging),
            (True, agent.inactive < self._config.routing.max_inactive_per_agent),
        ):
            if free:
                insort(self._shelves[inactive].setdefault(profile, []), key)
                stands.append((inactive, profile, key))

    def for_line(self, line: Hashable, ticket: Ticket, *, inactive: bool) -> list[Agent]:
        """The agents who come first for a ticket, whatever it is passed over by; empty where nobody free fits.

        ``line`` is what the ticket has in common with all whom the same agents can take.
        """
        fitting = self._fitting.get(line)
        if fitting is None:
            fitting = self._fitting[line] = dict(self._fits(ticket))
        shelves = self._shelves[inactive]
        first: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
        if len(shelves) < len(fitting):
            matching = ((fitting[profile], shelf) for profile, shelf in shelves.items() if profile in fitting)
        else:
            matching = ((pool, shelves[profile]) for profile, pool in fitting.items() if profile in shelves)
        for pool, shelf in matching:
            first[pool] += shelf[:_ENOUGH]
        return [self._agents[key[-1]] for keys in first.values() for key in nsmallest(_ENOUGH, keys)]

    def _fits(self, ticket: Ticket) -> Iterator[tuple[_Profile, int]]:
        for profile, agent in self._likeness.items():
            pool = pool_of(agent, ticket, self._config)
            if pool is not None:
                yield profile, pool
