"""A bot at work: who is answered, in which order, how often, and what happens when something goes wrong."""

import asyncio
import logging
import os
import signal

import pytest
import respx

from handoff_sdk import Bot, ControlLost, Unauthenticated


@pytest.fixture
def bot():
    return Bot("acme-bot", grace=5.0)


async def test_a_customer_is_answered(bot, desk, serving):
    seen = []

    @bot.on_message
    async def hello(chat):
        seen.append((chat.text, chat.customer.name, chat.conversation.id, chat.epoch, chat.returned))
        await chat.say(f"You said {chat.text}.", replies=["Refund", {"text": "A person", "payload": "person"}])
        await chat.say("Bye.")
        await chat.end_session()

    await serving(bot)
    event = await desk.customer_says("Hi")
    await desk.until(lambda: desk.ended)

    assert desk.said == [("c", "You said Hi."), ("c", "Bye.")]
    assert seen == [("Hi", "Mia", "c", 1, None)]
    assert [key for _, key in desk.posts] == [f"{event['id']}:{step}" for step in (1, 2, 3)]
    assert desk.answers[f"{event['id']}:1"][0]["content"]["replies"] == [
        {"text": "Refund"}, {"text": "A person", "payload": "person"},
    ]  # fmt: skip
    assert desk.answers[f"{event['id']}:1"][0]["author"] == {"type": "bot", "id": "acme-bot"}


async def test_a_hand_off_tells_people_what_it_was_told(bot, desk, serving):
    @bot.on_message
    async def hand_off(chat):
        handed_off = await chat.handoff(priority="high", tags=["vip"], say="A moment.", accept_within="5m")
        assert handed_off.handoff.state == "queued"
        assert chat.epoch == 2
        with pytest.raises(ControlLost):
            await chat.say("Still here")
        desk.ended.append("handler went on")

    await serving(bot)
    event = await desk.customer_says("Help")
    await desk.until(lambda: desk.handoffs and len(desk.posts) == 2)
    await desk.customer_says("for a bot that has lost control", name="other")
    await desk.until(lambda: len(desk.handoffs) == 2)

    assert desk.handoffs[0] == {
        "epoch": 1, "key": f"{event['id']}:1", "priority": "high", "tags": ["vip"], "say": "A moment.",
        "accept_within": "5m",
    }  # fmt: skip
    assert desk.said == []
    assert desk.ended[0] == "handler went on"


async def test_what_people_gave_back_is_told(bot, desk, serving):
    @bot.on_returned
    async def back(chat):
        await chat.say(f"Back because {chat.returned.reason}, message {chat.message}.")

    await serving(bot)
    await desk.passes()
    await desk.returns(reason="nobody_available")
    await desk.until(lambda: desk.said)

    assert desk.said == [("c", "Back because nobody_available, message None.")]


async def test_a_return_without_a_handler_is_silent(bot, desk, serving):
    @bot.on_message
    async def answer(chat):
        await chat.say("Hello again.")

    await serving(bot)
    await desk.passes()
    await desk.returns()
    await desk.customer_says("Hi")
    await desk.until(lambda: desk.said)

    assert [verb for verb, _ in desk.posts] == ["messages"]


async def test_a_message_that_no_handler_matches_is_handed_off(bot, desk, serving):
    @bot.on_message(contains="refund")
    async def refund(chat):
        raise AssertionError

    await serving(bot)
    await desk.customer_says("Hi")
    await desk.until(lambda: desk.handoffs)

    assert desk.handoffs[0]["tags"] == ["bot_no_answer"]


async def test_a_handler_that_fails_is_handed_off_and_told_of(bot, desk, serving, caplog):
    @bot.on_message
    async def fail(chat):
        await chat.say("Let me see.")
        raise ZeroDivisionError("of course")

    await serving(bot)
    await desk.customer_says("Hi")
    await desk.until(lambda: desk.handoffs)

    assert desk.handoffs[0]["tags"] == ["bot_error"]
    assert "ZeroDivisionError: of course" in caplog.text


async def test_trouble_with_one_conversation_leaves_the_others_alone(bot, desk, serving, caplog):
    @bot.on_message(contains="Hi")
    async def answer(chat):
        await chat.say("Hi")

    desk.conversation("unreadable")["owner"] = 5
    await serving(bot)
    await desk.customer_says("Hi", name="unreadable")
    await desk.customer_says("Hi")
    await desk.until(lambda: desk.said)

    assert desk.said == [("c", "Hi")]
    assert "cannot be answered" in caplog.text


