"""Steps that do something beside talking, and what a handler is given: the same at every run."""

import asyncio
import contextlib

import pytest

from handoff_sdk import Conflict, HandoffClient, HandoffError, Retries
from handoff_sdk.bot.bot import Bot
from handoff_sdk.bot.customer import ChatCustomer
from handoff_sdk.bot.run import OnceFailed

from .conftest import Killed


@pytest.fixture
def bot():
    return Bot("acme-bot")


async def played(shop, bot, *texts, **customer):
    """A conversation in which the customer writes these texts."""
    first, *rest = texts
    mia = await shop.starts(first, **customer)
    await shop.play(bot)
    for text in rest:
        await shop.writes(mia, text)
        await shop.play(bot)
    return mia


async def test_what_is_done_once_is_recalled(shop, bot):
    done = []

    async def look_up():
        done.append(1)
        return {"order": [4711, None]}

    @bot.on_message
    async def handler(chat):
        first = await chat.once("look up", look_up)
        second = await chat.once("count", lambda: len(done))
        await chat.ask("Well?")
        await chat.say(f"{first} {second}")

    mia = await played(shop, bot, "Hi", "Hm")
    assert (["Well?", "{'order': [4711, None]} 1"], [1]) == (await shop.said(mia), done)


async def test_what_failed_once_has_failed_for_good(shop, bot):
    tries = []

    def charge():
        tries.append(1)
        raise Conflict("no money")

    @bot.on_message
    async def handler(chat):
        try:
            await chat.once("charge", charge)
        except OnceFailed as error:
            await chat.ask("It failed. Well?")
            await chat.say(error.detail)

    mia = await played(shop, bot, "Hi", "Hm")
    assert (["It failed. Well?", "charge: Conflict: no money"], [1]) == (await shop.said(mia), tries)


@pytest.mark.parametrize(
    ("result", "problem"),
    [
        (object(), "has no form in JSON"),
        (float("nan"), "has no form in JSON"),
        ((1, 2), r"would come back as \[1, 2\]"),
    ],
)
async def test_what_is_done_once_answers_json(shop, bot, result, problem):
    @bot.on_message
    async def handler(chat):
        with pytest.raises(TypeError, match=problem):
            await chat.once("odd", lambda: result)
        await chat.say("OK")

    assert ["OK"] == await shop.said(await played(shop, bot, "Hi"))


async def test_the_message_is_the_one_the_handler_was_called_for(shop, bot):
    @bot.on_message
    async def handler(chat):
        answer = await chat.ask("And?")
        await chat.say(f"{chat.text}, {answer}, {chat.payload}, {chat.message.text}, {chat.epoch}")

    assert ["And?", "one, two, None, one, 1"] == await shop.said(await played(shop, bot, "one", "two"))


async def test_the_customer_is_as_they_were_and_with_what_the_handler_changed(shop, bot):
    @bot.on_message
    async def handler(chat):
        if chat.customer.email is None:
            await chat.customer.update(email=await chat.ask("Your email?"), plan="gold", language="de")
        await chat.ask({"en": "Thanks?", "de": "Danke?"})
        await chat.say(f"{chat.customer.email} {chat.customer.attributes} {chat.customer.name}")

    mia = await played(shop, bot, "Hi", "mia@example.com", "-", shoe=38)
    assert ["Your email?", "Danke?", "mia@example.com {'shoe': 38, 'plan': 'gold'} Mia"] == await shop.said(mia)
    customer = await shop.staff.customers.get((await shop.staff.conversations.get(mia)).customer_id)
    assert ("mia@example.com", "de", {"shoe": 38, "plan": "gold"}) == (
        customer.email,
        customer.language,
        customer.attributes,
    )


async def test_notes_of_its_own_are_counted_once_however_often_it_runs(shop, bot):
    @bot.on_message
    async def handler(chat):
        chat.state["visits"] = chat.state.get("visits", 0) + 1
        await chat.ask("One?")
        chat.state.setdefault("log", []).append(await chat.ask("Two?"))
        chat.state.pop("gone", None)
        await chat.ask("Three?")

    mia = await played(shop, bot, "Hi", "1", "2", "3", "Hi", "4", "5")
    await shop.staff.conversations.update(mia, state={"gone": True, "other": 1})
    await shop.writes(mia, "6")
    await shop.play(bot)
    await shop.writes(mia, "Hi")
    await shop.play(bot)
    state = (await shop.staff.conversations.get(mia)).state
    assert {"visits": 3, "log": ["2", "5"], "gone": True, "other": 1} == {
        name: value for name, value in state.items() if name != "_dialogue"
    }
    for text in ("7", "8"):
        await shop.writes(mia, text)
        await shop.play(bot)
    assert "gone" not in (await shop.staff.conversations.get(mia)).state


