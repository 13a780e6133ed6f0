"""A form: what a bot asks for, in the customer's language, and what comes back after a person has corrected it.

    python examples/04_form_in_two_languages.py

Mia speaks German, Tom English, and both are asked by the same three lines of the bot. Mia's amount is not what the
invoice says; Ana corrects it on the ticket, and the bot goes on with the corrected form.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Literal

from handoff_sdk import Bot, Chat, Event, HandoffClient, HandoffForm, open_desk, question

CONFIG = {"brands": {"default": {"bot": "refund-bot", "style": "live_chat"}}, "agents": {"ana": {"name": "Ana"}}}


class Refund(HandoffForm):
    """What people need to know to give money back. The types say what is an answer: ``12,50`` is one."""

    order: str = question(
        {"en": "What is your order number?", "de": "Wie lautet Ihre Bestellnummer?"},
        pattern=r"\d{4,}",
        retry={"en": "It has four digits or more.", "de": "Sie hat mindestens vier Ziffern."},
    )
    paid: Decimal = question({"en": "How much did you pay?", "de": "Wie viel haben Sie bezahlt?"}, gt=0)
    why: Literal["broken", "late"] = question(
        {"en": "What is wrong?", "de": "Was ist passiert?"},
        choices={"broken": {"en": "Broken", "de": "Kaputt"}, "late": {"en": "Too late", "de": "Zu spät"}},
    )


bot = Bot("refund-bot")


@bot.on_message
async def refund(chat: Chat) -> None:
    """Ask, hand over, wait for the people, and go on with what they made of it."""
    form = await chat.collect(Refund)
    returned = await chat.handoff(form, subject=f"Refund of order {form.order}")
    paid = returned.form(Refund).paid
    await chat.say({"en": f"You get {paid:.2f} back.", "de": f"Sie bekommen {paid:.2f} zurück."})


async def bot_or_offer(events: AsyncIterator[Event]) -> Event:
    """What the bot says next, or the offer of the ticket; what is said until then is printed."""
    async for event in events:
        if event.type == "ticket.offered":
            return event
        message = event.data["message"]
        print(f"{message['author']['type']}: {message['content']['text']}")
        if message["author"]["type"] == "bot":
            return event
    raise ConnectionError("the engine is gone")


async def asks(client: HandoffClient, name: str, language: str, *texts: str, corrections: dict[str, str]) -> None:
    """A customer who wants money back, and Ana, who puts right what is wrong in the form and solves the ticket."""
    ana = client.as_agent("ana")
    first, *answers = texts
    mine = await client.conversations.create(customer={"name": name, "language": language}, message=first)
    types = {"message.created", "ticket.offered"}
    async with client.events.follow(cursor=0, conversation=mine.id, types=types) as events:
        for answer in answers:
            await bot_or_offer(events)
            await client.messages.create(mine.id, text=answer)

        offered = await bot_or_offer(events)
        ticket = await ana.offers.accept(offered.data["offer_id"])
        print(f"-- Ana has {ticket.fields}, and corrects {corrections or 'nothing'}")
        await ana.tickets.update(ticket.id, fields=corrections, status="solved")
        await bot_or_offer(events)


async def main() -> None:
    """Run the engine, the bot, two customers and Ana in this process."""
    with tempfile.TemporaryDirectory() as folder:
        async with open_desk(f"sqlite:///{folder}/desk.db", config=CONFIG) as desk:
            serving = asyncio.create_task(bot.serve(desk.client(role="bot")))
            client = desk.client(role="integrator")
            await client.as_agent("ana").agents.set_status("ana", "online")
            await asks(client, "Mia", "de", "Geld zurück!", "4711", "12,50", "kaputt", corrections={"paid": "21,50"})
            await asks(client, "Tom", "en", "Money back!", "no idea", "4712", "8", "too late", corrections={})
            bot.stop()
            await serving


asyncio.run(main())
