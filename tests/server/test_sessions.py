"""Agents in a browser: how they log in, what the cookie opens, and what it does not."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from http.cookies import SimpleCookie

import pytest
from aiohttp.test_utils import TestClient, TestServer

from handoff_sdk.models.config import merged
from handoff_sdk.models.event import Actor
from handoff_sdk.server import Limits, Rate, make_app
from handoff_sdk.server.passwords import Passwords
from handoff_sdk.server.sessions import login_link

from .conftest import PLENTY, eventually

PASSWORD = "correct horse battery"


class Browser:
    """An agent's browser: it keeps the cookie and sends the token that goes with it."""

    def __init__(self, api):
        self.api = api
        self.cookie = None
        self.csrf = None

    async def call(self, method, path, body=None, *, csrf=True, headers=None, **more):
        sent = dict(headers or {})
        if self.cookie is not None:
            sent["Cookie"] = f"other=1; handoff_session={self.cookie}"
        if csrf and self.csrf is not None:
            sent["X-CSRF-Token"] = self.csrf
        return await self.api.call(method, path, body, by=None, headers=sent, **more)

    async def log_in(self, **how):
        answer = await self.call("POST", "/v1/session", how)
        self.take(answer)
        return answer

    def take(self, answer):
        if answer.status < 300:
            self.cookie = cookie(answer)["handoff_session"].value
            self.csrf = answer.json["csrf"]


def cookie(answer):
    return SimpleCookie(answer.headers["Set-Cookie"])


@pytest.fixture
def limits():
    return Limits(anonymous=PLENTY, writes=PLENTY, activity=PLENTY, logins=PLENTY, guesses=Rate(5, 3))


@pytest.fixture
def link(api):
    async def make(agent="ana"):
        return (await api.done("POST", f"/v1/agents/{agent}/login_link", by="admin"))["token"]

    return make


@pytest.fixture
async def ana(api, link):
    browser = Browser(api)
    await browser.log_in(token=await link())
    return browser


async def test_a_link_logs_in_once(api, link):
    token, browser = await link(), Browser(api)
    answer = await browser.log_in(token=token)

    assert 201 == answer.status
    assert ("ana", "Ana", "agent") == tuple(answer.json["agent"][name] for name in ("id", "name", "role"))
    morsel = cookie(answer)["handoff_session"]
    assert (True, "Strict", "/", "") == (morsel["httponly"], morsel["samesite"], morsel["path"], morsel["secure"])
    assert "unauthenticated" == (await Browser(api).log_in(token=token)).code


async def test_of_many_who_use_a_link_at_once_one_is_in(api, link):
    token = await link()
    answers = await asyncio.gather(*(Browser(api).log_in(token=token) for _ in range(5)))

    assert [201, 401, 401, 401, 401] == sorted(answer.status for answer in answers)


async def test_a_link_is_over_after_a_quarter_of_an_hour(api, link):
    early, late = await link(), await link()
    api.clock.advance_to(api.clock.now() + timedelta(minutes=14, seconds=59))
    assert 201 == (await Browser(api).log_in(token=early)).status
    api.clock.advance_to(api.clock.now() + timedelta(seconds=1))
    assert 401 == (await Browser(api).log_in(token=late)).status


async def test_links_are_made_by_admins_and_for_agents_there_are(api):
    assert "forbidden" == (await api.post("/v1/agents/ana/login_link", by="integrator")).code
    assert "forbidden" == (await api.post("/v1/agents/ana/login_link", by="admin", agent="ana")).code
    assert "not_found" == (await api.post("/v1/agents/anna/login_link", by="admin")).code
    made = await api.done("POST", "/v1/agents/ana/login_link", by="admin")
    assert f"/console#login={made['token']}" == made["path"]


async def test_a_link_asked_for_twice_is_one_and_its_answer_is_kept_without_it(api):
    path = "/v1/agents/ana/login_link"
    first, again = [await api.post(path, by="admin", key="k") for _ in range(2)]

    assert first.body == again.body
    assert 1 == len(await api.desk.store.credentials("ana"))
    [key] = [key for key in await api.desk.store.keys() if key.role == "admin"]
    assert first.json["token"].encode() not in (await api.desk.store.answer(f"key:{key.id}", "k")).body