@pytest.mark.parametrize(("name", "value"), [("set", {1}), ("_dialogue", 1)])
async def test_notes_that_cannot_be_kept_are_an_error(shop, bot, name, value, caplog):
    @bot.on_message
    async def handler(chat):
        chat.state[name] = value

    mia = await played(shop, bot, "Hi")
    assert ("bot_error",) == (await shop.ticket(mia)).tags
    assert "chat.state" in caplog.text


async def test_history_is_what_it_was_when_it_was_looked_at(shop, bot):
    seen = []

    @bot.on_message(contains="history")
    async def handler(chat):
        seen.append([message.text for message in await chat.history()])
        seen.append(len(await chat.history(all=True)))
        await chat.ask("Well?")

    @bot.on_message
    async def rest(chat):
        await chat.say("Hello")

    mia = await shop.starts("Hi")
    await shop.play(bot)
    await shop.passes(seconds=1)
    other = await shop.staff.conversations.create(customer={"external_id": "1"}, message="Elsewhere")
    await shop.play(bot)
    await shop.passes(seconds=1)
    await shop.writes(mia, "history")
    await shop.play(bot)
    await shop.passes(seconds=1)
    await shop.writes(mia, "Hm")
    await shop.writes(other.id, "More")
    await shop.play(bot)
    assert [["Hi", "Hello", "history"], 5] * 2 == seen


async def test_a_follow_up_is_scheduled_once_and_said_when_the_customer_is_silent(shop, bot):
    @bot.on_message
    async def handler(chat):
        chat.state["followup"] = await chat.followup({"en": "Still there?", "de": "Noch da?"}, after="3h")
        await chat.say(f"Thanks: {await chat.ask('Well?')}")

    mia = await played(shop, bot, "Hi", language="de")
    (followup,) = await shop.staff.followups.list(mia).all()
    assert followup.id == (await shop.staff.conversations.get(mia)).state["followup"]
    await shop.passes(hours=3)
    await shop.writes(mia, "Yes")
    await shop.play(bot)
    assert ["Well?", "Noch da?", "Thanks: Yes"] == await shop.said(mia)


async def test_a_conversation_is_passed_to_another_bot_with_its_message(shop, bot):
    other = Bot("other-bot")

    @bot.on_message
    async def pass_on(chat):
        await chat.say("Let me pass you on.")
        await chat.pass_to("other-bot")
        await chat.say("never")

    @other.on_message
    async def answer(chat):
        await chat.say(f"Other here: {chat.text}, {await chat.ask('Well?')}")
        await chat.pass_to("acme-bot")

    mia = await played(shop, bot, "Hi")
    await shop.play(other)
    await shop.writes(mia, "Hm")
    await shop.play(other)
    await shop.play(bot)
    await shop.play(other)
    assert ["Let me pass you on.", "Well?", "Other here: Hi, Hm", "Let me pass you on.", "Well?"] == await shop.said(
        mia
    )


async def test_a_message_may_be_left_without_an_answer(shop, bot):
    @bot.on_message
    async def quiet(chat):
        await chat.typing()
        await chat.release()
        await chat.say("never")

    mia = await played(shop, bot, "Hi")
    assert ([], "bot", []) == (
        await shop.said(mia),
        (await shop.staff.conversations.get(mia)).owner,
        await shop.turns(bot),
    )


async def test_a_session_is_ended_and_the_handler_may_still_speak_and_ask(shop, bot):
    @bot.on_message
    async def bye(chat):
        await chat.end_session()
        await chat.end_session()
        chat.state["ended"] = True
        await chat.say(f"You are back with {await chat.ask('Bye! Anything else?')!r}.")

    mia = await played(shop, bot, "Hi", "Yes")
    assert ["Bye! Anything else?", "You are back with 'Yes'."] == await shop.said(mia)
    assert True is (await shop.staff.conversations.get(mia)).state["ended"]


