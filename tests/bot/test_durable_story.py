"""Dialogues that wait: for answers, for people, for days."""

from decimal import Decimal

import pytest

from handoff_sdk.bot.bot import Bot
from handoff_sdk.core.forms import HandoffForm, question


class Refund(HandoffForm):
    """What billing needs to refund an order."""

    order: str = question("What is your order number?", pattern=r"\d{4,}", retry="That is not an order number.")
    amount: Decimal | None = question("How much did you pay?", default=None)
    urgent: bool = question({"en": "Is it urgent?", "de": "Ist es dringend?"})


@pytest.fixture
def bot():
    return Bot("acme-bot")


async def test_a_handler_asks_and_goes_on_with_the_answer_at_the_next_message(shop, bot):
    @bot.on_message
    async def meet(chat):
        await chat.say("Hello!")
        name = await chat.ask("What is your name?")
        await chat.say(f"Nice to meet you, {name}.")

    mia = await shop.starts("Hi")
    await shop.play(bot)
    assert ["answer"] == await shop.notes(mia)
    await shop.writes(mia, "Mia")
    await shop.play(bot)
    assert ["Hello!", "What is your name?", "Nice to meet you, Mia."] == await shop.said(mia)
    assert [] == await shop.notes(mia)


async def test_the_story_of_the_documentation(shop, bot):
    heard = []

    @bot.on_message(contains="refund")
    async def refund(chat):
        form = await chat.collect(Refund)
        plan = await chat.preview(form, priority="high" if form.urgent else "normal", summary=f"Refund of {form.order}")
        if not plan.open:
            await chat.say(f"Our people are back at {plan.opens_at:%H:%M}; your request is kept.")
        returned = await plan.handoff(say="I am getting a colleague.", accept_within="5m")
        heard.append((returned.reason, returned.form(Refund)))
        if returned.reason == "nobody_available":
            await chat.say("Nobody was free. May I ask you for an email address?")
        elif await chat.ask_yes_no("Was that solved for you?"):
            await chat.say("Glad to hear it!")

    mia = await shop.starts("I want a refund", language="de")
    for text in ("what?", "4711", "12,50", "ja"):
        await shop.play(bot)
        await shop.writes(mia, text)
    await shop.play(bot)
    ticket = await shop.ticket(mia)
    assert ("high", "Refund of 4711", "Refund") == (ticket.priority, ticket.summary, ticket.form.name)
    assert {"order": "4711", "amount": "12.50", "urgent": True} == ticket.fields
    await shop.solves(mia, fields={"amount": "13,50"})
    await shop.play(bot)
    await shop.writes(mia, "Ja, danke!")
    await shop.play(bot)
    assert [
        "What is your order number?",
        "That is not an order number.",
        "How much did you pay?",
        "Ist es dringend?",
        "I am getting a colleague.",
        "Was that solved for you?",
        "Glad to hear it!",
    ] == await shop.said(mia)
    assert ("closed", Refund(order="4711", amount=Decimal("13.50"), urgent=True)) == heard[-1]
