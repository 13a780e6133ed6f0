"""A bot at work: it takes turns, many conversations' at once, and stops when it is told to."""

import asyncio
import logging
import os
import signal

import pytest

from handoff_sdk import ControlLost, Forbidden, HandoffClient, Unauthenticated
from handoff_sdk.bot.bot import Bot

from .conftest import Mortal, Shaky


@pytest.fixture
def bot():
    return Bot("acme-bot", grace=5.0)


@pytest.fixture
def thinking(bot):
    """A handler that thinks until it is told to answer: ``begun``, ``go``, and what became of it."""

    class Thinking:
        begun, go, over, ended = asyncio.Event(), asyncio.Event(), asyncio.Event(), []

    @bot.on_message
    async def think(chat):
        Thinking.begun.set()
        try:
            await Thinking.go.wait()
            await chat.say(f"Thought about {chat.text}.")
        except BaseException as error:
            Thinking.ended.append(type(error))
            Thinking.over.set()
            raise

    Thinking.bot = bot
    return Thinking


async def test_customers_are_answered_in_the_order_they_write(shop, bot, serving):
    @bot.on_message
    async def answer(chat):
        await chat.say(f"You said {chat.text}, {chat.customer.name}.")

    await serving(bot)
    mia = await shop.starts("0")
    for number in range(1, 10):
        await shop.writes(mia, str(number))
    await shop.hears(mia, "You said 9, Mia.")
    assert [f"You said {number}, Mia." for number in range(10)] == await shop.said(mia)


async def test_a_dialogue_goes_on_over_the_whole_way(shop, bot, serving):
    @bot.on_message(contains="person")
    async def person(chat):
        returned = await chat.handoff(say="A moment.")
        await chat.say(f"Ana said: {returned.messages[0]['content']['text']}")

    await serving(bot)
    mia = await shop.starts("A person, please")
    await shop.hears(mia, "A moment.")
    await shop.solves(mia)
    await shop.hears(mia, "Ana said: Hello, this is Ana.")


async def test_conversations_are_played_at_once_up_to_the_bound(shop, serving):
    bot = Bot("acme-bot", at_once=3)
    go, full, running, most = asyncio.Event(), asyncio.Event(), set(), [0]

    @bot.on_message
    async def answer(chat):
        running.add(chat.conversation.id)
        most.append(len(running))
        if len(running) == 3:
            full.set()
        await go.wait()
        running.discard(chat.conversation.id)
        await chat.say("Hi")

    mias = [await shop.starts("Hi") for _ in range(8)]
    await serving(bot)
    async with asyncio.timeout(20):
        await full.wait()
    go.set()
    for mia in mias:
        await shop.hears(mia, "Hi")
    assert 3 == max(most)


async def test_a_conversation_is_greeted_when_it_begins(shop, bot, serving):
    @bot.on_started
    async def greet(chat):
        await chat.say(f"Hello, {chat.customer.name}!")

    await serving(bot, cursor=0)
    mia = await shop.starts()
    await shop.hears(mia, "Hello, Mia!")
    assert ["Hello, Mia!"] == await shop.said(mia)


async def test_and_before_its_first_message_is_answered_once(shop, bot, serving):
    @bot.on_started
    async def greet(chat):
        await chat.say("Hello!")

    @bot.on_started
    async def offer(chat):
        await chat.say("What can I do for you?")

    @bot.on_message
    async def answer(chat):
        await chat.say(f"Echo: {chat.text}")

    mia = await shop.starts("One")
    await shop.play(bot)
    await serving(bot, cursor=0)
    await shop.writes(mia, "Two")
    await shop.hears(mia, "Echo: Two")
    assert ["Hello!", "What can I do for you?", "Echo: One", "Echo: Two"] == await shop.said(mia)


async def test_a_greeting_cannot_wait(shop, bot, caplog):
    @bot.on_started
    async def greet(chat):
        await chat.ask("Name?")

    mia = await shop.starts("Hi")
    await shop.play(bot)
    assert (("bot_error",), []) == ((await shop.ticket(mia)).tags, await shop.said(mia))
    assert "chat.ask() waits, which this handler cannot" in caplog.text


