"""One story from a customer's first word to a bot's last, played by processes that die between two steps of the desk.

The desk is not touched: its store and its sender are wrapped, and the wrapping ends the process (``os._exit``, as
``kill -9`` would) before the n-th call, or after it. People and bots outside the desk know only what they were
answered. They ask again for what they were not, under the same idempotency key.

Reads count as steps only where EFFORT asks for more: they leave nothing behind, so to die after one is to die after the
write before it.

Run as a program it starts such processes: a line of JSON tells folder and fate, the answer is the exit status.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.effort import EFFORT

from handoff_sdk.core.deadlines import next_due
from handoff_sdk.core.routing import load_agent
from handoff_sdk.desk.desk import Desk, Once
from handoff_sdk.models.command import (
    AcceptOffer,
    CompleteTurn,
    HandOff,
    PostMessage,
    ScheduleFollowup,
    SetAgentStatus,
    StartConversation,
    UpdateTicket,
)
from handoff_sdk.models.config import DeskConfig
from handoff_sdk.models.customer import CustomerProfile
from handoff_sdk.models.event import Actor
from handoff_sdk.ports import ConversationFilter, EventFilter, Posted, TicketFilter
from handoff_sdk.store.sqlite import SqliteStore
from handoff_sdk.testing.clock import VirtualClock

if TYPE_CHECKING:
    from handoff_sdk.core.thread import Thread
    from handoff_sdk.models.event import Event
    from handoff_sdk.models.noun import Command
    from handoff_sdk.models.turn import Turn
    from handoff_sdk.ports import Change, Store

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DIED = 9
CONFIG = {
    "brands": {"default": {"bot": "ada", "followups": "nudge"}},
    "agents": {"ana": {"name": "Ana"}},
    "followups": {"nudge": {"steps": [{"after": "5m", "say": {"en": "Are you still there?"}}]}},
    "webhooks": [{"url": "https://crm.example.com/hook", "events": ["*"], "secret": "whsec_" + "A" * 43 + "="}],
}
ANA = Actor(type="agent", id="ana")
ADA = Actor(type="bot", id="ada")
TEXTS = {"Hello", "Which order?", "4711", "Ana here.", "Yes, still here.", "I will have a look.", "Anything else?"}
WRITES = frozenset({"keep_answer", "keep_bot", "drop_webhook", "forget_deliveries"})


class Journal:
    """What is known outside the desk, whatever dies: a file of lines."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, *words: object) -> None:
        with self._path.open("a") as file:
            file.write(json.dumps(words) + "\n")

    def read(self, kind: str) -> list[Any]:
        """What was noted under a kind, in order."""
        lines = self._path.read_text().splitlines() if self._path.exists() else []
        return [what for noted, *what in map(json.loads, lines) if noted == kind]


class Fate:
    """Counts steps, and ends the process at the last one it is given."""

    def __init__(self, journal: Journal, last: int | None) -> None:
        self._journal = journal
        self._last = last
        self._steps = 0

    def step(self, what: str) -> None:
        self._steps += 1
        if self._steps == self._last:
            self._journal.write("died", what)
            os._exit(DIED)


class MortalStore:
    """A store before and after whose calls the process may die; after a commit also before anybody has heard of it."""

    def __init__(self, store: Store, fate: Fate) -> None:
        self._store = store
        self._fate = fate

    def submit(self, change: Change) -> asyncio.Future[tuple[Event, ...]]:
        what = ", ".join(event.type for event in change.events) or "something that has no event"
        self._fate.step(f"before writing {what}")
        written = self._store.submit(change)
        written.add_done_callback(lambda _: self._fate.step(f"after writing {what}"))
        return written

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._store, name)
        if not asyncio.iscoroutinefunction(call):
            return call

        async def mortal(*args: Any, **more: Any) -> Any:
            if name in WRITES or EFFORT > 1:
                self._fate.step(f"before {name}")
            answer = await call(*args, **more)
            if name in WRITES:
                self._fate.step(f"after {name}")
            return answer

        return mortal


class MortalSender:
    """A way out that always works, and before and after which the process may die."""

    def __init__(self, journal: Journal, fate: Fate) -> None:
        self._journal = journal
        self._fate = fate

    async def allow(self, _hosts: object) -> None:
        return None

    def refusal(self, _url: str) -> None:
        return None

    async def post(self, _url: str, _headers: object, body: bytes) -> Posted:
        event = json.loads(body)
        self._fate.step(f"before posting {event['type']}")
        self._journal.write("posted", event["conversation_id"], event["cursor"], event["id"])
        self._fate.step(f"after posting {event['type']}")
        return Posted(200, 0.0)

    async def close(self) -> None:
        return None


