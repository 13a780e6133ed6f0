"""Routing: which queue a waiting ticket is in, which one is next, and which agent gets it.

A pure choice with a stated tie-break: what explains it asks the same functions.

Source: lifecycle.md, 6.1 to 6.10.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from handoff_sdk.core.facts import Asked
from handoff_sdk.core.identity import Same
from handoff_sdk.core.rulebook import rulebook
from handoff_sdk.models.agent import OFFLINE
from handoff_sdk.models.queue import STANDARD
from handoff_sdk.models.ticket import PRIORITIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from handoff_sdk.core.facts import View
    from handoff_sdk.core.thread import Thread
    from handoff_sdk.models.agent import Agent
    from handoff_sdk.models.config import AgentConfig, DeskConfig, Routing
    from handoff_sdk.models.queue import Queue
    from handoff_sdk.models.ticket import Ticket

__all__ = [
    "candidates",
    "chosen_agent",
    "email_agent",
    "in_turn",
    "inactive_agent",
    "load_agent",
    "load_agents",
    "may_see",
    "pool_of",
    "pools",
    "preference",
    "queue_of",
    "relaxes_at",
    "serving_order",
    "who_could",
    "why_not",
    "why_not_now",
]

_URGENCY: Final = {priority: rank for rank, priority in enumerate(PRIORITIES)}
_NEVER: Final = datetime.min.replace(tzinfo=UTC)
_LAST: Final = datetime.max.replace(tzinfo=UTC)

Pool = frozenset[str] | None
"""The groups whose members may take a ticket; ``None``: everybody."""


def queue_of(view: View) -> str:
    """The queue of a ticket: the one it was put into, else the first whose conditions hold, else ``standard``."""
    ticket = view.ticket
    if ticket is not None and ticket.put_into is not None:
        return ticket.put_into
    facts = Asked(view)
    return next((name for name, holds in rulebook(view.config).queues if holds(facts)), STANDARD)


def serving_order(ticket: Ticket, config: DeskConfig) -> tuple[float, datetime, int, datetime, datetime, str]:
    """The key that waiting tickets are served by.

    The queue's priority, with ``standard`` last; with the order ``sla`` whose first promise is broken first; the
    ticket's priority; who was eligible first; who was made first.
    """
    served = _served(Same(config)).get(ticket.queue)
    rank = served[0].priority if served else float("inf")
    promised = (ticket.breach_at or _LAST) if config.routing.order == "sla" else _LAST
    at = ticket.eligible_at or ticket.created_at
    return (rank, promised, _URGENCY[ticket.priority], at, ticket.created_at, ticket.id)


def pools(ticket: Ticket, config: DeskConfig) -> tuple[Pool, ...]:
    """Who may take a ticket: the members of its queue's groups, and where none of them can, of its fallback groups."""
    served = _served(Same(config)).get(ticket.queue)
    if served is not None:
        return served[1]
    return (None if ticket.group is None else frozenset({ticket.group}),)


def may_see(agent: AgentConfig | Agent, ticket: Ticket) -> bool:
    """Whether an agent's brands and groups cover a ticket; a ticket without a group is everybody's."""
    if agent.brands is not None and ticket.brand not in agent.brands:
        return False
    return ticket.group is None or ticket.group in agent.groups


def why_not(agent: Agent, ticket: Ticket, config: DeskConfig) -> str | None:
    """Why an agent cannot have a ticket on offer (status, brand, group, skills, capacity); ``None`` where they can.

    Capacity counts only as exceeded: a running offer of the ticket's own is within it. One of a transfer is taken back
    only from who is offline.
    """
    if ticket.offer is not None and ticket.offer.transfer:
        return "status" if agent.status == OFFLINE else None
    found = _why_not_at_all(agent, ticket, pools(ticket, config), config)
    return found or ("capacity" if agent.used.messaging > agent.capacity.messaging else None)


def pool_of(agent: Agent, ticket: Ticket, config: DeskConfig) -> int | None:
    """The first pool of a ticket that an agent is in, who has its brand and skills; ``None`` where there is none.

    It looks at what does not change with the agent's work: neither at status nor at capacity.
    """
    served_by = pools(ticket, config)
    if _why_never(agent, ticket, served_by) is not None or not _prefers(agent, ticket):
        return None
    return next(index for index, pool in enumerate(served_by) if _in_pool(agent, pool))


