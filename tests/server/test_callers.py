"""Who may call what, and for whom they may speak."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from handoff_sdk.compose import new_key
from handoff_sdk.models.config import merged
from handoff_sdk.server import ROUTES, Limits, Rate
from handoff_sdk.server.auth import hash_of

TEXT = {"content": {"type": "text", "text": "Hello"}}


class TestRoutes:
    @pytest.fixture
    def config(self, config):
        return merged(config, {"agents": {"ana": {"role": "lead"}}})

    @pytest.mark.parametrize("route", [route for route in ROUTES if route.who], ids=lambda r: f"{r.method} {r.path}")
    async def test_a_row_says_in_which_capacity_it_is_called(self, api, route):
        path = route.path
        for name in route.parameters:
            path = path.replace(f"{{{name}}}", "x")
        callers = {
            "customer": {"by": api.token()},
            "bot": {"by": "bot"},
            "staff": {"by": "admin"},
            "agent": {"by": "integrator", "agent": "ana"},
        }

        for capacity, caller in callers.items():
            if route.media == "text/event-stream" and capacity in route.who:
                continue
            answer = await api.call(route.method, path, **caller)
            refused = answer.status == 403
            assert (capacity not in route.who) == refused, (capacity, answer.body)


@pytest.mark.parametrize(
    "credential", ["", "Bearer", "Bearer ", "Basic aGs6", "Bearer hk_unknown", "Bearer \xff", "hk_x", "Bearer a.b.c"]
)
async def test_no_good_credential(api, credential):
    answer = await api.get("/v1/conversations", by=None, headers={"Authorization": credential})

    assert (401, "unauthenticated") == (answer.status, answer.code)


async def test_a_new_key_is_good_at_once_and_a_dropped_one_soon_not_any_more(api, monkeypatch):
    secret = await new_key(api.desk, "integrator")
    assert 200 == (await api.get("/v1/agents", by=secret)).status

    monkeypatch.setattr("handoff_sdk.server.auth._KEYS_GOOD_FOR", 0.0)
    [key] = [key for key in await api.desk.store.keys() if key.hash == hash_of(secret)]
    await api.desk.store.drop_key(key.id)
    assert 401 == (await api.get("/v1/agents", by=secret)).status


async def test_unknown_keys_make_the_store_be_asked_once_a_second(api, monkeypatch):
    asked = 0
    keys = api.desk.store.keys

    async def counted():
        nonlocal asked
        asked += 1
        return await keys()

    monkeypatch.setattr(api.desk.store, "keys", counted)
    answers = await asyncio.gather(*(api.get("/v1/agents", by=f"hk_{n}") for n in range(20)))

    assert {401} == {answer.status for answer in answers}
    assert asked <= 2


async def test_an_agent_nobody_knows(api):
    answer = await api.get("/v1/tickets", agent="anna")

    assert (403, "forbidden") == (answer.status, answer.code)
    assert "did you mean 'ana'?" in answer.json["detail"]


async def test_a_bots_key_acts_for_no_agent_and_neither_does_a_customer(api):
    for by in ("bot", api.token()):
        assert 403 == (await api.get("/v1/conversations", by=by, agent="ana")).status


async def test_acting_for_an_agent_is_written_down(api, caplog):
    caplog.set_level("INFO", "handoff_sdk.audit")
    conversation = await api.conversation()

    answer = await api.post(
        f"/v1/conversations/{conversation['id']}/messages", TEXT, agent="ana", headers={"X-Request-Id": "r-7"}
    )

    assert 201 == answer.status
    [line] = [record.getMessage() for record in caplog.records if record.name == "handoff_sdk.audit"]
    assert "for agent ana: POST" in line
    assert "[r-7]" in line


@pytest.mark.parametrize(
    ("caller", "author", "spoke_as"),
    [
        ({"by": "bot"}, None, ("bot", "acme-bot")),
        ({"by": "bot"}, {"type": "bot"}, ("bot", "acme-bot")),
        ({"by": "bot"}, {"type": "bot", "id": "acme-bot"}, ("bot", "acme-bot")),
        ({"by": "bot"}, {"type": "bot", "id": "another"}, "control_lost"),
        ({"by": "bot"}, {"type": "customer"}, "forbidden"),
        ({"by": "bot"}, {"type": "agent", "id": "ana"}, "forbidden"),
        ({"by": "customer"}, None, ("customer", "self")),
        ({"by": "customer"}, {"type": "customer"}, ("customer", "self")),
        ({"by": "customer"}, {"type": "customer", "id": "somebody"}, "forbidden"),
        ({"by": "customer"}, {"type": "bot"}, "forbidden"),
        ({"by": "customer"}, {"type": "agent", "id": "ana"}, "forbidden"),
        ({"by": "integrator"}, None, ("customer", "self")),
        ({"by": "integrator"}, {"type": "customer"}, ("customer", "self")),
        ({"by": "integrator"}, {"type": "customer", "id": "somebody"}, "forbidden"),
        ({"by": "integrator"}, {"type": "bot"}, "forbidden"),
        ({"by": "admin"}, {"type": "agent", "id": "ana"}, "forbidden"),
        ({"by": "integrator"}, {"type": "system"}, "forbidden"),
        ({"by": "admin", "agent": "ana"}, {"type": "system"}, "forbidden"),
        ({"by": "integrator", "agent": "ana"}, None, ("agent", "ana")),
        ({"by": "admin", "agent": "ana"}, {"type": "agent"}, ("agent", "ana")),
        ({"by": "admin", "agent": "ana"}, {"type": "agent", "id": "ben"}, "forbidden"),
        ({"by": "admin", "agent": "ana"}, {"type": "customer"}, "forbidden"),
    ],
)
async def test_who_speaks_fits_the_credential(api, caller, author, spoke_as):
    conversation = await api.conversation()
    by = api.token() if caller["by"] == "customer" else caller["by"]
    body = TEXT | ({"epoch": 1} if by == "bot" else {}) | ({"author": author} if author else {})

    answer = await api.post(f"/v1/conversations/{conversation['id']}/messages", body, by=by, agent=caller.get("agent"))

    if isinstance(spoke_as, str):
        assert spoke_as == answer.code
    else:
        kind, who = spoke_as
        expected = conversation["customer_id"] if who == "self" else who
        assert (kind, expected) == (answer.json["author"]["type"], answer.json["author"]["id"])


async def test_a_customer_writes_no_notes(api):
    conversation = await api.conversation()
    path = f"/v1/conversations/{conversation['id']}/messages"

    answer = await api.post(path, TEXT | {"visibility": "internal"}, by=api.token())

    assert "invalid_request" == answer.code


class TestSomebodyElses:
    """What is another customer's, or of another brand, is not there."""

    async def paths(self, api):
        conversation = await api.conversation("42")
        await api.say(conversation, "Hello")
        at = f"/v1/conversations/{conversation['id']}"
        yield "GET", at, None
        yield "GET", f"{at}/snapshot", None
        yield "GET", f"{at}/messages", None
        yield "POST", f"{at}/messages", TEXT
        yield "POST", f"{at}/activity", {"type": "read"}
        yield "POST", f"{at}/end_session", None
        yield "POST", f"{at}/leave_queue", None
        yield "GET", f"/v1/events?conversation={conversation['id']}&after=0", None
        yield "GET", f"/v1/stream?conversation={conversation['id']}&after=0", None

    async def test_another_customer(self, api):
        mine = await api.conversation("7")
        async for method, path, body in self.paths(api):
            answer = await api.call(method, path, body, by=api.token("7"))
            assert (404, "not_found") == (answer.status, answer.code), path

        listed = await api.done("GET", "/v1/conversations", by=api.token("7"))
        assert [mine["id"]] == [one["id"] for one in listed["items"]]

    async def test_a_token_for_another_brand(self, api):
        async for method, path, body in self.paths(api):
            answer = await api.call(method, path, body, by=api.token("42", brand="umbra"))
            assert 404 == answer.status, path

        token = api.token("42", brand="umbra")
        assert [] == (await api.done("GET", "/v1/conversations", by=token))["items"]
        assert [] == (await api.done("GET", "/v1/events?after=0", by=token))["items"]
        assert "forbidden" == (await api.post("/v1/conversations", {"brand": "acme"}, by=token)).code
        assert 201 == (await api.post("/v1/conversations", {"brand": "umbra"}, by=token)).status

    async def test_an_agent_of_another_brand(self, api):
        conversation = await api.conversation()
        ticket = (await api.hand_off(conversation))["ticket"]
        at = f"/v1/tickets/{ticket['id']}"
        for method, path, body in (
            ("GET", at, None),
            ("PATCH", at, {"subject": "x"}),
            ("POST", f"{at}/take", None),
            ("POST", f"{at}/hand_back", None),
            ("GET", f"/v1/conversations/{conversation['id']}", None),
            ("POST", f"/v1/conversations/{conversation['id']}/messages", TEXT),
            ("GET", f"/v1/handoffs/{ticket['handoff_id']}", None),
        ):
            assert 404 == (await api.call(method, path, body, agent="ben")).status, path
            if method == "GET":
                assert 200 == (await api.call(method, path, body, agent="ana")).status, path
        for path in ("/v1/tickets", "/v1/conversations", "/v1/events?after=0"):
            assert [] == (await api.done("GET", path, agent="ben"))["items"]
            assert (await api.done("GET", path, agent="ana"))["items"]

    async def test_another_customers_profile(self, api):
        theirs = (await api.conversation("42"))["customer_id"]

        for method, body in (("GET", None), ("PATCH", {"name": "x"})):
            assert 404 == (await api.call(method, f"/v1/customers/{theirs}", body, by=api.token("7"))).status


