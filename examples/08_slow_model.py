"""A slow model, and a person who is faster: the bot's answer is cancelled, and nothing of it reaches the customer.

    python examples/08_slow_model.py

As soon as somebody else has the conversation, the handler is cancelled where it stands, like any task of asyncio: the
stream of the model is closed, and what it would have cost is saved. Where that comes too late the engine refuses the
answer: a bot speaks only in the epoch it has read.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator

from handoff_sdk import Bot, Chat, HandoffClient, open_desk

CONFIG = {"brands": {"default": {"bot": "llm-bot"}}, "agents": {"ana": {"name": "Ana"}}}

ANSWER = "As a large language model I would like to begin with some thoughts about parcels in general. " * 20

bot = Bot("llm-bot")
writing, stopped = asyncio.Event(), asyncio.Event()


async def model(prompt: str) -> AsyncIterator[str]:
    """An answer to the prompt, word by word; all of it takes half a minute."""
    try:
        for word in ANSWER.split():
            yield word
            writing.set()
            await asyncio.sleep(0.1)
    finally:
        print(f"-- the model stops in the middle of answering {prompt!r}")
        stopped.set()


async def complete(prompt: str) -> str:
    """The whole answer."""
    return " ".join([word async for word in model(prompt)])


@bot.on_message
async def answer(chat: Chat) -> None:
    """What the model says is no two times the same, so it is asked once: a repeated run recalls the answer."""
    await chat.typing()
    await chat.say(await chat.once("answer", lambda: complete(chat.text)))


async def customer_and_agent(client: HandoffClient) -> None:
    """Mia asks; Ana reads along, and takes over while the model is still writing."""
    mia = await client.conversations.create(message="My parcel is lost!")
    await writing.wait()
    print("-- the model is writing; Ana takes over")
    await client.as_agent("ana").messages.create(mia.id, text="Hello Mia, I found it. It arrives today.")
    await stopped.wait()
    async for message in client.messages.list(mia.id):
        print(f"{message.author.type}: {message.text}")


async def main() -> None:
    """Run the engine, the bot, Mia and Ana in this process."""
    with tempfile.TemporaryDirectory() as folder:
        async with open_desk(f"sqlite:///{folder}/desk.db", config=CONFIG) as desk:
            serving = asyncio.create_task(bot.serve(desk.client(role="bot"), cursor=0))
            await customer_and_agent(desk.client(role="integrator"))
            bot.stop()
            await serving


asyncio.run(main())
