"""The story that ``handoff demo`` tells: Mia wants her money back, Tom wants a person, two agents have one place each.

A real bot, customers and agents call the real engine over loopback HTTP; what they do next depends on what it answers,
and everything told comes from its event stream. Only time is ours: the desk's clock moves when told.

Source: lifecycle.md.
"""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from handoff_sdk.bot.bot import Bot
from handoff_sdk.core.forms import HandoffForm, question
from handoff_sdk.errors import ControlLost
from handoff_sdk.models.config import STYLE_CLOSE_AFTER, DeskConfig
from handoff_sdk.models.duration import format_duration
from handoff_sdk.models.message import Author

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator

    from handoff_sdk.bot.chat import Chat
    from handoff_sdk.bot.returned import Returned
    from handoff_sdk.client.client import HandoffClient
    from handoff_sdk.models.conversation import Conversation
    from handoff_sdk.models.event import Event
    from handoff_sdk.models.ticket import Priority, Ticket
    from handoff_sdk.testing.clock import VirtualClock

__all__ = ["CONFIG", "START", "Chapter", "NotAsTold", "Story"]

START: Final = datetime(2026, 1, 5, 9, tzinfo=UTC)

CONFIG: Final = DeskConfig.parse(
    {
        "brands": {"default": {"bot": "ada", "style": "live_chat_returning"}},
        "agents": {
            "ana": {"name": "Ana", "capacity": {"messaging": 1}},
            "ben": {"name": "Ben", "capacity": {"messaging": 1}},
        },
        "routing": {"lapses": {"count": 1, "status": "away"}},
        "followups": {"patient": {"steps": [{"after": "5m", "say": {"en": "Are you still there?"}}]}},
    }
)

_TYPING: Final = timedelta(seconds=20)
"""How long people take to write a message."""

_PATIENCE: Final = 20.0
"""Real seconds within which the engine must do what the story says."""


class Refund(HandoffForm):
    """What people need to know to give money back."""

    order: str = question(
        "I am sorry to hear that. What is your order number?",
        pattern=r"\d{4,}",
        retry="That is not an order number: it has four digits or more. Would you look again?",
    )
    urgent: bool = question("Is it urgent?")


class NotAsTold(Exception):
    """The engine did something else than the story says."""


@dataclass(slots=True)
class Chapter:
    """A piece of the story: what happened, how far the desk's clock moved, and the real seconds it took."""

    what: str
    desk: timedelta = timedelta()
    real: float = 0.0