async def test_a_hand_off_that_is_not_possible_is_told_of(bot, desk, serving, caplog):
    @bot.on_message
    async def fail(chat):
        if chat.conversation.id == "refused":
            desk.conversation("refused")["epoch"] += 1
        else:
            desk.answers[f"{chat._event_id}:bot_error"] = ("another body", None)
        raise ZeroDivisionError

    await serving(bot)
    with caplog.at_level("INFO", "handoff_sdk.bot"):
        await desk.customer_says("Hi", name="refused")
        await desk.customer_says("Hi", name="failed")
        await desk.until(lambda: len(desk.posts) == 2)
        bot.stop()

    assert desk.handoffs == []


async def test_a_filter_that_fails_is_a_handler_that_fails(bot, desk, serving):
    @bot.on_message(when=lambda chat: chat.nothing)
    async def answer(chat): ...

    await serving(bot)
    await desk.customer_says("Hi")
    await desk.until(lambda: desk.handoffs)

    assert desk.handoffs[0]["tags"] == ["bot_error"]


async def test_only_what_is_the_bots_is_answered(bot, desk, serving):
    @bot.on_message
    async def answer(chat):
        await chat.say(chat.text)

    desk.conversation("another bot's")["bot"] = "other-bot"
    desk.conversation("people's")["owner"] = "human"
    await serving(bot)
    await desk.customer_says("no", name="another bot's")
    await desk.customer_says("no", name="people's")
    await desk.customer_says("no", author="bot")
    await desk.customer_says("no", author="agent")
    await desk.customer_says("yes")
    await desk.until(lambda: desk.said)

    assert desk.said == [("c", "yes")]


async def test_a_message_of_an_earlier_epoch_is_void(bot, desk, serving):
    @bot.on_message
    async def answer(chat):
        await chat.say(chat.text)

    await desk.customer_says("before the people came")
    await desk.passes()
    await desk.returns()
    await desk.customer_says("after they had gone")
    await serving(bot, cursor=0)
    await desk.until(lambda: desk.said)

    assert desk.said == [("c", "after they had gone")]


async def test_a_conversations_messages_are_answered_in_order(bot, desk, serving):
    running = 0

    @bot.on_message
    async def answer(chat):
        nonlocal running
        running += 1
        assert running == 1
        await chat.say(chat.text)
        running -= 1

    await serving(bot)
    for number in range(10):
        await desk.customer_says(str(number))
    await desk.until(lambda: len(desk.said) == 10)

    assert [text for _, text in desk.said] == [str(number) for number in range(10)]


async def test_conversations_are_answered_at_once_up_to_the_bound(desk, serving):
    bot = Bot("acme-bot", at_once=3)
    go, running, most = asyncio.Event(), set(), 0

    @bot.on_message
    async def answer(chat):
        nonlocal most
        running.add(chat.conversation.id)
        most = max(most, len(running))
        async with desk.more:
            desk.more.notify_all()
        await go.wait()
        running.discard(chat.conversation.id)
        await chat.say("Hi")

    await serving(bot)
    for number in range(8):
        await desk.customer_says("Hi", name=f"c{number}")
    await desk.until(lambda: len(running) == 3)
    go.set()
    await desk.until(lambda: len(desk.said) == 8)

    assert most == 3


async def test_a_redelivered_event_says_nothing_twice(bot, desk, serving):
    @bot.on_message
    async def answer(chat):
        await chat.say("One")
        await chat.say("Two")
        await chat.end_session()

    await desk.customer_says("Hi")
    first = await serving(bot, cursor=0)
    await desk.until(lambda: len(desk.posts) == 3)
    first.cancel()
    await serving(bot, cursor=0)
    await desk.until(lambda: len(desk.posts) == 6)

    assert [text for _, text in desk.said] == ["One", "Two"]
    assert desk.ended == ["c"]
    assert desk.handoffs == []


async def test_a_redelivered_event_with_other_words_says_nothing_twice_either(bot, desk, serving):
    words = iter(["First", "Second"])

    @bot.on_message
    async def answer(chat):
        await chat.say(next(words))

    await desk.customer_says("Hi")
    first = await serving(bot, cursor=0)
    await desk.until(lambda: len(desk.posts) == 1)
    first.cancel()
    await serving(bot, cursor=0)
    await desk.until(lambda: len(desk.posts) == 2)
    await desk.customer_says("more", name="other")
    await desk.until(lambda: len(desk.handoffs) == 1)

    assert [text for _, text in desk.said] == ["First"]
    assert next(iter(desk.handoffs))["key"].startswith("evt_2")


