"""Free agents at hand: who has room for more, by what they can do, in the order they are asked.

Agents of the same groups, brands and skills are of one *kind* and can take the same tickets, so only the first of them
are looked at. Each line of tickets has a *front*: the first agents of all kinds that fit it. A front hears which kinds
have another first and takes that in when it is asked, so that asking costs no more the more agents there are. The index
narrows who is asked; which one gets a ticket is still the rules' choice.

Source: lifecycle.md, 6.4 and 6.5; house page, decision 7.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Any, TypeAlias

from handoff_sdk.core.routing import pool_of, preference

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from handoff_sdk.models.agent import Agent
    from handoff_sdk.models.config import DeskConfig
    from handoff_sdk.models.ticket import Ticket

__all__ = ["FreeAgents"]

_Kind: TypeAlias = tuple[frozenset[str], tuple[str, ...] | None, frozenset[str]]
_Key: TypeAlias = tuple[Any, ...]
"""What agents are asked by; the last of it is the agent's id."""
_Shelf: TypeAlias = list[_Key]

_MOST_FRONTS = 10_000
"""So many lines there may have been; beyond that those that are gone are forgotten, with the others."""


class FreeAgents:
    """Agents whose status allows work, with room for one more: with capacity left, or for a silent customer."""

    def __init__(self, config: DeskConfig) -> None:
        self._config = config
        self._shelves: dict[bool, dict[_Kind, _Shelf]] = {False: defaultdict(list), True: defaultdict(list)}
        self._stands: dict[str, list[tuple[bool, _Kind, _Key]]] = {}
        self._agents: dict[str, Agent] = {}
        self._likeness: dict[_Kind, Agent] = {}
        self._fronts: dict[tuple[Hashable, bool], _Front] = {}
        self._hear: defaultdict[_Kind, list[set[_Kind]]] = defaultdict(list)

    def put(self, agent: Agent) -> None:
        """Take in how an agent is now."""
        for inactive, kind, key in self._stands.pop(agent.id, ()):
            shelf = self._shelves[inactive][kind]
            place = bisect_left(shelf, key)
            del shelf[place]
            if place == 0:
                self._tell(kind)
        self._agents[agent.id] = agent
        if self._config.gives_messaging(agent.status):
            kind = (frozenset(agent.groups), agent.brands, frozenset(agent.skills))
            if kind not in self._likeness:
                self._likeness[kind] = agent
                self._forget_fronts()
            self._stand(agent, kind)

    def for_line(self, line: Hashable, ticket: Ticket, *, inactive: bool) -> list[Agent]:
        """The agents who come first for a ticket, whatever it is passed over by; empty where nobody free fits.

        They are the first of each pool, and the next one where the first is passed over. ``line`` is what the ticket
        has in common with all whom the same agents can take.
        """
        front = self._fronts.get((line, inactive))
        if front is None:
            if len(self._fronts) >= _MOST_FRONTS:
                self._forget_fronts()
            fits = {kind: pool_of(agent, ticket, self._config) for kind, agent in self._likeness.items()}
            fitting = {kind: pool for kind, pool in fits.items() if pool is not None}
            front = self._fronts[line, inactive] = _Front(fitting, self._shelves[inactive])
            for kind in fitting:
                self._hear[kind].append(front.changed)
        return [self._agents[key[-1]] for key in front.first()]

    def _stand(self, agent: Agent, kind: _Kind) -> None:
        key = preference(agent, self._config.routing)
        stands = self._stands[agent.id] = []
        for inactive, free in (
            (False, agent.used.messaging < agent.capacity.messaging),
            (True, agent.inactive < self._config.routing.max_inactive_per_agent),
        ):
            if free:
                shelf = self._shelves[inactive][kind]
                insort(shelf, key)
                stands.append((inactive, kind, key))
                if shelf[0] is key:
                    self._tell(kind)

    def _tell(self, kind: _Kind) -> None:
        """The first of a kind is another one."""
        for changed in self._hear[kind]:
            changed.add(kind)

    def _forget_fronts(self) -> None:
        self._fronts.clear()
        self._hear.clear()


class _Front:
    """Who comes first for a line, by pool.

    Args:
        fitting: The kinds of agents who fit, with their pool.
        shelves: The free agents of each kind, first ones first.

    ``changed`` collects the kinds whose first is another one.
    """

    def __init__(self, fitting: Mapping[_Kind, int], shelves: Mapping[_Kind, _Shelf]) -> None:
        self.changed: set[_Kind] = set()
        self._fitting = fitting
        self._shelves = shelves
        self._heaps: dict[int, list[tuple[_Key, _Kind]]] = {pool: [] for pool in sorted({*fitting.values()})}
        self._gather()

    def first(self) -> list[_Key]:
        """The first two of each pool."""
        if self.changed:
            self._catch_up()
        found: list[_Key] = []
        for heap in self._heaps.values():
            best = self._top(heap)
            if best is None:
                continue
            heappop(heap)
            key, kind = best
            found.append(key)
            other = self._top(heap, but=key)
            shelf = self._shelves[kind]
            own = shelf[1] if len(shelf) > 1 else None
            heappush(heap, best)
            if own is not None and (other is None or own < other[0]):
                found.append(own)
            elif other is not None:
                found.append(other[0])
        return found

    def _top(self, heap: list[tuple[_Key, _Kind]], *, but: _Key | None = None) -> tuple[_Key, _Kind] | None:
        """The first of a heap that is still the first of its kind."""
        while heap:
            key, kind = heap[0]
            shelf = self._shelves[kind]
            if shelf and shelf[0] == key and key != but:
                return heap[0]
            heappop(heap)
        return None

    def _catch_up(self) -> None:
        for kind in self.changed:
            if shelf := self._shelves[kind]:
                heappush(self._heaps[self._fitting[kind]], (shelf[0], kind))
        self.changed.clear()
        if sum(map(len, self._heaps.values())) > 2 * len(self._fitting) + 16:
            self._gather()

    def _gather(self) -> None:
        for heap in self._heaps.values():
            heap.clear()
        for kind, pool in self._fitting.items():
            if shelf := self._shelves[kind]:
                self._heaps[pool].append((shelf[0], kind))
        for heap in self._heaps.values():
            heapify(heap)
