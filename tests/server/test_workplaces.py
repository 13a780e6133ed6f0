"""What lies before an agent, over HTTP: whose tickets, whose colleagues, and who may ask."""

from __future__ import annotations

import pytest

from .conftest import CONFIG


@pytest.fixture
def config():
    agents = CONFIG["agents"] | {
        "cyd": {"name": "Cyd", "brands": ["acme"]},
        "lea": {"role": "lead", "brands": ["acme"], "email": "lea@example.com"},
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
    assert ["ana", "cyd", "lea"] == [agent["id"] for agent in (await workplace(api, "ana"))["agents"]]
    assert ["ben"] == [agent["id"] for agent in (await workplace(api, "ben"))["agents"]]


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
