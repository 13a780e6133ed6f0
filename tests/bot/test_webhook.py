"""A bot that is woken by signed webhooks: the real engine posts them to it, over real sockets."""

import asyncio
import json
import subprocess
import sys
from datetime import datetime
from decimal import Decimal

import pytest

from handoff_sdk import (
    ConfigError,
    HandoffClient,
    InvalidRequest,
    Retries,
    Unauthenticated,
    Unavailable,
    Unreachable,
    open_desk,
)
from handoff_sdk.bot.bot import Bot
from handoff_sdk.core.forms import HandoffForm, question
from handoff_sdk.core.hooks import signed_headers

from .conftest import CONFIG, Shop
from .door import SECRET, opened_door, posted, signed, signed_now


@pytest.fixture
async def door():
    async with opened_door() as door:
        yield door


@pytest.fixture
def events():
    return ["turn.started"]


@pytest.fixture
def config(door, events):
    hook = {"url": door.url, "events": events, "secret": SECRET}
    return CONFIG | {"webhooks": [hook], "webhooks_allow": ["127.0.0.0/8"]}


@pytest.fixture(autouse=True)
def one_time(clock, monkeypatch):
    """Who receives a webhook looks at the same clock as who sends it."""

    class Now(datetime):
        @classmethod
        def now(cls, tz=None):
            return clock.now()

    monkeypatch.setattr("handoff_sdk.client.webhooks.datetime", Now)


@pytest.fixture
async def shop(tmp_path, clock, config):
    async with open_desk(f"sqlite:///{tmp_path / 'desk.db'}", config=config, clock=clock) as desk:
        yield Shop(desk, clock, await desk.listen(), await desk.key("bot"))


@pytest.fixture
def bot(door, shop):
    bot = Bot("acme-bot")
    door.handler = bot.webhook_handler(shop.client, secret=SECRET)
    return bot


def echoing(bot):
    @bot.on_message
    async def echo(chat):
        name = await chat.ask("Your name?")
        await chat.say(f"Hello {name}!")

    return bot


class Refund(HandoffForm):
    """What billing needs."""

    order: str = question("What is your order number?", pattern=r"\d{4,}", retry="That is not an order number.")
    amount: Decimal | None = question("How much did you pay?", default=None)


async def test_a_whole_dialogue_is_served_by_one_type_of_webhook(shop, bot, door):
    @bot.on_message(contains="refund")
    async def refund(chat):
        form = await chat.collect(Refund)
        returned = await chat.handoff(form, say="I am getting a colleague.")
        await chat.say(f"Back: {returned.reason}, {returned.form(Refund).amount}.")
        await chat.sleep(days=3)
        await chat.say("Three days later.")

    mia = await shop.starts("I want a refund")
    for question_, answer in [
        ("What is your order number?", "47"),
        ("That is not an order number.", "4711"),
        ("How much did you pay?", "12.50"),
    ]:
        await shop.hears(mia, question_)
        await shop.writes(mia, answer)
    await shop.hears(mia, "I am getting a colleague.")
    await shop.solves(mia)
    await shop.hears(mia, "Back: closed, 12.50.")
    assert 204 == [await door.answered() for _ in range(5)][-1]
    await shop.passes(days=3)
    await shop.hears(mia, "Three days later.")
    assert {"turn.started"} == set(door.types)
    assert [
        "What is your order number?",
        "That is not an order number.",
        "How much did you pay?",
        "I am getting a colleague.",
        "Back: closed, 12.50.",
        "Three days later.",
    ] == await shop.said(mia)


@pytest.mark.parametrize("events", [["message.created", "control.returned"], ["*", "turn.started"]])
async def test_other_events_wake_it_too(shop, bot, door):
    @bot.on_message
    async def person(chat):
        returned = await chat.handoff(say="A moment.")
        await chat.say(f"Back: {returned.reason}.")

    mia = await shop.starts("Hi")
    await shop.hears(mia, "A moment.")
    await shop.solves(mia)
    await shop.hears(mia, "Back: closed.")
    assert ["A moment.", "Back: closed."] == await shop.said(mia)


