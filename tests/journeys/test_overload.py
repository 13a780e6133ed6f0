"""An engine that is asked for much more than it carries: it serves what it can in time, and says so to the others."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from ..cli.conftest import Shell  # noqa: TID252 - tests are found by path, there is no absolute name

SECRET = "a secret of at least thirty-two bytes"
CUSTOMERS = 400
SECONDS = 3.0
IN_TIME = 5.0
"""Seconds; many, since other tests run on the same machine."""


@dataclass
class Wire:
    """A kept-open connection of one caller."""

    token: str
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    answers: list = field(default_factory=list)

    async def ask(self, method, path, body=None):
        """Status, headers and body of the answer."""
        sent = b"" if body is None else json.dumps(body).encode()
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: desk\r\nAuthorization: Bearer {self.token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(sent)}\r\n\r\n"
        )
        self.writer.write(head.encode() + sent)
        async with asyncio.timeout(60):
            first, *lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().splitlines()[:-1]
            headers = dict(line.split(": ", 1) for line in lines)
            answer = await self.reader.readexactly(int(headers["Content-Length"]))
        return int(first.split()[1]), headers, answer


@dataclass
class Crowd:
    """What those who do not wait were answered, and how long that took."""

    host: str
    port: int
    statuses: Counter = field(default_factory=Counter)
    accepted: list[float] = field(default_factory=list)

    @asynccontextmanager
    async def wire(self, token):
        reader, writer = await asyncio.open_connection(self.host, self.port)
        try:
            yield Wire(token, reader, writer)
        finally:
            writer.transport.abort()

    async def insist(self, token, until):
        """Start conversations one after the other, without waiting after a refusal."""
        clock = asyncio.get_running_loop().time
        async with self.wire(token) as wire:
            while (begun := clock()) < until:
                status, headers, body = await wire.ask("POST", "/v1/conversations", {})
                self.statuses[status] += 1
                if status == 201:
                    self.accepted.append(clock() - begun)
                else:
                    assert 1 <= int(headers["Retry-After"]) <= 10
                    assert json.loads(body)["code"] == {429: "rate_limited", 503: "unavailable"}[status]


@pytest.fixture
def engine(tmp_path):
    config = {"auth": {"signing_keys": [{"kid": "widget", "secret": SECRET}]}}
    (tmp_path / "desk.yaml").write_text(json.dumps(config))
    with Shell(tmp_path).serving("--config", "desk.yaml") as engine:
        yield engine


async def test_what_it_accepts_it_serves_in_time_and_the_rest_it_refuses(engine):
    host, port = engine.url.removeprefix("http://").split(":")
    crowd, key = Crowd(host, int(port)), OctKey.import_key(SECRET)
    until = asyncio.get_running_loop().time() + SECONDS
    tokens = [
        jwt.encode({"alg": "HS256", "kid": "widget"}, {"external_id": str(number), "scope": "user"}, key)
        for number in range(CUSTOMERS)
    ]

    async def stays_reachable():
        """Health, figures and the bot's key get through meanwhile."""
        seen = Counter()
        async with crowd.wire(engine.keys["bot"]) as wire:
            while asyncio.get_running_loop().time() < until:
                for path in ("/healthz", "/readyz", "/metrics", "/v1/tickets"):
                    status, _, _ = await wire.ask("GET", path)
                    seen[path, status] += 1
        return seen

    seen, *_ = await asyncio.gather(stays_reachable(), *(crowd.insist(token, until) for token in tokens))
    async with crowd.wire(engine.keys["admin"]) as wire:
        _, _, figures = await wire.ask("GET", "/metrics")
        status, _, _ = await wire.ask("POST", "/v1/conversations", {})

    told = dict(line.rsplit(" ", 1) for line in figures.decode().splitlines() if not line.startswith("#"))
    assert {201, 503} <= crowd.statuses.keys() <= {201, 429, 503}
    assert crowd.statuses[503] + crowd.statuses[429] == sum(
        float(value) for name, value in told.items() if name.startswith("handoff_refused_total")
    ) - sum(count for (_, status), count in seen.items() if status == 503)
    assert sorted(crowd.accepted)[len(crowd.accepted) * 99 // 100] < IN_TIME
    assert {200} == {status for (path, status) in seen if not path.startswith("/v1")}
    assert seen["/v1/tickets", 200] > 0
    assert float(told["process_resident_memory_bytes"]) < 500 * 2**20
    assert 201 == status
