"""A store full of follow-ups that quiet hours hold until eight in the morning, made by the rules themselves.

Each conversation is what ``start``, the bot's message and the ladder's ``Tick`` in the evening make of it. Only that
these three decisions go into one transaction is the benchmark's own, so that two hundred thousand take minutes.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from handoff_sdk.compose import build_desk
from handoff_sdk.core.circumstances import Circumstances
from handoff_sdk.core.deadlines import next_due
from handoff_sdk.core.decide import decide, start
from handoff_sdk.core.draft import SYSTEM
from handoff_sdk.core.pace import Pacer
from handoff_sdk.desk.ids import Ids
from handoff_sdk.models.command import PostMessage, StartConversation
from handoff_sdk.models.config import DeskConfig
from handoff_sdk.models.customer import Customer
from handoff_sdk.models.event import Actor
from handoff_sdk.models.message import Author, TextContent
from handoff_sdk.models.prompt import Tick
from handoff_sdk.ports import Change, Due
from handoff_sdk.testing.clock import VirtualClock

if TYPE_CHECKING:
    from pathlib import Path

EIGHT = datetime(2026, 3, 3, 8, tzinfo=UTC)
_EVENING = EIGHT - timedelta(hours=11)
_SILENCE = timedelta(minutes=10)
_TOGETHER = 2_000


def configuration(pace: int) -> dict[str, Any]:
    """A brand whose bot follows up at ``pace`` a second, and one whose customers write meanwhile."""
    ladder = {
        "while": ["bot"],
        "quiet": "20:00-08:00",
        "pace": pace,
        "steps": [{"after": "10m", "say": {"en": "Are you still there? Your parcel waits for your answer."}}],
    }
    return {
        "brands": {
            "parcels": {"bot": "ada", "followups": "morning"},
            "shop": {"bot": "none"},
        },
        "followups": {"morning": ladder},
    }


async def fill(path: Path, followups: int, writers: int, config: dict[str, Any]) -> list[str]:
    """Fill the store at ``path``; the ids of the conversations whose customers write."""
    parsed, clock = DeskConfig.parse(config), VirtualClock(_EVENING)
    async with build_desk(path, parsed, clock=clock, durable=False, driven=True) as desk:
        new_id, pacer = Ids(clock), Pacer()
        for first in range(0, followups, _TOGETHER):
            numbers = range(first, min(first + _TOGETHER, followups))
            await asyncio.gather(*(desk.store.submit(_held(number, parsed, new_id, pacer)) for number in numbers))
        started = []
        for number in range(writers):
            customer = Customer(id=new_id("cus"), created_at=_EVENING, external_id=f"writer-{number}")
            await desk.store.submit(Change(customer=customer))
            outcome = await desk.handle(StartConversation(brand="shop"), Actor(type="customer", id=customer.id))
            started += [outcome.thread.conversation.id] if outcome.thread else []
    return started


def _held(number: int, config: DeskConfig, new_id: Ids, pacer: Pacer) -> Change:
    """A conversation in which a customer has not answered the bot, and the ladder waits for the morning."""
    customer = Customer(id=new_id("cus"), created_at=_EVENING, external_id=f"customer-{number}")
    mine = Actor(type="customer", id=customer.id)
    begun = start(StartConversation(brand="parcels"), customer, actor=mine, now=_EVENING, config=config, new_id=new_id)
    conversation = begun.thread.conversation
    asked = decide(
        begun.thread,
        PostMessage(
            conversation_id=conversation.id,
            author=Author(type="bot", id=conversation.bot),
            content=TextContent(text="Shall we leave your parcel with your neighbour?"),
            epoch=conversation.epoch,
        ),
        actor=Actor(type="bot", id=conversation.bot),
        now=_EVENING,
        config=config,
        new_id=new_id,
    )
    tick, later = Tick(conversation_id=conversation.id), _EVENING + _SILENCE
    beside = Circumstances(pacer)
    held = decide(asked.thread, tick, actor=SYSTEM, now=later, config=config, new_id=new_id, beside=beside)
    if held.slot is None:
        raise RuntimeError("the follow-up is not held; the ladder and the clock of the benchmark disagree")
    pacer.take(held.slot)
    item = next_due(held.thread, config)
    return Change(
        after=held.thread,
        events=begun.events + asked.events + held.events,
        customer=customer,
        slot=held.slot,
        due=Due("conversation", conversation.id, item.at, item.order) if item else None,
    )
