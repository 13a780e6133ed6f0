"""A console in a real browser, on a real engine in a process of its own."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager, suppress

import aiohttp
import pytest
import yaml
from playwright.async_api import expect
from tests.journeys.conftest import Engine

_PATIENCE = 15
FORM = {
    "name": "Refund",
    "schema": {
        "type": "object",
        "properties": {
            "order": {"type": "string", "title": "Order number"},
            "amount": {"anyOf": [{"type": "number"}, {"type": "null"}], "title": "Amount"},
            "reason": {"$ref": "#/$defs/Reason"},
            "insured": {"type": "boolean", "title": "Insured"},
        },
        "$defs": {"Reason": {"enum": ["broken", "late"], "title": "Reason", "type": "string"}},
    },
}
FIELDS = {"order": "4711", "amount": 12.5, "reason": "late", "insured": False}
CONFIG = {
    "brands": {
        "acme": {"bot": "acme-bot", "bot_answer_within": "never", "group": "support"},
        "umbra": {"bot": "umbra-bot", "bot_answer_within": "never"},
    },
    "groups": {"support": {}, "night": {}},
    "agents": {
        "ana": {"name": "Ana", "groups": ["support"], "brands": ["acme"], "capacity": {"messaging": 3}},
        "ben": {"name": "Ben", "groups": ["support"], "brands": ["acme"]},
        "lea": {"name": "Lea", "groups": ["support"], "brands": ["acme"], "role": "lead", "capacity": {"messaging": 5}},
        "uma": {"name": "Uma", "brands": ["umbra"]},
    },
    "sla": [{"name": "all", "targets": {"high": {"first_reply": "10m", "resolution": "8h"}}}],
    "canned": {"sorry": {"en": "I am sorry, {{ customer.name }}."}},
    "views": [{"name": "High", "all": [{"field": "priority", "op": "is", "value": "high"}]}],
}


class Desk:
    """An engine, spoken to as the customer, as the bot or for an agent."""

    def __init__(self, engine, http):
        self.url = engine.url
        self.engine = engine
        self.http = http
        self.keys = json.loads((engine.folder / "data/keys.json").read_text())

    async def call(self, method, path, body=None, *, by="integrator", agent=None):
        headers = {"Authorization": f"Bearer {self.keys[by]}"} | ({"Handoff-Agent": agent} if agent else {})
        async with self.http.request(method, self.url + path, json=body, headers=headers) as answer:
            told = await answer.json()
            assert answer.status < 300, told
            return told

    async def post(self, path, body, **more):
        return await self.call("POST", path, body, **more)

    async def conversation(self, name, brand="acme", said="Hello"):
        customer = {"external_id": name.lower(), "name": name}
        message = {"content": {"type": "text", "text": said}}
        return await self.post("/v1/conversations", {"customer": customer, "brand": brand, "message": message})

    @asynccontextmanager
    async def customer(self):
        """A customer who looks at their widget: what they call with."""
        token = (await self.post("/v1/customers/anonymous", {"name": "Mia"}))["token"]
        headers = {"Authorization": f"Bearer {token}"}
        async with self.http.get(f"{self.url}/v1/stream", headers=headers) as stream:
            assert 200 == stream.status
            yield headers

    async def says(self, conversation, text):
        body = {"content": {"type": "text", "text": text}}
        return await self.post(f"/v1/conversations/{conversation['id']}/messages", body)

    async def bot_says(self, conversation, text):
        body = {"content": {"type": "text", "text": text}, "author": {"type": "bot"}, "epoch": conversation["epoch"]}
        return await self.post(f"/v1/conversations/{conversation['id']}/messages", body, by="bot")

    async def hand_off(self, conversation, **details):
        body = {"epoch": conversation["epoch"], **details}
        return (await self.post(f"/v1/conversations/{conversation['id']}/handoff", body, by="bot"))["ticket"]

    async def handed_off(self, name, brand="acme", **details):
        return await self.hand_off(await self.conversation(name, brand), subject=f"{name}'s parcel", **details)

    async def ticket(self, ticket):
        return await self.call("GET", f"/v1/tickets/{ticket['id']}")

    async def status(self, agent, status):
        await self.call("PUT", f"/v1/agents/{agent}/status", {"status": status}, agent=agent)

    async def agent(self, agent_id):
        agents = (await self.call("GET", "/v1/agents"))["items"]
        return next(agent for agent in agents if agent["id"] == agent_id)

    async def link(self, agent):
        return self.url + (await self.post(f"/v1/agents/{agent}/login_link", {}, by="admin"))["path"]


@pytest.fixture
def config():
    return CONFIG


@pytest.fixture
async def desk(tmp_path, config):
    (tmp_path / "desk.yaml").write_text(yaml.safe_dump(config))
    engine = Engine(tmp_path, f"sqlite:///{tmp_path / 'desk.db'}")
    await engine.start()
    try:
        async with aiohttp.ClientSession() as http:
            yield Desk(engine, http)
    finally:
        await engine.kill()


@pytest.fixture
async def visiting(desk, browser):
    """Opens the console of an agent, who logs in by a link; what the browser complains of fails the test."""
    complaints = []

    @asynccontextmanager
    async def visiting(agent, *, status=None, clock=False):
        context = await browser.new_context(viewport={"width": 1400, "height": 900}, reduced_motion="reduce")
        page = await context.new_page()
        page.set_default_timeout(_PATIENCE * 1_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if _is_complaint(line) else None)
        if clock:
            await page.clock.install()
        await page.goto(await desk.link(agent))
        await expect(page.get_by_text("Connected", exact=True)).to_be_visible()
        if status is not None:
            await page.get_by_role("combobox", name="Status").select_option(status)
            await until(lambda: _is_at(desk, agent, status))
        try:
            yield page
        finally:
            with suppress(Exception):
                await context.close()

    yield visiting
    assert [] == complaints


def _is_complaint(line):
    """Whether the browser complains; it also does when the engine refuses something, which is as it should be."""
    return line.type in {"error", "warning"} and "/v1/" not in line.location["url"]


async def _is_at(desk, agent, status):
    return status == (await desk.agent(agent))["status"]


async def until(holds):
    """Ask until it holds; what a person does shows on the desk a moment later."""
    async with asyncio.timeout(_PATIENCE):
        while not await holds():  # noqa: ASYNC110 - the engine is another process
            await asyncio.sleep(0.02)
