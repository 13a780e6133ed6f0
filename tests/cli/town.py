"""A town of customers who went silent on a real engine, for commands that reach out to them."""

import asyncio
from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


ALL_BUT_SILENT = {"steps": [{"after": "300d", "say": {"en": "It has been a while."}}], "while": ["human", "bot"]}


CONFIG = {
    "brands": {
        "acme": {"bot": "ada", "bot_answer_within": "never", "style": "social"},
        "umbra": {"bot": "ada", "bot_answer_within": "never", "style": "social", "language": "de"},
        "owls": {"bot": "ada", "bot_answer_within": "never", "style": "social", "followups": "by_night"},
        "rare": {"bot": "ada", "bot_answer_within": "never", "style": "social", "followups": "once_a_day"},
    },
    "channels": {"whatsapp": {"window": "24h"}},
    "followups": {
        "by_night": ALL_BUT_SILENT | {"quiet": "06:00-22:00"},
        "once_a_day": ALL_BUT_SILENT | {"max_per_day": 1},
    },
    "agents": {"ana": {"name": "Ana"}},
}


class Town:
    """An engine in a thread of its own, customers who have gone silent on it, and the command pointed at it.

    Args:
        handoff: Runs the command in this process, which is sooner.
        shell: Runs it in one of its own.
        desk: The engine.
        clock: Its time.
        url: Where it is.
        key: A key for it.
    """

    def __init__(self, handoff, shell, desk, *, clock, url, key):
        self.handoff = handoff
        self.shell = shell
        self.loop = asyncio.get_running_loop()
        self.desk = desk
        self.clock = clock
        self.people = desk.client("admin")
        self.bot = desk.client("bot")
        self.ids = {}
        self.options = ("--url", url, "--api-key", key)

    def does(self, work):
        """What a coroutine answers, in the engine's thread."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout=30)

    def silent(self, *names, by="ana", brand="acme", channel="web", **profile):
        """These customers wrote, and somebody answered last."""

        async def all_of_them():
            for name in names:
                customer = {"external_id": name, **profile}
                started = await self.people.conversations.create(
                    customer=customer, brand=brand, channel=channel, message="Hello"
                )
                self.ids[name] = started.id
                if by == "ana":
                    await self.people.as_agent("ana").messages.create(started.id, text="Which order?")
                elif by == "bot":
                    await self.bot.messages.create(started.id, text="Which order?", author="bot", epoch=1)

        self.does(all_of_them())

    def sets(self, name, status):
        """Ana sets the status of this customer's ticket."""
        ticket = self.does(self.people.conversations.get(self.ids[name])).ticket
        self.does(self.people.as_agent("ana").tickets.update(ticket.id, status=status))

    def passes(self, **duration):
        async def moved():
            self.clock.advance_to(self.clock.now() + timedelta(**duration))
            await self.desk.desk.rest()

        self.does(moved())

    def run(self, *args):
        return self.handoff(*args, *self.options)

    def running(self, *args):
        """The command in a process of its own, while it runs."""
        return self.shell.running(*args, *self.options)

    def heard(self):
        """What the engine said to each customer who was told something."""

        async def said(conversation_id):
            messages = await self.people.messages.list(conversation_id).all()
            return [message.content.text for message in messages if message.via == "followup"]

        told = {name: self.does(said(conversation_id)) for name, conversation_id in self.ids.items()}
        return {name: texts for name, texts in told.items() if texts}

    def events(self):
        return self.does(self.people.events.list()).items

    def until_sent(self, count):
        """Return when so many messages were sent, in all."""

        async def sent():
            async with self.people.events.follow(cursor=0, types={"followup.sent"}) as events:
                for _ in range(count):
                    await anext(events)

        self.does(sent())
