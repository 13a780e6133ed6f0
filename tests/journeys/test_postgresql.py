"""The whole story over real sockets, on PostgreSQL: a bot, a customer and an agent, and the engine stops in between."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from handoff_sdk import Bot, open_desk

CONFIG = {
    "brands": {"default": {"bot": "ada", "style": "live_chat"}},
    "agents": {"ana": {"name": "Ana"}},
}


def new_bot():
    ada = Bot("ada")

    @ada.on_message
    async def anything(chat):
        await chat.handoff(say="I am getting a colleague.", subject=chat.text)

    @ada.on_returned
    async def returned(chat):
        await chat.say(f"Welcome back: {chat.returned.outcome}.")

    return ada


class Place:
    """An engine with its bot, which can be started again on the same database."""

    def __init__(self, url):
        self._url, self._open = url, AsyncExitStack()

    async def start(self):
        desk = await self._open.enter_async_context(open_desk(self._url, CONFIG))
        bot = new_bot()
        serving = asyncio.create_task(bot.serve(desk.client(role="bot"), cursor=0))

        async def bot_ended():
            bot.stop()
            await serving

        self._open.push_async_callback(bot_ended)
        return desk.client(role="integrator")

    async def stop(self):
        await self._open.aclose()


@pytest.fixture
async def place(postgresql):
    made = Place(postgresql)
    yield made
    await made.stop()


async def told(client, is_last):
    """All events up to the first that ``is_last`` is true of."""
    events = []
    async with asyncio.timeout(30), client.events.follow(cursor=0) as feed:
        async for event in feed:
            events.append(event)
            if is_last(event):
                return events
    raise AssertionError(events)


def says(start):
    return lambda event: event.type == "message.created" and event.data["message"]["content"]["text"].startswith(start)


async def test_a_hand_off_and_back_with_a_restart_in_between(place):
    client = await place.start()
    ana = client.as_agent("ana")
    await ana.agents.set_status("ana", "online")
    mia = await client.conversations.create(customer={"external_id": "42", "name": "Mia"}, message="My parcel is lost!")
    offered = (await told(client, lambda event: event.type == "ticket.offered"))[-1]
    ticket = await ana.offers.accept(offered.data["offer_id"])
    await ana.messages.create(mia.id, text="Hello Mia, I found it.")
    await place.stop()

    client = await place.start()
    ana = client.as_agent("ana")
    await client.messages.create(mia.id, text="Thank you!", author="customer")
    await ana.tickets.update(ticket.id, status="solved")
    events = await told(client, says("Welcome back"))

    said = [event.data["message"] for event in events if event.type == "message.created"]
    assert [
        ("customer", "My parcel is lost!"),
        ("bot", "I am getting a colleague."),
        ("agent", "Hello Mia, I found it."),
        ("customer", "Thank you!"),
        ("bot", "Welcome back: closed."),
    ] == [(one["author"]["type"], one["content"]["text"]) for one in said if one["author"]["type"] != "system"]
    assert sorted(event.cursor for event in events) == [event.cursor for event in events]


async def test_files_are_taken_and_found_again_after_a_restart(place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    client = await place.start()
    ana = client.as_agent("ana")
    mia = await client.conversations.create(customer={"external_id": "42"}, message="Where is my label?")
    await told(client, lambda event: event.type == "ticket.created")
    sent = await ana.attachments.upload(b"GIF89a", name="label.gif")
    await ana.messages.create(mia.id, content={"type": "image", "url": sent.url})
    await place.stop()

    client = await place.start()
    [shown] = [one async for one in client.messages.list(mia.id) if one.content.type == "image"]
    assert ("label.gif", f"/v1/attachments/{sent.id}") == (shown.content.name, shown.content.url.partition("?")[0])
    assert b"GIF89a" == (tmp_path / "handoff.attachments" / sent.id).read_bytes()
