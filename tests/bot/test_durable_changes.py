"""When the code of a handler changes, or fails, while a dialogue waits: people get the conversation."""

import asyncio

import pytest

from handoff_sdk.bot.bot import Bot
from handoff_sdk.core.forms import HandoffForm, question

from .conftest import Killed


@pytest.fixture
def bot():
    return Bot("acme-bot")


async def handed_off(shop, conversation_id):
    """Who owns the conversation, and the tags of its ticket."""
    conversation = await shop.staff.conversations.get(conversation_id)
    return conversation.owner, conversation.ticket and conversation.ticket.tags


async def goes_on(shop, before, after, *answers):
    """A conversation with the code as it was before, then an answer and the code as it is after."""
    mia = await shop.starts("Hi")
    await shop.play(before)
    for text in answers or ("yes",):
        await shop.writes(mia, text)
        await shop.play(after)
    return mia


def bot_of(handler, **settings):
    """A bot of one handler, which is called the same in every version of its code."""
    bot = Bot("acme-bot", **settings)
    handler.__qualname__ = "handler"
    bot.on_message(handler)
    return bot


async def first(chat):
    await chat.say("Hello")
    await chat.say(f"Bye, {await chat.ask('Name?')}")


async def with_a_step_more(chat):
    await chat.say("Hello")
    await chat.say("Welcome")
    await chat.say(f"Bye, {await chat.ask('Name?')}")


async def with_a_step_less(chat):
    await chat.say(f"Bye, {await chat.ask('Name?')}")


async def with_another_question(chat):
    await chat.say("Hello")
    await chat.say(f"Bye, {await chat.ask('Surname?')}")


async def with_an_early_end(chat):
    await chat.say("Hello")


async def that_swallows_everything(chat):
    try:
        await chat.ask("Something else?")
    except Exception:  # noqa: BLE001 - as people write it
        await chat.say("Never mind.")


@pytest.mark.parametrize(
    "changed",
    [with_a_step_more, with_a_step_less, with_another_question, with_an_early_end, that_swallows_everything],
)
async def test_a_journal_that_does_not_fit_the_code_any_more_goes_to_people(shop, changed):
    mia = await goes_on(shop, bot_of(first), bot_of(changed))
    assert ("human", ("dialogue_changed",)) == await handed_off(shop, mia)
    assert ["Hello", "Name?"] == await shop.said(mia)


async def test_so_does_one_whose_handler_is_gone(shop, bot):
    mia = await goes_on(shop, bot_of(first), bot)
    assert ("human", ("dialogue_changed",)) == await handed_off(shop, mia)


async def test_what_is_said_may_change(shop):
    async def reworded(chat):
        await chat.say("Good day")
        await chat.say(f"See you, {await chat.ask('Name?')}")

    mia = await goes_on(shop, bot_of(first), bot_of(reworded), "Mia")
    assert ["Hello", "Name?", "See you, Mia"] == await shop.said(mia)


async def test_so_may_a_question_that_has_a_name(shop):
    async def asks(chat):
        await chat.say(await chat.ask("Name?", name="name"))

    async def asks_otherwise(chat):
        await chat.say(await chat.ask("What are you called?", name="name"))

    mia = await goes_on(shop, bot_of(asks), bot_of(asks_otherwise), "Mia")
    assert ["Name?", "Mia"] == await shop.said(mia)


async def test_a_form_may_get_a_field_more_while_it_is_collected(shop):
    class Old(HandoffForm):
        name: str = question("Name?")

    class New(HandoffForm):
        order: str = question("Order?")
        name: str = question("Name?")

    New.__name__ = "Old"

    async def old(chat):
        await chat.collect(Old)

    async def new(chat):
        form = await chat.collect(New)
        await chat.say(f"{form.order} of {form.name}")

    mia = await goes_on(shop, bot_of(old), bot_of(new), "Mia", "4711", "Mia")
    assert ["Name?", "Order?", "Name?", "4711 of Mia"] == await shop.said(mia)


async def test_but_not_after(shop):
    class Old(HandoffForm):
        name: str = question("Name?")

    class New(Old):
        order: str = question("Order?")

    New.__name__ = "Old"

    def collects(form):
        async def handler(chat):
            await chat.collect(form)
            await chat.ask("And?")

        return handler

    mia = await shop.starts("Hi")
    await shop.play(bot_of(collects(Old)))
    await shop.writes(mia, "Mia")
    await shop.play(bot_of(collects(Old)))
    await shop.writes(mia, "Nothing")
    await shop.play(bot_of(collects(New)))
    assert ("human", ("dialogue_changed",)) == await handed_off(shop, mia)


async def test_an_old_version_may_be_kept_for_the_dialogues_that_began_with_it(shop):
    after = bot_of(with_another_question, version="2")
    after.version("1").on_message(first)
    mia = await goes_on(shop, bot_of(first), after, "Mia", "Hi again", "Brown")
    assert ["Hello", "Name?", "Bye, Mia", "Hello", "Surname?", "Bye, Brown"] == await shop.said(mia)


async def test_a_message_without_a_handler_goes_to_people(shop, bot):
    mia = await shop.starts("Hi")
    await shop.play(bot)
    assert ("human", ("bot_no_answer",)) == await handed_off(shop, mia)


async def fails(chat):
    await chat.say("Let me see.")
    raise ValueError("oh no")


async def test_a_handler_that_raises_goes_to_people_and_what_it_was_about_is_over(shop):
    async def fails_later(chat):
        await chat.ask("Name?")
        raise ValueError("oh no")

    bot = bot_of(fails_later)
    mia = await goes_on(shop, bot, bot, "Mia")
    assert ("human", ("bot_error",)) == await handed_off(shop, mia)
    assert [] == await shop.notes(mia)


