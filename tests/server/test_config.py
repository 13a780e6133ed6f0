"""The configuration over the API: read without secrets, replaced whole, checked."""

from __future__ import annotations

import pytest

from handoff_sdk.models.config import merged
from handoff_sdk.ports import EventFilter

SECRET = "whsec_dGhpcnR5LXR3byBieXRlcyB0aGF0IHN0YXkgcXVpZXQ="
WIDGET = "another one that the environment has, long"
SECRETS = {
    "auth": {
        "signing_keys": [
            {"kid": "one", "secret": "a secret of at least 32 bytes, or so"},
            {"kid": "two", "secret": "${WIDGET}"},
        ]
    },
    "webhooks": [{"name": "crm", "url": "https://example.com/hook", "events": ["*"], "secret": SECRET}],
}


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.setenv("WIDGET", WIDGET)


async def put(api, config, **how):
    return await api.call("PUT", "/v1/config", config, **{"by": "admin", **how})


async def test_it_is_read_as_it_was_written_with_its_version(api, config):
    answer = await api.get("/v1/config", by="integrator")

    assert '"1"' == answer.headers["ETag"]
    assert 1 == answer.json["version"]
    assert config["agents"].keys() == answer.json["config"]["agents"].keys()


async def test_another_one_counts_at_once_and_is_told_without_what_it_says(api, config):
    answer = await put(api, merged(config, {"agents": {"zoe": {"name": "Zoe"}}, **SECRETS}))

    assert (200, 2, '"2"') == (answer.status, answer.json["version"], answer.headers["ETag"])
    agents = await api.get("/v1/agents", by="admin")
    assert "zoe" in [agent["id"] for agent in agents.json["items"]]
    [event] = [
        event
        for event in await api.desk.store.events(EventFilter(), after=0, limit=100)
        if event.type == "config.changed"
    ]
    assert {"version": 2, "changed": ["agents", "auth", "webhooks"]} == event.data
    assert "admin" == event.actor.type


async def test_secrets_are_not_shown_and_what_is_shown_may_be_put_back(api, config):
    written = merged(config, SECRETS)
    await put(api, written)

    shown = (await api.get("/v1/config", by="admin")).json["config"]
    assert ["***", "${WIDGET}"] == [key["secret"] for key in shown["auth"]["signing_keys"]]
    assert ["***"] == [hook["secret"] for hook in shown["webhooks"]]

    answer = await put(api, merged(shown, {"routing": {"accept": "auto"}}))
    assert 3 == answer.json["version"]
    assert ["a secret of at least 32 bytes, or so", WIDGET] == [key.secret for key in api.desk.config.auth.signing_keys]
    assert SECRET == api.desk.config.webhooks[0].secret


async def test_a_mask_for_a_secret_that_is_not_there(api, config):
    answer = await put(api, merged(config, {"auth": {"signing_keys": [{"kid": "new", "secret": "***"}]}}))

    assert (422, "config_error") == (answer.status, answer.code)
    assert ["auth.signing_keys[0].secret"] == [error["path"] for error in answer.json["errors"]]


async def test_the_same_again_is_no_new_version(api, config):
    await put(api, merged(config, {"routing": {"accept": "auto"}}))
    again = await put(api, merged(config, {"routing": {"accept": "auto"}}))

    assert 2 == again.json["version"]


async def test_what_cannot_be_used_changes_nothing(api, config):
    wrong = merged(config, {"agents": {"ana": {"groups": ["nowhere"]}}, "rooting": {}})
    answer = await put(api, wrong)

    assert (422, "config_error") == (answer.status, answer.code)
    assert {"agents.ana.groups[0]", "rooting"} == {error["path"] for error in answer.json["errors"]}
    assert 1 == (await api.get("/v1/config", by="admin")).json["version"]


@pytest.mark.parametrize(
    ("over", "path"),
    [
        ({"webhooks": [{"url": "http://127.0.0.1/x", "events": ["*"], "secret": SECRET}]}, "webhooks[0].url"),
        ({"auth": {"signing_keys": [{"kid": "k", "secret": "${NOT_THERE}"}]}}, "auth.signing_keys[0].secret"),
    ],
)
async def test_what_only_the_world_around_can_tell_is_refused_too(api, config, over, path):
    answer = await put(api, merged(config, over))

    assert "config_error" == answer.code
    assert [path] == [error["path"] for error in answer.json["errors"]]


async def test_a_stale_version_is_a_conflict(api, config):
    assert 200 == (await put(api, merged(config, {"routing": {"accept": "auto"}}), headers={"If-Match": '"1"'})).status

    answer = await put(api, config, headers={"If-Match": '"1"'})
    assert (409, "conflict") == (answer.status, answer.code)
    assert "auto" == api.desk.config.routing.accept


async def test_only_an_admins_key_replaces_and_checks(api, config):
    assert 403 == (await put(api, config, by="integrator")).status
    assert 403 == (await api.post("/v1/config/check", config, by="integrator")).status
    assert 403 == (await api.get("/v1/config", by="bot")).status


async def test_a_put_without_a_body_is_not_the_empty_configuration(api):
    answer = await api.call("PUT", "/v1/config", by="admin")

    assert (400, "invalid_request") == (answer.status, answer.code)
    assert "ana" in api.desk.config.agents


async def test_a_check_answers_what_is_found_and_changes_nothing(api, config):
    fine = await api.post("/v1/config/check", config, by="admin")
    wrong = await api.post("/v1/config/check", {"agents": {"ana": {"groups": ["nowhere"]}}}, by="admin")

    assert 200 == fine.status
    assert [] == [finding for finding in fine.json["findings"] if finding["level"] == "error"]
    assert 200 == wrong.status
    assert [("error", "agents.ana.groups[0]")] == [(one["level"], one["path"]) for one in wrong.json["findings"]]
    assert 1 == api.desk.configuration.version


async def test_a_key_to_sign_with_counts_at_once(api, config):
    token = api.token()
    assert 200 == (await api.get("/v1/conversations", by=token)).status

    await put(
        api,
        merged(config, {"auth": {"signing_keys": [{"kid": "other", "secret": "another secret of 32 bytes......"}]}}),
    )
    assert 401 == (await api.get("/v1/conversations", by=token)).status


async def test_who_is_no_agent_any_more_may_not_act_for_one(api, config):
    assert 200 == (await api.get("/v1/tickets", agent="ana")).status

    await put(api, merged(config, {"agents": {"ana": None}}))
    assert 403 == (await api.get("/v1/tickets", agent="ana")).status
