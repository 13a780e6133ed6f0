"""lifecycle.md, 11.5: nobody is left in silence, whatever becomes of the bots, their processes, the engine and people.

A model of what customers were promised runs beside the real rules: each message is kept as waiting until something is
done about it, and may not wait longer than a bot may be silent. Processes lease turns, think, type, post, pass, hand
off, acknowledge (in time, late, or after somebody else did), and die; the engine restarts; people take, park, return.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from handoff_sdk.core.status import eligible
from handoff_sdk.errors import HandoffError
from handoff_sdk.models.command import CompleteTurn, ExtendTurn, PassControl, ReleaseTurn
from handoff_sdk.models.event import Actor
from handoff_sdk.models.prompt import LeaseTurn, RenewOffer, RenewTurns, StayWithTurn

from .desk import Desk

if TYPE_CHECKING:
    from collections.abc import Callable

    from handoff_sdk.models.event import Event
    from handoff_sdk.models.noun import Command

T = TypeVar("T")

SYSTEM = Actor(type="system")
WITHIN = {"mia": timedelta(seconds=60), "tom": timedelta(seconds=20), "eva": timedelta(0)}
"""How long a bot may be silent to each customer; Eva's brand has no bot."""
CONFIG: dict[str, Any] = {
    "brands": {
        "default": {"bot": "ada", "bot_answer_within": "60s"},
        "quick": {"bot": "ada", "bot_answer_within": "20s", "style": "live_chat"},
        "people": {"bot": "none"},
    },
}
BRANDS = {"mia": "default", "tom": "quick", "eva": "people"}


@dataclass
class Promise:
    """A message that nothing was done about yet. ``turn_id`` is the bot's, where it is one."""

    name: str
    seq: int
    at: datetime
    turn_id: str | None


@dataclass
class Process:
    """A process of a bot with a turn, in the epoch in which it got it."""

    name: str
    consumer: str
    bot: str
    turn_id: str
    epoch: int


PROCESS = ("post", "type", "extend", "extend", "done", "done and a timer", "release", "pass", "pass", "hand off", "die")
AGENT = ("writes", "pending", "solved", "hands back", "ends", "accepts", "declines", "goes away")
PAUSES = ("1s", "10s", "19s", "29s", "31s", "31s", "31s", "2m", "5d")


