"""A bot's process dies at every point there is: the customer reads each line once, and the dialogue ends the same."""

import asyncio
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handoff_sdk.bot.bot import Bot
from handoff_sdk.core.forms import HandoffForm, question

from .conftest import Killed

ANSWERS = ["Mia", "perhaps", "yes", "47", "4711", "-", "no", "mia@example.com"]


class Order(HandoffForm):
    number: str = question("Which order?", pattern=r"\d{4,}", retry="That is no order number.")
    gift: bool = question("Is it a gift?", default=False)


def bot_with(charged):
    """A bot whose one dialogue takes every kind of step; ``charged`` notes what it does once."""
    bot = Bot("acme-bot")

    async def charge():
        charged.append("4711")
        return len(charged) and "paid"

    @bot.on_message
    async def everything(chat):
        chat.state["visits"] = chat.state.get("visits", 0) + 1
        await chat.say("Hello!", replies=["Help"])
        name = await chat.ask("Your name?")
        await chat.customer.update(name=name)
        if await chat.ask_yes_no(f"Shall we begin, {chat.customer.name}?"):
            await chat.typing()
        order = await chat.collect(Order)
        await chat.say(f"Charging: {await chat.once('charge', charge)}.")
        plan = await chat.preview(order)
        chat.state["order"] = order.number
        returned = await plan.handoff(say="A moment.", summary=f"Queue {plan.queue}")
        await chat.say(f"Back: {returned.reason}, {returned.form(Order).number}, {len(await chat.history())} messages.")
        if not await chat.ask_yes_no("Solved?"):
            email = await chat.ask("Your email?", pattern=".+@.+")
            await chat.customer.update(contact=email)
        await chat.sleep(days=1)
        await chat.say(f"It is tomorrow, and visit {chat.state['visits']}.")
        await chat.end_session()

    return bot


async def cut_short(playing, steps):
    """Plays; cancelled after so many steps of the event loop."""
    if steps is None:
        return await playing
    task = asyncio.create_task(playing)
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    return await task


async def told(shop, bot, fates):
    """The story from beginning to end, with processes of these fates and then one that lives."""
    mia, answers, processes = await shop.starts("Hi"), iter(ANSWERS), count(1)
    fates, process, last_words = iter(fates), None, []
    while True:
        if process is None:
            fate, consumer = next(fates, {}), f"process {next(processes)}"
            process = shop.process(**{name: value for name, value in fate.items() if name != "after_steps"})
        try:
            await cut_short(shop.play(bot, consumer=consumer, client=process), fate.get("after_steps"))
        except (Killed, asyncio.CancelledError) as killed:
            last_words.append(str(killed))
            await process.aclose()
            process = None
            await shop.passes(seconds=31)
            continue
        if (await shop.desk.store.thread(mia)).turns:
            # A dead process's last request came late, and has the turn.
            await shop.passes(seconds=31)
            continue
        conversation = await shop.staff.conversations.get(mia)
        waiting = await shop.notes(mia)
        if conversation.owner == "human":
            await shop.solves(mia)
        elif waiting == ["answer"]:
            await shop.writes(mia, next(answers))
        elif waiting == ["sleep"]:
            await shop.passes(days=1)
        else:
            await process.aclose()
            break
    assert [] == list(answers)
    customer = await shop.staff.customers.get(conversation.customer_id)
    state = {name: value for name, value in conversation.state.items() if not name.startswith("_")}
    left = {"session": conversation.session, "state": state, "name": customer.name, "knows": customer.attributes}
    return await shop.talk(mia), left, last_words


async def test_the_story_without_a_crash(shop):
    charged = []
    talk, left, _ = await told(shop, bot_with(charged), [])
    assert [
        ("customer", "Hi"),
        ("bot", "Hello!"),
        ("bot", "Your name?"),
        ("customer", "Mia"),
        ("bot", "Shall we begin, Mia?"),
        ("customer", "perhaps"),
        ("bot", "Please answer with yes or no."),
        ("customer", "yes"),
        ("bot", "Which order?"),
        ("customer", "47"),
        ("bot", "That is no order number."),
        ("customer", "4711"),
        ("bot", "Is it a gift?"),
        ("customer", "-"),
        ("bot", "Charging: paid."),
        ("bot", "A moment."),
        ("agent", "Hello, this is Ana."),
        ("system", "This chat has ended."),
        ("bot", "Back: closed, 4711, 18 messages."),
        ("bot", "Solved?"),
        ("customer", "no"),
        ("bot", "Your email?"),
        ("customer", "mia@example.com"),
        ("bot", "It is tomorrow, and visit 1."),
        ("system", "This chat has ended."),
    ] == talk
    assert (
        ["4711"],
        {
            "session": "ended",
            "state": {"visits": 1, "order": "4711"},
            "name": "Mia",
            "knows": {"contact": "mia@example.com"},
        },
    ) == (
        charged,
        left,
    )


@pytest.mark.parametrize("after", [False, True], ids=["before the engine got it", "after the engine got it"])
async def test_a_process_dies_at_each_of_its_requests(shop, after):
    expected, left, _ = await told(shop, bot_with([]), [])
    for number in count(1):
        charged = []
        talk, end, deaths = await told(shop, bot_with(charged), [{"dies_at": number, "after": after}])
        if not deaths:
            break
        assert (expected, left) == (talk, end), (number, deaths)
        # Between doing it and writing down that it was done there is a moment that nobody can close.
        most = 2 if deaths == ["PATCH state"] and not after else 1
        assert 1 <= len(charged) <= most, (number, deaths)
    assert number > 40


deaths = st.fixed_dictionaries({"dies_at": st.integers(1, 12), "after": st.booleans()}) | st.fixed_dictionaries(
    {"after_steps": st.integers(0, 600)}
)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fates=st.lists(deaths, min_size=2, max_size=8))
async def test_processes_die_again_and_again_anywhere(shop, fates):
    expected, left, _ = await told(shop, bot_with([]), [])
    assert (expected, left) == (await told(shop, bot_with([]), fates))[:2]
