"""Webhooks from Python: a real engine, a real receiver, and the system's clock."""

import asyncio

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from standardwebhooks import Webhook as Oracle

from handoff_sdk import Conflict, Forbidden, InvalidRequest, NotFound, open_desk, verify_webhook


@pytest.fixture
async def desk(tmp_path):
    async with open_desk(f"sqlite:///{tmp_path}/desk.db", {"webhooks_allow": ["127.0.0.1"]}) as desk:
        yield desk


@pytest.fixture
async def receiver():
    posts = asyncio.Queue()

    async def take(request):
        await posts.put((await request.read(), request.headers))
        return web.Response()

    app = web.Application()
    app.router.add_post("/hook", take)
    async with TestServer(app, host="127.0.0.1") as server:
        posts.url = f"http://127.0.0.1:{server.port}/hook"
        yield posts


async def next_of(posts):
    async with asyncio.timeout(10):
        return await posts.get()


async def test_a_webhook_from_its_making_to_its_end(desk, receiver):
    hooks = desk.client("integrator").webhooks
    webhook = await hooks.create(receiver.url, events=["conversation.*"], name="crm")
    assert webhook.secret not in repr(webhook)

    conversation = await desk.client("integrator").conversations.create(customer={"external_id": "42"})
    body, headers = await next_of(receiver)
    event = verify_webhook(body, headers, webhook.secret)
    assert ("conversation.created", conversation.id) == (event.type, event.conversation_id)
    assert event.id == Oracle(webhook.secret).verify(body, dict(headers))["id"]

    rotated = await hooks.rotate(webhook.id)
    tested = await hooks.test(webhook.id)
    body, headers = await next_of(receiver)
    assert ("delivered", 200) == (tested.state, tested.status)
    for secret in (webhook.secret, rotated.secret):
        assert "webhook.test" == verify_webhook(body, headers, secret).type

    delivery = await hooks.deliveries(webhook.id, state="delivered").first()
    assert event.id == delivery.event_id
    await hooks.redeliver(webhook.id, delivery.id)
    body, headers = await next_of(receiver)
    assert event.id == verify_webhook(body, headers, rotated.secret).id

    assert "all" == (await hooks.update(webhook.id, name="all", events=["*"])).name
    assert "disabled" == (await hooks.disable(webhook.id)).state
    assert "active" == (await hooks.resume(webhook.id, skip=True)).state
    assert [webhook.id] == [each.id async for each in hooks.list()]
    await hooks.delete(webhook.id)
    with pytest.raises(NotFound):
        await hooks.get(webhook.id)


async def test_what_cannot_be_sent_is_refused_before_it_is(desk):
    hooks = desk.client("integrator").webhooks
    with pytest.raises(InvalidRequest, match=r"did you mean 'ticket\.solved'"):
        await hooks.create("https://example.com/", events=["ticket.solvd"])
    with pytest.raises(InvalidRequest, match="whsec_"):
        await hooks.create("https://example.com/", events=["*"], secret="guess")
    with pytest.raises(InvalidRequest, match="nothing to change"):
        await hooks.update("whk_1")


async def test_what_the_engine_refuses_is_said(desk):
    with pytest.raises(InvalidRequest, match="webhooks_allow"):
        await desk.client("integrator").webhooks.create("http://10.0.0.1/", events=["*"])
    with pytest.raises(Forbidden):
        await desk.client("bot").webhooks.list().all()
    with pytest.raises(NotFound):
        await desk.client("admin").webhooks.redeliver("whk_1", "dlv_1")


async def test_one_of_a_disabled_webhook_is_not_delivered_again(desk, receiver):
    hooks = desk.client("admin").webhooks
    webhook = await hooks.create(receiver.url, events=["conversation.created"])
    await desk.client("integrator").conversations.create(customer={"external_id": "42"})
    await next_of(receiver)
    await hooks.disable(webhook.id)
    delivery = await hooks.deliveries(webhook.id).first()
    with pytest.raises(Conflict):
        await hooks.redeliver(webhook.id, delivery.id)