async def test_webhooks_that_come_again_and_in_any_order_change_nothing(shop, bot, door):
    echoing(bot)
    mia = await shop.starts("Hi")
    await shop.hears(mia, "Your name?")
    await shop.writes(mia, "Mia")
    await shop.hears(mia, "Hello Mia!")
    again = [*reversed(door.posts), *door.posts]
    for headers, body in again:
        await bot.handle(headers, body, client=shop.client, secret=SECRET)
    assert [204] * len(again) == [(await posted(door, *post))[0] for post in again]
    assert ["Your name?", "Hello Mia!"] == await shop.said(mia)


async def test_messages_that_come_all_at_once_are_answered_in_order(shop, bot):
    @bot.on_message
    async def answer(chat):
        await chat.say(f"Echo: {chat.text}")

    mia = await shop.starts("0")
    for number in range(1, 12):
        await shop.writes(mia, str(number))
    await shop.hears(mia, "Echo: 11")
    assert [f"Echo: {number}" for number in range(12)] == await shop.said(mia)


@pytest.mark.parametrize("how", ["unsigned", "another secret", "another body", "too old"])
async def test_who_did_not_sign_is_refused(shop, bot, door, clock, how):
    echoing(bot)
    body = json.dumps({"id": "evt_1", "type": "turn.started", "at": clock.now().isoformat()}).encode()
    headers = {
        "unsigned": {},
        "another secret": signed(clock, body, "whsec_" + "B" * 40),
        "another body": signed(clock, body + b" "),
        "too old": signed_headers([SECRET], "msg_1", clock.now().replace(year=2025), body),
    }[how]
    status, told = await posted(door, headers, body)
    assert (401, "unauthenticated") == (status, json.loads(told)["code"])
    with pytest.raises(Unauthenticated):
        await bot.handle(headers, body, client=shop.client, secret=SECRET)


async def test_what_is_signed_and_no_event_is_a_bad_request(shop, bot, door, clock):
    headers = signed(clock, b"[]")
    assert 400 == (await posted(door, headers, b"[]"))[0]
    with pytest.raises(InvalidRequest, match="its body is not an event"):
        await bot.handle(headers, b"[]", client=shop.client, secret=SECRET)


async def test_without_a_secret_there_is_no_handler(monkeypatch):
    monkeypatch.delenv("HANDOFF_HOOK_SECRET", raising=False)
    for secret in (None, "", "guess"):
        with pytest.raises(ConfigError, match="HANDOFF_HOOK_SECRET"):
            Bot("acme-bot").webhook_handler(secret=secret)


async def test_the_environment_says_where_the_engine_is_and_who_may_wake(shop, door, monkeypatch, clock):
    bot = echoing(Bot("acme-bot"))
    for name, value in [("URL", shop.url), ("API_KEY", await shop.key("bot")), ("HOOK_SECRET", SECRET)]:
        monkeypatch.setenv(f"HANDOFF_{name}", value)
    door.handler = bot.webhook_handler()
    mia = await shop.starts("Hi")
    await shop.hears(mia, "Your name?")
    await door.answered()
    await shop.writes(mia, "Mia")
    await door.answered()
    monkeypatch.delenv("HANDOFF_API_KEY")
    headers, body = door.posts[-1]
    with pytest.raises(ConfigError, match="HANDOFF_API_KEY"):
        await bot.handle(headers, body)
    assert ["Your name?", "Hello Mia!"] == await shop.said(mia)


