"""An engine is killed at work and started again: what was acknowledged is there, and everything goes on."""

from __future__ import annotations

import asyncio
from collections import Counter

from .load import CONFIG, Load

KILLS = 3


async def all_events(client, conversation_id=None):
    events, cursor = [], 0
    while (page := await client.events.list(after=cursor, conversation=conversation_id, limit=500)).items:
        events += page.items
        cursor = page.cursor
    return events


def texts(events):
    messages = [event.data["message"] for event in events if event.type == "message.created"]
    return [message["content"]["text"] for message in messages if message["author"]["type"] != "system"]


async def test_nothing_acknowledged_is_lost_or_doubled_by_kills_under_load(serving):
    async with serving(CONFIG) as engine, Load(engine) as load:
        for _ in range(KILLS):
            await load.rounds_more(25)
            await engine.kill()
            await engine.start()
        await load.rounds_more(25)
        await load.ends()

        assert KILLS * 25 < sum(len(said) for said in load.acknowledged.values())
        for conversation_id, acknowledged in load.acknowledged.items():
            events = await all_events(load.staff, conversation_id)
            assert list(range(1, len(events) + 1)) == [event.seq for event in events]
            public = [event.public_seq for event in events if event.public_seq is not None]
            assert list(range(1, len(public) + 1)) == public

            messages = {event.data["message"]["id"] for event in events if event.type == "message.created"}
            assert {message_id for message_id, _ in acknowledged} <= messages
            said = Counter(text for text in texts(events) if text not in {"A moment.", "Hello."})
            answers = [f"{'back' if 'people' in text else 're'}: {text}" for _, text in acknowledged]
            assert Counter([*(text for _, text in acknowledged), *answers]) == said

            stretches = [event.type for event in events if event.type in {"ticket.created", "control.returned"}]
            assert ["ticket.created", "control.returned"] * (len(stretches) // 2) == stretches
            assert sum("people" in text for _, text in acknowledged) == len(stretches) // 2


WAITING = {
    "brands": {
        "default": {"bot": "ada", "bot_answer_within": "never"},
        "strict": {"bot": "ada", "bot_answer_within": "10s"},
        "nudged": {"bot": "none", "followups": "nudge"},
    },
    "groups": {"nobody": {}, "slow": {}},
    "agents": {"ana": {}, "cyd": {"groups": ["slow"]}},
    "routing": {"offer_timeout": "10s", "lapses": {"count": 0}},
    "followups": {"nudge": {"steps": [{"after": "10s", "say": {"en": "Still there?"}, "set": {"status": "pending"}}]}},
}


class Waiting:
    """One conversation for each thing that the engine has promised to do by itself."""

    def __init__(self, engine):
        self.engine = engine
        self.staff = engine.client()
        self.bot = engine.client("bot")
        self.killed_at = 0

    async def kills(self):
        """Kill the engine once all that waits does so, and start it again."""
        self.killed_at = (await self.staff.events.list(after=None)).cursor
        await self.engine.kill()
        await self.engine.start()

    async def starts(self, name, brand="default"):
        return await self.staff.conversations.create(
            customer={"external_id": name}, brand=brand, message="Hello", idempotency_key=name
        )

    async def until(self, conversation, event_type):
        """The events of a conversation since the kill, up to the first of this type."""
        cursor, events = self.killed_at, []
        async with asyncio.timeout(60):
            while event_type not in [event.type for event in events]:
                page = await self.staff.events.poll(cursor, wait="5s", conversation=conversation.id)
                events += page.items
                cursor = page.cursor
        return events

    async def turn_of(self, conversation, *, consumer):
        """The turn of a conversation, once a process may have it."""
        async with asyncio.timeout(60):
            while True:
                for turn in await self.bot.bots.turns("ada", consumer=consumer, wait=25.0):
                    if turn.conversation.id == conversation.id:
                        return turn

    async def close(self):
        await self.bot.aclose()
        await self.staff.aclose()

    async def hands_off(self, conversation, **details):
        await self.bot.conversations.handoff(conversation.id, epoch=conversation.epoch, key="one", **details)


async def test_what_the_engine_has_promised_it_does_after_a_kill(serving):
    async with serving(WAITING) as engine:
        waiting = Waiting(engine)
        ana, cyd = waiting.staff.as_agent("ana"), waiting.staff.as_agent("cyd")
        await cyd.agents.set_status("cyd", "online")

        leased = await waiting.starts("leased")
        [turn] = await waiting.bot.bots.turns("ada", consumer="a process that dies", wait=25.0)
        assert leased.id == turn.conversation.id
        offered = await waiting.starts("offered")
        await waiting.hands_off(offered, group="slow")
        await waiting.until(offered, "ticket.offered")
        given_up = await waiting.starts("given up")
        await waiting.hands_off(given_up, group="nobody", accept_within="10s")
        silent = await waiting.starts("silent", "strict")
        nudged = await waiting.starts("nudged", "nudged")
        await ana.messages.create(nudged.id, text="Which order?", author="agent")
        reminded = await waiting.starts("reminded")
        await waiting.bot.messages.create(reminded.id, text="Noted.", author="bot", epoch=1)
        await waiting.staff.followups.schedule(reminded.id, after="10s", say="It is on its way.", key="way")
        await waiting.kills()

        await waiting.until(offered, "ticket.offer_lapsed")
        returned = await waiting.until(given_up, "control.returned")
        assert "nobody_available" in [
            event.data["returned"]["reason"] for event in returned if "returned" in event.data
        ]
        made = await waiting.until(silent, "ticket.created")
        assert [["bot_silent"]] == [event.data["ticket"]["tags"] for event in made if event.type == "ticket.created"]
        await waiting.until(nudged, "followup.sent")
        await waiting.until(reminded, "followup.sent")
        again = await waiting.turn_of(leased, consumer="another")
        assert (turn.id, 2) == (again.id, again.attempt)
        for conversation, text in ((nudged, "Still there?"), (reminded, "It is on its way.")):
            assert 1 == texts(await all_events(waiting.staff, conversation.id)).count(text)
        await waiting.close()