class Left(NamedTuple):
    """How the story has ended, in words that do not depend on ids and instants."""

    told: list[list[object]]
    conversation: dict[str, object]
    unsettled: int
    missed: list[str]
    disordered: list[str]
    posted_again: int


class Story:
    """The people, the bot and what they do; one life of a desk at a time."""

    def __init__(self, desk: Desk, clock: VirtualClock, journal: Journal) -> None:
        self.desk = desk
        self.clock = clock
        self.journal = journal
        self.process = f"process {len(journal.read('died')) + 1}"
        self.conversation_id = ""
        self.mia = Actor(type="customer")

    async def play(self) -> Left:
        await self.check()
        await self.desk.rest()
        self.mia = Actor(type="customer", id=(await self.desk.identify(CustomerProfile(external_id="mia"))).id)
        await self.once("Ana comes", SetAgentStatus(agent_id="ana", status="online"), ANA)
        self.conversation_id = await self.once("Hello", StartConversation(message=_text("Hello")), self.mia)
        await self.bot("Which order?")
        await self.says("4711", self.mia)
        await self.bot_hands_off()
        await self.until_told("ticket.offer_lapsed")
        await self.accepts()
        await self.says("Ana here.", ANA, author={"type": "agent", "id": "ana"})
        await self.until_told("followup.sent")
        await self.says("Yes, still here.", self.mia)
        await self.says("I will have a look.", ANA, author={"type": "agent", "id": "ana"})
        remind = ScheduleFollowup(conversation_id=self.conversation_id, after="1h", say="It is on its way.", key="way")
        await self.once("remind", remind, ANA)
        await self.until_told("followup.sent", times=3)
        await self.once("solve", UpdateTicket(ticket_id=(await self.thread()).latest.id, status="solved"), ANA)
        await self.until_told("control.returned")
        await self.bot("Anything else?")
        await self.desk.rest()
        return await self.left()

    async def once(self, key: str, command: Command, actor: Actor) -> str:
        """Ask until it is answered, over all lives; the id of the conversation it was about."""
        kept = await self.desk.store.answer("story", key)
        if kept is not None:
            return kept.body.decode()
        thread_id: list[str] = []

        def answer(outcome: Any) -> tuple[int, bytes]:
            thread_id.append(outcome.thread.conversation.id if outcome.thread else "")
            return 200, thread_id[0].encode()

        await self.desk.handle(command, actor, Once("story", key, b"", answer))
        self.journal.write("answered", key)
        await self.desk.rest()
        return thread_id[0]

    async def says(self, text: str, actor: Actor, **more: object) -> None:
        await self.once(text, PostMessage(conversation_id=self.conversation_id, **_text(text), **more), actor)

    async def bot(self, text: str) -> None:
        """The bot answers its turn, and acknowledges it."""
        if await self.desk.store.answer("story", f"{text} done"):
            return
        turn = await self.turn()
        await self.says(text, ADA, author={"type": "bot", "id": "ada"}, epoch=turn.conversation.epoch)
        done = CompleteTurn(turn_id=turn.id, bot="ada", consumer=self.process)
        await self.once(f"{text} done", done, ADA)

    async def bot_hands_off(self) -> None:
        if await self.desk.store.answer("story", "hand off"):
            return
        turn = await self.turn()
        command = HandOff(conversation_id=self.conversation_id, epoch=turn.conversation.epoch, key="h", say="A moment.")
        await self.once("hand off", command, ADA)

    async def turn(self) -> Turn:
        """The bot's next turn; one that a dead process had comes again when its lease has run out."""
        while True:
            turns = await self.desk.turns.take("ada", self.process, most=1, wait=timedelta(0))
            if turns:
                return turns[0]
            await self.passes(timedelta(seconds=31))

    async def accepts(self) -> None:
        if not await self.desk.store.answer("story", "accept"):
            offer = (await self.thread()).latest.offer
            await self.once("accept", AcceptOffer(offer_id=offer.id), ANA)

    async def until_told(self, event_type: str, *, times: int = 1) -> None:
        """Time passes, until this has happened so often."""
        while sum(event.type == event_type for event in await self.events()) < times:
            due = await self.desk.next_due()
            await self.passes(due - self.clock.now())

    async def passes(self, much: timedelta) -> None:
        target = self.clock.now() + much
        while (due := await self.desk.next_due()) is not None and due <= target:
            await self.moves(due)
        await self.moves(target)

    async def moves(self, instant: datetime) -> None:
        instant = max(instant, self.clock.now())
        self.journal.write("clock", instant.isoformat())
        self.clock.advance_to(instant)
        await self.desk.rest()

    async def thread(self) -> Thread:
        thread = await self.desk.store.thread(self.conversation_id)
        assert thread is not None
        return thread

    async def events(self) -> list[Event]:
        which = EventFilter(conversation_id=self.conversation_id)
        return list(await self.desk.store.events(which, after=0, limit=10_000))

    async def check(self) -> None:
        """What holds whenever a desk opens, wherever the one before it died."""
        store, config = self.desk.store, self.desk.config
        found = await store.conversations(ConversationFilter(), before=None, limit=100)
        threads = [await self.desk.store.thread(conversation.id) for conversation, _ in found]
        for thread in threads:
            self.conversation_id = thread.conversation.id
            events = await self.events()
            assert list(range(1, thread.seq + 1)) == [event.seq for event in events]
            public = [event.public_seq for event in events if event.public_seq is not None]
            assert list(range(1, thread.public_seq + 1)) == public
            texts = Counter(_said(event)[1] for event in events if event.type == "message.created")
            answered = {key for (key,) in self.journal.read("answered")}
            assert dict.fromkeys(TEXTS & answered, 1) == {text: texts[text] for text in TEXTS & answered}
            returned = [event.ticket_id for event in events if event.type == "control.returned"]
            tickets = await store.tickets(TicketFilter(conversation_id=self.conversation_id), before=None, limit=100)
            assert sorted(returned) == sorted(ticket.id for ticket in tickets if not ticket.live)
        loaded = Counter(filter(None, (load_agent(thread) for thread in threads)))
        assert loaded["ana"] == self.desk.queries.agent("ana").used.messaging
        assert loaded["ana"] == (await store.standing()).used.get("ana", 0)
        due = [item.at for thread in threads if (item := next_due(thread, config)) is not None]
        assert min(due, default=None) == await store.next_due()

    async def left(self) -> Left:
        await self.check()
        thread = await self.thread()
        (webhook,) = self.desk.webhooks.all()
        unsettled = await self.desk.webhooks.deliveries(webhook.id, "pending", None, 100)
        everything = await self.desk.store.events(EventFilter(), after=0, limit=10_000)
        missed, disordered, again = self._posts(everything)
        return Left(
            told=[[event.type, _said(event)] for event in await self.events()],
            conversation=thread.conversation.model_dump(mode="json", include={"owner", "epoch", "session", "tickets"}),
            unsettled=len(unsettled),
            missed=missed,
            disordered=disordered,
            posted_again=again,
        )

    def _posts(self, events: list[Event]) -> tuple[list[str], list[str], int]:
        """Which events no webhook got, which came after a later one of their conversation, how many came again."""
        cursors: dict[str, int] = {}
        first: dict[str, int] = {}
        disordered: list[str] = []
        posts = self.journal.read("posted")
        for conversation_id, cursor, event_id in posts:
            if event_id not in first:
                if cursor < cursors.get(conversation_id, 0):
                    disordered.append(event_id)
                cursors[conversation_id] = cursor
            first.setdefault(event_id, cursor)
        missed = [event.type for event in events if event.id not in first]
        return missed, disordered, len(posts) - len(first)


