"""Where a scenario plays: a desk on a virtual clock, the names its people go by, and what has happened so far.

The desk is the real one on a real store, on a file of its own; only time and chance are ours.

Source: scenario.md.
"""

from __future__ import annotations

import random
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any, Protocol, Self

from handoff_sdk.core.views import STAFF
from handoff_sdk.desk.desk import Desk
from handoff_sdk.desk.hub import Listener
from handoff_sdk.models.command import CompleteTurn
from handoff_sdk.models.config import merged
from handoff_sdk.models.customer import CustomerProfile
from handoff_sdk.models.event import Actor
from handoff_sdk.store.sqlite import SqliteStore
from handoff_sdk.testing.stuck import Stuck
from handoff_sdk.testing.words import instant

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType

    from handoff_sdk.desk.hub import Delivery, Hub
    from handoff_sdk.models.config import DeskConfig
    from handoff_sdk.models.conversation import Conversation
    from handoff_sdk.models.customer import Customer
    from handoff_sdk.models.event import Event
    from handoff_sdk.models.noun import JsonObject
    from handoff_sdk.ports import Sender, Store
    from handoff_sdk.testing.clock import VirtualClock

__all__ = ["Crew", "Happened", "Stage", "Talk"]

_ADMIN = Actor(type="integrator", id="admin")
_PROCESS = "scenario"
"""The process that the scripted bots run in."""


@dataclass(frozen=True, slots=True)
class Happened:
    """An event, and the name of the conversation it happened in; ``None`` for those of the desk and its agents."""

    conversation: str | None
    event: Event


@dataclass(slots=True)
class Talk:
    """A conversation as the scenario knows it: what its events told.

    ``messages`` are the public ones, oldest first; ``offers`` has the last offer that was made to each agent,
    ``tickets`` the ids by number, ``lately`` the types of the events since the last ``expect``; ``returned`` is the
    record of the last return.
    """

    name: str
    conversation_id: str
    customer: str
    messages: list[JsonObject] = field(default_factory=list)
    offers: dict[str, str] = field(default_factory=dict)
    tickets: list[str] = field(default_factory=list)
    returned: JsonObject | None = None
    followups_sent: int = 0
    followups_skipped: list[str] = field(default_factory=list)
    lately: list[str] = field(default_factory=list)


class Crew(Protocol):
    """The bots' processes, where they are real ones."""

    @property
    def news(self) -> list[Event]:
        """Grows by every event; the crew takes them out."""

    @property
    def due_at(self) -> datetime | None:
        """When they have something to do by themselves; ``None``: not before something happens."""

    async def work(self, desk: Desk) -> bool:
        """Do all there is to do now; whether there was anything."""


class _Witness(Listener):
    """Sees everything the moment it happens, so that a scenario need not wait for news.

    Args:
        hub: Where it happens.
        news: Grows by every event.
    """

    def __init__(self, hub: Hub, news: list[Event]) -> None:
        super().__init__(hub, STAFF, None, None)
        self._take = news.append

    def give(self, delivery: Delivery) -> None:
        """Take in what happened; called by the hub."""
        self._take(delivery.event)


class _NoChance(random.Random):
    """Counts instead of drawing: the same ids at every play, and later ones sort later also across a restart."""

    def __init__(self) -> None:
        super().__init__(0)
        self._drawn = count(1)

    def getrandbits(self, k: int, /) -> int:
        """The next number, whatever the width."""
        return next(self._drawn) % (1 << k)