async def test_the_cookie_is_for_https_alone_where_the_call_came_so(api, link):
    body = json.dumps({"token": await link()}).encode()
    plain = await api.post("/v1/session", raw=body, by=None, headers={"X-Forwarded-Proto": "https"})
    assert not cookie(plain)["handoff_session"]["secure"]


class TestBehindAProxy:
    @pytest.fixture
    def limits(self):
        return Limits(logins=PLENTY, proxies=1)

    async def test_the_cookie_is_for_https_alone(self, api, link):
        answer = await api.post("/v1/session", {"token": await link()}, by=None, headers={"X-Forwarded-Proto": "https"})
        assert cookie(answer)["handoff_session"]["secure"]


async def test_a_session_is_the_agent(api, ana):
    conversation = await api.conversation()
    await api.hand_off(conversation)
    status = await ana.call("PUT", "/v1/agents/ana/status", {"status": "online"})
    assert (200, "online") == (status.status, status.json["status"])
    await api.desk.rest()

    [offer] = (await ana.call("GET", "/v1/offers")).json["items"]
    assert 200 == (await ana.call("POST", f"/v1/offers/{offer['id']}/accept")).status
    said = await ana.call(
        "POST", f"/v1/conversations/{conversation['id']}/messages", {"content": {"type": "text", "text": "Hi"}}
    )
    assert {"type": "agent", "id": "ana", "name": "Ana"} == said.json["author"]


async def test_a_session_speaks_and_acts_for_nobody_else(api, ana):
    for path, body in (
        ("/v1/agents/ben/status", {"status": "online"}),
        ("/v1/agents/anna/status", {"status": "online"}),
    ):
        assert "forbidden" == (await ana.call("PUT", path, body)).code
    assert "forbidden" == (await ana.call("GET", "/v1/tickets", headers={"Handoff-Agent": "ben"})).code
    assert 200 == (await ana.call("GET", "/v1/tickets", headers={"Handoff-Agent": "ana"})).status
    for path in ("/v1/agents/ana/login_link", "/v1/webhooks"):
        assert (
            "forbidden"
            == (await ana.call("POST", path, {"url": "https://example.com"} if "hook" in path else None)).code
        )


async def test_an_agent_sees_nothing_of_another_brand(api, ana):
    conversation = await api.conversation(brand="umbra")
    ticket = (await api.hand_off(conversation))["ticket"]["id"]
    at, of = f"/v1/conversations/{conversation['id']}", f"/v1/tickets/{ticket}"
    cursor = api.desk.hub.cursor

    calls = [
        *(("GET", f"{at}{below}") for below in ("", "/messages", "/snapshot", "/followups")),
        *(("GET", path) for path in (of, f"{of}/explain", f"/v1/events?conversation={conversation['id']}&after=0")),
        *(("POST", path) for path in (f"{of}/take", f"{of}/hand_back", f"{at}/end_session")),
    ]
    for method, path in calls:
        assert (path, 404) == (path, (await ana.call(method, path)).status)
    for path in ("/v1/conversations", "/v1/tickets", "/v1/offers", "/v1/events?after=0&limit=100"):
        answer = await ana.call("GET", path)
        assert (200, False) == (answer.status, conversation["id"].encode() in answer.body), path
    assert cursor == api.desk.hub.cursor


async def test_without_the_token_a_cookie_only_reads(api, ana):
    assert 200 == (await ana.call("GET", "/v1/session", csrf=False)).status
    for token in (None, "", "wrong", ana.cookie, "\xff"):
        headers = {} if token is None else {"X-CSRF-Token": token}
        answer = await ana.call("PUT", "/v1/agents/ana/status", {"status": "online"}, csrf=False, headers=headers)
        assert "forbidden" == answer.code
        assert 403 == (await ana.call("DELETE", "/v1/session", csrf=False, headers=headers)).status
    assert "offline" == api.desk.queries.agent("ana").status


async def test_a_file_is_uploaded_with_the_token_only(api, ana):
    about = {"Content-Type": "text/plain", "Content-Disposition": 'attachment; filename="a.txt"'}
    told = [await ana.call("POST", "/v1/attachments", raw=b"a", headers=about, csrf=csrf) for csrf in (False, True)]

    assert [403, 201] == [answer.status for answer in told]
    assert 200 == (await ana.call("GET", f"/v1/attachments/{told[1].json['id']}")).status


