"""Steps a second of a durable dialogue of ten questions over HTTP, beside the same exchange made by bare client calls.

Both lease turns from the same engine, post a question and acknowledge: one as a handler of ten ``chat.ask`` whose
journal goes along with every acknowledgement, the other as a loop that keeps a number. Rounds of both alternate and the
medians are compared, so the ratio is what the journal and the runtime cost. A step is a question that was answered.
"""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from bench.engine import served
from handoff_sdk import Bot, HandoffClient

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Mapping

    from handoff_sdk import Chat
    from handoff_sdk.models.turn import Turn

QUESTIONS = 10
CONVERSATIONS = 60
ROUNDS = 3

_BOT = "bench-bot"
_CONFIG: dict[str, Any] = {"brands": {"default": {"bot": _BOT}}}
_LAST = "Thank you!"
_PATIENCE = 120.0


def measure(*, small: bool = False) -> dict[str, float]:
    conversations, rounds = (2, 1) if small else (CONVERSATIONS, ROUNDS)
    bare: list[float] = []
    durable: list[float] = []
    with tempfile.TemporaryDirectory() as folder, served(Path(folder), _CONFIG) as engine:
        for _ in range(rounds):
            bare.append(asyncio.run(_round(engine.url, engine.keys, _bare, conversations)))
            durable.append(asyncio.run(_round(engine.url, engine.keys, _durable, conversations)))
    return {
        "bare client calls, steps/s": median(bare),
        "durable dialogue, steps/s": median(durable),
        "ratio": median(durable) / median(bare),
    }


async def _round(
    url: str,
    keys: Mapping[str, str],
    serve: Callable[[HandoffClient], Coroutine[Any, Any, None]],
    conversations: int,
) -> float:
    """Steps a second of so many dialogues at once."""
    async with (
        HandoffClient(url, api_key=keys["bot"]) as bot,
        HandoffClient(url, api_key=keys["admin"]) as customers,
        _running(serve(bot)),
    ):
        cursor = (await customers.events.list(after=None)).cursor
        begun = perf_counter()
        async with asyncio.timeout(_PATIENCE):
            await _customers(customers, cursor, conversations)
        return conversations * QUESTIONS / (perf_counter() - begun)


async def _customers(client: HandoffClient, cursor: int, conversations: int) -> None:
    """Customers who begin, and answer each question as soon as they read it."""
    async with client.events.follow(cursor=cursor, types={"message.created"}) as events, asyncio.TaskGroup() as group:
        for _ in range(conversations):
            group.create_task(client.conversations.create(customer={"external_id": uuid4().hex}, message="Hi"))
        talking = conversations
        async for event in events:
            message = event.data["message"]
            if message["author"]["type"] == "bot" and event.conversation_id is not None:
                if message["content"]["text"] != _LAST:
                    group.create_task(client.messages.create(event.conversation_id, text="An answer"))
                else:
                    talking -= 1
            if talking == 0:
                return


async def _durable(client: HandoffClient) -> None:
    bot = Bot(_BOT)

    @bot.on_message
    async def ask(chat: Chat) -> None:
        for number in range(QUESTIONS):
            await chat.ask(f"Question {number}?")
        await chat.say(_LAST)

    await bot.serve(client)


async def _bare(client: HandoffClient) -> None:
    async with asyncio.TaskGroup() as group:
        while True:
            for turn in await client.bots.turns(_BOT, consumer="bare"):
                group.create_task(_answered(client, turn))


async def _answered(client: HandoffClient, turn: Turn) -> None:
    number = turn.conversation.state.get("number", 0)
    text = f"Question {number}?" if number < QUESTIONS else _LAST
    where, epoch = turn.conversation.id, turn.conversation.epoch
    await client.messages.create(where, text=text, author="bot", epoch=epoch, idempotency_key=turn.id)
    await client.bots.done(_BOT, turn.id, consumer="bare", state={"number": number + 1})


@asynccontextmanager
async def _running(serving: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(serving)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
