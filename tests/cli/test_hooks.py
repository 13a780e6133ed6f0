import asyncio
import json

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from handoff_sdk import Unauthenticated, verify_webhook

SECRET = "whsec_" + "A" * 40


async def take(request):
    try:
        verify_webhook(await request.read(), request.headers, SECRET)
    except Unauthenticated:
        return web.Response(status=401)
    return web.Response(status=204)


async def trust(request):
    return web.Response(status=204)


@pytest.fixture
async def url():
    app = web.Application()
    app.router.add_post("/take", take)
    app.router.add_post("/trust", trust)
    async with TestServer(app) as server:
        yield str(server.make_url("/"))


async def test_a_line_a_check_and_the_grade(handoff, url):
    told = await asyncio.to_thread(handoff, "hooks", "check", f"{url}take", "--secret", SECRET)
    assert (0, []) == (told.status, told.err)
    assert ["ok signed", "ok bad signature", "ok changed body"] == [line.partition(":")[0] for line in told.out[:3]]
    assert "grade A: all holds (15 ok)" == told.out[-1]


async def test_what_fails_comes_with_advice(handoff, url, monkeypatch):
    monkeypatch.setenv("HANDOFF_WEBHOOK_SECRET", SECRET)
    told = await asyncio.to_thread(handoff, "hooks", "check", f"{url}trust")
    assert 1 == told.status
    assert (
        "failed bad signature: answered 204, as if it were good. Check every post with "
        "handoff_sdk.verify_webhook(body, headers, secret) and answer 401 where it raises."
    ) in told.out
    assert "grade F: it is not safe, or takes nothing (10 ok, 5 failed)" == told.out[-1]


async def test_as_json(handoff, url):
    told = await asyncio.to_thread(handoff, "hooks", "check", f"{url}take", "--json")
    found = json.loads("\n".join(told.out))
    assert (0, f"{url}take", None) == (told.status, found["url"], found["grade"])
    assert {"name": "signed", "state": "skipped"} == {key: found["checks"][0][key] for key in ("name", "state")}


def test_an_endpoint_that_is_not_there_cannot_be_graded(handoff):
    status, out, err = handoff("hooks", "check", f"http://127.0.0.1:{unused_port()}/", "--secret", SECRET)
    assert (2, [], 1) == (status, out, len(err))
    assert "handoff hooks check: Invalid value for URL: " in err[0]
    assert "127.0.0.1" in err[0]


def test_a_secret_that_is_none_is_refused(handoff):
    status, out, err = handoff("hooks", "check", "http://127.0.0.1/", "--secret", "guess")
    assert (2, [], 1) == (status, out, len(err))
    assert "handoff hooks check: Invalid value for --secret: is not a secret: write 'whsec_'" in err[0]