async def test_one_sessions_token_is_not_anothers(api, ana, link):
    other = Browser(api)
    await other.log_in(token=await link())
    other.csrf, ana.csrf = ana.csrf, other.csrf

    assert 403 == (await ana.call("DELETE", "/v1/session")).status
    assert 403 == (await other.call("DELETE", "/v1/session")).status


async def test_another_site_logs_nobody_in(api, link):
    body = {"token": await link()}
    for site in ("cross-site", "same-site"):
        assert "forbidden" == (await api.post("/v1/session", body, by=None, headers={"Sec-Fetch-Site": site})).code
    as_form = {"Content-Type": "text/plain"}
    assert 415 == (await api.post("/v1/session", raw=json.dumps(body).encode(), by=None, headers=as_form)).status
    assert 201 == (await api.post("/v1/session", body, by=None, headers={"Sec-Fetch-Site": "same-origin"})).status


async def test_a_page_loaded_anew_learns_the_token_again(ana):
    answer = await ana.call("GET", "/v1/session")

    assert (200, ana.csrf, "ana") == (answer.status, answer.json["csrf"], answer.json["agent"]["id"])
    assert "Set-Cookie" not in answer.headers
    assert ana.cookie.encode() not in answer.body


async def test_logging_out_ends_the_session_and_its_streams(api, ana):
    reading = asyncio.create_task(ana.call("GET", "/v1/stream"))
    await eventually(lambda: api.desk.queries.agent("ana").connected)

    answer = await ana.call("DELETE", "/v1/session")

    assert 200 == answer.status
    assert "" == cookie(answer)["handoff_session"].value
    assert 200 == (await reading).status
    assert 401 == (await ana.call("GET", "/v1/session")).status


async def test_a_session_nobody_uses_ends_after_half_a_day(api, ana):
    for _ in range(3):
        api.clock.advance_to(api.clock.now() + timedelta(hours=11, minutes=59))
        assert 200 == (await ana.call("GET", "/v1/session")).status
    api.clock.advance_to(api.clock.now() + timedelta(hours=12))
    assert 401 == (await ana.call("GET", "/v1/session")).status


async def test_a_session_ends_after_a_week_whatever_is_done(api, ana):
    ends_at = api.clock.now() + timedelta(days=7)
    while (then := api.clock.now() + timedelta(hours=11)) < ends_at:
        api.clock.advance_to(then)
        assert 200 == (await ana.call("GET", "/v1/session")).status
    api.clock.advance_to(ends_at)
    assert 401 == (await ana.call("GET", "/v1/session")).status


async def test_a_password_logs_in_and_ends_all_other_sessions(api, ana, link):
    other, before = Browser(api), Browser(api)
    await other.log_in(token=await link())
    before.cookie, before.csrf = ana.cookie, ana.csrf
    unused = await link()

    answer = await ana.call("POST", "/v1/session/password", {"password": PASSWORD})
    ana.take(answer)

    assert 200 == answer.status
    assert ana.cookie != before.cookie
    assert [200, 401, 401] == [(await each.call("GET", "/v1/session")).status for each in (ana, before, other)]
    assert 401 == (await Browser(api).log_in(token=unused)).status
    again = Browser(api)
    assert 201 == (await again.log_in(agent="ana", password=PASSWORD)).status
    assert ana.cookie != again.cookie
    assert 200 == (await again.call("GET", "/v1/tickets")).status


async def test_a_short_password_is_none(ana):
    answer = await ana.call("POST", "/v1/session/password", {"password": "123456789"})

    assert (400, "password") == (answer.status, answer.json["errors"][0]["path"])
    assert b"123456789" not in answer.body


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"agent": "ana"},
        {"password": "x"},
        {"token": "x", "agent": "ana", "password": "x"},
        {"token": "x", "password": "x"},
    ],
)
async def test_how_one_logs_in_is_said_one_way(api, body):
    assert "invalid_request" == (await api.post("/v1/session", body, by=None)).code


