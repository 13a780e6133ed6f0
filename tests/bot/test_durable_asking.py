"""Questions, sleep, and what happens to a dialogue that waits while the customer writes."""

import pytest

from handoff_sdk.bot.bot import Bot
from handoff_sdk.core.forms import HandoffForm, question


@pytest.fixture
def bot():
    return Bot("acme-bot")


async def answered(shop, bot, conversation_id, *texts):
    """Each text is written once the bot has done what it could."""
    await shop.play(bot)
    for text in texts:
        await shop.writes(conversation_id, text)
        await shop.play(bot)


async def test_a_yes_or_no_is_asked_with_quick_replies_in_the_customers_language(shop, bot):
    @bot.on_message
    async def solved(chat):
        await chat.say("Gut!" if await chat.ask_yes_no({"en": "Solved?", "de": "Gelöst?"}) else "Schade.")

    mia = await shop.starts("Hi", language="de-AT")
    await shop.play(bot)
    assert ("Gelöst?", ["Ja", "Nein"]) == await shop.last(mia)
    await answered(shop, bot, mia, "hm", "Jawohl")
    assert ["Gelöst?", "Bitte antworten Sie mit Ja oder Nein.", "Gut!"] == await shop.said(mia)


async def test_one_of_some_choices(shop, bot):
    @bot.on_message
    async def size(chat):
        await chat.say(
            await chat.ask_choice("Which size?", {"s": "Small", "l": {"en": "Large"}}, retry="Small or large?")
        )

    mia = await shop.starts("Hi")
    await shop.play(bot)
    assert ("Which size?", ["Small", "Large"]) == await shop.last(mia)
    await answered(shop, bot, mia, "huge", "LARGE")
    assert ["Which size?", "Small or large?", "l"] == await shop.said(mia)


async def test_a_text_of_a_pattern(shop, bot):
    @bot.on_message
    async def order(chat):
        await chat.say(f"Looking for {await chat.ask('Which order?', pattern='[0-9]+', retry='Digits, please.')}.")

    mia = await shop.starts("Hi")
    await answered(shop, bot, mia, "the red one", "4711")
    assert ["Which order?", "Digits, please.", "Looking for 4711."] == await shop.said(mia)


async def test_what_the_customer_wrote_before_they_could_read_the_question_is_not_complained_about(shop, bot):
    @bot.on_message
    async def order(chat):
        await chat.say(f"Looking for {await chat.ask('Which order?', pattern='[0-9]+')}.")

    mia = await shop.starts("I want a refund")
    await shop.writes(mia, "please")
    await answered(shop, bot, mia, "4711")
    assert ["Which order?", "Looking for 4711."] == await shop.said(mia)


async def test_but_it_counts_where_it_is_an_answer(shop, bot):
    @bot.on_message
    async def order(chat):
        await chat.say(f"Looking for {await chat.ask('Which order?', pattern='[0-9]+')}.")

    mia = await shop.starts("I want a refund for")
    await shop.writes(mia, "4711")
    await shop.play(bot)
    assert ["Which order?", "Looking for 4711."] == await shop.said(mia)


async def test_a_picture_is_no_answer_to_a_question(shop, bot):
    @bot.on_message
    async def name(chat):
        await chat.say(f"Hello {await chat.ask('Your name?', retry='In words, please.')}!")

    mia = await shop.starts("Hi")
    await shop.play(bot)
    await shop.staff.messages.create(
        mia, content={"type": "image", "url": "https://example.com/me.png"}, author="customer"
    )
    await answered(shop, bot, mia, "Mia")
    assert ["Your name?", "In words, please.", "Hello Mia!"] == await shop.said(mia)


async def test_a_form_asks_only_for_what_is_not_known(shop, bot):
    class Order(HandoffForm):
        number: str = question("Which order?")
        gift: bool = question("Is it a gift?")

    @bot.on_message
    async def order(chat):
        known = await chat.collect(Order, number="4711")
        again = await chat.collect(Order, number="1", gift=False)
        await chat.say(f"{known.number} {known.gift} {again.gift}")

    mia = await shop.starts("Hi")
    await answered(shop, bot, mia, "yes")
    assert ["Is it a gift?", "4711 True False"] == await shop.said(mia)


async def test_a_message_goes_to_who_waits_unless_a_handler_interrupts(shop, bot):
    @bot.on_message(contains="stop", interrupts=True)
    async def stop(chat):
        await chat.say("Stopped.")

    @bot.on_message(contains="name")
    async def name(chat):
        await chat.say(f"You are {await chat.ask('Your name?')}.")

    @bot.on_message
    async def rest(chat):
        await chat.say("Ask me for your name.")

    mia = await shop.starts("my name")
    await answered(shop, bot, mia, "name", "name", "please stop", "Mia", "stop")
    assert [
        "Your name?",
        "You are name.",
        "Your name?",
        "Stopped.",
        "Ask me for your name.",
        "Stopped.",
    ] == await shop.said(mia)


async def test_who_sleeps_goes_on_when_it_is_time_and_is_left_alone_by_messages(shop, bot):
    @bot.on_message(contains="later")
    async def later(chat):
        await chat.say("Until tomorrow.")
        await chat.sleep(days=1)
        await chat.say(f"Good morning! Ready, {await chat.ask('Who is there?')}?")

    @bot.on_message
    async def rest(chat):
        await chat.say(f"Echo: {chat.text}")

    mia = await shop.starts("later")
    await answered(shop, bot, mia, "Hello?")
    await shop.passes(hours=23)
    await shop.play(bot)
    assert ["Until tomorrow.", "Echo: Hello?"] == await shop.said(mia)
    await shop.passes(hours=1)
    await answered(shop, bot, mia, "Mia", "Bye")
    assert ["Who is there?", "Good morning! Ready, Mia?", "Echo: Bye"] == (await shop.said(mia))[2:]


async def test_who_sleeps_sleeps_through_a_hand_off(shop, bot):
    @bot.on_message(contains="later")
    async def later(chat):
        await chat.sleep(days=1)
        await chat.say("Good morning!")

    @bot.on_message
    async def person(chat):
        await chat.handoff()

    mia = await shop.starts("later")
    await answered(shop, bot, mia, "a person")
    await shop.passes(hours=30)
    assert [] == await shop.said(mia)
    await shop.solves(mia)
    await shop.play(bot)
    assert ["Good morning!"] == await shop.said(mia)


async def test_one_may_sleep_again_and_until_an_instant(shop, bot, clock):
    @bot.on_message
    async def nap(chat):
        for hour in (10, 12):
            await chat.sleep(until=chat.conversation.created_at.replace(hour=hour))
            await chat.say(f"It is {hour}.")

    mia = await shop.starts("Hi")
    for _ in range(4):
        await shop.play(bot)
        await shop.passes(hours=1)
    assert (["It is 10.", "It is 12."], 13) == (await shop.said(mia), clock.now().hour)


async def test_the_latest_question_gets_the_answer_and_then_the_one_before(shop, bot):
    @bot.on_message(contains="wake")
    async def wake(chat):
        await chat.sleep(hours=1)
        await chat.say(f"A: {await chat.ask('First?')}")

    @bot.on_message
    async def other(chat):
        await chat.say(f"B: {await chat.ask('Second?')}")

    mia = await shop.starts("wake me")
    await answered(shop, bot, mia, "Hello")
    await shop.passes(hours=1)
    await answered(shop, bot, mia, "one", "two")
    assert ["Second?", "First?", "A: one", "B: two"] == await shop.said(mia)
