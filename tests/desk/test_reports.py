"""The books follow the feed: a report of facts says what reading all events anew would."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from handoff_sdk.core.bookkeeping import enter
from handoff_sdk.core.books import Books
from handoff_sdk.core.figures import Told
from handoff_sdk.core.reporting import report
from handoff_sdk.desk.desk import Desk
from handoff_sdk.desk.reports import Reports
from handoff_sdk.errors import HandoffError
from handoff_sdk.models.command import (
    AcceptOffer,
    DeclineOffer,
    EndSession,
    HandOff,
    LeaveQueue,
    NewMessage,
    PostMessage,
    SetAgentStatus,
    StartConversation,
    TakeTicket,
    UpdateTicket,
)
from handoff_sdk.models.config import DeskConfig
from handoff_sdk.models.customer import CustomerProfile
from handoff_sdk.models.event import Actor
from handoff_sdk.models.message import Author, TextContent
from handoff_sdk.models.report import REPORTS
from handoff_sdk.ports import EventFilter
from handoff_sdk.store.sqlite import SqliteStore
from handoff_sdk.testing.clock import VirtualClock

from .recount import Recount, office_hours

if TYPE_CHECKING:
    from pathlib import Path

    from handoff_sdk.models.report import Report, ReportName

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
CONFIG = DeskConfig.parse(
    {
        "brands": {
            "default": {"bot": "ada", "bot_answer_within": "2m", "followups": "gentle", "schedule": "office"},
            "people": {"bot": "none", "style": "social"},
        },
        "schedules": {"office": {"timezone": "Europe/Berlin", "hours": {"mon-sun": ["10:00-12:00", "13:00-15:00"]}}},
        "agents": {"ana": {}, "ben": {"brands": ["people"]}},
        "sla": [{"name": "all", "targets": {"high": {"first_reply": "5m", "next_reply": "5m", "resolution": "1h"}}}],
    }
)
ANA, BEN = Actor(type="agent", id="ana"), Actor(type="agent", id="ben")
BY: dict[ReportName, tuple[str, ...]] = {"summary": ("brand", "agent", "day"), "bot": ("hour",)}


class Story:
    """People who do whatever comes to their mind on a real desk."""

    def __init__(self, desk: Desk, clock: VirtualClock, seed: int) -> None:
        self.desk = desk
        self.clock = clock
        self.chance = Random(seed)  # noqa: S311 - chance that can be repeated
        self.conversations: list[str] = []

    async def goes_on(self, steps: int) -> None:
        for _ in range(steps):
            act = self.chance.choice([self.begins, self.writes, self.writes, self.works, self.works, self.hands_off])
            with suppress(HandoffError):
                await act()
            await self.passes(self.chance.choice([0, 0, 0, 5, 10, 30, 300, 1200]))

    async def passes(self, seconds: float) -> None:
        target = self.clock.now() + timedelta(seconds=seconds)
        while (due := await self.desk.next_due()) is not None and due <= target:
            self.clock.advance_to(max(due, self.clock.now()))
            await self.desk.rest()
        self.clock.advance_to(target)
        await self.desk.rest()

    async def begins(self, brand: str | None = None) -> None:
        customer = await self.desk.identify(CustomerProfile(external_id=f"c{self.chance.randrange(4)}"))
        brand = brand or self.chance.choice(["default", "people"])
        message = NewMessage(content=TextContent(text="Hello"))
        command = StartConversation(brand=brand, message=message)
        outcome = await self.desk.handle(command, Actor(type="customer", id=customer.id))
        assert outcome.thread is not None
        self.conversations.append(outcome.thread.conversation.id)

    async def hands_off(self) -> None:
        conversation = await self.desk.queries.conversation(self.chance.choice(self.conversations))
        priority = self.chance.choice(["high", None])
        command = HandOff(conversation_id=conversation.id, epoch=conversation.epoch, priority=priority, reason="refund")
        await self.desk.handle(command, Actor(type="bot", id="ada"))

    async def writes(self) -> None:
        conversation = await self.desk.queries.conversation(self.chance.choice(self.conversations))
        content = TextContent(text="And now?")
        author, actor = self.chance.choice(
            [
                (Author(type="customer"), Actor(type="customer", id=conversation.customer_id)),
                (Author(type="agent", id="ana"), ANA),
                (Author(type="bot", id="ada"), Actor(type="bot", id="ada")),
            ]
        )
        epoch = conversation.epoch if author.type == "bot" else None
        command = PostMessage(conversation_id=conversation.id, author=author, content=content, epoch=epoch)
        await self.desk.handle(command, actor)

    async def works(self) -> None:
        conversation = await self.desk.queries.conversation(self.chance.choice(self.conversations))
        actor = self.chance.choice([ANA, BEN])
        offers = await self.desk.queries.offers()
        if offers and self.chance.random() < 0.7:
            offer = self.chance.choice(offers)
            kind = self.chance.choice([AcceptOffer, AcceptOffer, DeclineOffer])
            await self.desk.handle(kind(offer_id=offer["id"]), Actor(type="agent", id=offer["agent_id"]))
            return
        status = self.chance.choice(["online", "online", "away"])
        commands: list[tuple[Any, Actor]] = [
            (SetAgentStatus(agent_id=actor.id or "", status=status), actor),
            (EndSession(conversation_id=conversation.id), actor),
            (LeaveQueue(conversation_id=conversation.id), Actor(type="customer", id=conversation.customer_id)),
        ]
        if (ticket := conversation.ticket) is not None:
            new = self.chance.choice(["open", "pending", "on_hold", "solved", "solved"])
            commands += [(UpdateTicket(ticket_id=ticket.id, status=new), actor)] * 3
            commands.append((TakeTicket(ticket_id=ticket.id), actor))
        command, by = self.chance.choice(commands)
        await self.desk.handle(command, by)


async def slowly(desk: Desk, name: ReportName, until: datetime) -> Report:
    """The report as it comes of all events, read at once."""
    books = Books()
    for event in await desk.store.events(EventFilter(), after=0, limit=1_000_000):
        enter(books, event)
    told = [Told(fact, books.accounts.get(fact.subject)) for fact in books.facts]
    return report(name, told, since=None, until=until, group_by=BY.get(name, ()))


@pytest.mark.parametrize("seed", range(6))
async def test_a_report_of_facts_is_the_one_of_all_events_across_restarts(tmp_path: Path, seed: int):
    clock = VirtualClock(START)
    conversations: list[str] = []
    for chapter in range(3):
        async with AsyncExitStack() as stack:
            store = SqliteStore(tmp_path / "desk.db", durable=False)
            desk = await stack.enter_async_context(Desk(store=store, config=CONFIG, clock=clock, driven=True))
            story = Story(desk, clock, seed * 10 + chapter)
            story.conversations = conversations
            await story.begins()
            for _ in range(4):
                await story.goes_on(15)
                await desk.reports.catch_up()
            await story.goes_on(10)
            for name in REPORTS:
                fast = await desk.reports.report(name, group_by=BY.get(name, ()))
                assert await slowly(desk, name, clock.now()) == fast
            events = await store.events(EventFilter(), after=0, limit=1_000_000)
            recounted = Recount(events, office_hours).figures()
            summary = (await desk.reports.report("summary")).model_dump()
            assert recounted == {name: summary[name] for name in recounted}
    assert (fast.tickets_created or 0) > 0


async def test_a_page_that_ends_in_the_middle_of_a_story_is_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("handoff_sdk.desk.reports._PAGE", 7)
    clock = VirtualClock(START)
    store = SqliteStore(tmp_path / "desk.db", durable=False)
    async with Desk(store=store, config=CONFIG, clock=clock, driven=True) as desk:
        story = Story(desk, clock, 1)
        await story.begins()
        await story.goes_on(60)

        assert await slowly(desk, "summary", clock.now()) == (
            await desk.reports.report("summary", group_by=BY["summary"])
        )


async def test_nothing_is_read_twice(tmp_path: Path):
    clock = VirtualClock(START)
    store = SqliteStore(tmp_path / "desk.db", durable=False)
    async with Desk(store=store, config=CONFIG, clock=clock, driven=True) as desk:
        await Story(desk, clock, 1).begins()
        await desk.reports.catch_up()
        read = await store.position("figures")
        await desk.reports.catch_up()

        assert await store.cursor() == read == await store.position("figures")
        assert 1 == (await desk.reports.report("summary")).conversations


async def test_two_engines_on_one_store_count_nothing_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("handoff_sdk.desk.reports._PAGE", 5)
    clock = VirtualClock(START)
    store = SqliteStore(tmp_path / "desk.db", durable=False)
    async with Desk(store=store, config=CONFIG, clock=clock, driven=True) as desk:
        story = Story(desk, clock, 3)
        await story.begins()
        await story.goes_on(40)

        await asyncio.gather(*(Reports(store, desk.roster, clock).catch_up() for _ in range(3)))

        assert await store.cursor() == await store.position("figures")
        assert await slowly(desk, "bot", clock.now()) == await desk.reports.report("bot", group_by=BY["bot"])


async def test_the_books_follow_the_feed_by_themselves(tmp_path: Path):
    clock = VirtualClock(START)
    store = SqliteStore(tmp_path / "desk.db", durable=False)
    async with Desk(store=store, config=CONFIG, clock=clock, driven=True) as desk, asyncio.timeout(30):
        following = asyncio.create_task(desk.reports.run())
        for _ in range(2):
            await Story(desk, clock, 0).begins()
            clock.advance_to(clock.now() + timedelta(seconds=30))
            while await store.position("figures") < await store.cursor():
                assert not following.done()
        following.cancel()


async def test_how_things_stand_now(tmp_path: Path):
    clock = VirtualClock(START)
    store = SqliteStore(tmp_path / "desk.db", durable=False)
    async with Desk(store=store, config=CONFIG, clock=clock, driven=True) as desk:
        story = Story(desk, clock, 0)
        for brand in ("default", "default", "people"):
            await story.begins(brand)
        for conversation_id in story.conversations:
            conversation = await desk.queries.conversation(conversation_id)
            if conversation.owner == "bot":
                command = HandOff(conversation_id=conversation_id, epoch=conversation.epoch)
                await desk.handle(command, Actor(type="bot", id="ada"))
        ticket = (await desk.queries.conversation(story.conversations[0])).ticket
        assert ticket is not None
        await desk.handle(TakeTicket(ticket_id=ticket.id), ANA)
        await story.passes(60)

        live = await desk.reports.live()
        people = await desk.reports.live(brands=["people"])

    assert (1, 2, 0, 0) == (
        live.active.assigned,
        live.active.waiting,
        live.inactive.assigned,
        live.inactive.waiting,
    )
    assert 60 == live.longest_wait
    assert {"standard": 2} == live.queues
    assert {"offline": 2} == live.statuses
    assert {"ana": 1, "ben": 0} == {agent.agent_id: agent.used.messaging for agent in live.agents}
    assert (0, 1) == (people.active.assigned, people.active.waiting)
