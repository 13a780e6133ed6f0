"""Tests of a bot: people act, days pass in no time, and its process dies wherever it can.

    python examples/09_test_your_bot.py

They are ordinary tests of pytest, which finds the fixture ``handoff_desk`` by itself: the engine on a virtual clock.
What a person does returns when the desk and the bot are at rest, so that nothing has to be waited for.
"""

import subprocess
import sys

import pytest

from handoff_sdk import Bot, Chat
from handoff_sdk.testing import VirtualDesk

pytestmark = pytest.mark.asyncio

bot = Bot("refund-bot")


@bot.on_message
async def refund(chat: Chat) -> None:
    """The bot under test; yours would be imported."""
    order = await chat.ask("What is your order number?", pattern="[0-9]{4,}", retry="It has four digits or more.")
    returned = await chat.handoff(fields={"order": order}, say="I am getting a colleague.", accept_within="5m")
    if returned.reason == "nobody_available":
        await chat.say("Nobody was free.")
        return
    await chat.sleep(days=3)
    await chat.say("Has the money arrived?")


@pytest.fixture
def handoff_config() -> dict[str, object]:
    """The configuration of ``handoff_desk`` in this file."""
    return {"brands": {"default": {"style": "live_chat"}}, "agents": {"ana": {"name": "Ana"}}}


async def helped(desk: VirtualDesk) -> None:
    """Mia is asked twice and helped by Ana; three days later the bot asks again."""
    mia, ana = desk.customer("mia", language="en"), desk.agent("ana")
    await ana.status("online")
    for text in ("My money, please", "the red one", "4711"):
        await mia.says(text)
    await ana.accepts(mia)
    await ana.says("It is on its way.", to=mia)
    await ana.solves(mia)
    await desk.advance("3d")


async def test_a_person_helps(handoff_desk: VirtualDesk) -> None:
    """``hears`` is what bots and people said to the customer since their own last words."""
    handoff_desk.bot(bot)
    await helped(handoff_desk)
    assert handoff_desk.customer("mia").hears == [
        "I am getting a colleague.",
        "It is on its way.",
        "Has the money arrived?",
    ]


async def test_nobody_is_there(handoff_desk: VirtualDesk) -> None:
    """Five minutes are long for whoever waits, and nothing for a test."""
    handoff_desk.bot(bot)
    mia = handoff_desk.customer("mia")
    await mia.says("My money, please")
    await mia.says("4711")
    await handoff_desk.advance("4m59s")
    assert mia.hears[-1] == "I am getting a colleague."
    await handoff_desk.advance("1s")
    assert mia.hears[-1] == "Nobody was free."


async def test_it_may_die_anywhere(handoff_desk: VirtualDesk) -> None:
    """The story again and again; each time the process dies in another place, and Mia must read the same."""
    handoff_desk.bot(bot)
    assert await handoff_desk.crash_everywhere(bot, helped) > 0


if __name__ == "__main__":
    # As ``pytest examples/09_test_your_bot.py`` does.
    sys.exit(subprocess.call([sys.executable, "-m", "pytest", "-v", "--no-header", "-p", "no:cacheprovider", __file__]))  # noqa: S603
