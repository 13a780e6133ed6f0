"""Handing off from a handler, and what comes back."""

import asyncio

import pytest

from handoff_sdk import ControlLost, UnknownGroup
from handoff_sdk.bot.bot import Bot


@pytest.fixture
def bot():
    return Bot("acme-bot")


@pytest.fixture
def returns(bot):
    """Hands off at any message; keeps what came back."""
    found = []

    @bot.on_message
    async def person(chat):
        found.append(await chat.handoff(accept_within="5m", fields={"order": "4711"}))

    return found


async def test_people_solve_it(shop, bot, returns):
    mia = await shop.starts("Hi")
    await shop.play(bot)
    await shop.solves(mia)
    await shop.play(bot)
    (returned,) = returns
    assert ("closed", "ana", {"order": "4711"}) == (returned.reason, returned.agent, returned.fields)
    assert ["Hello, this is Ana."] == [message["content"]["text"] for message in returned.messages]


async def test_people_hand_it_back_with_a_note(shop, bot, returns):
    mia = await shop.starts("Hi")
    await shop.play(bot)
    ticket = await shop.accepts(mia)
    await shop.ana.tickets.hand_back(ticket.id, note="Ask for the invoice.")
    await shop.play(bot)
    assert [("handed_back", "Ask for the invoice.")] == [(one.reason, one.note) for one in returns]


async def test_nobody_accepts_in_time(shop, bot, returns):
    await shop.starts("Hi")
    await shop.play(bot)
    await shop.passes(minutes=5)
    await shop.play(bot)
    assert [("nobody_available", "abandoned")] == [(one.reason, one.outcome) for one in returns]


async def test_without_a_limit_it_waits_for_28_days_and_costs_nothing(shop, bot):
    @bot.on_message
    async def person(chat):
        await chat.say((await chat.handoff()).reason)

    mia = await shop.starts("Hi")
    await shop.play(bot)
    await shop.passes(days=28)
    assert ("human", ["handoff"]) == ((await shop.staff.conversations.get(mia)).owner, await shop.notes(mia))
    await shop.solves(mia)
    await shop.play(bot)
    assert ["closed"] == await shop.said(mia)


async def test_a_dialogue_may_hand_off_again(shop, bot):
    @bot.on_message
    async def person(chat):
        first = await chat.handoff(say="One moment.")
        second = await chat.handoff(say="And again.")
        await chat.say(f"{first.number}, {second.number}")

    mia = await shop.starts("Hi")
    for _ in range(2):
        await shop.play(bot)
        await shop.solves(mia)
    await shop.play(bot)
    assert ["One moment.", "And again.", "1, 2"] == await shop.said(mia)


async def test_a_return_nobody_waits_for_goes_to_on_returned(shop, bot):
    @bot.on_returned
    async def back(chat):
        await chat.say(f"Back from {chat.returned.agent}: {await chat.ask('All good?')}")

    mia = await shop.starts()
    await shop.ana.messages.create(mia, text="Hello Mia, this is Ana.")
    await shop.ana.tickets.update((await shop.ticket(mia)).id, status="solved")
    await shop.play(bot)
    await shop.writes(mia, "Sure")
    await shop.play(bot)
    assert ["All good?", "Back from ana: Sure"] == await shop.said(mia)


async def test_so_does_one_whose_handler_had_nothing_more_to_do(shop, bot):
    @bot.on_message
    async def person(chat):
        chat.state["asked"] = True
        returned = await chat.handoff()
        chat.state["reason"] = returned.reason

    @bot.on_returned
    async def back(chat):
        await chat.say(f"Back: {chat.returned.reason}, {chat.state}")

    mia = await shop.starts("Hi")
    await shop.play(bot)
    await shop.solves(mia)
    await shop.play(bot)
    assert ["Back: closed, {'asked': True, 'reason': 'closed'}"] == await shop.said(mia)


async def test_a_return_nobody_waits_for_is_acknowledged_in_silence_without_a_handler(shop, bot):
    mia = await shop.starts()
    await shop.ana.messages.create(mia, text="Hello")
    await shop.ana.tickets.update((await shop.ticket(mia)).id, status="solved")
    await shop.play(bot)
    assert ([], []) == (await shop.said(mia), await shop.turns(bot))


async def test_who_handed_off_goes_on_also_when_people_took_over_again_before_it_could(shop, bot, returns):
    mia = await shop.starts("Hi")
    await shop.play(bot)
    await shop.solves(mia)
    await shop.ana.messages.create(mia, text="One more thing")
    await shop.ana.tickets.update((await shop.ticket(mia)).id, status="solved")
    await shop.play(bot)
    assert [2] == [returned.number for returned in returns]


async def test_what_was_asked_before_people_took_over_is_not_asked_any_more(shop, bot):
    @bot.on_message
    async def name(chat):
        await chat.say(f"{chat.text}! Your name is {await chat.ask('Your name?')}.")

    mia = await shop.starts("Hi")
    await shop.play(bot)
    await shop.ana.messages.create(mia, text="I can help.")
    await shop.ana.tickets.update((await shop.ticket(mia)).id, status="solved")
    await shop.writes(mia, "Thanks")
    await shop.play(bot)
    await shop.writes(mia, "Mia")
    await shop.play(bot)
    assert ["Your name?", "Your name?", "Thanks! Your name is Mia."] == await shop.said(mia)