class NeverSilent(RuleBasedStateMachine):
    """Everybody does whatever comes to their mind, and customers wait no longer than they have to.

    All that happens is one rule: of many, hypothesis leaves most out of most stories.
    """

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk(**CONFIG)
        self.promises: list[Promise] = []
        self.processes: list[Process] = []
        self.alive: dict[str, datetime] = {}
        self.read = self.leases = 0

    @initialize()
    def everybody_begins(self) -> None:
        for name, brand in BRANDS.items():
            self.desk.starts(name, brand=brand)

    @rule(
        who=st.sampled_from(
            ("customer",) * 4 + ("process",) * 6 + ("time",) * 4 + ("agent", "agent", "engine", "gone")
        ),
        name=st.sampled_from(["mia", "mia", "tom", "eva"]),
        number=st.integers(0, 719),
    )
    def somebody_acts(self, who: str, name: str, number: int) -> None:
        match who:
            case "customer":
                self.customer_writes(name)
                if number % 3:
                    self.process_leases(name)
            case "process" if self.processes and number % 4:
                self.process_acts(self.processes[-1 - number % len(self.processes)], PROCESS[number % len(PROCESS)])
            case "process":
                self.process_leases(name)
            case "time":
                self.desk.advance(PAUSES[number % len(PAUSES)])
            case "agent" if self.desk.threads[name].conversation.owner == "human" or number % 8 == 0:
                self.agent_acts(name, ("ana", "ben")[number % 2], AGENT[number // 2 % len(AGENT)])
            case "agent":
                self.desk.status(("ana", "ben")[number % 2], ("online", "offline")[number // 2 % 2])
            case "engine":
                self.engine_restarts()
            case "gone":
                self.does(name, lambda desk: desk.ends("customer") if number % 2 else desk.leaves_queue())

    def customer_writes(self, name: str) -> None:
        decision = self.does(name, lambda desk: desk.customer_says())
        assert decision is not None
        message = next(
            event
            for event in decision.events
            if event.type == "message.created" and event.data["message"]["author"]["type"] == "customer"
        )
        turns = self.desk.threads[name].turns
        turn_id = next((turn.id for turn in turns if turn.about == message.data["message"]["id"]), None)
        self.promises.append(Promise(name, message.seq, self.desk.now, turn_id))

    def process_leases(self, name: str) -> None:
        """A process comes for a turn; it gets none where there is none, or another one has the conversation."""
        self.leases += 1
        conversation, consumer = self.desk.threads[name].conversation, f"process {self.leases}"
        command = LeaseTurn(conversation_id=conversation.id, bot=conversation.bot or "", consumer=consumer)
        decision = self.does(name, lambda desk: desk.does(command, SYSTEM))
        if decision is not None and decision.turn_id is not None:
            process = Process(name, consumer, conversation.bot or "", decision.turn_id, conversation.epoch)
            self.processes.append(process)

    def process_acts(self, process: Process, what: str) -> None:
        """A process does something, also where it lost its turn long ago; it goes on only where it still has it."""
        name, bot = process.name, Actor(type="bot", id=process.bot)
        where = self.desk.threads[name].conversation.id
        mine: dict[str, str] = {"bot": process.bot, "turn_id": process.turn_id, "consumer": process.consumer}
        other = "eve" if process.bot == "ada" else "ada"
        commands: dict[str, Command] = {
            "type": StayWithTurn(conversation_id=where),
            "extend": ExtendTurn(**mine),
            "done": CompleteTurn(**mine),
            "done and a timer": CompleteTurn(**mine, timers={"wake": self.desk.now + timedelta(minutes=1)}),
            "release": ReleaseTurn(conversation_id=where, epoch=process.epoch),
            "pass": PassControl(conversation_id=where, bot=other, epoch=process.epoch),
        }
        open_before = {turn.id for turn in self.desk.threads[name].turns}
        decision = None
        if what == "post":
            decision = self.does(name, lambda desk: desk.bot_says(epoch=process.epoch, bot=process.bot))
        elif what == "hand off":
            decision = self.does(name, lambda desk: desk.hand_off(actor=bot, epoch=process.epoch, key=process.turn_id))
        elif what in commands:
            decision = self.does(name, lambda desk: desk.does(commands[what], bot))
        if what not in {"post", "type", "extend"} or decision is None:
            self.processes.remove(process)
        if decision is None:
            return
        if what in {"post", "pass"} or (what == "type" and self.desk.threads[name].turns):
            self.alive[name] = self.desk.now
        if what in {"done", "done and a timer", "release"}:
            acknowledged = open_before - {turn.id for turn in self.desk.threads[name].turns}
            self.promises = [one for one in self.promises if one.turn_id not in acknowledged]

    def engine_restarts(self) -> None:
        for name, thread in tuple(self.desk.threads.items()):
            where, offer = thread.conversation.id, thread.live and thread.live.offer
            if offer is not None:
                renewed = RenewOffer(conversation_id=where, offer_id=offer.id)
                self.does(name, lambda desk, command=renewed: desk.does(command, SYSTEM))
            if thread.turns:
                self.does(name, lambda desk, where=where: desk.does(RenewTurns(conversation_id=where), SYSTEM))
                self.alive[name] = self.desk.now

    def agent_acts(self, name: str, agent: str, what: str) -> None:
        latest = self.desk.threads[name].latest
        acts: dict[str, Callable[[Desk], object]] = {"writes": lambda desk: desk.agent_says(agent=agent)}
        if latest is not None:
            acts |= {
                "pending": lambda desk: desk.sets(agent=agent, status="pending"),
                "solved": lambda desk: desk.sets(agent=agent, status="solved"),
                "hands back": lambda desk: desk.hands_back(agent),
                "ends": lambda desk: desk.ends("agent"),
                "goes away": lambda desk: desk.sets(agent=agent, assignee=None),
            }
        if latest is not None and (offer := latest.offer) is not None:
            acts["accepts"] = lambda desk: desk.accepts(offer.agent_id, offer_id=offer.id)
            acts["declines"] = lambda desk: desk.declines(offer.agent_id, offer_id=offer.id)
        if what in acts:
            self.does(name, acts[what])

    def does(self, name: str, act: Callable[[Desk], T]) -> T | None:
        """Somebody tries something; ``None`` where it is refused."""
        self.desk.name = name
        try:
            return act(self.desk)
        except HandoffError:
            return None

    # What customers were promised

    @invariant()
    def nobody_waits_longer_than_a_bot_may_be_silent(self) -> None:
        self.desk.run_due()
        for event in self.desk.events[self.read :]:
            self.promises = [one for one in self.promises if not self.keeps(event, one)]
        self.read = len(self.desk.events)
        for promise in self.promises:
            conversation = self.desk.threads[promise.name].conversation
            if conversation.owner == "human":
                self.check_that_people_have_it(promise.name)
            else:
                since = max(promise.at, self.alive.get(promise.name, promise.at))
                assert (conversation.owner, True) == ("bot", self.desk.now < since + WITHIN[promise.name])
        self.promises = [
            one for one in self.promises if self.desk.threads[one.name].conversation.owner != "human"
        ]  # fmt: skip

    def keeps(self, event: Event, promise: Promise) -> bool:
        """Whether an event is what the customer of a promise waited for: an answer, or why there is none."""
        thread = self.desk.threads[promise.name]
        if event.conversation_id != thread.conversation.id or event.seq <= promise.seq:
            return False
        if event.type == "message.created":
            message = event.data["message"]
            return message["visibility"] == "public" and message["author"]["type"] in {"bot", "agent"}
        if event.type == "control.passed":
            return event.data["owner"] == "human"
        return event.type in {"control.taken_over", "session.ended"}

    def check_that_people_have_it(self, name: str) -> None:
        """The ticket has somebody, is on offer, or is in the queue."""
        ticket = self.desk.threads[name].live
        assert ticket is not None
        assert ticket.status == "open" or (ticket.status == "new" and eligible(ticket))
        assert ticket.assignee is not None or ticket.offer is not None or name in self.desk.queue

    def teardown(self) -> None:
        """Everything stands still, and nobody waits any more."""
        if self.desk.threads:
            self.nobody_waits_longer_than_a_bot_may_be_silent()
            self.desk.advance("60s")
            self.nobody_waits_longer_than_a_bot_may_be_silent()
            assert [] == self.promises


TestNeverSilent = NeverSilent.TestCase
TestNeverSilent.settings = settings(
    max_examples=100,
    stateful_step_count=50,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