@pytest.mark.parametrize("event_type", ["control.taken_over", "control.passed"])
async def test_a_running_handler_is_cancelled_when_others_take_over(event_type, bot, desk, serving, caplog):
    begun, ended = asyncio.Event(), []

    @bot.on_message
    async def think(chat):
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append(chat.text)
            async with desk.more:
                desk.more.notify_all()
            raise

    await serving(bot)
    await desk.customer_says("Hi")
    await begun.wait()
    await desk.passes(event_type=event_type)
    await desk.until(lambda: ended)

    assert [desk.posts, ended] == [[], ["Hi"]]
    assert "Traceback" not in caplog.text


async def test_an_old_change_of_owner_cancels_nothing(bot, desk, serving):
    begun, go = asyncio.Event(), asyncio.Event()

    @bot.on_message
    async def think(chat):
        begun.set()
        await go.wait()
        await chat.say("Thought.")

    desk.conversation("c")["epoch"] = 3
    await serving(bot)
    await desk.customer_says("Hi")
    await begun.wait()
    await desk.tell("control.passed", desk.conversation("c"), "bot", epoch=2)
    await desk.customer_says("no", author="bot")
    go.set()
    await desk.until(lambda: desk.said)

    assert desk.said == [("c", "Thought.")]


async def test_control_lost_in_a_handler_is_quiet(bot, desk, serving, caplog):
    @bot.on_message
    async def answer(chat):
        desk.conversation(chat.conversation.id)["epoch"] += 1
        await chat.say("Too late")

    await serving(bot)
    with caplog.at_level("INFO", "handoff_sdk.bot"):
        await desk.customer_says("Hi")
        await desk.until(lambda: desk.posts)
        await desk.customer_says("Hi", name="other")
        await desk.until(lambda: len(desk.posts) == 2)

    assert [desk.said, desk.handoffs] == [[], []]
    assert "Traceback" not in caplog.text


async def test_steps_do_not_run_side_by_side(bot, desk, serving):
    outcomes = []

    @bot.on_message
    async def answer(chat):
        outcomes.extend(await asyncio.gather(chat.say("a"), chat.say("b"), return_exceptions=True))
        await chat.say("c")

    await serving(bot)
    await desk.customer_says("Hi")
    await desk.until(lambda: len(desk.said) == 2)

    assert [text for _, text in desk.said] == ["a", "c"]
    assert isinstance(outcomes[1], RuntimeError)
    assert "await one step, then the next" in str(outcomes[1])


async def test_stop_finishes_what_runs_and_takes_no_more(bot, desk, serving):
    begun, go = asyncio.Event(), asyncio.Event()

    @bot.on_message
    async def answer(chat):
        begun.set()
        await go.wait()
        await chat.say(chat.text)

    task = await serving(bot)
    await desk.customer_says("one")
    await desk.customer_says("two")
    await begun.wait()
    bot.stop()
    await desk.customer_says("three", name="other")
    go.set()
    async with asyncio.timeout(5):
        await task

    assert desk.said == [("c", "one")]


async def test_a_second_stop_does_not_wait(bot, desk, serving):
    begun, ended = asyncio.Event(), []

    @bot.on_message
    async def answer(chat):
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(chat.text)

    task = await serving(bot)
    await desk.customer_says("one")
    await begun.wait()
    bot.stop()
    await asyncio.sleep(0)
    bot.stop()
    async with asyncio.timeout(2):
        await task

    assert ended == ["one"]


async def test_cancelling_ends_all_handlers(bot, desk, serving):
    begun, ended = asyncio.Event(), []

    @bot.on_message
    async def answer(chat):
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(chat.text)

    task = await serving(bot)
    await desk.customer_says("one")
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert ended == ["one"]


async def test_a_key_that_is_refused_ends_the_bot(bot, desk, client):
    with respx.mock(using="httpx") as mock:
        problem = {"code": "unauthenticated", "detail": "No."}
        mock.get(f"{desk.url}/v1/stream").respond(401, json=problem, content_type="application/problem+json")
        with pytest.raises(Unauthenticated):
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