async def test_a_hand_off_that_is_refused_can_be_made_otherwise(shop, bot):
    @bot.on_message
    async def person(chat):
        try:
            await chat.handoff(group="biling")
        except UnknownGroup:
            await chat.handoff(say="A moment.")
        await chat.say("Back.")

    mia = await shop.starts("Hi")
    await shop.play(bot)
    await shop.solves(mia)
    await shop.play(bot)
    assert ["A moment.", "Back."] == await shop.said(mia)


async def test_after_a_take_over_nothing_is_said_and_nobody_is_disturbed(shop, bot, caplog):
    lost = []

    @bot.on_message
    async def slow(chat):
        await shop.ana.messages.create(chat.conversation.id, text="I am here.")
        for attempt in range(2):
            try:
                await chat.say(f"Too late {attempt}")
            except ControlLost as error:
                lost.append(error.code)

    mia = await shop.starts("Hi")
    with caplog.at_level("WARNING"):
        await shop.play(bot)
    assert ([], ["control_lost"] * 2) == (await shop.said(mia), lost)
    assert [] == [record for record in caplog.records if record.name == "handoff_sdk.bot"]


async def test_the_key_of_a_hand_off_that_is_over_answers_what_became_of_it(shop, bot):
    @bot.on_message
    async def person(chat):
        await chat.say((await chat.handoff(key="h1")).reason)

    mia = await shop.starts("Hi")
    await shop.play(bot)
    await shop.solves(mia)
    await shop.play(bot)
    await shop.writes(mia, "Hi")
    await shop.play(bot)
    assert (["closed", "closed"], "bot") == (await shop.said(mia), (await shop.staff.conversations.get(mia)).owner)


async def test_a_record_keeps_the_latest_messages_and_history_has_all(shop, bot):
    found = []

    @bot.on_message
    async def person(chat):
        returned = await chat.handoff()
        found.extend([[one["content"]["text"][0] for one in returned.messages], len(await chat.history())])

    mia = await shop.starts("Hi")
    await shop.play(bot)
    ticket = await shop.accepts(mia, reply="a" * 4000)
    for letter in "bcdef":
        await shop.ana.messages.create(mia, text=letter * 4000)
    await shop.ana.tickets.update(ticket.id, status="solved")
    await shop.play(bot)
    assert [["d", "e", "f"], 9] == found


async def test_a_hand_off_that_was_not_made_is_not_cancelled(shop, bot):
    @bot.on_message
    async def person(chat):
        handoff = chat.handoff()
        await handoff.cancel()
        returned = await handoff
        await handoff.cancel()
        await chat.say(f"{returned.reason} {(await handoff).reason}")

    mia = await shop.starts("Hi")
    await shop.play(bot)
    await shop.solves(mia)
    await shop.play(bot)
    assert ["closed closed"] == await shop.said(mia)


async def test_a_plan_says_who_could_take_it(shop, bot):
    seen = []

    @bot.on_message
    async def look(chat):
        plan = await chat.preview(priority="high")
        seen.append((plan.open, plan.queue, plan.agents, plan.out, plan.position, plan.opens_at, plan.missing_fields))
        await chat.ask("Well?")

    mia = await shop.starts("Hi")
    await shop.play(bot)
    await shop.ana.agents.set_status("ana", "online")
    await shop.writes(mia, "Hm")
    await shop.play(bot)
    assert [(True, "standard", (), {"ana": "status"}, 1, None, ())] * 2 == seen


async def test_a_hand_off_can_be_watched_and_taken_back(shop, bot):
    seen = []

    @bot.on_message
    async def person(chat):
        handoff = chat.handoff()
        async for progress in handoff.progress():
            seen.append((progress.kind, progress.position))
            await handoff.cancel()
        await chat.say((await handoff).reason)

    mia = await shop.starts("Hi")
    async with asyncio.timeout(20):
        await shop.play(bot)
    assert ([("queued", 1)], ["cancelled"]) == (seen, await shop.said(mia))


async def test_and_what_people_do_meanwhile_is_told(shop, bot):
    seen = []
    queued, accepted = asyncio.Event(), asyncio.Event()

    @bot.on_message
    async def person(chat):
        handoff = chat.handoff()
        async for progress in handoff.progress():
            seen.append((progress.kind, progress.agent))
            {"queued": queued, "accepted": accepted}.get(progress.kind, asyncio.Event()).set()
            with pytest.raises(ControlLost):
                await chat.say("I am still here!")
        seen.append((await handoff.result()).reason)

    mia = await shop.starts("Hi")
    async with asyncio.timeout(20):
        playing = asyncio.create_task(shop.play(bot))
        await queued.wait()
        ticket = await shop.accepts(mia)
        await accepted.wait()
        await shop.ana.tickets.update(ticket.id, status="solved")
        await playing
    assert [("queued", None), ("offered", "ana"), ("accepted", "ana"), "closed"] == seen