class Stage:
    """The desk of one scenario, open inside ``async with``.

    Args:
        folder: An empty one, for the store.
        config: The configuration that every start of the desk is given.
        clock: Its time.
        store: Makes the store, at every start, on the same data; by default on a file in the folder.
        crew: Does what the bots have to do; without it they are scripted, and acknowledge every turn at once as long as
            ``bots_up``.
        sender: The way out for webhooks; without one nothing is posted.
    """

    def __init__(
        self,
        folder: Path,
        config: DeskConfig,
        clock: VirtualClock,
        store: Callable[[], Store] | None = None,
        *,
        crew: Crew | None = None,
        sender: Sender | None = None,
    ) -> None:
        self.config = config
        self.clock = clock
        self.happened: list[Happened] = []
        self.touched: Talk | None = None
        self.bots_up = True
        self._crew = crew
        self._sender = sender
        self._store = store or (lambda: SqliteStore(folder / "scenario.db", durable=False))
        self._chance = _NoChance()
        self._open = AsyncExitStack()
        self._talks: dict[str, Talk] = {}
        self._by_id: dict[str, Talk] = {}
        self._customers: dict[str, Customer] = {}
        self._connected: dict[str, int] = {}
        self._consoles: set[str] = set()
        self._news: list[Event] = []
        self._with_news: set[str] = set()
        self.desk: Desk

    async def __aenter__(self) -> Self:
        """Start the desk."""
        await self._start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the desk."""
        await self._open.aclose()

    async def restart(self) -> None:
        """Stop the desk and start another one on the same store. Whoever was connected connects again at once."""
        await self._open.aclose()
        await self._start()
        for name, streams in self._connected.items():
            for _ in range(streams):
                await self.desk.presence(self._customers[name].id, connected=True)
        for agent in sorted(self._consoles):
            await self.desk.attendance.presence(agent, connected=True)

    async def rest(self) -> None:
        """Let everything run that is due or follows, and take note of what happened."""
        await self._settle()
        for event in self._news:
            self._note(event)
        self._news.clear()

    async def advance_to(self, target: datetime) -> None:
        """Let time pass, and what falls due on the way run at its instant.

        Raises:
            Stuck: ``target`` has passed already.
        """
        if target < self.clock.now():
            raise Stuck(f"it is {instant(self.clock.now())} already")
        ran = None
        while (due := await self._next_due()) is not None and due <= target:
            if ran is not None and due <= ran:
                raise RuntimeError(f"the desk is at rest, and what is due at {instant(due)} has not run")
            ran = max(due, self.clock.now())
            self.clock.advance_to(ran)
            await self._settle()
        self.clock.advance_to(target)

    async def configure(self, over: Mapping[str, Any]) -> None:
        """Put another configuration in force: the present one with this on top.

        Raises:
            ConfigError: It cannot be used; the present one stays.
        """
        await self.desk.configure(merged(self.desk.configuration.written, over), by=_ADMIN)

    # People

    async def customer(self, name: str, profile: CustomerProfile | None = None) -> Customer:
        """The customer of this name, known to the desk from then on, with what ``profile`` says of them."""
        known = self._customers.get(name)
        if known is None or profile is not None:
            given = CustomerProfile(external_id=name) if profile is None else profile
            known = await self.desk.identify(given.model_copy(update={"external_id": name}))
            self._customers[name] = known
        return known

    def customer_name(self, customer_id: str) -> str:
        """The name a customer goes by in the scenario."""
        return next((name for name, known in self._customers.items() if known.id == customer_id), customer_id)

    async def connect(self, name: str, *, connected: bool) -> None:
        """A customer opens a stream, or closes one."""
        customer = await self.customer(name)
        await self.desk.presence(customer.id, connected=connected)
        self._connected[name] = max(0, self._connected.get(name, 0) + (1 if connected else -1))

    async def at_console(self, agent: str, *, connected: bool) -> None:
        """An agent opens the one console they have, or it loses its connection."""
        if connected != (agent in self._consoles):
            await self.desk.attendance.presence(agent, connected=connected)
            (self._consoles.add if connected else self._consoles.discard)(agent)

    # Conversations

    def find(self, name: str) -> Talk | None:
        """The conversation of this name, where it has begun."""
        return self._talks.get(name)

    def talk(self, name: str | None = None) -> Talk:
        """The conversation of this name, or the one touched last; it is the one touched last from then on.

        Raises:
            Stuck: It has not begun.
        """
        talk = self._talks.get(name) if name is not None else self.touched
        if talk is None:
            raise Stuck(
                "no conversation has begun yet" if name is None else f"the conversation {name!r} has not begun yet"
            )
        self.touched = talk
        return talk

    def begin(self, name: str, conversation_id: str, customer: str) -> None:
        """A conversation has begun; it is the one touched last."""
        self.touched = self._talks[name] = self._by_id[conversation_id] = Talk(name, conversation_id, customer)

    def conversation_name(self, conversation_id: str) -> str:
        """The name a conversation goes by in the scenario."""
        talk = self._by_id.get(conversation_id)
        return talk.name if talk else conversation_id

    async def conversation(self, talk: Talk) -> Conversation:
        """The conversation as it is now, with its latest ticket."""
        return await self.desk.queries.conversation(talk.conversation_id)

    def ticket_id(self, talk: Talk, number: int | None = None) -> str:
        """The id of a conversation's latest ticket, or of the one with ``number``.

        Raises:
            Stuck: There is no such ticket.
        """
        if not talk.tickets:
            raise Stuck(f"{talk.name} has no ticket")
        if number is None:
            return talk.tickets[-1]
        if not 1 <= number <= len(talk.tickets):
            raise Stuck(f"{talk.name} has no ticket {number}, only {len(talk.tickets)}")
        return talk.tickets[number - 1]

    def look_away(self) -> None:
        """What happened so far is no longer what happened lately."""
        for name in self._with_news:
            self._talks[name].lately.clear()
        self._with_news.clear()

    # The desk

    async def _settle(self) -> None:
        """Let the desk and the bots come to rest."""
        await self.desk.rest()
        while await (self._crew.work(self.desk) if self._crew is not None else self._acknowledged()):
            await self.desk.rest()

    async def _next_due(self) -> datetime | None:
        crew_at = self._crew.due_at if self._crew is not None else None
        return min(filter(None, (await self.desk.next_due(), crew_at)), default=None)

    async def _acknowledged(self) -> bool:
        """Acknowledge what the scripted bots have to do; whether there was anything."""
        done = False
        if not self.bots_up:
            return done
        for bot in self.desk.turns.bots():
            for turn in await self.desk.turns.take(bot, _PROCESS, most=1_000, wait=timedelta(0)):
                command = CompleteTurn(bot=bot, turn_id=turn.id, consumer=_PROCESS)
                await self.desk.handle(command, Actor(type="bot", id=bot))
                done = True
        return done

    async def _start(self) -> None:
        desk = Desk(
            store=self._store(),
            config=self.config,
            clock=self.clock,
            sender=self._sender,
            driven=True,
            entropy=self._chance,
        )
        for news in (self._news, *((self._crew.news,) if self._crew is not None else ())):
            await self._open.enter_async_context(_Witness(desk.hub, news))
        self.desk = await self._open.enter_async_context(desk)

    def _note(self, event: Event) -> None:
        talk = self._by_id.get(event.conversation_id or "")
        self.happened.append(Happened(talk.name if talk else None, event))
        if talk is None:
            return
        talk.lately.append(event.type)
        self._with_news.add(talk.name)
        match event.type:
            case "message.created" if event.data["message"]["visibility"] == "public":
                talk.messages.append(event.data["message"])
            case "ticket.created" if event.ticket_id:
                talk.tickets.append(event.ticket_id)
            case "ticket.offered":
                talk.offers[event.data["agent_id"]] = event.data["offer_id"]
            case "followup.sent" if event.data["kind"] != "proactive":
                talk.followups_sent += 1
            case "followup.skipped" if event.data["kind"] != "proactive":
                talk.followups_skipped.append(event.data["reason"])
            case "control.returned":
                talk.returned = event.data["returned"]
