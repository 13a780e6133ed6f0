"""A desk that posts, receivers on loopback, and a clock that the test moves."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from handoff_sdk.compose import build_desk
from handoff_sdk.models.command import PostMessage, StartConversation
from handoff_sdk.models.config import DeskConfig
from handoff_sdk.models.customer import CustomerProfile
from handoff_sdk.models.event import Actor
from handoff_sdk.models.webhook import CreateWebhook
from handoff_sdk.ports import EventFilter
from handoff_sdk.testing.clock import VirtualClock

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Receiver:
    """Takes webhooks. ``answer`` says with which status each event is answered; the good ones are in ``got``."""

    def __init__(self):
        self.answer = lambda event: 200
        self.posts = []
        self.got = []
        self.news = asyncio.Event()
        self.held = asyncio.Event()
        self.held.set()
        self.url = ""

    async def take(self, request):
        body = await request.read()
        event = json.loads(body)
        self.posts.append((event, request.headers, body))
        self.news.set()
        await self.held.wait()
        status = self.answer(event)
        if status < 300:
            self.got.append(event)
            self.news.set()
        return web.Response(status=status)

    @property
    def texts(self):
        return [event["data"]["message"]["content"]["text"] for event in self.got]

    async def until(self, there):
        """Wait until ``there()``, which something that arrives makes true."""
        async with asyncio.timeout(30):
            while not there():
                self.news.clear()
                await self.news.wait()


class Place:
    """A desk that can be started again on the same store, and what happens at it."""

    def __init__(self, path, stack):
        self.path = path
        self.clock = VirtualClock(START)
        self.driven = True
        self.config = {
            "brands": {"default": {"lines": {"queued": False}}},  # so that each message said is the test's own
            "webhooks_allow": ["127.0.0.0/8"],
        }
        self.desk = None
        self._stack = stack
        self._open = AsyncExitStack()

    async def receiver(self):
        receiver = Receiver()
        app = web.Application()
        app.router.add_post("/hook", receiver.take)
        server = await self._stack.enter_async_context(TestServer(app, host="127.0.0.1"))
        receiver.url = f"http://127.0.0.1:{server.port}/hook"
        self._stack.callback(receiver.held.set)
        return receiver

    async def start(self):
        await self._open.aclose()
        config = DeskConfig.parse(self.config)
        desk = build_desk(self.path, config, clock=self.clock, durable=False, driven=self.driven)
        self.desk = await self._open.enter_async_context(desk)
        return self.desk

    async def stop(self):
        await self._open.aclose()

    async def hook(self, receiver, *events, **more):
        return await self.desk.webhooks.create(
            CreateWebhook(url=receiver.url, events=events or ("message.created",), **more)
        )

    async def conversation(self, external_id="mia"):
        customer = await self.desk.identify(CustomerProfile(external_id=external_id))
        outcome = await self.desk.handle(StartConversation(), Actor(type="customer", id=customer.id))
        return outcome.thread.conversation

    async def say(self, conversation, *texts):
        for text in texts:
            await self.desk.handle(
                PostMessage(conversation_id=conversation.id, content={"type": "text", "text": text}),
                Actor(type="customer", id=conversation.customer_id),
            )

    async def answers(self, conversation, text):
        epoch = (await self.desk.queries.conversation(conversation.id)).epoch
        content, bot = {"type": "text", "text": text}, {"type": "bot", "id": conversation.bot}
        command = PostMessage(conversation_id=conversation.id, author=bot, content=content, epoch=epoch)
        await self.desk.handle(command, Actor(**bot))

    async def pass_time(self, **much):
        target = self.clock.now() + timedelta(**much)
        while (due := await self.desk.next_due()) is not None and due <= target:
            self.clock.advance_to(max(due, self.clock.now()))
            await self.desk.rest()
        self.clock.advance_to(target)
        await self.desk.rest()

    async def told(self, *types):
        """The events of these types that the feed has."""
        events = await self.desk.store.events(EventFilter(), after=0, limit=10_000)
        return [event for event in events if event.type in types]

    async def deliveries(self, webhook, state=None):
        return await self.desk.webhooks.deliveries(webhook.id, state, None, 100)


@pytest.fixture
async def place(tmp_path):
    async with AsyncExitStack() as stack:
        place = Place(tmp_path / "desk.db", stack)
        await place.start()
        stack.push_async_callback(place.stop)
        yield place
