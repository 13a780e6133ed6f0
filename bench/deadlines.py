"""A million conversations in which nobody speaks, on the disk: starting, doing nothing, and a thousand due in a second.

They are written by the store itself, without the HTTP API: each waits for the step of a ladder that is due in a month.
The thousand that fall due are watched from outside, on a stream: late is the time from an instant to its event.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from bench.engine import served
from handoff_sdk.core.deadlines import next_due
from handoff_sdk.core.decide import decide, start
from handoff_sdk.desk.clock import SystemClock
from handoff_sdk.desk.ids import Ids
from handoff_sdk.desk.reports import READER
from handoff_sdk.models.command import PostMessage, StartConversation
from handoff_sdk.models.config import DeskConfig
from handoff_sdk.models.customer import Customer
from handoff_sdk.models.event import Actor
from handoff_sdk.ports import BookChange, Change, Due
from handoff_sdk.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.engine import Served

CONVERSATIONS = 1_000_000
DUE = 1_000
IDLE = 10.0

_WAIT = timedelta(days=30)
_CONFIG: dict[str, Any] = {
    "brands": {"default": {"bot": "ada", "followups": "nudge"}},
    "followups": {"nudge": {"while": ["bot"], "steps": [{"after": "30d", "say": {"en": "Are you still there?"}}]}},
}
_AT_A_TIME = 2_000
_BEFOREHAND = 2.0
"""Seconds, beside three times what a start took, from the writing of what falls due to its first instant."""
_PATIENCE = 60.0


def measure(*, small: bool = False) -> dict[str, float]:
    conversations, due, idle = (2_000, 50, 1.0) if small else (CONVERSATIONS, DUE, IDLE)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        now = datetime.now(UTC)
        seconds = _timed(_write(folder, [now + _WAIT + timedelta(milliseconds=n) for n in range(conversations)]))
        begun = time.perf_counter()
        with served(folder, _CONFIG) as engine:
            started = time.perf_counter() - begun
            time.sleep(1.0)
            used = engine.cpu_seconds
            time.sleep(idle)
            used = engine.cpu_seconds - used
            memory = engine.resident_kib
        first = datetime.now(UTC) + timedelta(seconds=_BEFOREHAND + 3 * started)
        instants = [first + timedelta(seconds=number / due) for number in range(due)]
        ids = asyncio.run(_write(folder, instants))
        with served(folder, _CONFIG) as engine:
            late = _late(engine, dict(zip(ids, instants, strict=True)))
    return {
        "conversations on the disk": conversations,
        "written by the store, conversations/s": conversations / seconds,
        "engine starts within, s": started,
        "engine's memory, MiB": memory / 1024,
        "idle CPU, % of a core": used / idle * 100,
        "due within one second": due,
        "late, the middle one, ms": median(late) * 1000,
        "late, the last one, ms": max(late) * 1000,
    }


def _timed(work: Any) -> float:  # noqa: ANN401 - a coroutine of any kind
    begun = time.perf_counter()
    asyncio.run(work)
    return time.perf_counter() - begun


async def _write(folder: Path, instants: list[datetime]) -> list[str]:
    """Write a conversation for each instant, in which a follow-up falls due then; their ids."""
    store = SqliteStore(folder / "handoff.db", durable=False)
    await store.open()
    ids = []
    changes = _changes(instants)
    while batch := [*islice(changes, _AT_A_TIME)]:
        await asyncio.gather(*map(store.submit, batch))
        ids += [change.after.conversation.id for change in batch if change.after]
    # An engine that had lived through all this would have read it for its figures long ago.
    read, written = await store.position(READER), await store.cursor()
    await store.submit(Change(books=BookChange(READER, read, written, (), ())))
    await store.close()
    return ids


def _changes(instants: list[datetime]) -> Iterator[Change]:
    """What writes the conversations: the rules make one, the others are its copies."""
    new_id = Ids(SystemClock())
    config = DeskConfig.parse(_CONFIG)
    now = datetime.now(UTC)
    somebody = Customer(id=new_id("cus"), created_at=now)
    actor = Actor(type="customer", id=somebody.id)
    begun = start(StartConversation(), somebody, actor=actor, now=now, config=config, new_id=new_id)
    body = {"conversation_id": begun.thread.conversation.id, "epoch": 1, "author": {"type": "bot", "id": "ada"}}
    said = PostMessage.model_validate({**body, "content": {"type": "text", "text": "Anything else?"}})
    bot = Actor(type="bot", id="ada")
    decision = decide(begun.thread, said, actor=bot, now=now, config=config, new_id=new_id)
    one, [event] = decision.thread, decision.events
    item, ladder = next_due(one, config), one.followups.ladder
    if item is None or ladder is None:
        raise RuntimeError("the bot's message has armed no ladder")
    for instant in instants:
        customer = somebody.model_copy(update={"id": new_id("cus")})
        conversation_id, message_id = new_id("cnv"), new_id("msg")
        run = ladder.model_copy(update={"id": new_id("fup"), "since": instant - _WAIT})
        message = event.data["message"] | {"id": message_id, "conversation_id": conversation_id}
        changes = {"id": conversation_id, "customer_id": customer.id}
        thread = one.model_copy(
            update={
                "conversation": one.conversation.model_copy(update=changes),
                "customer": customer,
                "followups": one.followups.model_copy(update={"ladder": run}),
            }
        )
        told = {"id": new_id("evt"), "conversation_id": conversation_id, "data": {"message": message}}
        yield Change(
            after=thread,
            events=(event.model_copy(update=told),),
            customer=customer,
            due=Due("conversation", conversation_id, instant, item.order),
        )


def _late(engine: Served, instants: dict[str, datetime]) -> list[float]:
    """How many seconds after its instant each follow-up was heard of."""
    asked = urllib.request.Request(  # noqa: S310 - our own server
        f"{engine.url}/v1/stream", headers={"Authorization": f"Bearer {engine.keys['admin']}"}
    )
    waiting, late = dict(instants), []
    with urllib.request.urlopen(asked, timeout=_PATIENCE) as stream:  # noqa: S310 - the same
        told = b""
        for line in stream:
            if line.startswith(b"event: "):
                told = line
            elif line.startswith(b"data: ") and told == b"event: followup.sent\n":
                instant = waiting.pop(json.loads(line[6:])["conversation_id"])
                late.append((datetime.now(UTC) - instant).total_seconds())
            if not waiting:
                break
    return late
