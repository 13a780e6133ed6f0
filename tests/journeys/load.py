"""People and a bot who keep an engine busy, whether it is there or not. They remember what they were told."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from itertools import count

from handoff_sdk import Bot
from handoff_sdk.errors import HandoffError, Unreachable

CONFIG = {
    "brands": {"default": {"bot": "ada", "style": "live_chat"}},
    "agents": {"ana": {"name": "Ana"}, "ben": {"name": "Ben"}},
    "routing": {"offer_timeout": "5s", "lapses": {"count": 0}},
}
CUSTOMERS = 8


def bot():
    """A bot that answers, and hands off who wants people."""
    ada = Bot("ada", grace=0)

    @ada.on_message(contains="people")
    async def people(chat):
        text = chat.text
        await chat.handoff(say="A moment.")
        await chat.say(f"back: {text}")

    @ada.on_message()
    async def echo(chat):
        await chat.say(f"re: {chat.text}")

    return ada


class Load:
    """Customers who write and wait for an answer, again and again; a bot; two agents."""

    def __init__(self, engine):
        self.staff = engine.client()
        self.bot_client = engine.client("bot")
        self.acknowledged = defaultdict(list)
        self.rounds = 0
        self._answered = asyncio.Event()
        self._heard = set()
        self._news = asyncio.Condition()
        self._stopping = False
        self._customers = []
        self._others = []

    async def __aenter__(self):
        self._others = [
            asyncio.create_task(work)
            for work in (bot().serve(self.bot_client), self._listens(), self._works("ana"), self._works("ben"))
        ]
        self._customers = [asyncio.create_task(self._talks(f"customer {n}")) for n in range(CUSTOMERS)]
        return self

    async def __aexit__(self, *_):
        for task in (*self._customers, *self._others):
            task.cancel()
        await asyncio.gather(*self._customers, *self._others, return_exceptions=True)
        await self.bot_client.aclose()
        await self.staff.aclose()

    async def rounds_more(self, number):
        """Return when so many more questions were answered."""
        target = self.rounds + number
        async with asyncio.timeout(120):
            while self.rounds < target:
                self._answered.clear()
                await self._first_of(self._answered.wait())

    async def ends(self):
        """Let all finish what they have begun."""
        self._stopping = True
        async with asyncio.timeout(120):
            await self._first_of(asyncio.gather(*self._customers))

    async def _first_of(self, wait):
        """Wait, and fail as soon as somebody does."""
        waiting = asyncio.ensure_future(wait)
        done, _ = await asyncio.wait([waiting, *self._others], return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        assert waiting in done

    async def _talks(self, name):
        conversation = await self.staff.conversations.create(customer={"external_id": name}, idempotency_key=name)
        for number in count(1):
            if self._stopping:
                return
            text = f"{name}, {number}{': people' if number % 4 == 0 else ''}"
            said = await self.staff.messages.create(conversation.id, text=text, author="customer", idempotency_key=text)
            self.acknowledged[conversation.id].append((said.id, text))
            wanted = f"back: {text}" if "people" in text else f"re: {text}"
            async with self._news:
                await self._news.wait_for(lambda wanted=wanted: wanted in self._heard)
            self.rounds += 1
            self._answered.set()

    async def _listens(self):
        async with self.staff.events.follow(types={"message.created"}, cursor=0) as feed:
            async for event in feed:
                async with self._news:
                    self._heard.add(event.data["message"]["content"]["text"])
                    self._news.notify_all()

    async def _works(self, agent):
        me = self.staff.as_agent(agent)
        await me.agents.set_status(agent, "online")
        async with self.staff.events.follow(types={"ticket.offered"}, cursor=0) as feed:
            async for event in feed:
                if event.data["agent_id"] == agent:
                    await self._helps(me, event)

    async def _helps(self, me, offered):
        """Accept, reply and solve, where all that can still be done."""
        offer_id = offered.data["offer_id"]
        try:
            ticket = await me.offers.accept(offer_id, idempotency_key=f"accept {offer_id}")
            await me.messages.create(
                offered.conversation_id, text="Hello.", author="agent", idempotency_key=f"hello {offer_id}"
            )
        except Unreachable:
            raise
        except HandoffError:  # the offer has lapsed meanwhile; the next one is on its way
            return
        while ticket.status not in {"solved", "closed"}:
            try:
                ticket = await me.tickets.update(ticket.id, status="solved")
            except Unreachable:  # a PATCH is not repeated by itself
                ticket = await me.tickets.get(ticket.id)