async def test_on_standby_a_bot_reads_along_and_says_nothing(shop, bot, serving):
    read, done = [], asyncio.Event()

    @bot.on_standby
    async def listen(chat):
        with pytest.raises(ControlLost, match="on standby a bot only reads"):
            await chat.say("May I?")
        read.append((chat.text, len(await chat.history())))
        done.set()

    await serving(bot, cursor=0)
    mia = await shop.starts()
    await shop.ana.messages.create(mia, text="Hello, this is Ana.")
    async with asyncio.timeout(20):
        await done.wait()
    assert [("Hello, this is Ana.", 1)] == read


@pytest.fixture
def hasty(monkeypatch):
    """What takes seconds takes none."""
    monkeypatch.setattr("handoff_sdk.bot.runtime._RETRY_AFTER", 0.01)
    monkeypatch.setattr("handoff_sdk.bot.playing._EXTEND_EVERY", 0.01)


@pytest.fixture
def quietly(caplog):
    """Whatever happens, it is no trouble: the log has no traceback."""
    caplog.set_level("INFO", "handoff_sdk.bot")
    yield caplog
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("how", ["taken over", "passed"])
async def test_a_running_handler_is_cancelled_when_others_take_over(shop, serving, thinking, how, quietly):
    await serving(thinking.bot, cursor=0)
    mia = await shop.starts("Hi")
    async with asyncio.timeout(20):
        await thinking.begun.wait()
        if how == "passed":
            await shop.client.conversations.pass_to(mia, bot="other-bot", epoch=1)
        else:
            await shop.ana.messages.create(mia, text="I am here.")
        await thinking.over.wait()
    assert ([asyncio.CancelledError], []) == (thinking.ended, await shop.said(mia))
    assert "lost control" in quietly.text


@pytest.mark.usefixtures("hasty")
async def test_a_lease_is_renewed_while_a_handler_thinks(shop, serving, thinking):
    connection = Mortal()
    async with shop.over(connection) as client:
        task = await serving(thinking.bot, client=client)
        mia = await shop.starts("this")
        async with asyncio.timeout(20):
            await thinking.begun.wait()
        for _ in range(3):
            await shop.passes(seconds=29)
            for _ in range(2):  # the first one may have been on its way before
                await connection.until("/extend")
        assert [] == await shop.turns(thinking.bot, consumer="another process")
        thinking.go.set()
        await shop.hears(mia, "Thought about this.")
        thinking.bot.stop()
        await task


@pytest.mark.usefixtures("hasty")
async def test_a_handler_whose_turn_is_void_is_cancelled(shop, serving, thinking):
    await serving(thinking.bot)
    mia = await shop.starts("this")
    async with asyncio.timeout(20):
        await thinking.begun.wait()
        await shop.staff.conversations.end_session(mia)
        await thinking.over.wait()
    assert [asyncio.CancelledError] == thinking.ended


@pytest.mark.parametrize("path", ["/bots/acme-bot", "/turns", "/extend"])
@pytest.mark.usefixtures("hasty")
async def test_an_engine_that_is_away_is_waited_for(shop, serving, thinking, path):
    connection = Shaky(path, 2)
    async with shop.over(connection) as client:
        task = await serving(thinking.bot, client=client)
        mia = await shop.starts("this")
        async with asyncio.timeout(20):
            await thinking.begun.wait()
        await connection.until("/extend")
        thinking.go.set()
        await shop.hears(mia, "Thought about this.")
        thinking.bot.stop()
        await task
    assert 0 == connection.left


async def test_what_comes_too_late_to_be_greeted_is_not(shop, bot, serving):
    read, greeted = asyncio.Event(), []

    @bot.on_started
    async def greet(chat):
        greeted.append(chat.conversation.id)
        await chat.say("Hello!")

    @bot.on_standby
    async def listen(chat):
        read.set()
        raise ValueError("whatever is wrong here is no trouble for others")

    mia = await shop.starts()
    await shop.ana.messages.create(mia, text="Hello, this is Ana.")
    await serving(bot, cursor=0)
    async with asyncio.timeout(20):
        await read.wait()
    tom = await shop.starts()
    await shop.hears(tom, "Hello!")
    assert ([mia, tom], []) == (greeted, await shop.said(mia))


