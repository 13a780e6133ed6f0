"""The way out, over real sockets on loopback."""
# ruff: noqa: S104 - nothing listens on these

import asyncio
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from handoff_sdk.connectors.webhook.sender import WebhookSender

LOOPBACK = ["127.0.0.0/8", "::1"]


class Names:
    """A name server: each look-up of a name gets the next of its answers, and the last one from then on."""

    def __init__(self, **answers):
        self.answers = {name.replace("_", "."): list(each) for name, each in answers.items()}
        self.asked = []

    async def __call__(self, host):
        self.asked.append(host)
        answers = self.answers[host]
        return answers.pop(0) if len(answers) > 1 else answers[0]


@asynccontextmanager
async def receiver(handler):
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", handler)
    async with TestServer(app, host="127.0.0.1") as server:
        yield server.port


@asynccontextmanager
async def sender(allow=LOOPBACK, **more):
    one = WebhookSender(allow, **more)
    try:
        yield one
    finally:
        await one.close()


async def ok(request):
    return web.Response(text="thanks")


async def test_a_post_arrives_as_it_was_signed():
    got = []

    async def take(request):
        got.append((request.method, request.path_qs, await request.read(), dict(request.headers)))
        return web.Response(status=204)

    async with receiver(take) as port, sender() as out:
        posted = await out.post(f"http://127.0.0.1:{port}/h?a=%20b", {"webhook-id": "evt_1"}, b'{"a": 1}')

    assert (204, None) == (posted.status, posted.error)
    ((method, path, body, headers),) = got
    assert ("POST", "/h?a=%20b", b'{"a": 1}', "evt_1") == (method, path, body, headers["webhook-id"])
    assert headers["User-Agent"].startswith("handoff-sdk/")


@pytest.mark.parametrize("status", [200, 299, 400, 410, 500])
async def test_the_status_is_told(status):
    async def answer(request):
        return web.Response(status=status)

    async with receiver(answer) as port, sender() as out:
        posted = await out.post(f"http://127.0.0.1:{port}/", {}, b"{}")

    assert status == posted.status
    assert (posted.error is None) == (status < 300)


async def test_redirects_are_not_followed():
    seen = []

    async def move(request):
        seen.append(request.path)
        raise web.HTTPTemporaryRedirect("/elsewhere")

    async with receiver(move) as port, sender() as out:
        posted = await out.post(f"http://127.0.0.1:{port}/here", {}, b"{}")

    assert 307 == posted.status
    assert ["/here"] == seen


async def test_one_s_own_network_is_out_of_reach_unless_it_is_allowed():
    seen = []

    async def take(request):
        seen.append(request.path)
        return web.Response()

    async with receiver(take) as port, sender([]) as out:
        posted = await out.post(f"http://127.0.0.1:{port}/", {}, b"{}")

    assert posted.status is None
    assert "webhooks_allow" in posted.error
    assert [] == seen


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "fe80::1%1", "0.0.0.0"]
)
async def test_a_name_that_leads_inside_is_refused(address):
    names = Names(evil_example=[[address]])
    async with receiver(ok) as port, sender([], lookup=names) as out:
        posted = await out.post(f"http://evil.example:{port}/", {}, b"{}")

    assert posted.status is None
    assert "to which evil.example leads" in posted.error


async def test_one_address_inside_among_public_ones_is_enough_to_refuse():
    names = Names(evil_example=[["8.8.8.8", "127.0.0.1"]])
    async with sender([], lookup=names) as out:
        posted = await out.post("http://evil.example:8080/", {}, b"{}")

    assert "127.0.0.1" in posted.error


async def test_a_name_is_asked_for_once_and_just_that_address_connected_to():
    names = Names(hooks_internal=[["127.0.0.1"], ["127.0.0.2"]])
    async with receiver(ok) as port, sender(["127.0.0.1"], lookup=names) as out:
        posted = await out.post(f"http://hooks.internal:{port}/", {}, b"{}")

    assert 200 == posted.status
    assert ["hooks.internal"] == names.asked


