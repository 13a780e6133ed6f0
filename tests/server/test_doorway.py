"""Connections before they bring a call: too many, too slow, and what is no HTTP."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from handoff_sdk.server import SERVICE, Limits, make_app
from handoff_sdk.server.doorway import Doorway

from .conftest import PLENTY, eventually

HELLO = b"GET /healthz HTTP/1.1\r\nHost: desk\r\n\r\n"


class Wire:
    """One connection, byte by byte."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    def send(self, data):
        self.writer.write(data)

    async def answer(self):
        """Status, headers and JSON of the next answer."""
        async with asyncio.timeout(10):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
            first, *lines = head.splitlines()[:-1]
            headers = dict(line.split(": ", 1) for line in lines)
            body = await self.reader.readexactly(int(headers["Content-Length"]))
        return int(first.split()[1]), headers, json.loads(body)

    async def refusal(self):
        """Status, code and detail of a problem document that looks like every other one."""
        status, headers, told = await self.answer()
        assert "application/problem+json" == headers["Content-Type"]
        assert ("handoff", status, headers["X-Request-Id"]) == (headers["Server"], told["status"], told["request_id"])
        return status, told["code"], told["detail"]

    async def closed(self):
        async with asyncio.timeout(10):
            return await self.reader.read() == b""


class Door:
    """A server as it is started for good."""

    def __init__(self, runner, app, keys):
        self.runner, self.service, self.keys = runner, app[SERVICE], keys
        self.host, self.port = runner.addresses[0]

    @asynccontextmanager
    async def wire(self):
        reader, writer = await asyncio.open_connection(self.host, self.port)
        try:
            yield Wire(reader, writer)
        finally:
            writer.transport.abort()

    def head(self, method, path, *lines):
        authorization = f"Authorization: Bearer {self.keys['integrator']}"
        return "\r\n".join((f"{method} {path} HTTP/1.1", "Host: desk", authorization, *lines, "", "")).encode()


@pytest.fixture
async def door(api, limits):
    app = make_app(api.desk, limits=limits)
    runner = Doorway(app, finish_within=30)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield Door(runner, app, api.keys)
    await runner.cleanup()


