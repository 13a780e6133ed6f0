"""A toy desk: threads in memory, a clock that is told the time, ids that count. The real rules decide everything.

What is due runs before what arrives, and the queue is pulled after each. Agents start offline and get nothing then, so
that routing leaves the test of one conversation alone.

Every decision is made twice, from the same inputs, and both have to be equal; its events have to stand in the law's
order.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from handoff_sdk.core import agents as agent_rules
from handoff_sdk.core.circumstances import Circumstances
from handoff_sdk.core.deadlines import next_due
from handoff_sdk.core.decide import decide, start
from handoff_sdk.core.draft import SYSTEM
from handoff_sdk.core.routing import inactive_agent, load_agents
from handoff_sdk.models.agent import Agent, Capacity
from handoff_sdk.models.command import (
    AcceptOffer,
    DeclineOffer,
    EndSession,
    HandBack,
    HandOff,
    LeaveQueue,
    NewMessage,
    PostMessage,
    StartConversation,
    TakeTicket,
    TransferTicket,
    UpdateTicket,
)
from handoff_sdk.models.config import DeskConfig, merged
from handoff_sdk.models.customer import Customer
from handoff_sdk.models.duration import parse_duration
from handoff_sdk.models.event import Actor
from handoff_sdk.models.message import Author, TextContent
from handoff_sdk.models.prompt import GiveTicketBack, SetPresence, Tick

from .decisions import in_the_laws_order, lines, told, types
from .queueing import gifts, place_of, waiting, withdrawals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from handoff_sdk.core.deadlines import DueItem
    from handoff_sdk.core.draft import Decision
    from handoff_sdk.core.thread import Thread
    from handoff_sdk.errors import HandoffError
    from handoff_sdk.models.conversation import Conversation
    from handoff_sdk.models.event import Event
    from handoff_sdk.models.noun import Command
    from handoff_sdk.models.ticket import Ticket

__all__ = ["BOT", "MONDAY", "Desk", "lines", "told", "types"]

QUIET = ("queued", "accepted", "left", "nobody_available")
"""Lines that the engine says at every step, and the toy only where a test asks for them."""

MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)
BOT = Actor(type="bot", id="ada")


class Desk:
    """The toy. Methods speak of the conversation touched last, unless ``to`` names another (by its customer)."""

    def __init__(self, **config: Any) -> None:
        default = {"bot": "ada", "bot_answer_within": "never", "lines": dict.fromkeys(QUIET, False)}
        base = {"brands": {"default": default}, "agents": {"ana": {}, "ben": {}}}
        brand = config.pop("brand", {})
        self.config = DeskConfig.parse(merged(merged(base, {"brands": {"default": brand}}), config))
        self.now = MONDAY
        self.ids = 0
        self.name = "mia"
        self.profiles: dict[str, dict[str, Any]] = {}
        self.threads: dict[str, Thread] = {}
        self.tickets: dict[str, Ticket] = {}
        self.events: list[Event] = []
        self.history: list[timedelta] = []
        self.people = {
            agent_id: Agent(
                id=agent_id,
                name=agent.name,
                groups=agent.groups,
                skills=agent.skills,
                brands=agent.brands,
                capacity=Capacity(messaging=agent.capacity.messaging),
            )
            for agent_id, agent in self.config.agents.items()
        }

    @property
    def thread(self) -> Thread:
        return self.threads[self.name]

    @property
    def conversation(self) -> Conversation:
        return self.thread.conversation

    @property
    def ticket(self) -> Ticket:
        """The latest ticket."""
        ticket = self.thread.latest
        assert ticket is not None
        return ticket

    @property
    def due(self) -> DueItem | None:
        return next_due(self.thread, self.config)

    @property
    def queue(self) -> list[str]:
        """Whose tickets wait, in serving order."""
        return [name for name, _ in waiting(self)]

    def used(self, agent_id: str) -> int:
        """The messaging capacity an agent uses."""
        return sum(load_agents(thread).count(agent_id) for thread in self.threads.values())

    def agent(self, agent_id: str) -> Agent:
        inactive = sum(inactive_agent(thread) == agent_id for thread in self.threads.values())
        used = Capacity(messaging=self.used(agent_id))
        return self.people[agent_id].model_copy(update={"used": used, "inactive": inactive})

    def texts(self) -> list[str]:
        """What was said publicly by customers, bots and agents."""
        return [
            event.data["message"]["content"]["text"]
            for event in self.events
            if event.type == "message.created"
            and event.conversation_id == self.conversation.id
            and event.data["message"]["visibility"] == "public"
            and event.data["message"]["author"]["type"] != "system"
        ]

    def stretch(self, decision: Decision) -> list[str]:
        """The texts that a decision names as the messages of the human stretch."""
        after, epoch = decision.stretch or (0, 0)
        messages = [event.data["message"] for event in self.events if event.type == "message.created"]
        return [
            message["content"]["text"]
            for message in messages
            if message["conversation_id"] == self.conversation.id
            and message["seq"] > after
            and message["epoch"] == epoch
            and message["visibility"] == "public"
            and message["author"]["type"] != "system"
        ]

    def starts(self, name: str = "mia", *, brand: str = "default", says: str | None = None, **options: Any) -> Decision:
        """Start a customer's conversation."""
        self.run_due()
        self.name = name
        customer = Customer(id=f"cus_{name}", external_id=name, created_at=self.now, **self.profiles.get(name, {}))
        message = None if says is None else NewMessage(content=TextContent(text=says))
        command = StartConversation(brand=brand, message=message, **options)
        decision = self._twice(
            lambda: start(command, customer, actor=_customer(name), **self._given(), beside=self._beside),
        )
        return self._take_in(None, decision)

    def customer_says(self, text: str = "Hello", *, to: str | None = None) -> Decision:
        """The customer writes; a conversation that is not there yet starts."""
        self.name = to or self.name
        if self.name not in self.threads:
            return self.starts(self.name, says=text)
        return self.does(self.message(text), _customer(self.name))

    def connects(self) -> Decision:
        return self.does(SetPresence(conversation_id=self.conversation.id, connected=True), SYSTEM)

    def disconnects(self) -> Decision:
        return self.does(SetPresence(conversation_id=self.conversation.id, connected=False), SYSTEM)

    def bot_says(self, text: str = "How can I help?", *, epoch: int | None = None, bot: str = "ada") -> Decision:
        message = self.message(text, author=Author(type="bot", id=bot), epoch=epoch or self.conversation.epoch)
        return self.does(message, Actor(type="bot", id=bot))

    def hand_off(
        self, *, to: str | None = None, actor: Actor = BOT, epoch: int | None = None, **fields: Any
    ) -> Decision:
        self.name = to or self.name
        epoch = epoch or self.conversation.epoch
        return self.does(HandOff(conversation_id=self.conversation.id, epoch=epoch, **fields), actor)

    def agent_says(
        self, text: str = "Ana here.", *, agent: str = "ana", to: str | None = None, **named: Any
    ) -> Decision:
        self.name = to or self.name
        return self.does(self.message(text, author=Author(type="agent", id=agent), **named), _agent(agent))

    def sets(
        self, *, agent: str = "ana", to: str | None = None, ticket_id: str | None = None, **changes: Any
    ) -> Decision:
        """An agent changes the latest ticket, or another."""
        self.name = to or self.name
        return self.does(UpdateTicket(ticket_id=ticket_id or self.ticket.id, **changes), _agent(agent))

    def takes(self, agent: str = "ana", *, ticket_id: str | None = None) -> Decision:
        return self.does(TakeTicket(ticket_id=ticket_id or self.ticket.id), _agent(agent))

    def transfers(self, agent: str = "ana", *, to: dict[str, str]) -> Decision:
        """An agent transfers the latest ticket: ``to`` has an ``agent``, a ``group`` or a ``queue``."""
        return self.does(TransferTicket.model_validate({"ticket_id": self.ticket.id, **to}), _agent(agent))

    def accepts(self, agent: str = "ana", *, offer_id: str | None = None) -> Decision:
        return self.does(AcceptOffer(offer_id=offer_id or self._offer_id()), _agent(agent))

    def declines(self, agent: str = "ana", *, offer_id: str | None = None) -> Decision:
        return self.does(DeclineOffer(offer_id=offer_id or self._offer_id()), _agent(agent))

    def hands_back(self, agent: str = "ana", **fields: Any) -> Decision:
        return self.does(HandBack(ticket_id=self.ticket.id, **fields), _agent(agent))

    def status(self, agent: str, status: str) -> None:
        """An agent sets their status; the queue is pulled."""
        self.run_due()
        self.people[agent], events = agent_rules.set_status(
            self.people[agent], status, actor=_agent(agent), now=self.now, new_id=self._new_id, config=self.config
        )
        self.events += events
        self.pull()

    def at_console(self, agent: str, *, connected: bool) -> None:
        """An agent's console opens or closes."""
        self.run_due()
        change = agent_rules.connect if connected else agent_rules.disconnect
        self.people[agent], events = change(self.people[agent], now=self.now, new_id=self._new_id)
        self.events += events
        self.pull()

    def ends(self, who: str = "agent", **named: Any) -> Decision:
        """Somebody ends the session."""
        return self.does(EndSession(conversation_id=self.conversation.id, **named), self.actor(who))

    def leaves_queue(self, who: str = "customer") -> Decision:
        return self.does(LeaveQueue(conversation_id=self.conversation.id), self.actor(who))

    def does(self, command: Command, actor: Actor) -> Decision:
        """Do a command once what is due was done; then the queue is pulled."""
        self.run_due()
        decision = self.decided(self.name, command, actor)
        self.pull()
        return decision

    @contextmanager
    def refused(self, error: type[HandoffError]) -> Iterator[pytest.ExceptionInfo[HandoffError]]:
        """What happens here has to be refused, and nothing may move."""
        threads, happened = dict(self.threads), len(self.events)
        with pytest.raises(error) as caught:
            yield caught
        assert error is caught.type
        assert threads == self.threads
        assert happened == len(self.events)

    def ticks(self) -> Decision:
        """One tick of the conversation touched last."""
        return self.decided(self.name, Tick(conversation_id=self.conversation.id), SYSTEM)

    def sleeps(self, duration: str) -> None:
        """Time passes while the desk stands still: nothing runs."""
        self.now += parse_duration(duration)

    def advance(self, duration: str) -> list[str]:
        """Time passes, and everything that falls due runs at its instant; answers the types of what happened."""
        happened = len(self.events)
        self._run_until(self.now + parse_duration(duration))
        return [event.type for event in self.events[happened:]]

    def run_due(self) -> None:
        """Run what is due by now."""
        self._run_until(self.now)

    def pull(self) -> None:
        """Withdraw what cannot be held and give what can be given, until nothing more follows."""
        while (choice := next(withdrawals(self), None) or next(gifts(self), None)) is not None:
            name, command = choice
            before = self.threads[name]
            assert before is not self.decided(name, command, SYSTEM).thread

    def decided(self, name: str, command: Command, actor: Actor) -> Decision:
        """Let the rules decide, and take in what they decided."""
        before = self._with_ticket(self.threads[name], getattr(command, "ticket_id", None))
        assignee = self.people.get(before.live.assignee or "") if before.live else None
        beside = replace(self._outside(before), assignee_status=assignee.status if assignee else None)
        decision = self._twice(lambda: decide(before, command, actor=actor, **self._given(), beside=beside))
        return self._take_in(before, decision)

    def _take_in(self, before: Thread | None, decision: Decision) -> Decision:
        thread = decision.thread
        name = thread.customer.id.removeprefix("cus_")
        if before is None or thread is not before:
            self.threads[name] = thread
        self.tickets |= {ticket.id: ticket for ticket in thread.tickets}
        self.events += decision.events
        for fact in decision.agents:
            self.people[fact.agent_id], events = agent_rules.after(
                self.people[fact.agent_id], fact, lapses=self.config.routing.lapses, now=self.now, new_id=self._new_id
            )
            self.events += events
        in_the_laws_order(decision)
        assert 2 > len(lines(decision)), "a transaction says one line at most"
        return decision

    def _run_until(self, instant: datetime) -> None:
        while (first := min(self.due_items(), default=None)) is not None and first[0] <= instant:
            self.now = max(self.now, first[0])
            name = first[-1]
            if name in self.people:
                self._tick_agent(name)
            else:
                before = self.threads[name]
                assert before is not self.decided(name, Tick(conversation_id=before.conversation.id), SYSTEM).thread
            self.pull()
        self.now = max(self.now, instant)

    def due_items(self) -> Iterator[tuple[datetime, int, str, str]]:
        for name, thread in self.threads.items():
            if (item := next_due(thread, self.config)) is not None:
                yield item.at, item.order, thread.conversation.id, name
        for agent_id, agent in self.people.items():
            if (item := agent_rules.next_due(agent, self.config)) is not None:
                yield item.at, item.order, agent_id, agent_id

    def _tick_agent(self, agent_id: str) -> None:
        agent = self.people[agent_id]
        if agent_rules.give_back_due(agent, self.config, self.now):
            for name, thread in self.threads.items():
                if agent_rules.gives_back(thread, agent_id):
                    command = GiveTicketBack(conversation_id=thread.conversation.id, agent_id=agent_id)
                    self.decided(name, command, SYSTEM)
                    return
        self.people[agent_id], events = agent_rules.tick(agent, now=self.now, new_id=self._new_id, config=self.config)
        assert agent != self.people[agent_id]
        self.events += events

    def _with_ticket(self, thread: Thread, ticket_id: str | None) -> Thread:
        """The thread with a closed ticket that a command names."""
        ticket = self.tickets.get(ticket_id or "")
        if ticket is None or thread.ticket(ticket.id) is not None or ticket.conversation_id != thread.conversation.id:
            return thread
        return thread.model_copy(update={"tickets": (ticket, *thread.tickets)})

    def message(self, text: str, **fields: Any) -> PostMessage:
        return PostMessage(conversation_id=self.conversation.id, content=TextContent(text=text), **fields)

    def _offer_id(self) -> str:
        assert self.ticket.offer is not None
        return self.ticket.offer.id

    def actor(self, who: str) -> Actor:
        return {"agent": _agent("ana"), "bot": BOT, "customer": _customer(self.name)}[who]

    @property
    def _beside(self) -> Circumstances:
        return Circumstances(place_of=partial(place_of, self))

    def _outside(self, _thread: Thread) -> Circumstances:
        """What a decision knows beside the conversation; of follow-ups nothing here."""
        return self._beside

    def _given(self) -> dict[str, Any]:
        return {"now": self.now, "config": self.config, "new_id": self._new_id}

    def _new_id(self, prefix: str) -> str:
        self.ids += 1
        return f"{prefix}_{self.ids:06}"

    def _twice(self, decided: Callable[[], Decision]) -> Decision:
        ids = self.ids
        first = decided()
        self.ids = ids
        second = decided()
        assert first == second
        return second


def _customer(name: str) -> Actor:
    return Actor(type="customer", id=f"cus_{name}")


def _agent(agent_id: str) -> Actor:
    return Actor(type="agent", id=agent_id)