async def test_other_bots_conversations_are_none_of_its_business(shop, serving):
    other = Bot("other-bot")
    done = asyncio.Event()

    @other.on_started
    async def greet(chat):
        raise AssertionError(chat.conversation)

    @other.on_standby
    async def listen(chat):
        assert "other-bot" == chat.conversation.bot
        done.set()

    mia = await shop.starts()
    await shop.ana.messages.create(mia, text="Hello, this is Ana.")
    tom = await shop.starts("Hi")
    await shop.client.conversations.pass_to(tom, bot="other-bot", epoch=1)
    await shop.ana.messages.create(tom, text="Hello Tom.")
    await serving(other, cursor=0)
    async with asyncio.timeout(20):
        await done.wait()
    assert ([], []) == (await shop.said(mia), await shop.said(tom))


async def test_two_processes_serve_one_bot_and_say_nothing_twice(shop, serving):
    def process():
        bot = Bot("acme-bot")

        @bot.on_message
        async def echo(chat):
            name = await chat.ask("Your name?")
            await chat.say(f"Hello {name}!")

        return bot

    mias = [await shop.starts("Hi") for _ in range(6)]
    for _ in range(2):
        await serving(process())
    for mia in mias:
        await shop.hears(mia, "Your name?")
        await shop.writes(mia, "Mia")
    for mia in mias:
        await shop.hears(mia, "Hello Mia!")
        assert ["Your name?", "Hello Mia!"] == await shop.said(mia)


async def test_a_process_that_lost_its_lease_in_its_sleep_says_and_writes_nothing_more(shop):
    asleep, awake = asyncio.Event(), asyncio.Event()

    def process(*, pause=False):
        bot = Bot("acme-bot")

        @bot.on_message
        async def echo(chat):
            await chat.say("One moment.")
            if pause:
                asleep.set()
                await awake.wait()
            await chat.once("look up", lambda: "found")
            await chat.say("Here it is.")
            await chat.say(await chat.ask("Good?"))

        return bot

    mia = await shop.starts("Hi")
    (turn,) = await shop.turns(process(pause=True), consumer="sleeper")
    sleeper = asyncio.create_task(process(pause=True).take(turn, shop.client, consumer="sleeper"))
    await asleep.wait()
    await shop.passes(seconds=31)
    await shop.play(process(), consumer="other")
    await shop.writes(mia, "Yes")
    await shop.play(process(), consumer="other")
    awake.set()
    await sleeper
    await shop.play(process(), consumer="other")
    assert ["One moment.", "Here it is.", "Good?", "Yes"] == await shop.said(mia)
    assert [] == await shop.notes(mia)


async def test_stop_finishes_what_runs_and_takes_no_more(shop, bot, serving, thinking):
    task = await serving(bot)
    mia = await shop.starts("one")
    async with asyncio.timeout(20):
        await thinking.begun.wait()
        bot.stop()
        other = await shop.starts("two")
        thinking.go.set()
        await task
    assert (["Thought about one."], []) == (await shop.said(mia), await shop.said(other))


async def test_a_second_stop_does_not_wait(shop, bot, serving, thinking):
    task = await serving(bot)
    await shop.starts("one")
    async with asyncio.timeout(20):
        await thinking.begun.wait()
        bot.stop()
        await asyncio.sleep(0)
        bot.stop()
        await task
    assert [asyncio.CancelledError] == thinking.ended


async def test_cancelling_ends_all_handlers(shop, bot, serving, thinking):
    task = await serving(bot)
    await shop.starts("one")
    async with asyncio.timeout(20):
        await thinking.begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert [asyncio.CancelledError] == thinking.ended


@pytest.mark.parametrize(("role", "error"), [("integrator", Forbidden), (None, Unauthenticated)])
async def test_a_key_that_is_refused_ends_the_bot(shop, bot, role, error):
    key = await shop.key(role) if role else "hk_nobody"
    async with HandoffClient(shop.url, api_key=key) as client, asyncio.timeout(20):
        with pytest.raises(error):
            await bot.serve(client)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_run_serves_until_the_process_is_told_to_stop(number, unused_tcp_port):
    class Tell(logging.Handler):
        """Tells this process to stop as soon as the bot has looked for its engine."""

        def emit(self, record):
            os.kill(os.getpid(), number)

    log = logging.getLogger("handoff_sdk.client")
    tell = Tell()
    log.addHandler(tell)
    try:
        Bot("acme-bot").run(f"http://127.0.0.1:{unused_tcp_port}", api_key="hk_bot")
    finally:
        log.removeHandler(tell)

    assert signal.getsignal(number) in {signal.SIG_DFL, signal.default_int_handler}