async def test_but_not_sleep(shop, bot, caplog):
    @bot.on_message
    async def bye(chat):
        await chat.end_session()
        await chat.sleep(days=1)

    mia = await played(shop, bot, "Hi")
    assert ("bot_error",) == (await shop.ticket(mia)).tags
    assert "chat.sleep() cannot come after chat.end_session()" in caplog.text


async def test_an_instant_without_a_time_zone_is_none(shop, bot, caplog):
    @bot.on_message
    async def nap(chat):
        await chat.sleep(until=chat.conversation.created_at.replace(tzinfo=None))

    await played(shop, bot, "Hi")
    assert "until: give an instant with a time zone" in caplog.text


async def test_what_was_said_before_in_other_words_stands(shop, bot):
    words = iter(["First words", "Other words"])

    @bot.on_message
    async def handler(chat):
        await chat.say(next(words))
        await chat.ask("Well?")

    mia = await shop.starts("Hi")
    async with shop.process(dies_at=3) as process:  # takes the turn, says it, and dies before it asks
        with pytest.raises(Killed):
            await shop.play(bot, client=process)
    await shop.passes(seconds=31)
    async with shop.process() as process:
        await shop.play(bot, client=process, consumer="two")
    assert ["First words", "Well?"] == await shop.said(mia)


async def test_while_the_engine_is_away_a_turn_is_left_for_another_delivery(shop, bot, caplog):
    tries = []

    @bot.on_message
    async def handler(chat):
        tries.append(1)
        with contextlib.suppress(HandoffError):
            await chat.say("Hello")
        with contextlib.suppress(HandoffError):
            await chat.say("Not even this")

    mia = await shop.starts("Hi")
    for number in range(1, 7):
        (turn,) = await shop.turns(bot, consumer=str(number))
        async with HandoffClient("http://127.0.0.1:9", api_key="hk_x", retries=Retries(total=0)) as nowhere:
            await bot.take(turn, nowhere, consumer=str(number))
        await shop.passes(seconds=31)
    assert [1] * 6 == tries
    assert 4 == caplog.text.count("will be delivered again")
    await shop.play(bot)
    assert ["Hello", "Not even this"] == await shop.said(mia)


def test_a_customer_of_no_chat_is_not_changed_here():
    customer = ChatCustomer(id="c", created_at="2026-01-05T09:00:00Z")
    with pytest.raises(RuntimeError, match="is of no chat"):
        asyncio.run(customer.update(name="Mia"))


async def test_quick_replies_come_back_with_their_payload(shop, bot):
    @bot.on_message(payload="person")
    async def person(chat):
        await chat.say(f"A person: {chat.payload}")

    @bot.on_message
    async def rest(chat):
        await chat.say({"en": "Hello", "de": "Hallo"}, replies=["Refund", {"text": "A person", "payload": "person"}])

    mia = await played(shop, bot, "Hi", language="de")
    assert ("Hallo", ["Refund", "A person"]) == await shop.last(mia)
    await shop.writes(mia, "A person", payload="person")
    await shop.play(bot)
    assert "A person: person" == (await shop.said(mia))[-1]


async def test_one_quick_reply_may_stand_alone(shop, bot):
    @bot.on_message
    async def handler(chat):
        await chat.say("Hello", replies="Refund")
        await chat.say("Hello?", replies={"text": "A person", "payload": "person"})

    mia = await played(shop, bot, "Hi")
    assert ("Hello?", ["A person"]) == await shop.last(mia)
    [hello] = [each async for each in shop.staff.messages.list(mia) if each.text == "Hello"]
    assert ["Refund"] == [reply.text for reply in hello.content.replies]


@pytest.mark.parametrize(
    ("text", "error"),
    [(None, TypeError), (5, TypeError), ({"en": None}, TypeError), ({}, ValueError)],
    ids=str,
)
async def test_what_is_no_text_is_refused_with_what_would_be(shop, bot, text, error):
    told = []

    @bot.on_message
    async def handler(chat):
        for step in (chat.say(text), chat.ask(text), chat.ask_yes_no(text, name="sure")):
            with pytest.raises(error) as refused:
                await step
            told.append(str(refused.value))

    await played(shop, bot, "Hi")
    assert [told[0]] * 3 == told
    assert "text" in told[0]
