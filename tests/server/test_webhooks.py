"""``/v1/webhooks`` as callers see it: who may, what is told once, and what is refused."""

import re

import pytest

from handoff_sdk.models.config import DeskConfig

from .conftest import CONFIG

SECRET = "whsec_" + "A" * 40
HOOK = {"url": "https://example.com/hook", "events": ["ticket.*"]}


@pytest.fixture
def config():
    return CONFIG | {"webhooks": [{"url": "https://example.com/of-config", "events": ["*"], "secret": SECRET}]}


async def made(api, **more):
    return await api.done("POST", "/v1/webhooks", HOOK | more)


async def test_the_secret_is_told_when_it_is_made_and_never_again(api):
    webhook = await made(api, name="crm")

    assert webhook["secret"].startswith("whsec_")
    assert {"active", "api"} == {webhook["state"], webhook["source"]}
    read = await api.get(f"/v1/webhooks/{webhook['id']}")
    listed = await api.get("/v1/webhooks")
    assert {key: value for key, value in webhook.items() if key != "secret"} == read.json
    assert 2 == len(listed.json["items"])
    assert b"whsec_" not in read.body + listed.body


async def test_a_call_that_is_repeated_makes_one_and_tells_its_secret_again(api):
    first = await api.post("/v1/webhooks", HOOK, key="k")
    second = await api.post("/v1/webhooks", HOOK, key="k")

    assert (201, 201, "true") == (first.status, second.status, second.headers["Idempotent-Replay"])
    assert first.json == second.json
    (scope,) = [f"key:{key.id}" for key in await api.desk.store.keys() if key.role == "integrator"]
    kept = await api.desk.store.answer(scope, "k")
    assert b"whsec_" not in kept.body


@pytest.mark.parametrize("by", ["bot", None])
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("POST", ""), ("GET", "/x"), ("PATCH", "/x"), ("DELETE", "/x"), ("POST", "/x/test"),
     ("GET", "/x/deliveries"), ("POST", "/x/rotate"), ("POST", "/x/deliveries/y/redeliver")],
)  # fmt: skip
async def test_only_integrators_and_admins_may(api, method, path, by):
    answer = await api.call(method, f"/v1/webhooks{path}", by=by)

    assert (401 if by is None else 403) == answer.status


async def test_agents_and_customers_may_not(api):
    assert 403 == (await api.get("/v1/webhooks", agent="ana")).status
    assert 403 == (await api.get("/v1/webhooks", by=api.token())).status
    assert 200 == (await api.get("/v1/webhooks", by="admin")).status


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"url": "https://example.com/"}, "events"),
        (HOOK | {"events": []}, "events"),
        (HOOK | {"events": ["ticket.solvd"]}, "events.0"),
        (HOOK | {"events": ["typing.started"]}, "events.0"),
        (HOOK | {"events": ["turn.started", "turn.done"]}, "events.1"),
        (HOOK | {"events": ["turn.*"]}, "events.0"),
        (HOOK | {"url": "ftp://example.com/"}, "url"),
        (HOOK | {"url": "https://user:pass@example.com/"}, "url"),
        (HOOK | {"url": "https://bücher.example/"}, "url"),
        (HOOK | {"url": "http://127.0.0.1:8080/"}, "url"),
        (HOOK | {"url": "http://2130706433/"}, "url"),
        (HOOK | {"secret": "guess"}, "secret"),
        (HOOK | {"cursor": 1}, "cursor"),
    ],
)
async def test_what_is_wrong_is_named(api, body, path):
    answer = await api.post("/v1/webhooks", body)

    assert "invalid_request" == answer.code
    assert path in [error["path"] for error in answer.json["errors"]]
    assert b"guess" not in answer.body


async def test_one_is_changed_disabled_resumed_and_deleted(api):
    path = f"/v1/webhooks/{(await made(api))['id']}"
    changed = await api.done("PATCH", path, {"events": ["*"], "name": "all"})
    assert (["*"], "all", HOOK["url"]) == (changed["events"], changed["name"], changed["url"])
    assert "by_hand" == (await api.done("POST", f"{path}/disable"))["disabled_because"]
    assert "active" == (await api.done("POST", f"{path}/resume", {"skip": True}))["state"]
    assert "invalid_request" == (await api.call("PATCH", path, {})).code
    assert "invalid_request" == (await api.call("PATCH", path, {"url": None})).code
    assert {} == await api.done("DELETE", path)
    assert 404 == (await api.get(path)).status


async def test_a_secret_is_rotated(api):
    webhook = await made(api, secret=SECRET)
    rotated = await api.done("POST", f"/v1/webhooks/{webhook['id']}/rotate")

    assert SECRET == webhook["secret"]
    assert rotated["secret"] != SECRET
    assert rotated["overlap_until"] is not None


async def test_one_of_the_configuration_is_read_and_not_changed(api):
    (webhook,) = (await api.done("GET", "/v1/webhooks"))["items"]
    path = f"/v1/webhooks/{webhook['id']}"

    assert "config" == webhook["source"]
    assert "conflict" == (await api.call("PATCH", path, {"name": "x"})).code
    assert "conflict" == (await api.call("DELETE", path)).code
    assert "conflict" == (await api.post(f"{path}/rotate")).code


async def test_what_is_not_there_is_not_found(api):
    for method, path in [("GET", ""), ("DELETE", ""), ("POST", "/test"), ("GET", "/deliveries"), ("POST", "/resume")]:
        assert "not_found" == (await api.call(method, f"/v1/webhooks/whk_x{path}")).code
    webhook = await made(api)
    assert "not_found" == (await api.post(f"/v1/webhooks/{webhook['id']}/deliveries/x/redeliver")).code


async def test_deliveries_are_listed_by_page_and_state(api):
    webhook = await made(api, url="http://nobody.invalid/", events=["conversation.created"])
    for name in "abc":
        await api.conversation(name)
    await api.desk.rest()
    path = f"/v1/webhooks/{webhook['id']}/deliveries"
    first = await api.done("GET", f"{path}?limit=2&state=pending")
    second = await api.done("GET", f"{path}?limit=2&state=pending&page={first['next']}")

    assert (2, 1, None) == (len(first["items"]), len(second["items"]), second["next"])
    one = first["items"][0]
    assert ("conversation.created", 1, None) == (one["event_type"], one["attempts"], one["status"])
    assert one["error"]
    assert one["next_at"]
    assert [] == (await api.done("GET", f"{path}?state=delivered"))["items"]
    again = await api.done("POST", f"{path}/{one['id']}/redeliver")
    assert ("pending", one["id"]) == (again["state"], again["id"])
    assert "invalid_request" == (await api.get(f"{path}?state=lost")).code


def test_a_configuration_names_what_is_wrong_in_its_webhooks():
    hook = {"url": "https://example.com/", "events": ["*"], "secret": SECRET}
    for webhooks, problem in [
        ([hook | {"secret": "x"}], "webhooks[0].secret: is not a secret"),
        ([hook | {"event": ["*"]}], "webhooks[0].event: unknown key; did you mean 'events'"),
        ([hook, hook], "webhooks: two of them have the same name"),
    ]:
        with pytest.raises(Exception, match=re.escape(problem)):
            DeskConfig.parse({"webhooks": webhooks})
