"""The desk that bots are tested on: people act, bots work, time passes, processes die."""

import asyncio
from itertools import count

import pytest

from handoff_sdk import Bot, ConfigError, HandoffForm, InvalidRequest, OfferGone, question
from handoff_sdk.testing import VirtualDesk

LIVE = {"brands": {"default": {"style": "live_chat"}}, "agents": {"ana": {"name": "Ana"}}}


class Order(HandoffForm):
    number: str = question("Which order?", pattern=r"\d{4,}", retry="That is no order number.")


@pytest.fixture
def handoff_config():
    return LIVE


@pytest.fixture
def bot():
    bot = Bot("acme-bot")

    @bot.on_message(contains="refund")
    async def refund(chat):
        order = await chat.collect(Order)
        returned = await chat.handoff(order, priority="high", say="I am getting a colleague.")
        await chat.say(f"They had it: {returned.reason}.")
        await chat.sleep(days=3)
        await chat.say("All good?", replies=["Yes", {"text": "No", "payload": "no"}])

    @bot.on_message
    async def anything(chat):
        await chat.say(f"You said {chat.text}.")

    return bot


async def refunded(desk):
    """The story of a refund, as it has to be whoever dies."""
    mia, ana = desk.customer("mia"), desk.agent("ana")
    await mia.says("refund")
    assert ["Which order?"] == mia.hears
    await mia.says("12")
    await mia.says("4711")
    await ana.status("online")
    await ana.accepts(mia)
    await ana.says("Hello, this is Ana.", to=mia)
    await ana.solves(mia)
    assert ["I am getting a colleague.", "Hello, this is Ana.", "They had it: closed."] == mia.hears
    assert [
        "You are in line at position 1; a person will answer you here.",
        "Ana is with you now.",
        "This chat has ended.",
    ] == [message.text for message in mia.messages if message.author.type == "system"]
    await desk.advance("4d")


async def test_a_story_from_the_first_word_to_days_later(handoff_desk, bot):
    handoff_desk.bot(bot)
    mia = handoff_desk.customer("mia")
    await refunded(handoff_desk)
    assert ("All good?", ["Yes", "No"]) == (mia.hears[-1], mia.replies)
    await mia.taps("No")
    assert ["You said No."] == mia.hears
    assert "no" == mia.messages[-2].content.payload
    ticket = await mia.ticket()
    assert ("closed", "high", "ana", {"number": "4711"}) == (
        ticket.status,
        ticket.priority,
        ticket.assignee,
        ticket.fields,
    )


async def test_what_happened_can_be_looked_at(handoff_desk, bot):
    handoff_desk.bot(bot)
    await refunded(handoff_desk)
    assert ["control.passed", "control.returned"] == [event.type for event in handoff_desk.events("control.*")]
    assert 12 == len(handoff_desk.events("message.created"))
    assert len(handoff_desk.events()) > 20
    with pytest.raises(ValueError, match=r"there are no events 'ticket.sovled'; did you mean 'ticket.solved'"):
        handoff_desk.events("ticket.sovled")
    await handoff_desk.expect(conversation=handoff_desk.customer("mia"), owner="bot", ticket={"status": "closed"})
    with pytest.raises(AssertionError, match=r"expected owner 'human', got 'bot'"):
        await handoff_desk.expect(owner="human")
    with pytest.raises(InvalidRequest, match="unknown key 'owns'"):
        await handoff_desk.expect(owns="human")


async def test_what_the_desk_refuses_is_raised(handoff_desk, bot):
    handoff_desk.bot(bot)
    mia, ana = handoff_desk.customer("mia"), handoff_desk.agent("ana")
    await mia.says("refund")
    with pytest.raises(OfferGone):
        await ana.accepts(mia)
    with pytest.raises(InvalidRequest, match="says"):
        await mia.says(4711)
    with pytest.raises(ValueError, match="'Maybe' is not offered to tap"):
        await mia.taps("Maybe")
    with pytest.raises(ValueError, match="the configuration has no agent 'anna'; did you mean 'ana'"):
        handoff_desk.agent("anna")
    with pytest.raises(ValueError, match="it has none"):
        VirtualDesk().agent("ana")