class TestCustomers:
    async def test_a_token_is_good_until_it_expires(self, api):
        token = api.token(exp=(api.clock.now() + timedelta(hours=1)).timestamp())

        assert 200 == (await api.get("/v1/conversations", by=token)).status
        api.clock.advance_to(api.clock.now() + timedelta(hours=2))
        assert "unauthenticated" == (await api.get("/v1/conversations", by=token)).code

    async def test_an_email_that_belongs_to_another(self, api):
        first = api.token("42", email="mia@example.com")
        assert 200 == (await api.get("/v1/conversations", by=first)).status

        answer = await api.get("/v1/conversations", by=api.token("43", email="mia@example.com"))
        assert (401, "unauthenticated") == (answer.status, answer.code)

        unverified = api.token("43", email="mia@example.com", email_verified=False)
        assert 200 == (await api.get("/v1/conversations", by=unverified)).status

    async def test_a_profile_is_taken_from_the_token_and_changed_by_its_owner(self, api):
        token = api.token("42", name="Mia")
        assert "Mia" == (await api.done("GET", "/v1/customers/me", by=token))["name"]

        changed = await api.done("PATCH", "/v1/customers/me", {"language": "de", "name": "Mia M."}, by=token)
        assert ("de", "Mia M.") == (changed["language"], changed["name"])

    async def test_what_an_application_knows_is_written_as_it_is_read(self, api):
        started = await api.conversation("42", customer={"external_id": "42", "attributes": {"plan": "free"}})
        path = f"/v1/customers/{started['customer_id']}"

        changed = await api.done("PATCH", path, {"attributes": {"seats": 3}, "plan": "gold"})

        assert {"plan": "gold", "seats": 3} == changed["attributes"]
        for body in ({"attributes": "gold"}, {"blocked": True}, {"attributes": {"id": "cus_1"}}):
            assert "invalid_request" == (await api.call("PATCH", path, body)).code, body

    async def test_what_an_application_knows_of_a_customer_is_not_theirs_to_change(self, api):
        mine = (await api.conversation("42", customer={"external_id": "42", "plan": "free"}))["customer_id"]
        token = api.token("42")

        for body in ({"plan": "platinum"}, {"external_id": "7"}, {"plan": None}, {"attributes": {"plan": "gold"}}):
            assert "forbidden" == (await api.call("PATCH", "/v1/customers/me", body, by=token)).code
            assert "forbidden" == (await api.post("/v1/conversations", {"customer": body}, by=token)).code
        assert {"plan": "free"} == (await api.done("GET", f"/v1/customers/{mine}"))["attributes"]
        assert "attributes" not in await api.done("GET", "/v1/customers/me", by=token)

    async def test_customers_choose_among_their_conversations_by_brand_alone(self, api):
        await api.conversation("42")

        for query in ("status=open", "owner=bot", "customer=7", "last_author=agent", "silent_for=1d"):
            assert "forbidden" == (await api.get(f"/v1/conversations?{query}", by=api.token())).code
        assert 1 == len((await api.done("GET", "/v1/conversations?brand=acme", by=api.token()))["items"])

    async def test_only_the_customer_speaks_first(self, api):
        for author in ({"type": "bot"}, {"type": "agent", "id": "ana"}, {"type": "system"}):
            answer = await api.post("/v1/conversations", {"message": TEXT | {"author": author}})
            assert "forbidden" == answer.code
        assert "forbidden" == (await api.post("/v1/conversations", {"message": TEXT}, by="bot")).code
        assert 201 == (await api.post("/v1/conversations", {"message": TEXT}, by=api.token())).status


