"""What lies before an agent, over HTTP: whose tickets, whose colleagues, and who may ask."""

from __future__ import annotations

import pytest

from .conftest import CONFIG


@pytest.fixture
def config():
    agents = CONFIG["agents"] | {
        "cyd": {"name": "Cyd", "brands": ["acme"]},
        "lea": {"role": "lead", "brands": ["acme"], "email": "lea@example.com"},
        "adm": {"role": "admin", "brands": ["acme"]},
    }
    more = {"statuses": {"lunch": {"email": True}}, "ticket_statuses": {"at_the_depot": "on_hold"}}
    return CONFIG | more | {"agents": agents}


async def workplace(api, agent, **by):
    return await api.done("GET", f"/v1/agents/{agent}/snapshot", **(by or {"agent": agent}))


async def handed_off(api, external_id, brand="acme", **details):
    conversation = await api.conversation(external_id, brand=brand)
    return (await api.hand_off(conversation, **details))["ticket"]["id"]


def tickets_in(workplace):
    return {ticket["id"] for ticket in workplace["tickets"]}


async def test_what_waits_is_shown_to_those_who_may_take_it(api):
    grouped = await handed_off(api, "1", group="support")
    common = await handed_off(api, "2")
    other = await handed_off(api, "3", brand="umbra")

    assert {grouped, common} == tickets_in(await workplace(api, "ana"))
    assert {common} == tickets_in(await workplace(api, "cyd"))
    assert {grouped, common} == tickets_in(await workplace(api, "lea"))
    assert {other} == tickets_in(await workplace(api, "ben"))


async def test_what_an_agent_has_or_is_offered_is_shown_to_them_and_no_longer_to_others(api):
    offered = await handed_off(api, "1", group="support")
    await api.done("PUT", "/v1/agents/ana/status", {"status": "online"}, agent="ana")
    await api.desk.rest()
    taken = await handed_off(api, "2")
    await api.done("POST", f"/v1/tickets/{taken}/take", agent="cyd")

    assert {offered} == tickets_in(await workplace(api, "ana"))
    assert {taken} == tickets_in(await workplace(api, "cyd"))
    await api.done("PATCH", f"/v1/tickets/{taken}", {"status": "solved"}, agent="cyd")
    assert {taken} == tickets_in(await workplace(api, "cyd"))


async def test_each_ticket_comes_with_its_conversation_and_customer(api):
    ticket = await handed_off(api, "1")
    shown = await workplace(api, "ana")

    assert [ticket] == [one["id"] for one in shown["tickets"]]
    assert [shown["tickets"][0]["conversation_id"]] == [one["id"] for one in shown["conversations"]]
    assert [("1", shown["conversations"][0]["customer_id"])] == [
        (one["external_id"], one["id"]) for one in shown["customers"]
    ]


async def test_colleagues_are_those_of_a_common_brand(api):
    assert ["adm", "ana", "cyd", "lea"] == [agent["id"] for agent in (await workplace(api, "ana"))["agents"]]
    assert ["ben"] == [agent["id"] for agent in (await workplace(api, "ben"))["agents"]]


async def seen(api, agent):
    """Whom an agent is told of by the list of agents."""
    listed = (await api.done("GET", "/v1/agents", agent=agent))["items"]
    return [one["id"] for one in listed]


def told_of(explained):
    return sorted({*explained["agents"], *explained["out"]})


async def test_an_agent_is_told_of_colleagues_alone_and_an_admin_and_keys_of_all(api):
    everybody = ["adm", "ana", "ben", "cyd", "lea"]

    assert ["adm", "ana", "cyd", "lea"] == await seen(api, "ana") == await seen(api, "lea")
    assert ["ben"] == await seen(api, "ben")
    assert everybody == await seen(api, "adm")
    for role in ("integrator", "admin"):
        assert everybody == [one["id"] for one in (await api.done("GET", "/v1/agents", by=role))["items"]]


async def test_who_could_take_a_ticket_tells_of_colleagues_alone(api):
    conversation = await api.conversation("1")
    preview = f"/v1/conversations/{conversation['id']}/preview"
    path = f"/v1/tickets/{(await api.hand_off(conversation))['ticket']['id']}/explain"

    for agent in ("ana", "lea"):
        assert ["adm", "ana", "cyd", "lea"] == told_of(await api.done("GET", path, agent=agent))
        assert ["adm", "ana", "cyd", "lea"] == told_of(await api.done("POST", preview, {}, agent=agent))
    assert ["adm", "ana", "ben", "cyd", "lea"] == told_of(await api.done("GET", path, agent="adm"))
    assert ["adm", "ana", "ben", "cyd", "lea"] == told_of(await api.done("GET", path))


async def test_agents_of_other_brands_are_not_there(api):
    for agent in ("ana", "lea"):
        answers = [
            await api.get("/v1/agents/ben/workload", agent=agent),
            await api.get("/v1/agents/bem/workload", agent=agent),
        ]
        assert ["not_found", "not_found"] == [answer.code for answer in answers]
        assert "ben" not in answers[1].json["detail"]
    status = {"status": "online"}
    assert "not_found" == (await api.call("PUT", "/v1/agents/ben/status", status, agent="lea")).code
    assert "forbidden" == (await api.call("PUT", "/v1/agents/ben/status", status, agent="ana")).code
    assert "offline" == (await api.done("GET", "/v1/agents/ben/workload"))["status"]
    assert "online" == (await api.done("PUT", "/v1/agents/ben/status", status, agent="adm"))["status"]


async def test_events_tell_of_colleagues_alone(api):
    for agent in ("ben", "cyd"):
        await api.done("PUT", f"/v1/agents/{agent}/status", {"status": "away"}, agent=agent)

    async def changed(**by):
        events = (await api.done("GET", "/v1/events?after=0", **by))["items"]
        return [event["data"]["agent_id"] for event in events if event["type"] == "agent.status"]

    assert ["cyd"] == await changed(agent="ana") == await changed(agent="lea")
    assert ["ben"] == await changed(agent="ben")
    assert ["ben", "cyd"] == await changed() == await changed(agent="adm")


async def test_it_says_which_names_there_are(api):
    shown = await workplace(api, "lea")

    assert ("lead", ["support"], ["standard"]) == (shown["role"], shown["groups"], shown["queues"])
    assert ["online", "away", "transfers_only", "offline", "lunch"] == shown["statuses"]
    assert {"at_the_depot": "on_hold"} == shown["ticket_statuses"]


async def test_events_go_on_after_its_cursor(api):
    shown = await workplace(api, "ana")
    ticket = await handed_off(api, "1")
    events = (await api.done("GET", f"/v1/events?after={shown['cursor']}", agent="ana"))["items"]

    assert ticket in {event["ticket_id"] for event in events}


async def test_it_is_for_the_agent_and_for_keys(api):
    assert "not_found" == (await api.get("/v1/agents/ana/snapshot", agent="lea")).code
    assert "ana" == (await workplace(api, "ana", by="integrator"))["agent_id"]
    assert "not_found" == (await api.get("/v1/agents/anna/snapshot")).code
