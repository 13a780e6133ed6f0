"""A shop on the real engine, with a clock that the test moves: customers, the agent Ana, and the bot's processes."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from handoff_sdk import HandoffClient, Retries, open_desk
from handoff_sdk.core.notes import notes_of
from handoff_sdk.testing import VirtualClock

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
QUEUED_IS_MUTED = {"queued": False}
"""It tells a wait once a desk knows one, and stories are compared."""

CONFIG = {
    "brands": {
        "default": {"bot": "acme-bot", "style": "live_chat", "bot_answer_within": "never", "lines": QUEUED_IS_MUTED},
        "quick": {"bot": "acme-bot", "style": "live_chat"},
    },
    "agents": {"ana": {"name": "Ana"}},
}


class Killed(BaseException):
    """The process of a bot dies here."""


class Mortal(httpx.AsyncBaseTransport):
    """Lets so many requests through and kills the process at the next one, before or after the engine got it.

    A dead process sends nothing any more.
    """

    def __init__(self, *, dies_at: int | None = None, after: bool = False):
        self._inner = httpx.AsyncHTTPTransport(verify=False)
        self.dies_at = dies_at
        self.after = after
        self.sent = 0
        self.dead = False
        self.answered = asyncio.Queue()

    async def handle_async_request(self, request):
        if self.dead:
            raise Killed
        self.sent += 1
        self.dead = self.sent == self.dies_at
        patches_state = request.method == "PATCH" and b'"_ahead' in request.content
        killed = Killed("PATCH state" if patches_state else f"{request.method} {request.url.path}")
        if self.dead and not self.after:
            raise killed
        response = await self._inner.handle_async_request(request)
        await response.aread()
        if self.dead:
            raise killed
        self.answered.put_nowait(request.url.path)
        return response

    async def until(self, path):
        """Wait for the answer to a request."""
        async with asyncio.timeout(20):
            while not (await self.answered.get()).endswith(path):
                pass

    async def aclose(self):
        await self._inner.aclose()


class Shaky(Mortal):
    """Cannot reach the engine for the first few requests of a kind."""

    def __init__(self, path, times):
        super().__init__()
        self._path = path
        self.left = times

    async def handle_async_request(self, request):
        if request.url.path.endswith(self._path) and self.left:
            self.left -= 1
            raise httpx.ConnectError("no engine here")
        return await super().handle_async_request(request)


class Shop:
    def __init__(self, desk, clock, url, key):
        self.desk = desk.desk
        self.clock = clock
        self.staff = desk.client(role="integrator")
        self.client = desk.client(role="bot")
        self.ana = self.staff.as_agent("ana")
        self.url = url
        self.key = desk.key
        self._key = key
        self._customers = 0

    async def starts(self, message=None, *, brand="default", **customer):
        """A new customer's conversation, by its id."""
        self._customers += 1
        profile = {"external_id": str(self._customers), "name": "Mia", **customer}
        return (await self.staff.conversations.create(customer=profile, brand=brand, message=message)).id

    async def writes(self, conversation_id, text, **content):
        content = {"type": "text", "text": text, **content}
        return await self.staff.messages.create(conversation_id, content=content, author="customer")

    def process(self, **fate):
        """A process of the bot: a client whose connection may die."""
        return self.over(Mortal(**fate))

    def over(self, transport):
        """A client of the bot over a connection."""
        return HandoffClient(self.url, api_key=self._key, retries=Retries(total=0), transport=transport)

    async def turns(self, bot, *, consumer="one", client=None):
        await self.desk.rest()
        return await (client or self.client).bots.turns(bot.name, consumer=consumer, wait=0)

    async def play(self, bot, *, consumer="one", client=None):
        """Let the bot do all it has to do."""
        client = client or self.client
        while turns := await self.turns(bot, consumer=consumer, client=client):
            for turn in turns:
                await bot.take(turn, client, consumer=consumer)

    async def passes(self, **time):
        """Time passes, and what falls due happens."""
        self.clock.advance_to(self.clock.now() + timedelta(**time))
        await self.desk.rest()

    async def talk(self, conversation_id):
        """What was said, by whom."""
        listed = self.staff.messages.list(conversation_id)
        return [(message.author.type, message.text) async for message in listed]

    async def said(self, conversation_id):
        """What the bot said."""
        return [text for author, text in await self.talk(conversation_id) if author == "bot"]

    async def last(self, conversation_id):
        """The bot's last line, with its quick replies."""
        listed = self.staff.messages.list(conversation_id)
        *_, content = [message.content async for message in listed if message.author.type == "bot"]
        return content.text, [reply.text for reply in content.replies]

    async def hears(self, conversation_id, text):
        """Wait until the bot has said something."""
        async with asyncio.timeout(20), self.staff.events.follow(cursor=0, conversation=conversation_id) as events:
            async for event in events:
                if event.type == "message.created" and text == event.data["message"]["content"].get("text"):
                    return

    async def ticket(self, conversation_id):
        return (await self.staff.conversations.get(conversation_id)).ticket

    async def accepts(self, conversation_id, reply="Hello, this is Ana."):
        """Ana takes the ticket and answers."""
        await self.ana.agents.set_status("ana", "online")
        await self.desk.rest()
        ticket = await self.ticket(conversation_id)
        if ticket.offer is not None:  # who was silent for long is assigned without one
            await self.ana.offers.accept(ticket.offer.id)
        await self.ana.messages.create(conversation_id, text=reply)
        return ticket

    async def solves(self, conversation_id, **changes):
        """Ana takes the ticket, answers, and solves it; control is back."""
        ticket = await self.accepts(conversation_id)
        await self.ana.tickets.update(ticket.id, **changes, status="solved")
        await self.desk.rest()
        return ticket

    async def notes(self, conversation_id):
        """The bot's dialogues that wait, by what they wait for."""
        return waits_for((await self.staff.conversations.get(conversation_id)).state)


def waits_for(state):
    """What the bot's dialogues wait for, by its notes."""
    return [one.waiting.on for one in notes_of(state, "acme-bot").open if one.waiting]


@pytest.fixture
async def serving(shop):
    """Serves a bot until the test is over; gives its task once the bot takes turns."""
    tasks = []

    async def serve(bot, *, client=None, **options):
        task = asyncio.create_task(bot.serve(client or shop.client, **options))
        tasks.append(task)
        return task

    yield serve
    for task in tasks:
        task.cancel()
    # The engine holds the requests of bots that are gone until their time is up.
    await shop.passes(minutes=1)
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        assert outcome is None or isinstance(outcome, asyncio.CancelledError)


@pytest.fixture
def clock():
    return VirtualClock(NINE)


@pytest.fixture
async def shop(tmp_path, clock):
    async with open_desk(f"sqlite:///{tmp_path / 'desk.db'}", config=CONFIG, clock=clock) as desk:
        yield Shop(desk, clock, await desk.listen(), await desk.key("bot"))