def _text(text: str) -> dict[str, Any]:
    return {"content": {"type": "text", "text": text}}


def _said(event: Event) -> object:
    data = event.data
    if event.type == "message.created":
        return [data["message"]["author"]["type"], data["message"]["content"]["text"]]
    return data.get("reason") or data.get("key") or (data.get("returned") or {}).get("reason")


async def live(folder: Path, dies_at: int | None) -> Left:
    """Play the story from where it stands until it ends; the process dies at the step given."""
    journal = Journal(folder / "journal")
    fate = Fate(journal, dies_at)
    clock = VirtualClock(datetime.fromisoformat((journal.read("clock") or [[START.isoformat()]])[-1][0]))
    store = MortalStore(SqliteStore(folder / "desk.db", durable=False), fate)
    sender = MortalSender(journal, fate)
    desk = Desk(store=store, config=DeskConfig.parse(CONFIG), clock=clock, sender=sender, driven=True)
    async with desk:
        return await Story(desk, clock, journal).play()


def main() -> None:
    with TemporaryDirectory() as folder:  # once for practice: what is loaded now need not be loaded in every child
        asyncio.run(live(Path(folder), None))
    for line in sys.stdin:
        order = json.loads(line)
        folder = Path(order["folder"])
        child = os.fork()
        if not child:
            left = asyncio.run(live(folder, order["dies_at"]))
            (folder / "left.json").write_text(json.dumps(left._asdict()))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201 - this is how it answers


if __name__ == "__main__":
    main()
