"""A bot, a customer and an agent, in one file and with nothing to set up.

    python examples/01_hello.py

The bot answers what it can and hands the rest to people. Ana, an agent, accepts, replies and solves. Then the bot has
the conversation again, and goes on where it handed off.
"""

import asyncio
import tempfile

from handoff_sdk import Bot, Chat, HandoffClient, open_desk

# What there is: one brand (``default``), whose conversations begin with the bot ``hello-bot``, and one agent.
# With the style ``live_chat`` a solved ticket closes at once.
CONFIG = {
    "brands": {"default": {"bot": "hello-bot", "style": "live_chat"}},
    "agents": {"ana": {"name": "Ana"}},
}

bot = Bot("hello-bot")


@bot.on_message(contains="opening hours")
async def opening_hours(chat: Chat) -> None:
    """Something the bot knows."""
    await chat.say("We are here from 9 to 5.")


@bot.on_message
async def anything_else(chat: Chat) -> None:
    """Anything else goes to people. The bot is silent until they are done, however many days they take."""
    returned = await chat.handoff(say="I am getting a colleague.", priority="high", subject=chat.text)
    await chat.say(f"Welcome back! {returned.agent} is done: {returned.outcome}.")


async def customer_and_agent(client: HandoffClient) -> None:
    """Mia asks twice; Ana does what an agent's console would do. Both react to what happens on the desk."""
    ana = client.as_agent("ana")
    await ana.agents.set_status("ana", "online")

    # An integrator's key speaks for customers: this is what a chat widget or a channel adapter does.
    mia = await client.conversations.create(
        customer={"external_id": "42", "name": "Mia"}, message="What are your opening hours?"
    )

    # ``cursor=0`` begins with the oldest event, so that nothing is missed that happened before we listened.
    async with client.events.follow(cursor=0) as events:
        async for event in events:
            if event.type == "message.created":
                message = event.data["message"]
                author, text = message["author"], message["content"]["text"]
                print(f"{author['type']}: {text}")
                if author["type"] == "bot" and text.startswith("We are here"):
                    await client.messages.create(mia.id, text="My parcel is lost!", author="customer")
                elif author["type"] == "bot" and text.startswith("Welcome back"):
                    return
            elif event.type == "ticket.offered":
                print("-- the ticket is offered to", event.data["agent_id"])
                ticket = await ana.offers.accept(event.data["offer_id"])
                await ana.messages.create(mia.id, text="Hello Mia, I found it. It arrives today.")
                await ana.tickets.update(ticket.id, status="solved")
            elif event.type in {"control.passed", "control.returned"}:
                print(f"-- {event.type}: the {event.data['owner']} speaks for the business now")


async def main() -> None:
    """Run the engine, the bot and the two people in this process, until the story is over."""
    with tempfile.TemporaryDirectory() as folder:
        async with open_desk(f"sqlite:///{folder}/desk.db", config=CONFIG) as desk:
            serving = asyncio.create_task(bot.serve(desk.client(role="bot"), cursor=0))
            await customer_and_agent(desk.client(role="integrator"))
            bot.stop()
            await serving


asyncio.run(main())