def preference(agent: Agent, routing: Routing) -> tuple[float, datetime, str]:
    """What agents are asked by, the smallest first; the last of it is the agent's id."""
    return _PREFERENCE[routing.method](agent)


def in_turn(agents: Iterable[Agent], routing: Routing) -> list[Agent]:
    """Agents in the order they are asked, by the configured method."""
    return sorted(agents, key=_PREFERENCE[routing.method])


def chosen_agent(
    ticket: Ticket, agents: Iterable[Agent], config: DeskConfig, now: datetime, *, inactive: bool = False
) -> Agent | None:
    """The agent who gets a waiting ticket; ``None`` where nobody can take it now.

    Members of fallback groups get it only where no other can. Who declined it last or let it lapse is passed over while
    another can take it, and after a decline does not get it again before ``ticket.retry_at``.

    Args:
        ticket: The ticket.
        agents: All agents as they are.
        config: The configuration in force.
        now: The present instant, UTC.
        inactive: Its customer is silent: it uses no capacity, and an agent holds so many such at a time.
    """
    found = candidates(ticket, agents, config, now, inactive=inactive)
    return min(found, key=_PREFERENCE[config.routing.method], default=None)


def candidates(
    ticket: Ticket, agents: Iterable[Agent], config: DeskConfig, now: datetime, *, inactive: bool = False
) -> list[Agent]:
    """The agents of whom one gets a waiting ticket; rules and arguments as for ``chosen_agent``."""
    served_by = pools(ticket, config)
    able = [agent for agent in agents if _why_not_now(agent, ticket, served_by, config, inactive=inactive) is None]
    for pool in served_by:
        if others := [agent for agent in able if agent.id != ticket.passed_over and _in_pool(agent, pool)]:
            return others
    if ticket.retry_at is not None and ticket.retry_at >= now:  # at the instant itself it is an item that ends the wait
        return []
    return [agent for agent in able if agent.id == ticket.passed_over]


def who_could(
    ticket: Ticket, agents: Sequence[Agent], config: DeskConfig, now: datetime, *, inactive: bool = False
) -> tuple[tuple[str, ...], dict[str, str]]:
    """The agents who could take a waiting ticket now, in the order they are asked, and why each other one can't.

    Rules and arguments as for ``chosen_agent``: the first is the one who gets it. Beside the reasons of ``why_not_now``
    there are ``fallback`` (others go first) and ``passed_over`` (declined it last, or let it lapse).
    """
    found = candidates(ticket, agents, config, now, inactive=inactive)
    able = tuple(agent.id for agent in in_turn(found, config.routing))
    out = {
        agent.id: why_not_now(agent, ticket, config, inactive=inactive)
        or ("passed_over" if agent.id == ticket.passed_over else "fallback")
        for agent in agents
        if agent.id not in able
    }
    return able, dict(sorted(out.items()))


def why_not_now(agent: Agent, ticket: Ticket, config: DeskConfig, *, inactive: bool = False) -> str | None:
    """Why an agent cannot get a waiting ticket now, whoever else can; ``None`` where they can.

    As ``why_not``, but capacity has to be left, and ``preferred_skills`` as long as it waits for these. Where its
    customer is silent, ``inactive`` instead of ``capacity``: they hold as many such as one may.
    """
    return _why_not_now(agent, ticket, pools(ticket, config), config, inactive=inactive)


def _why_not_now(
    agent: Agent, ticket: Ticket, served_by: tuple[Pool, ...], config: DeskConfig, *, inactive: bool
) -> str | None:
    if (found := _why_not_at_all(agent, ticket, served_by, config)) is not None:
        return found
    if not _prefers(agent, ticket):
        return "preferred_skills"
    if inactive:
        return None if agent.inactive < config.routing.max_inactive_per_agent else "inactive"
    return None if agent.used.messaging < agent.capacity.messaging else "capacity"