async def test_a_name_that_is_bound_anew_is_checked_anew():
    async def close(request):
        return web.Response(headers={"Connection": "close"})

    names = Names(evil_example=[["127.0.0.1"], ["127.0.0.2"]])
    async with receiver(close) as port, sender(["127.0.0.1"], lookup=names) as out:
        url = f"http://evil.example:{port}/"
        first, second = await out.post(url, {}, b"{}"), await out.post(url, {}, b"{}")

    assert 200 == first.status
    assert second.status is None
    assert "127.0.0.2" in second.error
    assert ["evil.example", "evil.example"] == names.asked


async def test_proxies_of_the_environment_are_not_used(monkeypatch):
    async with receiver(ok) as port, sender() as out:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, "http://127.0.0.1:1")
        posted = await out.post(f"http://127.0.0.1:{port}/", {}, b"{}")

    assert 200 == posted.status


async def test_cookies_are_not_kept():
    seen = []

    async def bake(request):
        seen.append(request.headers.get("Cookie"))
        answer = web.Response()
        answer.set_cookie("a", "b")
        return answer

    async with receiver(bake) as port, sender(["127.0.0.1"], lookup=Names(shop_example=[["127.0.0.1"]])) as out:
        for _ in range(2):
            await out.post(f"http://shop.example:{port}/", {}, b"{}")

    assert [None, None] == seen


async def test_no_answer_in_time_is_none():
    never = asyncio.Event()

    async def sit(request):
        await never.wait()

    async with receiver(sit) as port, sender(answer_within=0.05) as out:
        posted = await out.post(f"http://127.0.0.1:{port}/", {}, b"{}")
        never.set()

    assert (None, "No answer came within 0.05 s.") == (posted.status, posted.error)
    assert posted.seconds >= 0.05


async def test_an_answer_without_end_is_read_to_a_bound():
    async def flood(request):
        answer = web.StreamResponse()
        await answer.prepare(request)
        try:
            while True:
                await answer.write(b"x" * 65536)
        finally:
            over.set()

    over = asyncio.Event()
    async with receiver(flood) as port, sender() as out:
        posted = await out.post(f"http://127.0.0.1:{port}/", {}, b"{}")
        async with asyncio.timeout(10):
            await over.wait()

    assert 200 == posted.status


@pytest.mark.parametrize("said", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\n" + b"a: " + b"b" * 100_000])
async def test_what_speaks_no_http_is_an_error_and_not_an_exception(said):
    async def talk(reader, writer):
        writer.write(said)
        await reader.read(10)
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server, sender() as out:
        posted = await out.post(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", {}, b"{}")

    assert posted.status is None
    assert posted.error


async def test_nobody_there_is_an_error_and_not_an_exception(unused_tcp_port):
    async with sender() as out:
        posted = await out.post(f"http://127.0.0.1:{unused_tcp_port}/", {}, b"{}")

    assert posted.status is None
    assert "Cannot connect" in posted.error


async def test_a_name_that_is_not_there_is_an_error_and_not_an_exception():
    async def fail(host):
        raise OSError(-2, "Name or service not known")

    async with sender(lookup=fail) as out:
        posted = await out.post("http://nobody.example/", {}, b"{}")

    assert posted.status is None
    assert "nobody.example" in posted.error


async def test_localhost_by_name_is_asked_of_the_system_and_refused():
    async with sender([]) as out:
        posted = await out.post("http://localhost:8080/", {}, b"{}")

    assert "localhost" in posted.error
    assert "webhooks_allow" in posted.error


async def test_a_name_whose_servers_are_dead_takes_one_look_up_however_many_wait():
    asked, never = [], asyncio.Event()

    async def hang(host):
        asked.append(host)
        await never.wait()
        return ["127.0.0.1"]

    async with sender(answer_within=0.05, lookup=hang) as out:
        posted = await asyncio.gather(*(out.post("http://dead.example/", {}, b"{}") for _ in range(5)))

    assert ["dead.example"] == asked
    assert {"No answer came within 0.05 s."} == {each.error for each in posted}
