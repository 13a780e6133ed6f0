"""The next assignment in a big desk, beside the same choice made by looking at every agent.

10,000 agents with three of twenty skills each, 100,000 waiting tickets that need one of them, in five queues; in the
full desk every agent has all they may have but one who has just become free, in the opening one everybody is free.
Nothing is written. Measured are

- *core*: the rules' choice alone (``core.routing.chosen_agent``), among the first of those who are free;
- *desk*: the router's whole turn, which finds the ticket and those agents in its index and looks at offers again.

Both are measured with 1,000 tickets waiting too: how much slower a choice is where a hundred times as many wait. The
anchor is the rules asked of all agents for the tickets in serving order. Seconds are those of the processor.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import islice
from statistics import median
from time import perf_counter, thread_time
from typing import TYPE_CHECKING, Any, NamedTuple

from handoff_sdk.core.routing import chosen_agent
from handoff_sdk.core.thread import Thread
from handoff_sdk.desk.in_force import InForce
from handoff_sdk.desk.roster import Roster
from handoff_sdk.desk.router import Router
from handoff_sdk.models.agent import Agent
from handoff_sdk.models.config import DeskConfig
from handoff_sdk.models.conversation import Conversation
from handoff_sdk.models.customer import Customer
from handoff_sdk.models.prompt import OfferTicket
from handoff_sdk.models.ticket import Offer, Ticket
from handoff_sdk.ports import AgentChange, Standing
from handoff_sdk.testing.clock import VirtualClock

if TYPE_CHECKING:
    from collections.abc import Callable

AGENTS = 10_000
WAITING = 100_000
FEW = 1_000
GIVEN = 250
SCANNED = 20

_NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
_SKILLS = [f"skill-{number}" for number in range(20)]
_QUEUES = [f"queue-{number}" for number in range(5)]


class _Took(NamedTuple):
    """The median seconds of a choice: of the rules alone, and of the router."""

    core: float
    desk: float


def measure(*, small: bool = False) -> dict[str, float]:
    """Choices a second: at a full desk where agents become free one by one, and at one that opens."""
    agents, waiting, few, given = (100, 1_000, 100, 20) if small else (AGENTS, WAITING, FEW, GIVEN)
    config = _config(agents)
    begun = perf_counter()
    desk = _Desk(config, waiting, used=3)
    loading = perf_counter() - begun
    full = desk.run(given, free_before_each=True)
    scan = desk.scan(SCANNED)
    opening = _Desk(config, waiting, used=0).run(given, free_before_each=False)
    quiet = _Desk(config, few, used=3).run(given, free_before_each=True)
    early = _Desk(config, few, used=0).run(given, free_before_each=False)
    return {
        "waiting tickets": waiting,
        "index of them made in, s": loading,
        "looking at every agent, ms": scan * 1000,
        "core, full desk, decisions/s": 1 / full.core,
        "core, opening desk, decisions/s": 1 / opening.core,
        "desk, full, decisions/s": 1 / full.desk,
        "desk, opening, decisions/s": 1 / opening.desk,
        f"core, full desk, slower than with {few:,} waiting": full.core / quiet.core,
        f"core, opening desk, slower than with {few:,} waiting": opening.core / early.core,
        f"desk, full, slower than with {few:,} waiting": full.desk / quiet.desk,
        f"desk, opening, slower than with {few:,} waiting": opening.desk / early.desk,
        "ratio, full desk": scan / full.desk,
        "ratio, opening desk": scan / opening.desk,
    }


def _config(agents: int) -> DeskConfig:
    chance = random.Random(0)
    return DeskConfig.parse(
        {
            "queues": [{"name": name, "priority": number + 1} for number, name in enumerate(_QUEUES)],
            "agents": {f"agent-{number:05}": {"skills": chance.sample(_SKILLS, 3)} for number in range(agents)},
        }
    )


class _Desk:
    """A desk's memory without its store: what the router gives shows at once."""

    def __init__(self, config: DeskConfig, waiting: int, *, used: int) -> None:
        self._chance = random.Random(1)
        self._config = config
        self._waiting, self._names = waiting, sorted(config.agents)
        self._roster = Roster(config)
        agents = tuple(Agent(id=agent_id, status="online") for agent_id in config.agents)
        self._roster.load(config, Standing(agents=agents, used=dict.fromkeys(config.agents, used)))
        self._router = Router(self._roster, InForce(config), VirtualClock(_NOW), self._act)
        self._threads = {thread.conversation.id: thread for thread in map(self._thread, range(waiting))}
        for thread in self._threads.values():
            self._router.note(None, thread)
        self._given = 0

    def run(self, most: int, *, free_before_each: bool) -> _Took:
        """The median seconds of a choice, over so many that are carried out; as many before them are not measured."""
        core, desk = [], []
        for number in range(2 * most):
            if free_before_each:
                self._free_somebody()
            begun = thread_time()
            command = self._router._next()  # noqa: SLF001 - the choice without carrying it out
            took = thread_time() - begun
            if not isinstance(command, OfferTicket):
                raise TypeError(command)
            if number >= most:
                desk.append(took)
                core.append(self._by_the_rules(command))
            self._offered(command)
        return _Took(median(core), median(desk))

    def scan(self, most: int) -> float:
        """The median seconds of a choice among all agents, for tickets in serving order."""
        self._free_somebody()
        tickets = list(islice(self._router.waiting(), most))
        agents = self._roster.all()
        return median(_timed(lambda ticket=ticket: self._chosen(ticket, agents)) for ticket in tickets)

    def _by_the_rules(self, command: OfferTicket) -> float:
        """The seconds of the rules' choice for the ticket that was chosen."""
        ticket = self._threads[command.conversation_id].tickets[0]
        waiting = self._router._lineup.find(ticket.id)  # noqa: SLF001 - what the router asks of its index
        if waiting is None:
            raise TypeError(ticket)
        agents = self._roster.free.for_line(waiting.line, ticket, inactive=False)
        return _timed(lambda: self._chosen(ticket, agents))

    def _chosen(self, ticket: Ticket, agents: list[Agent]) -> None:
        chosen_agent(ticket, agents, self._config, _NOW)

    def _free_somebody(self) -> None:
        agent = self._roster.agent(self._chance.choice(self._names))
        self._roster.apply([AgentChange(agent, load=min(0, 2 - agent.used.messaging))])

    def _offered(self, command: OfferTicket) -> None:
        before = self._threads[command.conversation_id]
        self._given += 1
        offer = Offer(
            id=f"ofr_{self._given}", agent_id=command.agent_id, offered_at=_NOW, expires_at=_NOW + timedelta(hours=1)
        )
        ticket = before.tickets[0].model_copy(update={"offer": offer})
        after = before.model_copy(update={"tickets": (ticket,)})
        self._threads[command.conversation_id] = after
        self._roster.apply([AgentChange(self._roster.agent(command.agent_id), load=1)])
        self._router.note(before, after)

    def _thread(self, number: int) -> Thread:
        at = _NOW - timedelta(seconds=self._waiting - number)
        name = f"{number:06}"
        details: dict[str, Any] = {
            "queue": self._chance.choice(_QUEUES),
            "skills": (self._chance.choice(_SKILLS),),
            "priority": self._chance.choice(["low", "normal", "high", "urgent", None]),
        }
        ticket = Ticket(
            id=f"tkt_{name}",
            number=1,
            conversation_id=f"cnv_{name}",
            brand="default",
            channel="web",
            style="social",
            created_at=at,
            updated_at=at,
            status_at=at,
            eligible_at=at,
            **details,
        )
        conversation = Conversation(
            id=f"cnv_{name}", customer_id=f"cus_{name}", owner="human", session="active", created_at=at
        )
        customer = Customer(id=f"cus_{name}", created_at=at)
        return Thread(conversation=conversation, customer=customer, tickets=(ticket,))

    async def _act(self, command: object) -> None:
        raise TypeError(command)


def _timed(work: Callable[[], None]) -> float:
    begun = thread_time()
    work()
    return thread_time() - begun