async def test_a_dialogue_that_failed_after_a_return_does_not_fail_at_the_next_one_again(shop):
    async def fails_later(chat):
        await chat.handoff()
        raise ValueError("oh no")

    bot = bot_of(fails_later)
    mia = await shop.starts("Hi")
    for _ in range(2):
        await shop.play(bot)
        await shop.solves(mia)
    await shop.play(bot)
    conversation = await shop.staff.conversations.get(mia)
    assert ("bot", 2) == (conversation.owner, conversation.tickets)


async def test_a_filter_that_raises_goes_to_people(shop, bot):
    @bot.on_message(lambda chat: chat.message.nothing)
    async def never(chat): ...

    mia = await shop.starts("Hi")
    await shop.play(bot)
    assert ("human", ("bot_error",)) == await handed_off(shop, mia)


async def test_an_author_may_deal_with_errors_instead(shop):
    bot = bot_of(fails)

    @bot.on_error
    async def sorry(chat, error):
        chat.state["failed"] = str(error)
        await chat.say("Sorry, that went wrong.")

    mia = await shop.starts("Hi")
    await shop.play(bot)
    assert ["Let me see.", "Sorry, that went wrong."] == await shop.said(mia)
    assert ("bot", None) == await handed_off(shop, mia)
    assert {"failed": "oh no"} == (await shop.staff.conversations.get(mia)).state


async def test_also_by_handing_off(shop):
    bot = bot_of(fails)

    @bot.on_error
    async def person(chat, error):
        await chat.handoff(tags=["mine"])

    mia = await shop.starts("Hi")
    await shop.play(bot)
    assert ("human", ("mine",)) == await handed_off(shop, mia)
    await shop.solves(mia)
    await shop.play(bot)
    assert ("bot", []) == ((await shop.staff.conversations.get(mia)).owner, await shop.turns(bot))


@pytest.mark.parametrize("step", ["ask", "raise", "sleep"])
async def test_who_deals_with_errors_cannot_wait_or_fail_itself(shop, step, caplog):
    bot = bot_of(fails)

    @bot.on_error
    async def worse(chat, error):
        if step == "ask":
            await chat.ask("What now?")
        if step == "sleep":
            await chat.sleep(days=1)
        raise error

    mia = await shop.starts("Hi")
    await shop.play(bot)
    assert ("human", ("bot_error",)) == await handed_off(shop, mia)
    assert ["Let me see."] == await shop.said(mia)
    assert "on_error failed" in caplog.text
    assert step == "raise" or f"chat.{step}() waits, which this handler cannot" in caplog.text


async def test_a_hand_off_that_was_not_awaited_is_an_error(shop, caplog):
    async def forgets(chat):
        chat.handoff()

    mia = await shop.starts("Hi")
    await shop.play(bot_of(forgets))
    assert ("human", ("bot_error",)) == await handed_off(shop, mia)
    assert "write 'await chat.handoff(...)'" in caplog.text


async def test_a_process_that_dies_while_it_gives_up_has_given_up(shop):
    before, after = bot_of(first), bot_of(with_a_step_more)
    mia = await shop.starts("Hi")
    await shop.play(before)
    await shop.writes(mia, "Mia")
    async with shop.process(dies_at=3) as process:  # takes the turn, writes it down, and dies before it hands off
        with pytest.raises(Killed, match="handoff"):
            await shop.play(after, client=process, consumer="dying")
    await shop.passes(seconds=31)
    await shop.play(before)
    assert ("human", ("dialogue_changed",)) == await handed_off(shop, mia)


async def test_steps_at_once_are_refused(shop, caplog):
    async def hasty(chat):
        await asyncio.gather(chat.say("One"), chat.say("Two"))

    mia = await shop.starts("Hi")
    await shop.play(bot_of(hasty))
    assert ("human", ("bot_error",)) == await handed_off(shop, mia)
    assert "chat.say() was called while chat.say() still ran" in caplog.text


async def test_a_step_that_still_runs_when_its_handler_ends_is_an_error(shop, caplog):
    strays = []

    async def handler(chat):
        strays.append(asyncio.create_task(chat.say("Who waits for me?")))
        await asyncio.sleep(0)

    mia = await shop.starts("Hi")
    await shop.play(bot_of(handler))
    await asyncio.gather(*strays)
    assert ("human", ("bot_error",)) == await handed_off(shop, mia)
    assert "chat.say() still ran when its handler ended: await every step" in caplog.text


async def test_a_step_after_the_end_of_its_handler_does_nothing(shop):
    chats = []

    async def handler(chat):
        chats.append(chat)
        await chat.say("Hello")

    mia = await shop.starts("Hi")
    await shop.play(bot_of(handler))
    with pytest.raises(RuntimeError, match=r"chat.say\(\) came after its handler had ended; nothing was done"):
        await chats[0].say("And another thing!")
    assert ["Hello"] == await shop.said(mia)


async def test_a_handler_that_never_ends_goes_to_people(shop, caplog, monkeypatch):
    monkeypatch.setattr("handoff_sdk.core.dialogue.MOST_STEPS", 3)

    async def loops(chat):
        while True:
            await chat.ask("More?")

    bot = bot_of(loops)
    mia = await goes_on(shop, bot, bot, "a", "b", "c")
    assert ("human", ("bot_error",)) == await handed_off(shop, mia)
    assert "took 3 steps in one dialogue" in caplog.text
