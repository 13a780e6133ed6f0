"""The desk: takes a command, loads what it concerns, lets the rules decide, commits, publishes.

Everything that happens to a conversation passes through ``handle``. What is due in it runs before the command does.

Source: house page, «One message, six files»; lifecycle.md, 10.
"""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Self

from handoff_sdk.core.draft import SYSTEM
from handoff_sdk.core.turns import conversation_of
from handoff_sdk.desk.activity import Activity
from handoff_sdk.desk.attendance import Attendance
from handoff_sdk.desk.bots import Bots
from handoff_sdk.desk.calls import Calls
from handoff_sdk.desk.commits import Commits, Once, Outcome
from handoff_sdk.desk.configuring import Configuring, Vetting
from handoff_sdk.desk.conversations import Conversations
from handoff_sdk.desk.doubts import Doubts
from handoff_sdk.desk.erasing import Erasing
from handoff_sdk.desk.hub import Hub
from handoff_sdk.desk.ids import Ids
from handoff_sdk.desk.in_force import InForce
from handoff_sdk.desk.jobs import Jobs
from handoff_sdk.desk.office import Office
from handoff_sdk.desk.outreach import Outreach
from handoff_sdk.desk.people import People
from handoff_sdk.desk.positions import Positions
from handoff_sdk.desk.presence import Presence
from handoff_sdk.desk.queries import Queries
from handoff_sdk.desk.relay import Relay
from handoff_sdk.desk.reports import Reports
from handoff_sdk.desk.roster import Roster
from handoff_sdk.desk.router import Router
from handoff_sdk.desk.snapshots import Snapshots
from handoff_sdk.desk.stock import Stock
from handoff_sdk.desk.sweep import Sweep
from handoff_sdk.desk.threads import Threads
from handoff_sdk.desk.ticker import Ticker
from handoff_sdk.desk.turns import Turns
from handoff_sdk.errors import NotFound, OfferGone
from handoff_sdk.models.command import (
    AcceptOffer,
    ConversationCommand,
    OfferCommand,
    RecordActivity,
    SendProactive,
    SetAgentStatus,
    StartConversation,
    TicketCommand,
    TurnCommand,
)
from handoff_sdk.models.prompt import (
    AssignTicket,
    LeaseTurn,
    OfferTicket,
    RenewOffer,
    RenewTurns,
    SetPresence,
    Tick,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from types import TracebackType

    from handoff_sdk.desk.turns import Work
    from handoff_sdk.models.config import DeskConfig
    from handoff_sdk.models.customer import BlockCustomer, Customer, CustomerProfile, UpdateCustomer
    from handoff_sdk.models.event import Actor
    from handoff_sdk.models.noun import Command, JsonObject
    from handoff_sdk.models.turn import Turn
    from handoff_sdk.ports import Clock, ConfigSource, Due, Sender, Store

__all__ = ["Desk", "Once", "Outcome"]

_ANSWERS_KEPT = timedelta(hours=24)
_FORGET_EVERY = timedelta(hours=1)


class Desk:
    """A hand-off desk on a store and a clock.

    Args:
        store: Where everything is kept; the desk opens and closes it.
        config: The configuration that it was started with; which one is in force is found out at the start.
        clock: The time.
        sender: The way out for webhooks; the desk closes it. Without one nothing is posted.
        driven: Nothing runs by itself; ``rest`` does all that is due, pulls the queue and posts webhooks.
        entropy: Where the random part of ids and jitter come from; the system's by default.
        written: The configuration as it was written, ``${NAME}`` where a secret is not; by default as it is.
        vetting: What another configuration must pass.
    """

    def __init__(
        self,
        *,
        store: Store,
        config: DeskConfig,
        clock: Clock,
        sender: Sender | None = None,
        driven: bool = False,
        entropy: random.Random | None = None,
        written: JsonObject | None = None,
        vetting: Vetting | None = None,
    ) -> None:
        self.store = store
        rules = self._rules = InForce(config, written)
        self.clock = clock
        self.hub = Hub(store)
        self.roster = Roster(config)
        self._driven = driven
        self._new_id = Ids(clock, entropy)
        self._threads = Threads(store)
        self._ticker = Ticker(store, clock, self._expect, self._tick)
        self._router = Router(self.roster, rules, clock, self._prompt)
        self.positions = Positions(self._router, self.hub, clock, self._new_id, rules)
        self.turns = Turns(clock, self._lease, self._call)
        self.bots = Bots(store, rules, clock)
        self.outreach = Outreach(store, clock)
        self.queries = Queries(
            store=store,
            threads=self._threads,
            roster=self.roster,
            router=self._router,
            rules=rules,
            clock=clock,
        )
        self.snapshots = Snapshots(store, self.roster, self._router)
        self.reports = Reports(store, self.roster, clock)
        doubts = Doubts()
        self._stock = Stock(
            store=store,
            rules=rules,
            doubts=doubts,
            hub=self.hub,
            roster=self.roster,
            outreach=self.outreach,
            threads=self._threads,
            router=self._router,
            turns=self.turns,
            ticker=self._ticker,
        )
        self._commits = Commits(
            store=store,
            rules=rules,
            clock=clock,
            new_id=self._new_id,
            threads=self._threads,
            roster=self.roster,
            ticker=self._ticker,
            router=self._router,
            turns=self.turns,
            outreach=self.outreach,
            hub=self.hub,
            doubts=doubts,
        )
        self._presence = Presence(store, self._prompt)
        self._activity = Activity(self._commits, self._presence, self._prompt)
        self._conversations = Conversations(self._commits, self._presence, self.bots)
        self._sweep = Sweep(store, rules, self._prompt)
        self.attendance = Attendance(self._commits, self._threads, self._prompt)
        self._people = People(store, clock, self._new_id, self._threads)
        self._erasing = Erasing(store, self._people, self._conversations, self.reports)
        self._jobs = Jobs()
        draw = (entropy or random.SystemRandom()).random
        office = Office(store, self.hub, sender, clock, self._new_id, draw, self._commits.written) if sender else None
        self.webhooks = Relay(office, None if driven else self._jobs)
        self.configuration = Configuring(self._commits, rules, vetting or Vetting(), self.webhooks, self._sweep)
        self._calls = Calls(self.turns, self.webhooks, clock, self._new_id)

    @property
    def config(self) -> DeskConfig:
        """The configuration in force."""
        return self._rules.config

    async def start(self) -> None:
        """Open the store, give running offers their full time anew, and begin to tick and to route."""
        await self.store.open()
        self.hub.cursor = await self.store.cursor()
        new = await self.configuration.choose()
        standing = await self.store.standing()
        self._stock.show(standing, at_start=True)
        if new is not None:
            await self.configuration.keep_chosen(new)
        for ticket in self._router.offers():
            if ticket.offer is not None:
                await self._prompt(RenewOffer(conversation_id=ticket.conversation_id, offer_id=ticket.offer.id))
        await self.bots.load()
        for thread in standing.threads:
            if thread.turns:
                await self._prompt(RenewTurns(conversation_id=thread.conversation.id))
            if thread.clocks.connected:
                await self._prompt(SetPresence(conversation_id=thread.conversation.id, connected=False))
        await self.attendance.begin()
        await self._ticker.look()
        await self.webhooks.start(self.config)
        if not self._driven:
            self._jobs.start("ticker", self._ticker.run)
            self._jobs.start("router", self._router.run)
            self._jobs.start("stock", self._stock.run)
            self._jobs.start("sweep", self._sweep.run)
            self._jobs.start("positions", self.positions.run)
            self._jobs.start("calls", self._calls.run)
            self._jobs.start("janitor", self._forget_answers)
            self._jobs.start("bookkeeper", self.reports.run)

    async def stop(self) -> None:
        """End what runs by itself and close the store; what was submitted is written."""
        await self._jobs.stop()
        await self.webhooks.stop()
        await self.store.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def check(self) -> None:
        """Make sure that the desk works.

        Raises:
            Unavailable: The store cannot write, or something that runs by itself has died; the text says why.
        """
        self.store.check()
        self._jobs.check()

    async def rest(self) -> None:
        """Do all that is due at the present instant and pull the queue until nothing more follows; then post."""
        await self._sweep.rest()
        await self._router.pull()
        while await self._ticker.step():
            await self._router.pull()
        self.positions.tell()
        self._calls.look()
        self._calls.step()
        await self.webhooks.rest()

    async def next_due(self) -> datetime | None:
        """The earliest instant at which something falls due."""
        instants = (await self._ticker.look(), self._calls.next_due(), self.webhooks.next_due())
        return min(filter(None, instants), default=None)

    async def handle(self, command: Command, actor: Actor, once: Once | None = None) -> Outcome:
        """Do what a command asks, on behalf of ``actor``; everything is durable when this returns.

        With ``once`` the rendered answer is kept in the same transaction.

        Raises:
            HandoffError: The command is refused; nothing was changed.
            AnswerKept: ``once`` was used before; nothing was changed.
        """
        match command:
            case StartConversation():
                customer = await self.queries.customer(actor.id or "")
                return await self._conversations.start(command, customer, actor, once)
            case SendProactive():
                customer = await self._people.addressed(command)
                return await self._conversations.send_proactive(command, customer, actor, once)
            case SetAgentStatus():
                return await self.attendance.set_status(command, actor, once)
            case RecordActivity() if command.type in {"typing_start", "typing_stop"}:
                return await self._activity.types(command, actor)
            case RecordActivity():
                command = await self._activity.with_message(command)
        return await self._conversations.change(await self._conversation_of(command), command, actor, once)

    async def configure(
        self,
        written: Mapping[str, object],
        *,
        by: Actor,
        if_version: int | None = None,
        source: ConfigSource = "api",
    ) -> int:
        """Put another configuration in force, for all at once; its version. See ``Configuring.replace``.

        Raises:
            ConfigError: It cannot be used; ``errors`` says where. The one in force stays.
            Conflict: ``if_version`` is not in force any more.
        """
        return await self.configuration.replace(written, by=by, if_version=if_version, source=source)

    async def presence(self, customer_id: str, *, connected: bool) -> None:
        """Take in that one of a customer's streams opened or closed; the first and the last one count."""
        await self._presence.note(customer_id, connected=connected)

    async def identify(self, profile: CustomerProfile) -> Customer:
        """The customer a profile describes: found by its external id, or made; what the profile says is kept.

        Raises:
            Forbidden: The email belongs to somebody else.
        """
        return await self._people.identify(profile)

    async def update_customer(self, customer_id: str, profile: UpdateCustomer) -> Customer:
        """Change a customer's profile.

        Raises:
            NotFound: There is no such customer.
            Forbidden: The email or external id belongs to somebody else.
        """
        return await self._people.update(customer_id, profile)

    async def block(self, command: BlockCustomer) -> Customer:
        """Keep a customer from writing, or let them again.

        Raises:
            NotFound: There is no such customer.
        """
        return await self._people.block(command)

    async def erase(self, customer_id: str) -> None:
        """Erase a customer with everything that was said to and by them; the figures of reports stay.

        Raises:
            NotFound: There is no such customer.
            Unavailable: It could not be finished; the customer is blocked, and it is to be asked for again.
        """
        await self._erasing.erase(customer_id)

    async def merge(self, anonymous_id: str, customer_id: str) -> Customer:
        """Give an anonymous customer's conversations to the one who signed in.

        Raises:
            NotFound: There is no such customer.
            Conflict: The first one is not anonymous.
        """
        return await self._people.merge(anonymous_id, customer_id)

    async def _conversation_of(self, command: Command) -> str:
        if isinstance(command, ConversationCommand):
            return command.conversation_id
        if isinstance(command, TurnCommand):
            return conversation_of(command.turn_id)
        found: str | None = None
        if isinstance(command, OfferCommand):
            found = await self.store.conversation_of(offer_id=command.offer_id)
            if found is None:
                done = "accepted" if isinstance(command, AcceptOffer) else "declined"
                raise OfferGone(f"The offer {command.offer_id} does not run any more; nothing was {done}.")
        elif isinstance(command, TicketCommand):
            found = await self.store.conversation_of(ticket_id=command.ticket_id)
            if found is None:
                raise NotFound(f"There is no ticket {command.ticket_id}.")
        if found is None:
            raise TypeError(f"{type(command).__name__} is not a command of the desk")
        return found

    async def _forget_answers(self) -> None:
        while True:
            await self.store.forget_answers(self.clock.now() - _ANSWERS_KEPT)
            await self.outreach.forget()
            await self.clock.sleep_until(self.clock.now() + _FORGET_EVERY)

    def _call(self, work: Work) -> None:
        self._calls.note(work)

    async def _lease(self, command: LeaseTurn) -> Turn | None:
        """Carry a lease out: the turn as its bot gets it."""
        outcome = await self._conversations.change(command.conversation_id, command, SYSTEM)
        thread = outcome.thread
        turn = next((turn for turn in thread.turns if turn.id == outcome.turn_id), None) if thread else None
        return await self.queries.turn(thread, turn) if thread is not None and turn is not None else None

    async def _prompt(self, command: ConversationCommand) -> None:
        settle = isinstance(command, (OfferTicket, AssignTicket))
        with suppress(NotFound):  # it was erased meanwhile
            await self._conversations.change(command.conversation_id, command, SYSTEM, settle=settle)

    async def _expect(self, items: Sequence[Due]) -> None:
        await self._threads.fetch(item.id for item in items)

    async def _tick(self, due: Due) -> None:
        if due.kind == "agent":
            await self.attendance.tick(due.id)
            return
        await self._conversations.change(due.id, Tick(conversation_id=due.id), SYSTEM, settle=False)