def relaxes_at(ticket: Ticket, config: DeskConfig) -> datetime | None:
    """When a waiting ticket does without its preferred skills; ``None`` where it does, or has none."""
    if not ticket.prefer_skills or ticket.relaxed or ticket.eligible_at is None:
        return None
    return ticket.eligible_at + config.routing.skill_timeout


def load_agents(thread: Thread) -> tuple[str, ...]:
    """The agents whose capacity a conversation uses: who has it, and who is asked to take it over."""
    ticket = thread.live
    holder = load_agent(thread)
    asked = ticket.offered_to if ticket is not None and ticket.assignee is not None else None
    return tuple(agent_id for agent_id in (holder, asked) if agent_id is not None)


def load_agent(thread: Thread) -> str | None:
    """The agent whose capacity a conversation uses: by the offer of a waiting ticket, or by a live one new or open.

    An inactive one uses none, unless the thread ``counts_inactive``; neither does email work.
    """
    ticket = thread.live
    if ticket is None:
        return None
    if ticket.offer is not None and ticket.assignee is None:
        return ticket.offer.agent_id
    if ticket.routing_channel == "email" or (thread.conversation.session != "active" and not thread.counts_inactive):
        return None
    return ticket.assignee if ticket.status in {"new", "open"} else None


def inactive_agent(thread: Thread) -> str | None:
    """The agent who holds a conversation whose customer is silent, and whose ticket is new or open."""
    ticket = thread.live
    if ticket is None or thread.conversation.session == "active" or ticket.status not in {"new", "open"}:
        return None
    return None if ticket.routing_channel == "email" else ticket.assignee


def email_agent(ticket: Ticket) -> str | None:
    """The agent whose email capacity a ticket uses: an open one, live or not, that is email work."""
    return ticket.assignee if ticket.status == "open" and ticket.routing_channel == "email" else None


@lru_cache(maxsize=4)
def _served(config: Same[DeskConfig]) -> Mapping[str, tuple[Queue, tuple[Pool, ...]]]:
    """The configured queues by name, each with the groups that serve it."""
    return {queue.name: (queue, tuple(_groups(queue))) for queue in config.value.queues}


def _groups(queue: Queue) -> Iterator[Pool]:
    if not queue.groups:
        yield None
        return
    for groups in (queue.groups, queue.fallback_groups):
        if groups:
            yield frozenset(groups)


def _why_not_at_all(agent: Agent, ticket: Ticket, served_by: tuple[Pool, ...], config: DeskConfig) -> str | None:
    return _why_never(agent, ticket, served_by) if config.gives_messaging(agent.status) else "status"


def _why_never(agent: Agent, ticket: Ticket, served_by: tuple[Pool, ...]) -> str | None:
    if agent.brands is not None and ticket.brand not in agent.brands:
        return "brand"
    for pool in served_by:
        if pool is None or not pool.isdisjoint(agent.groups):
            break
    else:
        return "group"
    return None if not ticket.skills or set(ticket.skills).issubset(agent.skills) else "skills"


def _prefers(agent: Agent, ticket: Ticket) -> bool:
    """Whether an agent has what a ticket prefers, as long as it does."""
    return ticket.relaxed or not ticket.prefer_skills or set(ticket.prefer_skills).issubset(agent.skills)


def _in_pool(agent: Agent, pool: Pool) -> bool:
    return pool is None or not pool.isdisjoint(agent.groups)


def _turn(agent: Agent) -> tuple[datetime, str]:
    return (agent.given_at or _NEVER, agent.id)


def _by_spare_capacity(agent: Agent) -> tuple[int, datetime, str]:
    return (agent.used.messaging - agent.capacity.messaging, *_turn(agent))


def _by_spare_share(agent: Agent) -> tuple[float, datetime, str]:
    share = agent.used.messaging / agent.capacity.messaging if agent.capacity.messaging else float("inf")
    return (share, *_turn(agent))


_PREFERENCE: Final[dict[str, Callable[[Agent], tuple[float, datetime, str]]]] = {
    "spare_capacity": _by_spare_capacity,
    "spare_share": _by_spare_share,
    "round_robin": lambda agent: (0, *_turn(agent)),
}
