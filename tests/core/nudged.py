"""A toy desk for follow-ups: threads in memory, a clock that is told the time, a pacer, breakers, and a day's count.

What is due runs before what arrives. Every decision is made twice, from the same inputs, and both have to be equal; the
thread survives being written and read, and its events stand in the law's order.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from handoff_sdk.core.breaker import after, resumed
from handoff_sdk.core.circumstances import Circumstances
from handoff_sdk.core.deadlines import next_due
from handoff_sdk.core.decide import decide, start
from handoff_sdk.core.draft import SYSTEM
from handoff_sdk.core.followups import budget_of, next_at
from handoff_sdk.core.listing import followups_of
from handoff_sdk.core.pace import Pacer
from handoff_sdk.core.proactive import continued
from handoff_sdk.core.quiet import day_start
from handoff_sdk.core.thread import Thread
from handoff_sdk.models.command import (
    CancelFollowup,
    EndSession,
    HandBack,
    HandOff,
    NewMessage,
    PassControl,
    PostMessage,
    RecordActivity,
    ScheduleFollowup,
    SendProactive,
    StartConversation,
    TakeTicket,
    UpdateTicket,
)
from handoff_sdk.models.config import DeskConfig, merged
from handoff_sdk.models.customer import Customer
from handoff_sdk.models.duration import parse_duration
from handoff_sdk.models.event import Actor
from handoff_sdk.models.followup import Breaker
from handoff_sdk.models.message import Author, TextContent
from handoff_sdk.models.prompt import Tick

from .decisions import in_the_laws_order, told, types

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from handoff_sdk.core.draft import Decision
    from handoff_sdk.errors import HandoffError
    from handoff_sdk.models.event import Event
    from handoff_sdk.models.followup import Followup
    from handoff_sdk.models.noun import Command
    from handoff_sdk.models.ticket import Ticket

__all__ = ["BOT", "INTEGRATOR", "MORNING", "STEPS", "Desk", "told", "types"]

MORNING = datetime(2026, 1, 5, 10, tzinfo=UTC)
BOT = Actor(type="bot", id="ada")
INTEGRATOR = Actor(type="integrator", id="crm")

STEPS = [
    {"after": "5m", "say": {"en": "Are you still there?"}, "set": {"status": "pending"}, "add_tags": ["reminder_1"]},
    {"after": "5m", "say": {"en": "I will close this soon."}},
    {"after": "1m", "set": {"status": "solved"}},
]
"""The ladder of config.md."""


class Desk:
    """The toy. Methods speak of the conversation touched last, unless ``to`` names another.

    Args:
        ladder: Changes of the ladder ``nudge``, which is the brand's.
        brand: Further keys of the brand.
        profile: What is known of every customer.
        config: Further sections.
    """

    def __init__(
        self,
        ladder: dict[str, Any] | None = None,
        *,
        brand: dict[str, Any] | None = None,
        profile: dict[str, Any] | None = None,
        **config: Any,
    ) -> None:
        base = {
            "brands": {
                "default": {"bot": "ada", "style": "social", "followups": "nudge", "bot_answer_within": "never"}
            },
            "agents": {"ana": {"name": "Ana"}, "ben": {}},
            "followups": {"nudge": {"steps": STEPS} | (ladder or {})},
        }
        self.config = DeskConfig.parse(merged(merged(base, {"brands": {"default": brand or {}}}), config))
        self.profile = profile or {}
        self.now = MORNING
        self.ids = 0
        self.name = "mia"
        self.pacer = Pacer()
        self.slots: list[tuple[str, datetime]] = []
        self.breakers: dict[str, Breaker] = {}
        self.customers: dict[str, Customer] = {}
        self.threads: dict[str, Thread] = {}
        self.events: defaultdict[str, list[Event]] = defaultdict(list)
        self.decisions: list[tuple[str | None, Decision]] = []

    # What is there

    @property
    def thread(self) -> Thread:
        return self.threads[self.name]

    @property
    def ticket(self) -> Ticket:
        ticket = self.thread.latest
        if ticket is None:
            raise LookupError("there is no ticket")
        return ticket

    @property
    def next(self) -> datetime | None:
        """When the next follow-up is due."""
        return next_at(self.thread, self.config)

    def happened(self, *event_types: str) -> list[Event]:
        """The events of these types in the conversation."""
        return [event for event in self.events[self.thread.conversation.id] if event.type in event_types]

    def said(self) -> list[str]:
        """What follow-ups and proactive messages said."""
        messages = [event.data["message"] for event in self.happened("message.created")]
        return [message["content"].get("text", "(template)") for message in messages if message["via"]]

    @property
    def sent(self) -> int:
        return len(self.happened("followup.sent"))

    @property
    def skipped(self) -> list[str]:
        return [event.data["reason"] for event in self.happened("followup.skipped")]

    @property
    def stopped(self) -> list[str]:
        return [event.data["reason"] for event in self.happened("followup.stopped")]

    def listed(self) -> tuple[Followup, ...]:
        return followups_of(self.thread, self.config, self.events[self._id])

    # What people do

    def starts(
        self, name: str = "mia", *, customer: str | None = None, says: str | None = None, **options: Any
    ) -> Decision:
        self.run_due()
        self.name = name
        profile = self.customer(customer or name)
        message = None if says is None else NewMessage(content=TextContent(text=says))
        command = StartConversation(message=message, **options)
        actor = Actor(type="customer", id=profile.id)
        return self._take_in(self._twice(lambda: start(command, profile, actor=actor, **self._given())))

    def customer_says(self, text: str = "Hello", *, to: str | None = None, customer: str | None = None) -> Decision:
        self.name = to or self.name
        if self.name not in self.threads:
            return self.starts(self.name, customer=customer, says=text)
        return self.does(self._message(text), Actor(type="customer", id=self.thread.customer.id))

    def bot_says(self, text: str = "How can I help?", *, to: str | None = None) -> Decision:
        self.name = to or self.name
        author = Author(type="bot", id=self.thread.conversation.bot)
        message = self._message(text, author=author, epoch=self.thread.conversation.epoch)
        return self.does(message, Actor(type="bot", id=author.id))

    def hands_off(self, **fields: Any) -> Decision:
        epoch = self.thread.conversation.epoch
        return self.does(HandOff(conversation_id=self._id, epoch=epoch, **fields), BOT)

    def passes(self, bot: str = "eva") -> Decision:
        return self.does(PassControl(conversation_id=self._id, bot=bot, epoch=self.thread.conversation.epoch), BOT)

    def agent_says(self, text: str = "Which order?", *, agent: str = "ana", to: str | None = None) -> Decision:
        self.name = to or self.name
        return self.does(self._message(text, author=Author(type="agent", id=agent)), Actor(type="agent", id=agent))

    def takes(self, agent: str = "ana") -> Decision:
        return self.does(TakeTicket(ticket_id=self.ticket.id), Actor(type="agent", id=agent))

    def sets(self, **changes: Any) -> Decision:
        return self.does(UpdateTicket(ticket_id=self.ticket.id, **changes), Actor(type="agent", id="ana"))

    def hands_back(self, **fields: Any) -> Decision:
        return self.does(HandBack(ticket_id=self.ticket.id, **fields), Actor(type="agent", id="ana"))

    def ends(self, who: str = "agent") -> Decision:
        actor = {"agent": Actor(type="agent", id="ana"), "bot": BOT}.get(
            who, Actor(type="customer", id=self.thread.customer.id)
        )
        return self.does(EndSession(conversation_id=self._id), actor)

    def follows_up(
        self, say: str | dict[str, str] | None = "Still there?", *, by: Actor = INTEGRATOR, **when: Any
    ) -> Decision:
        return self.does(ScheduleFollowup(conversation_id=self._id, say=say, **when), by)

    def cancels(self, **which: Any) -> Decision:
        return self.does(CancelFollowup(conversation_id=self._id, **which), INTEGRATOR)

    def sends(self, text: str | None = "Your parcel is ready.", *, customer: str = "mia", **fields: Any) -> Decision:
        """A proactive message, as the desk would carry it out."""
        self.run_due()
        profile = self.customer(customer)
        command = SendProactive(customer=customer, text=text, **fields)
        thread = continued(command, [one for one in self.threads.values() if one.customer.id == profile.id])
        if thread is not None:
            self.name = self._name_of(thread)
            return self.does(command, INTEGRATOR)
        beside = Circumstances(self.pacer, self.breakers.get(command.channel), self.sent_today(profile))
        decision = self._twice(lambda: start(command, profile, actor=INTEGRATOR, **self._given(), beside=beside))
        if decision.events:
            self.name = customer if customer not in self.threads else f"{customer} {len(self.threads)}"
            self._take_in(decision)
        return decision

    def reports(self, what: str, message_id: str, **fields: Any) -> Decision:
        """A channel adapter's receipt."""
        command = RecordActivity(conversation_id=self._id, type=what, message_id=message_id, **fields)
        return self.does(command, INTEGRATOR)

    def reads(self, up_to: str, *, by: str = "customer") -> Decision:
        command = RecordActivity(conversation_id=self._id, type="read", up_to=up_to)
        return self.does(command, Actor(type=by, id=self.thread.customer.id))

    def resumes(self, channel: str = "web") -> None:
        self.breakers[channel] = resumed(self.breakers[channel])

    # How it runs

    def talk_with_ana(self, name: str = "mia", *, customer: str | None = None, **fields: Any) -> Desk:
        """A conversation that Ana has, and in which she has not written yet."""
        self.name = name
        self.customer_says("Hello", customer=customer)
        self.hands_off(**fields)
        self.takes()
        return self

    def does(self, command: Command, actor: Actor) -> Decision:
        """Do a command once what is due was done."""
        self.run_due()
        return self._decided(self.name, command, actor)

    def advance(self, duration: str) -> list[str]:
        """Time passes, and what falls due runs at its instant; answers the types of what happened, everywhere."""
        return self.advance_to(self.now + parse_duration(duration))

    def advance_to(self, instant: datetime) -> list[str]:
        happened: list[str] = []
        while (first := min(self._due(), default=None)) is not None and first[0] <= instant:
            at, _, _, name = first
            self.now = max(self.now, at)
            before = self.threads[name]
            decision = self._decided(name, Tick(conversation_id=before.conversation.id), SYSTEM)
            assert before is not decision.thread
            happened += types(decision)
        self.now = max(self.now, instant)
        return happened

    def run_due(self) -> None:
        self.advance_to(self.now)

    def sleeps(self, duration: str) -> None:
        """Time passes while the desk stands still."""
        self.now += parse_duration(duration)

    def reloads(self, **change: Any) -> None:
        """The configuration changes while the desk runs."""
        self.config = DeskConfig.parse(merged(self.config.model_dump(mode="json"), change))

    def restarts(self) -> None:
        """The desk forgets what is only in its memory; what is kept of the pacer is read again."""
        taken = {slot: self.slots.count(slot) for slot in self.slots}
        self.pacer = Pacer((ladder, at, count) for (ladder, at), count in taken.items())

    @contextmanager
    def refused(self, error: type[HandoffError]) -> Iterator[pytest.ExceptionInfo[HandoffError]]:
        """What happens here has to be refused, and nothing may move."""
        self.run_due()
        before = dict(self.threads)
        with pytest.raises(error) as caught:
            yield caught
        assert error is caught.type
        assert before == self.threads

    def customer(self, name: str) -> Customer:
        if name not in self.customers:
            self.customers[name] = Customer(id=f"cus_{name}", external_id=name, created_at=self.now, **self.profile)
        return self.customers[name]

    def sent_today(self, customer: Customer) -> int:
        """How many follow-ups a customer got on this day of theirs, over all conversations."""
        theirs = {one.conversation.id for one in self.threads.values() if one.customer.id == customer.id}
        since = day_start(customer, self.now)
        return sum(
            event.type == "followup.sent" and event.at >= since
            for conversation_id in theirs
            for event in self.events[conversation_id]
        )

    @property
    def _id(self) -> str:
        return self.thread.conversation.id

    def _name_of(self, thread: Thread) -> str:
        return next(name for name, one in self.threads.items() if one.conversation.id == thread.conversation.id)

    def _message(self, text: str, **fields: Any) -> PostMessage:
        return PostMessage(conversation_id=self._id, content=TextContent(text=text), **fields)

    def _due(self) -> Iterator[tuple[datetime, int, str, str]]:
        for name, thread in self.threads.items():
            if (item := next_due(thread, self.config)) is not None:
                yield item.at, item.rank, thread.conversation.id, name

    def _decided(self, name: str, command: Command, actor: Actor) -> Decision:
        before = self.threads[name]
        budget = budget_of(before, self.config)
        beside = Circumstances(
            self.pacer,
            self.breakers.get(before.conversation.channel),
            0 if budget is None else self.sent_today(before.customer),
        )
        decision = self._twice(lambda: decide(before, command, actor=actor, **self._given(), beside=beside))
        return self._take_in(decision, before.live)

    def _take_in(self, decision: Decision, live: Ticket | None = None) -> Decision:
        """Take in what was decided; ``live`` is the ticket that was live before."""
        thread = decision.thread
        self.decisions.append((live.id if live else None, decision))
        assert thread == Thread.model_validate_json(thread.model_dump_json())
        known = {one.conversation.id: name for name, one in self.threads.items()}
        self.threads[known.get(thread.conversation.id, self.name)] = thread
        self.events[thread.conversation.id] += decision.events
        if decision.slot is not None:
            self.pacer.take(decision.slot)
            self.slots.append((decision.slot.ladder, decision.slot.at))
        if decision.left is not None:
            self.pacer.leave(decision.left)
        channel = thread.conversation.channel
        self.breakers[channel] = after(self.breakers.get(channel, Breaker(channel=channel)), decision.events)
        in_the_laws_order(decision)
        return decision

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