async def test_people_can_do_what_they_can_in_scenarios(handoff_desk, bot):
    handoff_desk.bot(bot)
    mia, ana = handoff_desk.customer("mia"), handoff_desk.agent("ana")
    again = handoff_desk.customer("mia", conversation="mia again", name="Mia", language="de")
    await mia.connects()
    await mia.says("refund")
    await mia.says("4711")
    await mia.types()
    await mia.reads()
    await again.sends({"type": "image", "url": "https://example.com/a.png"})
    assert [None, "You said ."] == [message.text for message in again.messages]
    await ana.status("online")
    await ana.declines(mia)
    await ana.takes(mia)
    await ana.notes("She is in a hurry.", to=mia)
    await ana.sets(mia, priority="urgent", add_tags=("vip",))
    assert ("urgent", ("vip",)) == ((await mia.ticket()).priority, (await mia.ticket()).tags)
    await ana.hands_back(mia, note="Over to you.")
    await handoff_desk.expect(conversation=mia, owner="bot", returned={"reason": "handed_back", "note": "Over to you."})
    await mia.disconnects()
    client = handoff_desk.client()
    assert {"mia"} == {(await client.customers.get((await mia.conversation()).customer_id)).external_id}
    await client.messages.create((await again.conversation()).id, text="Hallo", author="customer")
    assert "You said Hallo." not in again.hears
    await handoff_desk.rest()
    assert ["You said Hallo."] == again.hears


async def test_an_agent_ends_the_session_and_a_customer_leaves_the_queue(handoff_desk, bot):
    handoff_desk.bot(bot)
    mia, ana = handoff_desk.customer("mia"), handoff_desk.agent("ana")
    for text in ("refund", "4711"):
        await mia.says(text)
    await mia.leaves_queue()
    assert ["I am getting a colleague.", "They had it: customer_left."] == mia.hears
    await mia.says("refund")
    await mia.says("4712")
    await ana.status("online")
    await ana.accepts(mia)
    await ana.ends_session()
    assert "They had it: session_ended." == mia.hears[-1]
    await mia.says("Hi")
    await mia.ends_session()
    assert "ended" == (await mia.conversation()).session


async def test_a_bot_is_greeting_and_standing_by(handoff_desk):
    bot = Bot("acme-bot")
    read = []

    @bot.on_started
    async def greet(chat):
        await chat.say("Hello!")

    @bot.on_standby
    async def read_along(chat):
        read.append(chat.text)

    @bot.on_message
    async def people(chat):
        await chat.handoff()

    handoff_desk.bot(bot)
    mia = handoff_desk.customer("mia")
    await mia.says("Hi")
    await mia.says("Is anybody there?")
    assert ["Is anybody there?"] == read
    assert ["customer", "bot", "system", "customer"] == [message.author.type for message in mia.messages]


async def test_a_handler_that_watches_its_hand_off_holds_nobody_up(handoff_desk):
    bot = Bot("acme-bot")
    seen = set()

    @bot.on_message
    async def people(chat):
        handing_off = chat.handoff()
        async for progress in handing_off.progress():
            seen.add(progress.kind)
        await handing_off
        await chat.say("Welcome back.")

    handoff_desk.bot(bot)
    mia, ana = handoff_desk.customer("mia"), handoff_desk.agent("ana")
    await mia.says("Hi")
    assert {"queued"} == seen
    await ana.status("online")
    await ana.accepts(mia)
    await ana.solves(mia)
    assert "Welcome back." == mia.hears[-1]


async def test_a_handler_that_waits_for_nothing_is_found(handoff_desk, monkeypatch):
    monkeypatch.setattr("handoff_sdk.testing.crew._LONGEST_TURN", 0.05)
    bot = Bot("acme-bot")

    @bot.on_message
    async def stuck(chat):
        await asyncio.Event().wait()

    handoff_desk.bot(bot)
    with pytest.raises(Exception, match=r"did not come to rest within 0.05 s"):
        await handoff_desk.customer("mia").says("Hi")


@pytest.mark.handoff(config={"brands": {"default": {"bot": "acme-bot"}}})
async def test_a_bot_may_come_after_the_customer_and_another_one_after_it(handoff_desk, bot):
    mia = handoff_desk.customer("mia")
    await mia.says("Hi")
    assert [] == mia.hears
    handoff_desk.bot(bot)
    await handoff_desk.rest()
    assert ["You said Hi."] == mia.hears
    handoff_desk.bot(Bot("acme-bot", version="2"))
    await mia.says("Hi")
    await handoff_desk.expect(owner="human", ticket={"tags": ["bot_no_answer"]})


async def test_the_engine_may_start_again(handoff_desk, bot):
    handoff_desk.bot(bot)
    mia = handoff_desk.customer("mia")
    await mia.says("refund")
    await handoff_desk.restart()
    await mia.says("47")
    assert ["That is no order number."] == mia.hears


def test_a_configuration_that_is_none_is_refused():
    with pytest.raises(ConfigError, match="agnets"):
        VirtualDesk({"agnets": {}})


@pytest.mark.handoff(config={"brands": {"default": {"bot_answer_within": "2m"}}})
async def test_a_marker_brings_a_configuration_of_its_own(handoff_desk, bot):
    assert {} == handoff_desk.config.agents


# Crashes


