"""Two processes of one bot. One is killed in the middle of an answer, and the customer notices nothing.

    python examples/05_two_processes.py

Whoever is free takes the next turn; a conversation is with one process at a time. The turn that a process was at when
it died goes to another one once its lease of 30 seconds is over. There the handler runs again from its top: what was
asked is not asked again, what was said is not said twice. The desk's clock is ours here, so that half a minute takes no
time.
"""

import asyncio
import os
import signal
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from handoff_sdk import Bot, Chat, HandoffClient, open_desk
from handoff_sdk.testing import VirtualClock

CONFIG = {"brands": {"default": {"bot": "parcel-bot"}}}

bot = Bot("parcel-bot")


@bot.on_message
async def where_is_it(chat: Chat) -> None:
    """Ask, look it up, answer."""
    order = await chat.ask("What is your order number?")
    await chat.say("One moment, I am looking.")
    place = await chat.once("look it up", lambda: look_up(order))
    await chat.say(f"Order {order} is {place}.")


def look_up(order: str) -> str:
    """Where a parcel is. The process that looks first dies of it, at once and without a word to anybody."""
    crashed = Path(f"crashed over {order}")
    if not crashed.exists():
        crashed.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "in the van"


async def customer(client: HandoffClient, clock: VirtualClock, processes: list[asyncio.subprocess.Process]) -> None:
    """Mia asks once and answers once; everything else is up to the bot."""
    mia = await client.conversations.create(message="Where is my parcel?")
    async with client.events.follow(cursor=0, conversation=mia.id, types={"message.created"}) as events:
        async for event in events:
            message = event.data["message"]
            author, text = message["author"]["type"], message["content"]["text"]
            print(f"{author}: {text}")
            if text.startswith("What is"):
                await client.messages.create(mia.id, text="4711")
            elif text.startswith("One moment"):
                await death_of_one(processes)
                clock.advance_to(clock.now() + timedelta(seconds=30))
            elif text.startswith("Order"):
                return


async def death_of_one(processes: list[asyncio.subprocess.Process]) -> None:
    """Return when a process has died."""
    waiting = {asyncio.create_task(process.wait()) for process in processes}
    dead, alive = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    print("-- the process that was looking is gone:", signal.Signals(-dead.pop().result()).name)
    for task in alive:
        task.cancel()


async def main() -> None:
    """Run the engine here, and the bot in two processes beside it."""
    clock = VirtualClock(datetime(2026, 1, 5, 9, tzinfo=UTC))
    with tempfile.TemporaryDirectory() as folder:
        async with open_desk(f"sqlite:///{folder}/desk.db", config=CONFIG, clock=clock) as desk:
            command = sys.executable, __file__, await desk.listen(), await desk.key("bot")
            processes = [await asyncio.create_subprocess_exec(*command, cwd=folder) for _ in range(2)]
            try:
                await customer(desk.client(role="integrator"), clock, processes)
            finally:
                for process in processes:
                    if process.returncode is None:
                        process.terminate()
                    await process.wait()


if sys.argv[1:]:
    bot.run(sys.argv[1], api_key=sys.argv[2])
else:
    asyncio.run(main())
