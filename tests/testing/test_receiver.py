"""Webhooks of the desk that bots are tested on, and what goes wrong with them on the way."""

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from handoff_sdk import Unauthenticated, verify_webhook
from handoff_sdk.testing.receiver import SECRET


@pytest.fixture
def handoff_config():
    """People are asked at once, and nobody but customers and agents says anything."""
    return {"brands": {"default": {"lines": {"queued": False}}}}


@pytest.fixture
def said():
    """What the handler was told, once it was sure who told it."""
    return []


@pytest.fixture
def handler(said):
    async def handler(body, headers):
        event = verify_webhook(body, headers, SECRET)
        said.append(event.data["message"]["content"]["text"])

    return handler


@pytest.fixture
def hook(handoff_desk, handler):
    return handoff_desk.webhook(handler, ["message.created"])


def arrived(hook):
    """What arrived: the text, the fault, the answer."""
    return [(one.event.data["message"]["content"]["text"], one.fault, one.status) for one in hook.arrived]


async def test_a_handler_gets_what_happens_signed_as_of_now(handoff_desk, hook, said):
    mia = handoff_desk.customer("mia")
    await mia.says("One")
    await mia.says("Two")
    assert ["One", "Two"] == said
    assert [("One", None, 204), ("Two", None, 204)] == arrived(hook)


async def test_a_url_is_posted_to(handoff_desk, handler, said):
    async def post(request):
        try:
            await handler(await request.read(), request.headers)
        except Unauthenticated:
            return web.Response(status=401)
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/hook", post)
    async with TestServer(app) as server:
        hook = handoff_desk.webhook(str(server.make_url("/hook")), ["message.*"])
        handoff_desk.faults.bad_signature(hook)
        await handoff_desk.customer("mia").says("Hello")
    assert ["Hello"] == said
    assert [("Hello", "bad_signature", 401), ("Hello", None, 204)] == arrived(hook)


async def test_a_url_is_posted_to_once(handoff_desk):
    handoff_desk.webhook("https://example.com/")
    with pytest.raises(ValueError, match=r"posts to https://example.com/ already"):
        handoff_desk.webhook("https://example.com/")


async def test_duplicate_comes_twice_with_one_id(handoff_desk, hook, said):
    handoff_desk.faults.duplicate(hook)
    await handoff_desk.customer("mia").says("Hello")
    assert ["Hello", "Hello"] == said
    assert 1 == len({one.event.id for one in hook.arrived})


async def test_late_comes_by_a_retry_when_the_way_is_free_again(handoff_desk, hook, said):
    mia = handoff_desk.customer("mia")
    handoff_desk.faults.late(hook, by="10m")
    await mia.says("One")
    await handoff_desk.advance("9m")
    await mia.says("Two")
    assert [] == said
    await handoff_desk.advance("1h")
    assert [("One", "late", 204), ("Two", None, 204)] == arrived(hook)


async def test_reordered_comes_after_the_next_one(handoff_desk, hook):
    mia = handoff_desk.customer("mia")
    handoff_desk.faults.reordered(hook)
    await mia.says("One")
    await mia.says("Two")
    handoff_desk.faults.reordered(hook)
    await mia.says("Three")
    await handoff_desk.advance("1s")
    assert [("Two", None, 204), ("One", "reordered", 204), ("Three", "reordered", 204)] == arrived(hook)


async def test_429_is_tried_again(handoff_desk, hook, said):
    handoff_desk.faults.rate_limited(hook, times=2)
    await handoff_desk.customer("mia").says("Hello")
    assert [] == said
    await handoff_desk.advance("1m")
    assert ["Hello"] == said


async def test_a_handler_that_fails_gets_it_again(handoff_desk):
    answers = iter([ValueError("a bug"), 503, None])

    async def handler(body, headers):
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    hook = handoff_desk.webhook(handler, ["message.created"])
    await handoff_desk.customer("mia").says("Hello")
    await handoff_desk.advance("5m")
    assert [500, 503, 204] == [one.status for one in hook.arrived]


@pytest.mark.handoff(config={"webhooks": [{"url": "https://example.com/", "events": ["*"], "secret": SECRET}]})
async def test_webhooks_of_the_configuration_go_nowhere(handoff_desk):
    await handoff_desk.customer("mia").says("Hello")
    (hook,) = [one async for one in handoff_desk.client().webhooks.list()]
    assert ("https://example.com/", 1) == (hook.url, hook.failures)