async def test_what_is_none_of_its_business_makes_no_call(shop, bot, door, clock):
    async with HandoffClient("http://127.0.0.1:9", api_key="hk_x", retries=Retries(total=0)) as nowhere:
        mia = {"conversation_id": "cnv_1", "at": clock.now().isoformat(), "id": "evt_1", "actor": {"type": "system"}}
        for event in [
            mia | {"type": "turn.started", "data": {"bot": "other-bot"}},
            mia | {"type": "turn.started", "data": {"bot": "acme-bot"}, "conversation_id": None},
            mia | {"type": "message.created", "actor": {"type": "bot", "id": "acme-bot"}},
            mia | {"type": "message.created", "standby": True},
            mia | {"type": "ticket.solved"},
        ]:
            body = json.dumps(event).encode()
            await bot.handle(signed(clock, body), body, client=nowhere, secret=SECRET)
        body = json.dumps(mia | {"type": "turn.started", "data": {"bot": "acme-bot"}}).encode()
        with pytest.raises(Unreachable):
            await bot.handle(signed(clock, body), body, client=nowhere, secret=SECRET)
        door.handler = bot.webhook_handler(nowhere, secret=SECRET)
        assert 503 == (await posted(door, signed(clock, body), body))[0]


async def test_a_key_that_is_refused_is_the_servers_fault_and_not_the_callers(shop, bot, door, clock, caplog):
    async with HandoffClient(shop.url, api_key="hk_nobody") as nobody:
        door.handler = bot.webhook_handler(nobody, secret=SECRET)
        await shop.starts("Hi")
        assert 500 == await door.answered()
    assert "woken by a webhook, and failed" in caplog.text


async def test_a_call_that_is_lost_comes_again(shop, door):
    mia = await shop.starts("Hi")
    assert 500 == await door.answered()
    await shop.passes(seconds=5)
    assert 500 == await door.answered()
    bot = echoing(Bot("acme-bot"))
    door.handler = bot.webhook_handler(shop.client, secret=SECRET)
    await shop.passes(seconds=29)
    assert 2 == len(door.posts)
    await shop.passes(seconds=1)
    await shop.hears(mia, "Your name?")


async def test_who_waits_when_the_engine_starts_is_called_for(tmp_path, clock, config, door):
    where = f"sqlite:///{tmp_path / 'desk.db'}"
    async with open_desk(where, config=CONFIG, clock=clock) as desk:
        mia = await Shop(desk, clock, await desk.listen(), await desk.key("bot")).starts("Hi")
    async with open_desk(where, config=config, clock=clock) as desk:
        shop = Shop(desk, clock, await desk.listen(), await desk.key("bot"))
        door.handler = echoing(Bot("acme-bot")).webhook_handler(shop.client, secret=SECRET)
        await shop.passes(minutes=1)
        await shop.hears(mia, "Your name?")


async def test_two_processes_get_the_same_webhooks_and_say_nothing_twice(shop, bot, door):
    echoing(bot)
    async with opened_door() as other:
        other.handler = echoing(Bot("acme-bot")).webhook_handler(shop.client, secret=SECRET)
        await shop.staff.webhooks.create(url=other.url, events=["turn.started"], secret=SECRET)
        mias = [await shop.starts("Hi") for _ in range(6)]
        for mia in mias:
            await shop.hears(mia, "Your name?")
            await shop.writes(mia, "Mia")
        for mia in mias:
            await shop.hears(mia, "Hello Mia!")
            assert ["Your name?", "Hello Mia!"] == await shop.said(mia)
        assert door.posts
        assert other.posts


async def test_a_process_that_dies_in_the_middle_is_followed_by_another_one(shop, door):
    died = asyncio.Event()

    def process(*, dies=False):
        bot = Bot("acme-bot")

        @bot.on_message
        async def answer(chat):
            await chat.say("One moment.")
            if dies:
                died.set()
                await asyncio.Event().wait()
            await chat.say("Here it is.")

        return bot

    dying = process(dies=True)
    mia = await shop.starts("Hi")
    await door.answered()
    headers, body = door.posts[0]
    killed = asyncio.create_task(dying.handle(headers, body, client=shop.client, secret=SECRET))
    async with asyncio.timeout(20):
        await died.wait()
    killed.cancel()
    with pytest.raises(asyncio.CancelledError):
        await killed
    door.handler = process().webhook_handler(shop.client, secret=SECRET)
    assert 204 == (await posted(door, headers, body))[0]
    assert ["One moment."] == await shop.said(mia)
    await shop.passes(seconds=30)
    await shop.hears(mia, "Here it is.")
    assert ["One moment.", "Here it is."] == await shop.said(mia)