class TestAnonymous:
    async def test_somebody_without_an_account_may_come(self, api):
        anonymous = await api.anonymous(name="Guest")

        conversation = await api.done(
            "POST", "/v1/conversations", {"brand": "acme", "message": TEXT}, by=anonymous["token"]
        )

        assert anonymous["customer"]["id"] == conversation["customer_id"]
        assert "Guest" == (await api.done("GET", "/v1/customers/me", by=anonymous["token"]))["name"]

    async def test_who_signs_in_keeps_the_conversations(self, api):
        anonymous = await api.anonymous()
        conversation = await api.done("POST", "/v1/conversations", {"message": TEXT}, by=anonymous["token"])
        mia = api.token("42")

        body = {"anonymous_token": anonymous["token"]}
        merged = await api.done("POST", "/v1/customers/me/merge", body, by=mia)

        assert "42" == merged["external_id"]
        listed = await api.done("GET", "/v1/conversations", by=mia)
        assert [conversation["id"]] == [one["id"] for one in listed["items"]]
        assert 201 == (await api.post(f"/v1/conversations/{conversation['id']}/messages", TEXT, by=mia)).status
        assert 401 == (await api.get("/v1/conversations", by=anonymous["token"])).status

    async def test_only_ones_own_past_can_be_taken(self, api):
        anonymous = await api.anonymous()
        other = await api.anonymous()
        mia = api.token("42")

        by_id = {"anonymous_id": anonymous["customer"]["id"]}
        assert "forbidden" == (await api.post("/v1/customers/me/merge", by_id, by=mia)).code
        by_token = {"anonymous_token": anonymous["token"]}
        assert "forbidden" == (await api.post("/v1/customers/me/merge", by_token, by=other["token"])).code
        assert 401 == (await api.post("/v1/customers/me/merge", {"anonymous_token": api.token("7")}, by=mia)).status
        assert 400 == (await api.post("/v1/customers/me/merge", {}, by=mia)).status

    async def test_an_integrator_says_who_it_was(self, api):
        anonymous = await api.anonymous()
        signed_in = (await api.conversation("42"))["customer_id"]

        body = {"anonymous_id": anonymous["customer"]["id"]}
        assert 200 == (await api.post(f"/v1/customers/{signed_in}/merge", body)).status
        assert 401 == (await api.get("/v1/customers/me", by=anonymous["token"])).status

    async def test_a_customer_who_has_signed_in_is_nobodys_past(self, api):
        mia = (await api.conversation("42"))["customer_id"]
        tom = (await api.conversation("7"))["customer_id"]

        assert "conflict" == (await api.post(f"/v1/customers/{mia}/merge", {"anonymous_id": tom})).code

    class TestNotWanted:
        @pytest.fixture
        def config(self, config):
            return config | {"auth": config["auth"] | {"anonymous": False}}

        async def test_customers_have_to_sign_in(self, api):
            assert "forbidden" == (await api.post("/v1/customers/anonymous", {}, by=None)).code


