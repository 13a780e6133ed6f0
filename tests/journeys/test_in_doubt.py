"""The answer to a commit is lost and the database is away for a moment: what was written counts, and all hear of it."""

import asyncio

import psycopg
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from handoff_sdk import open_desk
from handoff_sdk.desk import jobs
from handoff_sdk.store import transactions

CONFIG = {
    "brands": {"default": {"bot": "none"}},
    "agents": {"ana": {"capacity": {"messaging": 2}}},
    "routing": {"offer_timeout": "10m"},
    "webhooks_allow": ["127.0.0.0/8"],
}


class Server:
    """Commits the next transaction, loses its answer, and lets nobody in until it is back."""

    def __init__(self, monkeypatch):
        self.is_there = True
        self._loses_answer = False
        self._lost = asyncio.Event()
        self._send, self._connected = transactions.Line.send, transactions.connected
        # A bound method of ours would not be given the line.
        monkeypatch.setattr(transactions.Line, "send", lambda line, steps: self._sent(line, steps))  # noqa: PLW0108
        monkeypatch.setattr(transactions, "connected", self._let_in)
        monkeypatch.setattr(transactions, "_UNREACHABLE_FOR", 0)
        monkeypatch.setattr(jobs, "_AGAIN_AFTER", 0.01)

    async def goes_after(self, work):
        """Begin ``work``; returns once its commit is through and its answer lost."""
        self._lost.clear()
        self._loses_answer = True
        task = asyncio.create_task(work)
        async with asyncio.timeout(30):
            await self._lost.wait()
        return task

    async def _sent(self, line, steps):
        if not self._loses_answer:
            return await self._send(line, steps)
        self._loses_answer = self.is_there = False
        await self._send(line, steps)
        await line.close()
        self._lost.set()
        raise transactions.LineLost("cut")

    async def _let_in(self, url, *, durable):
        if not self.is_there:
            raise psycopg.OperationalError("connection refused")
        return await self._connected(url, durable=durable)


@pytest.fixture
def server(monkeypatch):
    return Server(monkeypatch)


async def used(client):
    """How much of Ana's capacity is used."""
    (ana,) = [agent async for agent in client.agents.list()]
    return ana.used.messaging


async def told(feed, last):
    """What is told of a conversation up to the first event of this type."""
    types = []
    async with asyncio.timeout(30):
        async for event in feed:
            types += [event.type] if event.conversation_id else []
            if event.type == last:
                return types
    raise AssertionError(types)


async def test_a_conversation_that_may_be_written_is_routed_and_told_of_once_that_is_known(postgresql, server):
    async with open_desk(postgresql, CONFIG) as desk:
        client = desk.client(role="admin")
        await client.agents.set_status("ana", "online")
        async with client.events.follow(cursor=0) as feed:
            await told(feed, "agent.status")
            begun = await server.goes_after(client.conversations.create(customer={"external_id": "mia"}, message="Hi"))
            server.is_there = True
            types = await told(feed, "ticket.offered")
            assert ["conversation.created", "session.started", "message.created"] == types[:3]
            assert ["ticket.created", "control.passed", "ticket.queued", "ticket.offered"] == types[-4:]

        conversation = await begun  # asked for again with the same key: it is there once
        assert [conversation.id] == [each.id async for each in client.conversations.list()]
        assert 1 == await used(client)


async def test_capacity_that_may_be_used_is_counted_once_that_is_known(postgresql, server):
    async with open_desk(postgresql, CONFIG) as desk:
        client = desk.client(role="admin")
        one, _, three = [
            (await client.conversations.create(customer={"external_id": name}, message="Hi")).ticket.id
            for name in ("mia", "ben", "kim")
        ]
        await client.agents.set_status("ana", "away")
        async with client.events.follow(cursor=0) as feed:
            await told(feed, "agent.status")
            taken = await server.goes_after(client.as_agent("ana").tickets.take(one))
            server.is_there = True
            await told(feed, "ticket.updated")
            assert "open" == (await taken).status
            assert 1 == await used(client)

            await client.agents.set_status("ana", "online")
            assert ["ticket.offered"] == await told(feed, "ticket.offered")
            assert "new" == (await client.tickets.get(three)).status
            assert 2 == await used(client)


async def test_webhooks_get_what_was_written_while_others_went_on(postgresql, server):
    posted = asyncio.Queue()

    async def take(request):
        posted.put_nowait((await request.json())["type"])
        return web.Response()

    app = web.Application()
    app.router.add_post("/", take)
    async with TestServer(app) as receiver, open_desk(postgresql, CONFIG) as desk, asyncio.timeout(30):
        client = desk.client(role="admin")
        await client.webhooks.create(url=str(receiver.make_url("/")), events=["ticket.created", "agent.status"])
        begun = await server.goes_after(client.conversations.create(customer={"external_id": "mia"}, message="Hi"))
        server.is_there = True
        assert "ticket.created" == await posted.get()
        await begun
        await client.agents.set_status("ana", "online")
        assert "agent.status" == await posted.get()