@pytest.mark.parametrize(
    ("sent", "refusal"),
    [
        pytest.param(b"garbage\r\n\r\n", (400, "invalid_request"), id="garbage"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", (400, "invalid_request"), id="TLS"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (400, "invalid_request"), id="HTTP/2"),
        pytest.param(b"GET /healthz HTTP/1.1\r\n\r\n", (400, "invalid_request"), id="no host"),
        pytest.param(b"FOO /healthz HTTP/1.1\r\nHost: desk\r\n\r\n", (400, "invalid_request"), id="no method"),
        pytest.param(b"GET /v1/a\0b HTTP/1.1\r\nHost: desk\r\n\r\n", (400, "invalid_request"), id="NUL in the path"),
        pytest.param(b"GET /\xff HTTP/1.1\r\nHost: desk\r\n\r\n", (400, "invalid_request"), id="bytes in the path"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: desk\r\nA: b\x01\r\n\r\n", (400, "invalid_request"), id="control"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: desk\r\nA: b\r\n c\r\n\r\n", (400, "invalid_request"), id="folded"),
        pytest.param(b"GET /%b HTTP/1.1\r\nHost: desk\r\n\r\n" % (b"a" * 9000), (431, "too_large"), id="long URL"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: desk\r\nA: %b\r\n\r\n" % (b"a" * 9000), (431, "too_large"), id="header"),
        pytest.param(
            b"GET / HTTP/1.1\r\nHost: desk\r\n" + b"A: b\r\n" * 500 + b"\r\n", (400, "invalid_request"), id="headers"
        ),
        pytest.param(b"OPTIONS * HTTP/1.1\r\nHost: desk\r\n\r\n", (404, "not_found"), id="OPTIONS *"),
        pytest.param(b"CONNECT desk:80 HTTP/1.1\r\nHost: desk\r\n\r\n", (404, "not_found"), id="CONNECT"),
        pytest.param(b"TRACE /healthz HTTP/1.1\r\nHost: desk\r\n\r\n", (405, "invalid_request"), id="TRACE"),
        pytest.param(b"GET //v1//agents HTTP/1.1\r\nHost: desk\r\n\r\n", (404, "not_found"), id="empty steps"),
        pytest.param(b"GET /v1/x/../agents HTTP/1.1\r\nHost: desk\r\n\r\n", (404, "not_found"), id="a step back"),
    ],
)
async def test_what_is_no_request_is_refused_like_everything_else(door, caplog, sent, refusal):
    async with door.wire() as wire:
        wire.send(sent)
        status, code, detail = await wire.refusal()

    assert refusal == (status, code)
    assert detail
    assert "aaaa" not in detail
    assert [] == [record.getMessage() for record in caplog.records]


@pytest.mark.parametrize(
    ("lines", "refusal"),
    [
        (("Content-Length: abc",), (400, "invalid_request")),
        (("Content-Length: -1",), (400, "invalid_request")),
        (("Content-Length: 2", "Content-Length: 3"), (400, "invalid_request")),
        (("Content-Length: 2", "Transfer-Encoding: chunked"), (400, "invalid_request")),
        (("Transfer-Encoding: gzip",), (400, "invalid_request")),
        (("Content-Type: application/json", "Content-Type: text/plain"), (400, "invalid_request")),
        (("Content-Type: application/json", "Content-Encoding: br", "Content-Length: 2"), (415, "unsupported_media")),
        (
            ("Content-Type: application/json", "Content-Encoding: rot13", "Content-Length: 2"),
            (415, "unsupported_media"),
        ),
        (("Content-Type: application/json", "Transfer-Encoding: chunked"), (400, "invalid_request")),
    ],
)
async def test_a_body_that_cannot_be_told_from_what_follows_is_refused(door, lines, refusal):
    async with door.wire() as wire:
        wire.send(door.head("POST", "/v1/conversations", *lines) + b"{}")
        status, code, detail = await wire.refusal()

    assert refusal == (status, code)
    assert detail


async def test_requests_that_come_at_once_are_answered_in_their_order(door):
    async with door.wire() as wire:
        wire.send(door.head("GET", "/v1/agents") + door.head("GET", "/v1/nothing") + HELLO)
        answers = [await wire.answer() for _ in range(3)]

    assert [200, 404, 200] == [status for status, _, _ in answers]


async def test_who_closes_their_half_has_gone(door, caplog):
    """It looks like a client that went away, whose turns and places must not be kept for them."""
    async with door.wire() as wire:
        wire.send(door.head("GET", "/v1/events?wait=60s"))
        await eventually(lambda: door.service.running == 1)
        wire.writer.write_eof()

        await eventually(lambda: door.service.running == 0)
        assert await wire.closed()
    assert [] == [record.getMessage() for record in caplog.records]


async def test_who_hangs_up_in_the_middle_of_a_body_is_not_worth_a_word(door, caplog):
    async with door.wire() as wire:
        wire.send(door.head("POST", "/v1/conversations", "Content-Type: application/json", "Content-Length: 20") + b"{")
        await eventually(lambda: door.service.running == 1)

    await eventually(lambda: door.service.running == 0 and door.service.connections == 0)
    assert [] == [record.getMessage() for record in caplog.records]


async def test_who_goes_stops_waiting_for_bodies(door):
    async with door.wire() as wire:
        wire.send(door.head("POST", "/v1/conversations", "Content-Type: application/json", "Content-Length: 20") + b"{")
        await eventually(lambda: door.service.running == 1)
        async with asyncio.timeout(5):
            await asyncio.gather(door.runner.cleanup(), eventually(lambda: door.service.closing))

        status, headers, told = await wire.answer()

    assert (503, "unavailable", "1") == (status, told["code"], headers["Retry-After"])


class TestSlow:
    @pytest.fixture
    def limits(self):
        return Limits(idle=0.2, body_time=0.2, arriving=1, anonymous=PLENTY, writes=PLENTY, activity=PLENTY)

    async def test_a_head_that_comes_byte_by_byte_is_not_waited_for(self, door):
        async with door.wire() as wire:
            wire.send(HELLO[:20])

            assert await wire.closed()

    async def test_a_connection_that_brings_nothing_more_is_closed(self, door):
        async with door.wire() as wire:
            wire.send(HELLO)
            assert 200 == (await wire.answer())[0]

            assert await wire.closed()

    async def test_a_body_has_its_time(self, door):
        async with door.wire() as wire:
            length = ("Content-Type: application/json", "Content-Length: 20")
            wire.send(door.head("POST", "/v1/conversations", *length) + b"{")

            assert (400, "invalid_request", "The body did not arrive within 0.2 s.") == await wire.refusal()

    async def test_slow_bodies_are_so_many_and_keep_nobody_waiting(self, door):
        length = ("Content-Type: application/json", "Content-Length: 2")
        async with door.wire() as slow, door.wire() as another, door.wire() as whole:
            slow.send(door.head("POST", "/v1/conversations", *length) + b"{")
            await eventually(lambda: door.service.running == 1)
            another.send(door.head("POST", "/v1/conversations", *length) + b"{")
            assert (429, "rate_limited") == (await another.refusal())[:2]
            whole.send(door.head("POST", "/v1/conversations", *length) + b"{}")
            assert 201 == (await whole.answer())[0]
        assert 1 == door.service.refused["arriving"]


class TestCrowd:
    @pytest.fixture
    def limits(self):
        return Limits(connections=2, anonymous=PLENTY, writes=PLENTY, activity=PLENTY)

    async def test_one_connection_too_many_is_told_to_come_again(self, door):
        async with door.wire() as one, door.wire() as two:
            one.send(HELLO)
            two.send(HELLO)
            assert [200, 200] == [(await one.answer())[0], (await two.answer())[0]]
            async with door.wire() as three:
                status, code, _ = await three.refusal()
                assert (503, "unavailable") == (status, code)
                assert await three.closed()
        await eventually(lambda: door.service.connections == 0)
        async with door.wire() as again:
            again.send(HELLO)
            assert 200 == (await again.answer())[0]
        assert 1 == door.service.refused["connections"]
