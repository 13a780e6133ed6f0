"""What each call sends, and what it makes of the answer."""

import json
from datetime import timedelta

import pytest

from handoff_sdk import (
    Agent,
    Conversation,
    Customer,
    HandedOff,
    Handoff,
    HandoffClient,
    Message,
    Reply,
    Ticket,
    Workload,
)
from handoff_sdk.client.resources.conversations import Snapshot
from handoff_sdk.client.resources.customers import AnonymousCustomer
from handoff_sdk.client.resources.events import Feed
from handoff_sdk.client.resources.offers import RunningOffer
from handoff_sdk.models.agent import LoginLink
from handoff_sdk.models.bot import RegisteredBot
from handoff_sdk.models.configuration import Configuration
from handoff_sdk.models.export import CustomerExport
from handoff_sdk.models.followup import Breaker, Followup
from handoff_sdk.models.handoff import Previewed
from handoff_sdk.models.message import Author, LocationContent, TextContent
from handoff_sdk.models.workplace import Workplace

TEXT = {"type": "text", "text": "Hello"}

# call, method, path with query, body (None: no body), noun of the answer, type
CALLS = {
    "config.get": (lambda c: c.config.get(), "GET", "/v1/config", None, "configuration", Configuration),
    "config.replace": (
        lambda c: c.config.replace({"routing": {"accept": "auto"}, "agents": {"ana": None}}, if_match=3),
        "PUT", "/v1/config", {"routing": {"accept": "auto"}, "agents": {"ana": None}}, "configuration", Configuration,
    ),
    "conversations.create, nothing given": (
        lambda c: c.conversations.create(),
        "POST", "/v1/conversations", {}, "conversation", Conversation,
    ),
    "conversations.create": (
        lambda c: c.conversations.create(
            customer={"external_id": "42", "name": None, "plan": "gold"}, brand="acme", channel="app",
            message="Hello", metadata={"page": 1},
        ),
        "POST", "/v1/conversations",
        {
            "customer": {"external_id": "42", "name": None, "plan": "gold"}, "brand": "acme", "channel": "app",
            "message": {"content": TEXT}, "metadata": {"page": 1},
        },
        "conversation", Conversation,
    ),
    "conversations.get": (
        lambda c: c.conversations.get("cnv_1"), "GET", "/v1/conversations/cnv_1", None, "conversation", Conversation,
    ),
    "conversations.get, an id that needs quoting": (
        lambda c: c.conversations.get("a/b?c#d %"),
        "GET", "/v1/conversations/a%2Fb%3Fc%23d%20%25", None, "conversation", Conversation,
    ),
    "conversations.update": (
        lambda c: c.conversations.update("cnv_1", metadata={"a": None}),
        "PATCH", "/v1/conversations/cnv_1", {"metadata": {"a": None}}, "conversation", Conversation,
    ),
    "conversations.snapshot": (
        lambda c: c.conversations.snapshot("cnv_1"),
        "GET", "/v1/conversations/cnv_1/snapshot", None, "snapshot", Snapshot,
    ),
    "conversations.handoff": (
        lambda c: c.conversations.handoff(
            "cnv_1", epoch=3, key="h1", priority="high", accept_within=timedelta(minutes=5), tags=["vip"],
            form={"name": "Refund", "schema": {"type": "object"}}, fields={"order": "4711"},
        ),
        "POST", "/v1/conversations/cnv_1/handoff",
        {
            "epoch": 3, "key": "h1", "priority": "high", "accept_within": "5m", "tags": ["vip"],
            "form": {"name": "Refund", "schema": {"type": "object"}}, "fields": {"order": "4711"},
        },
        "handed_off", HandedOff,
    ),
    "conversations.end_session": (
        lambda c: c.conversations.end_session("cnv_1", epoch=2),
        "POST", "/v1/conversations/cnv_1/end_session", {"epoch": 2}, "conversation", Conversation,
    ),
    "conversations.answer_survey": (
        lambda c: c.conversations.answer_survey("cnv_1", "good", comment="Thanks"),
        "POST", "/v1/conversations/cnv_1/survey", {"rating": "good", "comment": "Thanks"}, "conversation", Conversation,
    ),
    "conversations.leave_queue": (
        lambda c: c.conversations.leave_queue("cnv_1"),
        "POST", "/v1/conversations/cnv_1/leave_queue", {}, "conversation", Conversation,
    ),
    "conversations.activity": (
        lambda c: c.conversations.activity("cnv_1", "read", up_to="msg_1"),
        "POST", "/v1/conversations/cnv_1/activity", {"type": "read", "up_to": "msg_1"}, "nothing", type(None),
    ),
    "messages.create, text": (
        lambda c: c.messages.create("cnv_1", text="Hello", author="customer"),
        "POST", "/v1/conversations/cnv_1/messages",
        {"content": TEXT, "author": {"type": "customer"}}, "message", Message,
    ),
    "messages.create, everything": (
        lambda c: c.messages.create(
            "cnv_1", content=TextContent(text="Hello", replies=(Reply(text="Yes"),)),
            author=Author(type="bot", id="acme-bot"), epoch=2,
            ticket_id="tkt_1", visibility="internal", metadata={"model": "m"},
        ),
        "POST", "/v1/conversations/cnv_1/messages",
        {
            "content": {**TEXT, "replies": [{"text": "Yes"}]}, "author": {"type": "bot", "id": "acme-bot"}, "epoch": 2,
            "ticket_id": "tkt_1", "visibility": "internal", "metadata": {"model": "m"},
        },
        "message", Message,
    ),
    "messages.create, a mapping": (
        lambda c: c.messages.create("cnv_1", content={"type": "image", "url": "https://x.test/a.png"}),
        "POST", "/v1/conversations/cnv_1/messages",
        {"content": {"type": "image", "url": "https://x.test/a.png"}}, "message", Message,
    ),
    "messages.create, a place": (
        lambda c: c.messages.create("cnv_1", content=LocationContent(type="location", latitude=1, longitude=2)),
        "POST", "/v1/conversations/cnv_1/messages",
        {"content": {"type": "location", "latitude": 1.0, "longitude": 2.0}}, "message", Message,
    ),
    "messages.redact": (
        lambda c: c.messages.redact("cnv_1", "msg_1", reason="a card number"),
        "POST", "/v1/conversations/cnv_1/messages/msg_1/redact", {"reason": "a card number"}, "message", Message,
    ),
    "tickets.get": (lambda c: c.tickets.get("tkt_1"), "GET", "/v1/tickets/tkt_1", None, "ticket", Ticket),
    "tickets.update": (
        lambda c: c.tickets.update("tkt_1", status="solved", assignee=None, close_after="4d", add_tags=["a"]),
        "PATCH", "/v1/tickets/tkt_1",
        {"status": "solved", "assignee": None, "close_after": "4d", "add_tags": ["a"]}, "ticket", Ticket,
    ),
    "tickets.take": (lambda c: c.tickets.take("tkt_1"), "POST", "/v1/tickets/tkt_1/take", {}, "ticket", Ticket),
    "tickets.hand_back": (
        lambda c: c.tickets.hand_back("tkt_1", note="All done", status="pending"),
        "POST", "/v1/tickets/tkt_1/hand_back", {"note": "All done", "status": "pending"}, "ticket", Ticket,
    ),
    "agents.set_status": (
        lambda c: c.agents.set_status("ana", "online"),
        "PUT", "/v1/agents/ana/status", {"status": "online"}, "agent", Agent,
    ),
    "agents.login_link": (
        lambda c: c.agents.login_link("ana"), "POST", "/v1/agents/ana/login_link", None, "login_link", LoginLink,
    ),
    "agents.snapshot": (
        lambda c: c.agents.snapshot("ana"), "GET", "/v1/agents/ana/snapshot", None, "workplace", Workplace,
    ),
    "agents.workload": (
        lambda c: c.agents.workload("ana"), "GET", "/v1/agents/ana/workload", None, "workload", Workload,
    ),
    "offers.accept": (lambda c: c.offers.accept("ofr_1"), "POST", "/v1/offers/ofr_1/accept", {}, "ticket", Ticket),
    "offers.decline": (lambda c: c.offers.decline("ofr_1"), "POST", "/v1/offers/ofr_1/decline", {}, "ticket", Ticket),
    "bots.register": (
        lambda c: c.bots.register("ada", brands=["acme"], version="2"),
        "PUT", "/v1/bots/ada", {"brands": ["acme"], "version": "2"}, "registered", RegisteredBot,
    ),
    "bots.done": (
        lambda c: c.bots.done("ada", "trn_1", consumer="one", state={"step": 1}),
        "POST", "/v1/bots/ada/turns/trn_1/done", {"consumer": "one", "state": {"step": 1}}, "nothing", type(None),
    ),
    "bots.extend": (
        lambda c: c.bots.extend("ada", "trn_1", consumer="one"),
        "POST", "/v1/bots/ada/turns/trn_1/extend", {"consumer": "one"}, "nothing", type(None),
    ),
    "conversations.preview": (
        lambda c: c.conversations.preview("cnv_1", priority="high"),
        "POST", "/v1/conversations/cnv_1/preview", {"priority": "high"}, "preview", Previewed,
    ),
    "conversations.pass_to": (
        lambda c: c.conversations.pass_to("cnv_1", bot="eve", epoch=1),
        "POST", "/v1/conversations/cnv_1/pass", {"bot": "eve", "epoch": 1}, "conversation", Conversation,
    ),
    "conversations.release": (
        lambda c: c.conversations.release("cnv_1", epoch=1),
        "POST", "/v1/conversations/cnv_1/release", {"epoch": 1}, "conversation", Conversation,
    ),
    "followups.schedule": (
        lambda c: c.followups.schedule("cnv_1", say={"en": "Hi"}, after="5m", key="n"),
        "POST", "/v1/conversations/cnv_1/followups",
        {"say": {"en": "Hi"}, "after": "5m", "key": "n"}, "followup", Followup,
    ),
    "followups.schedule, tried": (
        lambda c: c.followups.schedule("cnv_1", say="Hi", dry_run=True),
        "POST", "/v1/conversations/cnv_1/followups", {"say": "Hi", "dry_run": True}, "followup", Followup,
    ),
    "followups.cancel": (
        lambda c: c.followups.cancel("cnv_1", "fup_1"),
        "DELETE", "/v1/conversations/cnv_1/followups/fup_1", None, "nothing", type(None),
    ),
    "followups.resume": (
        lambda c: c.followups.resume("web/app"),
        "POST", "/v1/followups/breakers/web%2Fapp/resume", None, "breaker", Breaker,
    ),
    "proactive.send": (
        lambda c: c.proactive.send(customer="42", text="Ready.", key="p"),
        "POST", "/v1/proactive",
        {
            "customer": {"external_id": "42"}, "brand": "default", "channel": "web", "dry_run": False,
            "text": "Ready.", "key": "p",
        },
        "followup", Followup,
    ),
    "handoffs.get": (lambda c: c.handoffs.get("hnd_1"), "GET", "/v1/handoffs/hnd_1", None, "handoff", Handoff),
    "events.list": (lambda c: c.events.list(), "GET", "/v1/events?wait=0s&after=0", None, "feed", Feed),
    "events.poll": (
        lambda c: c.events.poll(5, conversation="cnv_1"),
        "GET", "/v1/events?wait=25s&after=5&conversation=cnv_1", None, "feed", Feed,
    ),
    "customers.anonymous": (
        lambda c: c.customers.anonymous(), "POST", "/v1/customers/anonymous", {}, "anonymous", AnonymousCustomer,
    ),
    "customers.get": (lambda c: c.customers.get("cus_1"), "GET", "/v1/customers/cus_1", None, "customer", Customer),
    "customers.update": (
        lambda c: c.customers.update("cus_1", email=None, language="de", plan="gold"),
        "PATCH", "/v1/customers/cus_1", {"email": None, "language": "de", "plan": "gold"}, "customer", Customer,
    ),
    "customers.block": (
        lambda c: c.customers.block("cus_1", reason="abuse"),
        "POST", "/v1/customers/cus_1/block", {"blocked": True, "reason": "abuse"}, "customer", Customer,
    ),
    "customers.delete": (
        lambda c: c.customers.delete("cus_1"), "DELETE", "/v1/customers/cus_1", None, "nothing", type(None),
    ),
    "customers.export": (
        lambda c: c.customers.export("cus_1"),
        "GET", "/v1/customers/cus_1/export", None, "export", CustomerExport,
    ),
    "customers.merge": (
        lambda c: c.customers.merge("cus_1", anonymous_id="cus_2"),
        "POST", "/v1/customers/cus_1/merge", {"anonymous_id": "cus_2"}, "customer", Customer,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
async def test_a_call_sends_what_the_api_takes_and_answers_a_noun(name, engine, client, nouns):
    call, method, target, body, noun, kind = CALLS[name]
    route = engine.route().respond(200, json=nouns[noun])

    answer = await call(client)

    request = route.calls.last.request
    assert [method, target] == [request.method, request.url.raw_path.decode()]
    assert body == (json.loads(request.content) if request.content else None)
    assert request.headers["authorization"] == "Bearer hk_test"
    assert ("idempotency-key" in request.headers) == (method == "POST")
    assert ("content-type" in request.headers) == (body is not None)
    assert isinstance(answer, kind)


async def test_an_agent_is_logged_out_everywhere(engine, client):
    route = engine.route().respond(200, json={})

    await client.agents.end_sessions("ana")

    request = route.calls.last.request
    assert ("DELETE", b"/v1/agents/ana/sessions") == (request.method, request.url.raw_path)


LISTS = {
    "conversations": (
        lambda c: c.conversations.list(
            customer="42",
            owner="human",
            brand="acme",
            status="open",
            silent_for=timedelta(days=3),
            last_author="agent",
            limit=9,
        ),
        "/v1/conversations?customer=42&owner=human&brand=acme&status=open&silent_for=3d&last_author=agent&limit=9",
        "conversation",
        Conversation,
    ),
    "messages": (
        lambda c: c.messages.list("cnv_1", after="msg_0"),
        "/v1/conversations/cnv_1/messages?after=msg_0",
        "message",
        Message,
    ),
    "tickets": (
        lambda c: c.tickets.list(status=["open", "pending"], assignee="ana"),
        "/v1/tickets?status=open%2Cpending&assignee=ana",
        "ticket",
        Ticket,
    ),
    "agents": (lambda c: c.agents.list(), "/v1/agents", "agent", Agent),
    "breakers": (lambda c: c.followups.breakers(), "/v1/followups/breakers", "breaker", Breaker),
    "offers": (lambda c: c.offers.list(), "/v1/offers", "offer", RunningOffer),
}


@pytest.mark.parametrize("name", LISTS)
async def test_a_list_asks_with_its_filters(name, engine, client, nouns):
    call, target, noun, kind = LISTS[name]
    route = engine.route(method="GET").respond(200, json={"items": [nouns[noun]], "next": None})

    items = [item async for item in call(client)]

    assert target == route.calls.last.request.url.raw_path.decode()
    assert [kind] == [type(item) for item in items]


async def test_the_version_that_was_read_goes_into_a_header(engine, client, nouns):
    route = engine.patch("/v1/tickets/tkt_1").respond(200, json=nouns["ticket"])

    await client.tickets.update("tkt_1", if_match=7, priority="high")

    request = route.calls.last.request
    assert request.headers["if-match"] == '"7"'
    assert json.loads(request.content) == {"priority": "high"}


async def test_a_view_for_an_agent_names_the_agent_and_shares_the_connections(engine, client, nouns):
    route = engine.post("/v1/tickets/tkt_1/take").respond(200, json=nouns["ticket"])
    engine.get("/v1/tickets/tkt_1").respond(200, json=nouns["ticket"])

    async with client.as_agent("ana") as ana:
        await ana.tickets.take("tkt_1")

    assert route.calls.last.request.headers["handoff-agent"] == "ana"
    assert isinstance(await client.tickets.get("tkt_1"), Ticket)
    assert "handoff-agent" not in engine.calls.last.request.headers


async def test_an_idempotency_key_of_ones_own_is_sent(engine, client, nouns):
    route = engine.post("/v1/tickets/tkt_1/take").respond(200, json=nouns["ticket"])

    await client.tickets.take("tkt_1", idempotency_key="evt_1:2")
    await client.tickets.take("tkt_1")
    await client.tickets.take("tkt_1")

    keys = [call.request.headers["idempotency-key"] for call in route.calls]
    assert keys[0] == "evt_1:2"
    assert len(set(keys)) == 3


async def test_without_a_credential_none_is_sent_and_a_token_is_one(engine, nouns):
    route = engine.post("/v1/customers/anonymous").respond(201, json=nouns["anonymous"])

    async with HandoffClient("http://desk.test/") as nobody:
        made = await nobody.customers.anonymous()
    async with HandoffClient("http://desk.test", token=made.token) as customer:
        await customer.customers.anonymous()

    assert ["authorization" in call.request.headers for call in route.calls] == [False, True]
    assert route.calls.last.request.headers["authorization"] == "Bearer t.o.k"


async def test_an_engine_may_live_below_a_path(engine, nouns):
    route = engine.get("/desk/v1/tickets/tkt_1").respond(200, json=nouns["ticket"])

    async with HandoffClient("http://desk.test/desk/") as client:
        await client.tickets.get("tkt_1")

    assert route.called


@pytest.mark.parametrize(("status", "ready"), [(200, True), (503, False), (404, False)])
async def test_ready_asks_once(engine, client, status, ready):
    route = engine.get("/readyz").respond(status)

    assert await client.ready() is ready
    assert route.call_count == 1
