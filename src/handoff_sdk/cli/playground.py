"""What ``handoff serve --demo`` runs: one brand, two agents, and a bot that gets people.

Source: sdk.md, Command line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from handoff_sdk.bot.bot import Bot
from handoff_sdk.core.forms import HandoffForm, question
from handoff_sdk.models.config import DeskConfig

if TYPE_CHECKING:
    from handoff_sdk.bot.chat import Chat

__all__ = ["CONFIG", "bot"]

CONFIG: Final = DeskConfig.parse(
    {
        "brands": {
            "default": {
                "name": "Ada's Teapots",
                "bot": "ada",
                "bot_name": "Ada",
                "style": "live_chat",
                "followups": "gentle",
                "group": "support",
                "survey": True,
            }
        },
        "groups": {"support": {"name": "Support"}},
        "agents": {
            "ana": {"name": "Ana", "groups": ["support"], "role": "lead"},
            "ben": {"name": "Ben", "groups": ["support"]},
        },
        "routing": {"offer_timeout": "2m"},
        "canned": {
            "sorry": {"en": "I am sorry, {{ customer.name | default: 'dear customer' }}. I am looking into it."}
        },
    }
)

bot: Final = Bot("ada")

_CHOICES: Final = ("Where is my order?", "My teapot is broken", "A person, please")
_BACK: Final = "It is me again, Ada. Is there anything else?"


class Broken(HandoffForm):
    """What people need to know of a teapot that is broken."""

    order: str = question("I am sorry! What is your order number?", pattern=r"\d{4,}", retry="It has 4 digits or more.")
    part: Literal["lid", "spout", "handle"] = question("What is broken?")
    urgent: bool = question("Do you have guests today?")


@bot.on_started
async def greet(chat: Chat) -> None:
    """Say who speaks; what the customer wrote is answered after it."""
    await chat.say("Hello! I am Ada, a bot.")


@bot.on_message(contains=("person", "human", "agent"), interrupts=True)
async def people(chat: Chat) -> None:
    """Get a person, whatever else was going on."""
    await chat.handoff(reason="asked for a person", say="I am getting a colleague.")
    await chat.say(_BACK, replies=_CHOICES)


@bot.on_message(contains="broken")
async def broken(chat: Chat) -> None:
    """Ask what people need to know, then get one."""
    form = await chat.collect(Broken)
    await chat.handoff(
        form,
        reason="broken",
        priority="urgent" if form.urgent else "normal",
        subject=f"Broken {form.part}",
        summary=f"The {form.part} of order {form.order} arrived broken.",
        say="A colleague will look at it with you.",
    )
    await chat.say(_BACK, replies=_CHOICES)


@bot.on_message(contains="order")
async def order(chat: Chat) -> None:
    """Answer what a bot can answer."""
    number = await chat.ask("What is its number?")
    await chat.say(f"Order {number.strip()} is on its way and will be with you tomorrow.")
    if not await chat.ask_yes_no("Was that all?"):
        await chat.say("What else?", replies=_CHOICES)


@bot.on_message
async def anything_else(chat: Chat) -> None:
    """Say what it can do."""
    await chat.say("I know about orders and broken teapots, or I get a person.", replies=_CHOICES)