async def test_a_slow_handler_is_answered_for_early_and_goes_on(shop, door, monkeypatch):
    bot, go = Bot("acme-bot"), asyncio.Event()

    @bot.on_message
    async def think(chat):
        await go.wait()
        await chat.say("Thought about it.")

    mia = await shop.starts("Hi")
    await door.answered()
    door.handler = bot.webhook_handler(shop.client, secret=SECRET)
    monkeypatch.setattr("handoff_sdk.bot.webhook._ANSWER_WITHIN", 0.01)
    assert (202, "") == await posted(door, *door.posts[0])
    assert [] == await shop.said(mia)
    go.set()
    await shop.hears(mia, "Thought about it.")
    assert 202 == await door.answered()


async def test_no_more_conversations_are_answered_at_once_than_the_bound_says(shop, door, clock):
    bot, go, begun = Bot("acme-bot", at_once=1), asyncio.Event(), asyncio.Event()
    door.handler = bot.webhook_handler(shop.client, secret=SECRET)

    @bot.on_message
    async def think(chat):
        begun.set()
        await go.wait()
        await chat.say("Thought about it.")

    mia = await shop.starts("Hi")
    async with asyncio.timeout(20):
        await begun.wait()
    tom = await shop.starts("Hi")
    assert 503 == await door.answered()
    with pytest.raises(Unavailable, match="answers 1 conversations already"):
        await bot.handle(*door.posts[-1], client=shop.client, secret=SECRET)
    go.set()
    await shop.hears(mia, "Thought about it.")
    assert 204 == await door.answered()
    await shop.passes(seconds=5)
    await shop.hears(tom, "Thought about it.")


@pytest.mark.parametrize("events", [["turn.started", "control.taken_over", "conversation.created", "message.created"]])
async def test_what_is_heard_beside_the_turns(shop, bot, door):
    begun, over, read = asyncio.Event(), asyncio.Event(), asyncio.Queue()

    @bot.on_started
    async def greet(chat):
        await chat.say("Hello!")

    @bot.on_standby
    async def listen(chat):
        read.put_nowait(chat.text)

    @bot.on_message
    async def think(chat):
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            over.set()

    mia = await shop.starts()
    await shop.hears(mia, "Hello!")
    await door.answered()
    await door.answered()
    headers, body = door.posts[0]
    await shop.writes(mia, "Hi")
    async with asyncio.timeout(20):
        await begun.wait()
        await shop.ana.messages.create(mia, text="I am here.")
        # In the conversation's own order this one would wait for the handler; the engine may post it through another.
        taken = await taken_over(shop, mia)
        await bot.handle(signed_now(shop, taken), taken, client=shop.client, secret=SECRET)
        await over.wait()
        assert "I am here." == await read.get()
    await bot.handle(headers, body, client=shop.client, secret=SECRET)
    assert ["Hello!"] == await shop.said(mia)


async def taken_over(shop, conversation_id):
    """The event that tells of it, as it is posted."""
    events = (await shop.staff.events.list(after=0, conversation=conversation_id)).items
    (event,) = [event for event in events if event.type == "control.taken_over"]
    return event.model_dump_json().encode()


def test_no_http_server_is_imported_for_a_bot():
    program = "import sys; from handoff_sdk import Bot; Bot('b'); sys.exit('aiohttp.web' in sys.modules)"
    assert 0 == subprocess.run([sys.executable, "-c", program], check=False).returncode  # noqa: S603 - our own
