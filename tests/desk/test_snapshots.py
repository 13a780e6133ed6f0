"""A snapshot is not behind its cursor: what a reader would not get from the events is in it."""

from __future__ import annotations

import asyncio

import pytest

from handoff_sdk.core.views import STAFF, Audience
from handoff_sdk.desk.desk import Desk
from handoff_sdk.models.command import HandOff, PostMessage, StartConversation
from handoff_sdk.models.config import DeskConfig
from handoff_sdk.models.customer import CustomerProfile
from handoff_sdk.models.event import Actor
from handoff_sdk.store.sqlite import SqliteStore
from handoff_sdk.testing.clock import VirtualClock

from .conftest import START

BOT = Actor(type="bot", id="ada")


class LateStore:
    """A store that is slow to say that something is written; ``held`` keeps what it would say."""

    def __init__(self, store):
        self._store = store
        self.held = None
        self.writes = asyncio.Event()

    def __getattr__(self, name):
        return getattr(self._store, name)

    def submit(self, change):
        written = self._store.submit(change)
        if self.held is None:
            return written
        told = asyncio.get_running_loop().create_future()
        self.held.append((written, told))
        self.writes.set()
        return told

    async def tell(self):
        held, self.held = self.held, None
        for written, told in held:
            told.set_result(await written)


@pytest.fixture
async def store(tmp_path):
    return LateStore(SqliteStore(tmp_path / "desk.db", durable=False))


@pytest.fixture
async def desk(store):
    config = DeskConfig.parse({"brands": {"default": {"bot": "ada", "bot_answer_within": "never"}}})
    async with Desk(store=store, config=config, clock=VirtualClock(START), driven=True) as desk:
        yield desk


@pytest.mark.parametrize("kind", ["staff", "customer"])
async def test_what_is_written_and_not_known_yet_is_in_the_snapshot_or_after_its_cursor(desk, store, kind):
    mia = await desk.identify(CustomerProfile(external_id="mia"))
    actor = Actor(type="customer", id=mia.id)
    conversation = (await desk.handle(StartConversation(), actor)).thread.conversation
    await desk.handle(PostMessage(conversation_id=conversation.id, content={"type": "text", "text": "Hi"}), actor)
    before = await store.cursor()

    store.held = []
    handing_off = asyncio.create_task(desk.handle(HandOff(conversation_id=conversation.id, epoch=1), BOT))
    async with asyncio.timeout(30):
        await store.writes.wait()
        await asyncio.wait([written for written, _ in store.held])
    audience = STAFF if kind == "staff" else Audience("customer", mia.id)
    seen = await desk.snapshots.of(conversation.id, audience)
    await store.tell()
    await handing_off

    assert before < int(seen["cursor"])
    assert ("human", 2) == (seen["conversation"]["owner"], seen["conversation"]["epoch"])
