"""Saved views over HTTP, limited to what the agent may see."""

from __future__ import annotations

import pytest

from .conftest import CONFIG

VIEWS = [
    {"name": "to answer", "all": [{"field": "status", "op": "in", "value": ["new", "open"]}], "sort": ["priority"]}
]


@pytest.fixture
def config():
    agents = CONFIG["agents"] | {
        "eve": {"brands": ["acme"]},
        "lea": {"role": "lead", "brands": ["acme"], "email": "lea@example.com"},
    }
    return CONFIG | {"views": VIEWS, "agents": agents}


async def waiting(api):
    """A ticket of a group, an urgent one of none, and one of another brand."""
    tickets = []
    for external_id, brand, details in (
        ("1", "acme", {"group": "support"}),
        ("2", "acme", {"priority": "urgent"}),
        ("3", "umbra", {}),
    ):
        conversation = await api.conversation(external_id, brand=brand)
        tickets.append((await api.hand_off(conversation, **details))["ticket"]["id"])
    return tickets


async def seen(api, **by):
    page = await api.done("GET", "/v1/views/to%20answer/tickets", **by)
    return [ticket["id"] for ticket in page["items"]]


async def test_they_are_listed(api):
    assert {"items": [{"name": "to answer"}], "next": None} == await api.done("GET", "/v1/views")


async def test_an_agent_sees_the_tickets_of_their_groups_and_brands(api):
    grouped, urgent, other = await waiting(api)
    assert [urgent, grouped] == await seen(api, agent="ana")
    assert [urgent] == await seen(api, agent="eve")
    assert [other] == await seen(api, agent="ben")


async def test_a_lead_sees_all_groups_and_a_key_everything(api):
    grouped, urgent, other = await waiting(api)
    assert [urgent, grouped] == await seen(api, agent="lea")
    assert [urgent, other, grouped] == await seen(api)


async def test_they_come_page_by_page(api):
    grouped, urgent, _ = await waiting(api)
    first = await api.done("GET", "/v1/views/to%20answer/tickets?limit=1", agent="ana")
    assert [urgent] == [ticket["id"] for ticket in first["items"]]
    second = await api.done("GET", f"/v1/views/to%20answer/tickets?limit=1&page={first['next']}", agent="ana")
    assert ([grouped], None) == ([ticket["id"] for ticket in second["items"]], second["next"])


async def test_a_list_of_tickets_can_be_that_of_a_view(api):
    grouped, urgent, _ = await waiting(api)
    page = await api.done("GET", "/v1/tickets?view=to%20answer&priority=urgent", agent="ana")
    assert [urgent] == [ticket["id"] for ticket in page["items"]]
    page = await api.done("GET", "/v1/tickets?view=to%20answer&status=new", agent="ana")
    assert [urgent, grouped] == [ticket["id"] for ticket in page["items"]]


async def test_what_there_is_not_is_told(api):
    assert "not_found" == (await api.get("/v1/views/answer/tickets", agent="ana")).code
    assert "invalid_request" == (await api.get("/v1/views/to%20answer/tickets?page=YQ", agent="ana")).code


async def test_a_lead_sets_other_agents_statuses(api):
    path = "/v1/agents/ana/status"
    assert "away" == (await api.done("PUT", path, {"status": "away"}, agent="lea"))["status"]
    assert "forbidden" == (await api.call("PUT", path, {"status": "online"}, agent="eve")).code