class Story:
    """The story on one engine.

    Args:
        clock: The engine's time.
        bot: A client with a bot's key.
        people: A client with an integrator's key: it speaks for customers, and acts for agents.
        tell: Is told of every event, in order.
    """

    def __init__(
        self, clock: VirtualClock, *, bot: HandoffClient, people: HandoffClient, tell: Callable[[Event], None]
    ) -> None:
        self.chapters: list[Chapter] = []
        self._clock = clock
        self._bot = bot
        self._people = people
        self._ana = people.as_agent("ana")
        self._ben = people.as_agent("ben")
        self._tell = tell
        self._events: list[Event] = []
        self._used: set[str] = set()
        self._news = asyncio.Condition()
        self._records: dict[str, Returned] = {}

    async def play(self) -> None:
        """Play it from the beginning to the end.

        Raises:
            NotAsTold: Something did not happen as the story says.
            HandoffError: The engine refused what the story says it takes.
        """
        async with _running(self._read(), self._ada().serve(self._bot, cursor=0)):
            await self._ana.agents.set_status("ana", "online")
            await self._ben.agents.set_status("ben", "online")
            mia = await self._mia_is_asked()
            await self._mia_is_handed_off(mia)
            await self._ana_lets_it_lapse(mia)
            ticket = await self._ben_accepts(mia)
            tom = await self._tom_waits()
            toms = await self._silence_frees_a_place(mia, tom, ticket)
            mias = await self._mia_is_helped(mia, ticket)
            await self._control_returns(toms, mias)
            await self._late_words_are_refused(mia)
            await self._mia_comes_again(mia)

    async def _mia_is_asked(self) -> Conversation:
        with self._chapter() as chapter:
            mia = await self._people.conversations.create(
                customer={"external_id": "mia", "name": "Mia"}, message="I want my money back."
            )
            await self._said("bot", mia)
            await self._says("Mia", mia, "It is somewhere on the box.")
            again = await self._said("bot", mia)
            _hold(again.startswith("That is not an order number"), f"a wrong answer is asked again, not {again!r}")
            await self._says("Mia", mia, "4711")
            await self._said("bot", mia)
            chapter.what = "the bot asks; one wrong answer is asked again"
        return mia

    async def _mia_is_handed_off(self, mia: Conversation) -> None:
        with self._chapter() as chapter:
            await self._says("Mia", mia, "Yes.")
            ticket = (await self._until("ticket.created", mia)).data["ticket"]
            _hold(ticket["priority"] == "high", "the answers make it high priority")
            await self._until("ticket.offered", mia, agent_id="ana")
            fields = ", ".join(f"{name} {json.dumps(value)}" for name, value in ticket["fields"].items())
            chapter.what = f"handed off with {ticket['priority']} priority ({fields}), offered to Ana"

    async def _ana_lets_it_lapse(self, mia: Conversation) -> None:
        with self._chapter() as chapter:
            offer = await self._ana.offers.list().first()
            if offer is None:
                raise NotAsTold("Ana has no offer")
            self._clock.advance_to(offer.expires_at)
            await self._until("ticket.offer_lapsed", mia, agent_id="ana")
            status = await self._until("agent.status", agent_id="ana")
            await self._until("ticket.offered", mia, agent_id="ben")
            chapter.what = f"Ana lets the offer lapse and is set {status.data['status']}; Ben is next"

    async def _ben_accepts(self, mia: Conversation) -> Ticket:
        with self._chapter() as chapter:
            ticket = await self._accepted_by_ben(mia)
            await self._replies(mia, "Hello Mia, it is on its way to your card. Anything else?")
            chapter.what = f"Ben accepts ({ticket.status}) and answers"
        return ticket

    async def _tom_waits(self) -> Conversation:
        with self._chapter() as chapter:
            self._pass(_TYPING)
            tom = await self._people.conversations.create(
                customer={"external_id": "tom", "name": "Tom"}, message="A person, please."
            )
            created = await self._until("ticket.created", tom)
            handoff = await self._people.handoffs.get(created.data["ticket"]["handoff_id"])
            load = await self._ben.agents.workload("ben")
            _hold(handoff.state == "queued", f"Tom waits, but his hand-off is {handoff.state}")
            chapter.what = (
                f"Ben has {load.used.messaging} of {load.capacity.messaging}: Tom waits, position {handoff.position}"
            )
        return tom

    async def _silence_frees_a_place(self, mia: Conversation, tom: Conversation, ticket: Ticket) -> Ticket:
        with self._chapter() as chapter:
            asked_at = next(event.at for event in reversed(self._events) if _speaks(event, "agent"))
            self._clock.advance_to(asked_at + CONFIG.followups["patient"].steps[0].after)
            await self._until("followup.sent", mia)
            self._clock.advance_to(asked_at + CONFIG.routing.inactive_after)
            await self._until("session.inactive", mia)
            await self._until("ticket.offered", tom, agent_id="ben")
            status = (await self._people.tickets.get(ticket.id)).status
            tom_ticket = await self._accepted_by_ben(tom)
            await self._replies(tom, "Hello Tom, what can I do for you?")
            await self._says("Tom", tom, "It is all right, thank you.")
            solved = await self._ben.tickets.update(tom_ticket.id, status="solved")
            await self._until("ticket.solved", tom)
            chapter.what = f"Mia stays silent, and frees Ben's place (her ticket stays {status}); Tom gets it"
        return solved

    async def _mia_is_helped(self, mia: Conversation, ticket: Ticket) -> Ticket:
        with self._chapter() as chapter:
            await self._says("Mia", mia, "No, thank you!")
            await self._until("session.active", mia)
            self._pass(_TYPING)
            solved = await self._ben.tickets.update(ticket.id, status="solved")
            await self._until("ticket.solved", mia)
            chapter.what = f"Mia writes and is with Ben again, who has her ticket {solved.status}"
        return solved

    async def _control_returns(self, *tickets: Ticket) -> None:
        """Both tickets close, each when its time has come; the last one's record is told."""
        with self._chapter() as chapter:
            for ticket in tickets:
                self._clock.advance_to((ticket.solved_at or ticket.updated_at) + STYLE_CLOSE_AFTER[ticket.style])
                await self._until("ticket.closed", ticket_id=ticket.id)
                await self._until("control.returned", ticket_id=ticket.id)
                record = await self._record(ticket)
                waited = format_duration((record.first_reply_at or record.handed_off_at) - record.handed_off_at)
                said = f"{len(record.messages)} messages, {record.agent}'s first after {waited}"
                chapter.what = f"it closes; control returns with its record: {record.reason}, {said}"

    async def _late_words_are_refused(self, mia: Conversation) -> None:
        with self._chapter() as chapter:
            before = await self._people.messages.list(mia.id).all()
            try:
                await self._bot.messages.create(
                    mia.id, text="Are you still there?", author=Author(type="bot", id="ada"), epoch=mia.epoch
                )
            except ControlLost as refusal:
                chapter.what = f"a late post of the bot is refused: {refusal.code} ({refusal.status})"
            else:
                raise NotAsTold("a bot's post of an earlier epoch was not refused")
            after = await self._people.messages.list(mia.id).all()
            _hold(before == after, "nothing of it reaches Mia")

    async def _mia_comes_again(self, mia: Conversation) -> None:
        with self._chapter() as chapter:
            self._pass(timedelta(days=3))
            await self._says("Mia", mia, "A person again, please.")
            await self._until("ticket.offered", mia, agent_id="ben")
            second, first = await self._people.tickets.list(conversation=mia.id).all()
            _hold(second.number == first.number + 1, "her next contact is a new ticket")
            chapter.what = (
                f"3 days later: a new ticket, number {second.number} ({second.status}); "
                f"number {first.number} stays {first.status}"
            )

    def _ada(self) -> Bot:
        """The bot. Its handlers wait, for answers and for people, without anything of them in memory."""
        ada = Bot("ada")

        @ada.on_message(contains="money back")
        async def refund(chat: Chat) -> None:
            form = await chat.collect(Refund)
            priority: Priority = "high" if form.urgent else "normal"
            await self._learn(
                await chat.handoff(
                    form, priority=priority, subject="Refund", followups="patient", say="I am getting a colleague."
                )
            )

        @ada.on_message(contains="a person")
        async def person(chat: Chat) -> None:
            await self._learn(await chat.handoff(priority="normal", say="I am getting a colleague."))

        return ada

    async def _says(self, name: str, conversation: Conversation, text: str) -> None:
        self._pass(_TYPING)
        await self._people.messages.create(conversation.id, text=text, author=Author(type="customer", name=name))

    async def _replies(self, conversation: Conversation, text: str) -> None:
        self._pass(_TYPING)
        await self._ben.messages.create(conversation.id, text=text)
        await self._said("agent", conversation)

    async def _accepted_by_ben(self, conversation: Conversation) -> Ticket:
        offer = await self._ben.offers.list().first()
        if offer is None or offer.conversation_id != conversation.id:
            raise NotAsTold("Ben has no such offer")
        ticket = await self._ben.offers.accept(offer.id)
        await self._until("ticket.assigned", conversation, agent_id="ben")
        return ticket

    async def _record(self, ticket: Ticket) -> Returned:
        """What the bot's dialogue learned when the control of this ticket came back."""
        try:
            async with asyncio.timeout(_PATIENCE), self._news:
                while ticket.id not in self._records:
                    await self._news.wait()
        except TimeoutError:
            raise NotAsTold(f"the bot got no record within {_PATIENCE:g} s") from None
        return self._records[ticket.id]

    async def _learn(self, record: Returned) -> None:
        async with self._news:
            self._records[record.ticket_id] = record
            self._news.notify_all()

    async def _said(self, author: str, conversation: Conversation) -> str:
        """What this side says next in a conversation."""
        event = await self._until("message.created", conversation, author=author)
        return str(event.data["message"]["content"]["text"])

    def _pass(self, duration: timedelta) -> None:
        self._clock.advance_to(self._clock.now() + duration)

    @contextmanager
    def _chapter(self) -> Iterator[Chapter]:
        """A chapter, measured; what happened before it is not waited for any more."""
        self._used = {event.id for event in self._events}
        chapter = Chapter("")
        desk, real = self._clock.now(), time.perf_counter()
        yield chapter
        chapter.desk, chapter.real = self._clock.now() - desk, time.perf_counter() - real
        self.chapters.append(chapter)

    async def _until(self, event_type: str, conversation: Conversation | None = None, **data: str) -> Event:
        """The next event of this type in this chapter, once it has happened."""

        def fits(event: Event) -> bool:
            told = {**event.data, "ticket_id": event.ticket_id}
            if event.type == "message.created":
                told["author"] = event.data["message"]["author"]["type"]
            return (
                event.type == event_type
                and event.id not in self._used
                and (conversation is None or event.conversation_id == conversation.id)
                and all(told.get(name) == value for name, value in data.items())
            )

        try:
            async with asyncio.timeout(_PATIENCE), self._news:
                while (event := next(filter(fits, self._events), None)) is None:
                    await self._news.wait()
        except TimeoutError:
            wanted = " ".join((event_type, *data.values()))
            raise NotAsTold(f"{wanted} did not happen within {_PATIENCE:g} s") from None
        self._used.add(event.id)
        return event

    async def _read(self) -> None:
        """Take in everything that happens."""
        async with self._people.events.follow(cursor=0) as events:
            async for event in events:
                self._tell(event)
                async with self._news:
                    self._events.append(event)
                    self._news.notify_all()


@asynccontextmanager
async def _running(*works: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Let these run until the end of the block."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _hold(holds: bool, claim: str) -> None:  # noqa: FBT001 - reads as a sentence: hold(fact, claim)
    if not holds:
        raise NotAsTold(f"it does not hold that {claim}")


def _speaks(event: Event, author: str) -> bool:
    return event.type == "message.created" and bool(event.data["message"]["author"]["type"] == author)
