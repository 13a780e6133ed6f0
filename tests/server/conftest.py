"""A desk behind its HTTP API on a real socket, with a clock that the test moves."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import DummyCookieJar
from aiohttp.test_utils import TestClient, TestServer
from joserfc import jwt
from joserfc.jwk import OctKey

from handoff_sdk.compose import build_desk, new_key
from handoff_sdk.models.config import DeskConfig
from handoff_sdk.server import Limits, Rate, make_app
from handoff_sdk.store.files import LocalFiles
from handoff_sdk.testing.clock import VirtualClock

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECRET = "a secret of at least thirty-two bytes"
CONFIG = {
    "brands": {
        "acme": {"bot": "acme-bot", "bot_answer_within": "never"},
        "umbra": {"bot": "umbra-bot", "bot_answer_within": "never"},
        "closed": {"messaging": False},
    },
    "groups": {"support": {}},
    "agents": {
        "ana": {"name": "Ana", "groups": ["support"], "brands": ["acme"]},
        "ben": {"name": "Ben", "brands": ["umbra"]},
    },
    "canned": {
        "hello": {
            "en": "Hello {{ customer.name | default: 'there' }}, I am {{ agent.name }}.",
            "de": "Hallo, hier ist {{ agent.name }}.",
        },
        "thanks": {"en": "Thank you!"},
    },
    "auth": {
        "signing_keys": [{"kid": "widget", "secret": SECRET}],
        "origins": ["https://shop.example.com"],
    },
}
PLENTY = Rate(600_000, 10_000)


@dataclass
class Answer:
    """What the server said."""

    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        assert "application/problem+json" == self.headers["Content-Type"], (self.status, self.body)
        assert self.status == self.json["status"]
        assert self.headers["X-Request-Id"] == self.json["request_id"]
        return self.json["code"]


@dataclass
class Api:
    """The API as its callers use it. ``by``: a role whose key is taken, or a customer's token."""

    desk: Any
    clock: VirtualClock
    client: TestClient
    keys: dict[str, str]
    names: list[int] = field(default_factory=list)

    async def call(self, method, path, body=None, *, by="integrator", agent=None, key=None, headers=None, raw=None):
        sent = dict(headers or {})
        if by is not None:
            sent["Authorization"] = f"Bearer {self.keys.get(by, by)}"
        if agent is not None:
            sent["Handoff-Agent"] = agent
        if key is not None:
            sent["Idempotency-Key"] = key
        if body is not None:
            raw = json.dumps(body).encode()
        if raw is not None:
            sent.setdefault("Content-Type", "application/json")
        async with self.client.request(method, path, data=raw, headers=sent) as answer:
            return Answer(answer.status, answer.headers, await answer.read())

    async def get(self, path, **more):
        return await self.call("GET", path, **more)

    async def post(self, path, body=None, **more):
        return await self.call("POST", path, body, **more)

    async def done(self, method, path, body=None, **more):
        """The JSON of an answer that is no refusal."""
        answer = await self.call(method, path, body, **more)
        assert answer.status < 300, (answer.status, answer.body)
        return answer.json

    async def conversation(self, external_id="42", brand="acme", **more):
        body = {"customer": {"external_id": external_id}, "brand": brand, **more}
        return await self.done("POST", "/v1/conversations", body)

    async def say(self, conversation, said, *, by="integrator", **more):
        body = {"content": {"type": "text", "text": said}, **more.pop("body", {})}
        return await self.done("POST", f"/v1/conversations/{conversation['id']}/messages", body, by=by, **more)

    async def hand_off(self, conversation, **body):
        path = f"/v1/conversations/{conversation['id']}/handoff"
        handed_off = await self.done("POST", path, {"epoch": conversation["epoch"], **body}, by="bot")
        await self.desk.rest()
        return handed_off

    def token(self, external_id="42", *, kid="widget", secret=SECRET, **claims):
        body = {"external_id": external_id, "scope": "user", **claims}
        return jwt.encode({"alg": "HS256", "kid": kid}, body, OctKey.import_key(secret))

    async def anonymous(self, **body):
        return await self.done("POST", "/v1/customers/anonymous", body, by=None)


@pytest.fixture
def limits():
    return Limits(anonymous=PLENTY, writes=PLENTY, activity=PLENTY)


@pytest.fixture
def config():
    return CONFIG


@pytest.fixture
async def api(tmp_path, limits, config):
    clock = VirtualClock(START)
    desk = build_desk(tmp_path / "desk.db", DeskConfig.parse(config), clock=clock, durable=False, driven=True)
    async with desk:
        keys = {role: await new_key(desk, role) for role in ("bot", "integrator", "admin")}
        # Cookies are kept by whoever has any.
        async with TestClient(
            TestServer(make_app(desk, limits=limits, files=LocalFiles(tmp_path / "files"))), cookie_jar=DummyCookieJar()
        ) as client:
            yield Api(desk, clock, client, keys)


async def eventually(holds):
    for _ in range(500):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(holds)
