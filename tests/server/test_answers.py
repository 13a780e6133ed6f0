"""What the OpenAPI document promises, kept to whatever is asked: by every kind of caller, with right and wrong values.

Few examples, always the same ones. ``HANDOFF_FUZZ=500 pytest tests/server/test_answers.py`` asks so many of each
operation, others each time, and all border cases.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from zlib import crc32

import pytest
import schemathesis
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from hypothesis import HealthCheck, settings
from joserfc import jwt
from joserfc.jwk import OctKey
from requests import Session
from schemathesis.config import (
    ChecksConfig,
    GenerationConfig,
    PhasesConfig,
    ProjectConfig,
    ProjectsConfig,
    SchemathesisConfig,
)
from schemathesis.config import CoveragePhaseConfig as Coverage
from schemathesis.config import PositiveDataAcceptanceConfig as Acceptance
from schemathesis.config import SimpleCheckConfig as Check

from handoff_sdk.compose import build_desk, new_key
from handoff_sdk.models.config import DeskConfig
from handoff_sdk.server import ROUTES, Limits, make_app
from handoff_sdk.server.openapi import document

from .conftest import CONFIG, PLENTY, SECRET

MANY = int(os.environ.get("HANDOFF_FUZZ", "0"))
PROFILE = settings(
    max_examples=MANY or 6,
    derandomize=not MANY,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TEXT = {"content": {"type": "text", "text": "Hello"}}
WHO = {(route.method, route.path): route.who for route in ROUTES}
NEVER_ENDS = {route.path for route in ROUTES if route.media == "text/event-stream"}


def as_told():
    """The document, but for the agent that a key acts for: that belongs to the credential here."""
    told = json.loads(document(ROUTES))
    for operation in (operation for path in told["paths"].values() for operation in path.values()):
        operation["parameters"] = [each for each in operation["parameters"] if each["name"] != "Handoff-Agent"]
    return told


DOCUMENT = schemathesis.openapi.from_dict(
    as_told(),
    config=SchemathesisConfig(
        projects=ProjectsConfig(
            default=ProjectConfig(
                phases=PhasesConfig(coverage=Coverage(enabled=bool(MANY))),
                generation=GenerationConfig(max_examples=MANY or 6, with_security_parameters=False),
                # The document tells the shape of things; what of it is there (brands, skills, epochs) it cannot.
                checks=ChecksConfig(
                    positive_data_acceptance=Acceptance(enabled=False),
                    # `anonymous` is a name that a customer could have: there, GET is allowed too, and finds nobody.
                    allow_header_conformance=Check(enabled=False),
                ),
            )
        )
    ),
)


def operations(capacity):
    """What somebody in this capacity may call, and comes to an end; without one, what asks for no credential."""

    def open_to(context):
        who = WHO[context.operation.method.upper(), context.operation.path]
        return context.operation.path not in NEVER_ENDS and (
            who is None if capacity is None else capacity in (who or ())
        )

    return DOCUMENT.include(open_to)


@dataclass
class Engine:
    """A running engine with one of everything in it. ``there``: the names that things have, by the path's parameter."""

    url: str
    credentials: dict[str, dict[str, str]]
    there: dict[str, list[str]]
    session: Session

    def keeps_its_word(self, case, by):
        """Every other name is one of something that is there; which, follows from the name."""
        for parameter, name in case.path_parameters.items() if isinstance(case.path_parameters, dict) else ():
            known, dice = self.there.get(parameter, ()), crc32(str(name).encode("utf-8", "replace"))
            if known and dice % 2:
                case.path_parameters[parameter] = known[dice // 2 % len(known)]
        headers = self.credentials[by]
        case.validate_response(case.call(self.url, session=self.session, headers=headers), headers=headers)


async def _one_of_everything(url, keys):
    """Fill an engine; the names of what is in it."""
    async with ClientSession(url, headers={"Authorization": f"Bearer {keys['admin']}"}) as http:

        async def done(method, path, body=None, **headers):
            async with http.request(method, path, json=body, headers=headers) as answer:
                assert answer.status < 300, await answer.text()
                return await answer.json()

        new = {"customer": {"external_id": "42"}, "brand": "acme", "message": TEXT}
        waiting, working = [await done("POST", "/v1/conversations", new) for _ in range(2)]
        after = {"after": "1h", "say": "Still there?"}
        followup = await done("POST", f"/v1/conversations/{waiting['id']}/followups", after)
        handed_off = await done("POST", f"/v1/conversations/{working['id']}/handoff", {"epoch": working["epoch"]})
        hook = await done("POST", "/v1/webhooks", {"url": "https://hooks.example.com/", "events": ["message.*"]})
        by_bot = {"Authorization": f"Bearer {keys['bot']}"}
        turns = await done("GET", "/v1/bots/acme-bot/turns?consumer=one&wait=0s", **by_bot)
        history = await done("GET", f"/v1/conversations/{working['id']}/messages")
    return {
        "conversation_id": [waiting["id"], working["id"]],
        "customer_id": ["me", waiting["customer_id"]],
        "followup_id": [followup["id"]],
        "handoff_id": [handed_off["handoff"]["id"]],
        "ticket_id": [handed_off["ticket"]["id"]],
        "webhook_id": [hook["id"]],
        "agent_id": ["ana", "ben"],
        "bot": ["acme-bot"],
        "turn_id": [turn["id"] for turn in turns["items"]],
        "message_id": [message["id"] for message in history["items"]],
    }


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    """The engine runs in a loop and a thread of its own: the tests' calls wait for their answers."""
    up, down = Future(), asyncio.Event()
    limits = Limits(wait=0.01, anonymous=PLENTY, writes=PLENTY, activity=PLENTY)

    async def run():
        path = tmp_path_factory.mktemp("desk") / "desk.db"
        async with build_desk(path, DeskConfig.parse(CONFIG), durable=False) as desk:
            keys = {role: await new_key(desk, role) for role in ("bot", "integrator", "admin")}
            async with TestServer(make_app(desk, limits=limits)) as server:
                url = str(server.make_url("/"))
                up.set_result((asyncio.get_running_loop(), url, keys, await _one_of_everything(url, keys)))
                await down.wait()

    def started():
        try:
            asyncio.run(run())
        except BaseException as error:
            if up.done():
                raise
            up.set_exception(error)

    thread = threading.Thread(target=started)
    thread.start()
    loop, url, keys, there = up.result(30)
    token = jwt.encode(
        {"alg": "HS256", "kid": "widget"}, {"external_id": "42", "scope": "user"}, OctKey.import_key(SECRET)
    )
    with Session() as session:
        yield Engine(
            url,
            {
                "bot": {"Authorization": f"Bearer {keys['bot']}"},
                "integrator": {"Authorization": f"Bearer {keys['integrator']}"},
                "admin": {"Authorization": f"Bearer {keys['admin']}"},
                "agent": {"Authorization": f"Bearer {keys['integrator']}", "Handoff-Agent": "ana"},
                "customer": {"Authorization": f"Bearer {token}"},
                "nobody": {},
            },
            there,
            session,
        )
    loop.call_soon_threadsafe(down.set)
    thread.join(30)
    assert not thread.is_alive()


@operations("bot").parametrize()
@PROFILE
def test_to_bots(case, engine):
    engine.keeps_its_word(case, "bot")


@pytest.mark.parametrize("role", ["integrator", "admin"])
@operations("staff").parametrize()
@PROFILE
def test_to_staff(case, engine, role):
    engine.keeps_its_word(case, role)


@operations("agent").parametrize()
@PROFILE
def test_to_agents(case, engine):
    engine.keeps_its_word(case, "agent")


@operations("customer").parametrize()
@PROFILE
def test_to_customers(case, engine):
    engine.keeps_its_word(case, "customer")


@operations(None).parametrize()
@PROFILE
def test_to_anybody(case, engine):
    engine.keeps_its_word(case, "nobody")