class TestLimits:
    @pytest.fixture
    def limits(self):
        return Limits(anonymous=Rate(6, 2), writes=Rate(60, 3))

    async def test_anonymous_customers_are_made_slowly(self, api):
        statuses = [(await api.post("/v1/customers/anonymous", {}, by=None)).status for _ in range(3)]
        assert [201, 201, 429] == statuses

        answer = await api.post("/v1/customers/anonymous", {}, by=None)
        assert "rate_limited" == answer.code
        assert 1 <= int(answer.headers["Retry-After"]) <= 10

    async def test_somebody_without_an_account_starts_so_many_conversations(self, api):
        token = (await api.anonymous())["token"]

        answers = [await api.post("/v1/conversations", {}, by=token) for _ in range(4)]

        assert [201, 201, 201, 429] == [answer.status for answer in answers]
        assert 3 == len((await api.done("GET", "/v1/conversations", by=token))["items"])

    async def test_a_customer_posts_so_much_and_an_integrator_as_much_as_they_like(self, api):
        conversation = await api.conversation()
        path = f"/v1/conversations/{conversation['id']}/messages"

        assert [201] * 3 + [429] == [(await api.post(path, TEXT, by=api.token())).status for _ in range(4)]
        assert [201] * 5 == [(await api.post(path, TEXT)).status for _ in range(5)]
        other = await api.conversation("7")
        assert 201 == (await api.post(f"/v1/conversations/{other['id']}/messages", TEXT, by=api.token("7"))).status