@pytest.mark.parametrize("how", [{}, {"before": "say"}, {"after": "say"}, {"before": "done"}, {"after": "done"}])
async def test_a_process_dies_and_another_one_goes_on(handoff_desk, bot, how):
    handoff_desk.bot(bot)
    mia = handoff_desk.customer("mia")
    handoff_desk.crash(bot, **how)
    await mia.says("Hi")
    assert ["You said Hi."] == mia.hears


async def test_it_dies_at_the_second_of_its_steps(handoff_desk, bot):
    handoff_desk.bot(bot)
    began = handoff_desk.clock.now()
    handoff_desk.crash(bot, before="say", nth=2)
    await handoff_desk.customer("mia").says("Hi")
    assert began == handoff_desk.clock.now()
    await handoff_desk.customer("ben").says("Hi")
    assert 30 == (handoff_desk.clock.now() - began).total_seconds()


async def test_a_bot_that_stays_down_is_not_silence(handoff_desk, bot):
    handoff_desk.bot(bot)
    mia = handoff_desk.customer("mia")
    handoff_desk.crash(bot, before="say", stays_down=True)
    await mia.says("Hi")
    assert [] == mia.hears
    await handoff_desk.advance("61s")
    await handoff_desk.expect(owner="human", ticket={"tags": ["bot_silent"]})


async def test_a_bot_that_was_down_does_what_was_left(handoff_desk, bot):
    handoff_desk.bot(bot)
    mia = handoff_desk.customer("mia")
    handoff_desk.crash(bot, stays_down=True)
    await mia.says("Hi")
    assert [] == mia.hears
    handoff_desk.bot(bot)
    await handoff_desk.rest()
    assert ["You said Hi."] == mia.hears


async def test_a_crash_while_time_passes_is_got_over_in_time(handoff_desk, bot):
    handoff_desk.bot(bot)
    handoff_desk.crash(bot, after="say", nth=2)
    await refunded(handoff_desk)
    await handoff_desk.expect(owner="bot", last={"text": "All good?"})


async def test_what_cannot_crash_is_said(handoff_desk, bot):
    with pytest.raises(ValueError, match=r"'acme-bot' does not work here yet: desk.bot\(bot\) lets it"):
        handoff_desk.crash(bot)
    handoff_desk.bot(bot)
    with pytest.raises(ValueError, match="there is no step 'sya'; did you mean 'say'"):
        handoff_desk.crash(bot, before="sya")
    with pytest.raises(ValueError, match="one of before and after"):
        handoff_desk.crash(bot, before="say", after="say")


async def test_a_story_holds_wherever_the_process_dies(handoff_desk, bot):
    assert 20 <= await handoff_desk.crash_everywhere(bot, refunded)


async def test_a_bot_that_says_things_twice_is_found(handoff_desk):
    bot = Bot("acme-bot")
    numbers = count(1)

    @bot.on_message
    async def careless(chat):
        order = next(numbers)  # chance, outside of chat.once
        await chat.once("order", lambda: order)
        if order % 2:
            await chat.say("Thanks!")

    async def story(desk):
        await desk.customer("mia").says("Hi")

    with pytest.raises(AssertionError, match=r"the process died .*, and the customers read .* instead of") as found:
        await handoff_desk.crash_everywhere(bot, story)
    assert "'say'" in str(found.value) or "'state'" in str(found.value) or "'done'" in str(found.value)


async def test_a_story_that_fails_says_where_the_process_died(handoff_desk, bot):
    plays = count()

    async def story(desk):
        await desk.customer("mia").says("Hi")
        assert 0 == next(plays)

    with pytest.raises(AssertionError) as failed:
        await handoff_desk.crash_everywhere(bot, story)
    assert ["the process died before the desk got 'say'"] == failed.value.__notes__


# Faults of turns


@pytest.mark.parametrize("fault", ["duplicate", "late", "rate_limited"])
async def test_a_turn_that_comes_oddly_is_done_once(handoff_desk, bot, fault):
    handoff_desk.bot(bot)
    mia = handoff_desk.customer("mia")
    getattr(handoff_desk.faults, fault)(bot)
    await mia.says("Hi")
    await handoff_desk.advance("1m")
    assert ["You said Hi."] == mia.hears
    await mia.says("refund")
    assert ["Which order?"] == mia.hears


@pytest.mark.parametrize("fault", ["reordered", "bad_signature"])
async def test_what_turns_do_not_suffer_from_is_refused(handoff_desk, bot, fault):
    handoff_desk.bot(bot)
    with pytest.raises(TypeError, match=f"faults.{fault} is for webhooks"):
        getattr(handoff_desk.faults, fault)(bot)
    with pytest.raises(ValueError, match="once or more often"):
        handoff_desk.faults.rate_limited(bot, 0)