async def test_a_wrong_password_and_an_unknown_agent_are_told_alike(api, ana, monkeypatch):
    await ana.call("POST", "/v1/session/password", {"password": PASSWORD})
    hashed = []
    compared = Passwords._compared
    monkeypatch.setattr(Passwords, "_compared", lambda *args: (hashed.append(args), compared(*args))[1])
    answers = [
        await api.post("/v1/session", {"agent": agent, "password": password}, by=None)
        for agent, password in (("ana", "wrong wrong"), ("ben", PASSWORD), ("nobody", PASSWORD))
    ]

    assert 3 == len(hashed)
    assert 1 == len({(answer.status, answer.json["detail"]) for answer in answers})
    assert 401 == answers[0].status


async def test_guessing_is_slowed_down_for_each_agent(api):
    async def guess(agent):
        return await api.post("/v1/session", {"agent": agent, "password": "wrong"}, by=None)

    answers = [await guess("ana") for _ in range(4)]

    assert [401, 401, 401, 429] == [answer.status for answer in answers]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 12
    assert 401 == (await guess("ben")).status


class TestFromOneAddress:
    @pytest.fixture
    def limits(self):
        return Limits(logins=Rate(1, 2), guesses=PLENTY)

    async def test_log_ins_are_limited(self, api, link):
        answers = [await Browser(api).log_in(token="x") for _ in range(3)]
        assert [401, 401, 429] == [answer.status for answer in answers]


async def test_an_agent_who_left_is_out(api, ana, link):
    unused = await link()
    await api.desk.configure({"brands": {"acme": {}, "umbra": {}, "closed": {}}}, by=Actor(type="admin"))

    assert 401 == (await ana.call("GET", "/v1/session")).status
    assert 401 == (await Browser(api).log_in(token=unused)).status


async def test_an_admin_ends_all_sessions_of_an_agent(api, ana):
    assert 200 == (await api.call("DELETE", "/v1/agents/ana/sessions", by="admin")).status
    assert 401 == (await ana.call("GET", "/v1/session")).status


async def test_what_is_kept_opens_nothing(api, link):
    token = await link()
    answer = await api.post("/v1/session", {"token": token}, by=None, key="k")
    secret = cookie(answer)["handoff_session"].value

    for credential in await api.desk.store.credentials("ana"):
        assert not {token, secret, answer.json["csrf"]} & set(map(str, (credential.id, credential.secret)))
    kept = (await api.desk.store.answer("address:127.0.0.1", "k")).body
    assert not any(each.encode() in kept for each in (token, secret, answer.json["csrf"]))


async def test_a_log_in_sent_twice_is_one(api, link):
    body = {"token": await link()}
    first = await api.post("/v1/session", body, by=None, key="k")
    again = await api.post("/v1/session", body, by=None, key="k")

    assert (201, 201) == (first.status, again.status)
    assert first.body == again.body
    assert cookie(first)["handoff_session"].value == cookie(again)["handoff_session"].value
    assert 1 == len(await api.desk.store.credentials("ana"))


async def test_a_session_outlives_the_server(api, ana):
    async with TestClient(TestServer(make_app(api.desk))) as restarted:
        headers = {"Cookie": f"handoff_session={ana.cookie}"}
        async with restarted.get("/v1/session", headers=headers) as answer:
            assert 200 == answer.status


async def test_a_key_goes_before_a_cookie(api, ana):
    headers = {"Cookie": f"handoff_session={ana.cookie}"}

    assert "not_found" == (await api.get("/v1/session", agent="ben", headers=headers)).code
    assert 401 == (await api.get("/v1/session", by="hk_none", headers=headers)).status


async def test_a_link_made_beside_the_server_logs_in(api):
    token = await login_link(api.desk, "ben")

    assert "ben" == (await Browser(api).log_in(token=token)).json["agent"]["id"]


class TestLeads:
    @pytest.fixture
    def config(self, config):
        return merged(config, {"agents": {"ana": {"role": "lead"}}})

    async def test_leads_see_the_figures(self, ana):
        assert 200 == (await ana.call("GET", "/v1/reports/live")).status

    async def test_others_do_not(self, api, link):
        ben = Browser(api)
        await ben.log_in(token=await link("ben"))
        assert "forbidden" == (await ben.call("GET", "/v1/reports/live")).code
