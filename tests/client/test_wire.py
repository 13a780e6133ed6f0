"""What can go wrong on a real socket, over each transport."""

import asyncio
import json
from contextlib import asynccontextmanager

import httpx
import pytest
from httpx_aiohttp import AiohttpTransport

from handoff_sdk import ClientError, HandoffClient, Retries, Unreachable

TRANSPORTS = {"default": lambda: None, "httpx": httpx.AsyncHTTPTransport, "given aiohttp": AiohttpTransport}


@pytest.fixture(params=TRANSPORTS)
def own(request):
    return TRANSPORTS[request.param]


@asynccontextmanager
async def answering(*answers, path=None, heard=None):
    """A server that gives each connection the next answer, as it is, and then closes it; ``heard``: what was asked."""
    left = list(answers)

    async def serve(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        if heard is not None:
            heard.append(head.decode().partition("\r\n")[0])
        writer.write(left.pop(0))
        await writer.drain()
        writer.close()

    if path is None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    else:
        server, url = await asyncio.start_unix_server(serve, path), "http://desk"
    async with server:
        yield url


def good(noun):
    body = json.dumps(noun).encode()
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body


async def test_an_answer_that_breaks_off_is_asked_for_again(own, nouns, retries):
    whole = good(nouns["ticket"])

    async with (
        answering(whole[:-20], b"", whole) as url,
        HandoffClient(url, retries=retries, transport=own()) as client,
    ):
        assert (await client.tickets.take("t")).id == "tkt_1"


async def test_the_proxy_of_the_environment_is_asked_unless_the_engine_is_among_those_without(nouns, monkeypatch):
    asked = []

    async def ticket_at(url):
        async with HandoffClient(url, retries=Retries(total=0)) as client:
            return await client.tickets.get("t")

    async with answering(good(nouns["ticket"]), good(nouns["ticket"]), heard=asked) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        assert "tkt_1" == (await ticket_at("http://desk.test")).id
        assert "tkt_1" == (await ticket_at(proxy)).id

    assert ["GET http://desk.test/v1/tickets/t HTTP/1.1", "GET /v1/tickets/t HTTP/1.1"] == asked


@pytest.mark.parametrize(
    "nonsense",
    [b"SSH-2.0-OpenSSH_9.6\r\n\r\n", b"HTTP/1.1 -1 ???\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"],
)
async def test_what_does_not_speak_http_is_no_usable_answer(own, nonsense):
    once = Retries(total=0)

    async with answering(nonsense) as url, HandoffClient(url, retries=once, transport=own()) as client:
        with pytest.raises(ClientError):
            await client.tickets.get("t")
    async with answering(nonsense) as url, HandoffClient(url, retries=once, transport=own()) as client:
        with pytest.raises(ClientError):
            await anext(client.events.follow())


async def test_a_refusal_of_a_stream_that_breaks_off_is_no_answer(own):
    half = b"HTTP/1.1 503 Busy\r\nContent-Type: application/problem+json\r\nContent-Length: 99\r\n\r\n{"

    async with answering(half) as url, HandoffClient(url, retries=Retries(total=0), transport=own()) as client:
        with pytest.raises(Unreachable):
            await anext(client.events.follow())


async def test_nobody_there_is_unreachable(own, unused_tcp_port):
    url = f"http://127.0.0.1:{unused_tcp_port}"

    async with HandoffClient(url, retries=Retries(total=0), transport=own()) as client:
        with pytest.raises(Unreachable):
            await client.tickets.get("t")
        assert await client.ready() is False


async def test_a_unix_socket_is_reached_by_its_path(tmp_path, nouns):
    path = str(tmp_path / "desk.sock")

    async with answering(good(nouns["ticket"]), path=path), HandoffClient("http://desk", uds=path) as client:
        assert (await client.tickets.get("t")).id == "tkt_1"


async def test_no_socket_is_unreachable(tmp_path):
    async with HandoffClient("http://desk", uds=str(tmp_path / "none"), retries=Retries(total=0)) as client:
        with pytest.raises(Unreachable):
            await client.tickets.get("t")
