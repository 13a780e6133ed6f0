"""Reports over HTTP: the summary of what happened, its parts, and who may see it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handoff_sdk import HandoffClient
from handoff_sdk.models.config import merged

from .conftest import CONFIG, START

SPECIFIED = """
    conversations tickets_created tickets_solved tickets_closed reopens offers offers_accepted offers_declined
    offers_lapsed first_reply_time first_reply_time_p90 next_reply_time next_reply_time_p90 requester_wait_time
    requester_wait_time_p90 handle_time handle_time_p90 resolution_time resolution_time_p90 followups_sent returned
    handed_off abandoned bot_silent
""".split()  # noqa: SIM905 - read as one line


@pytest.fixture
def config():
    agents = {"lea": {"role": "lead", "brands": ["umbra"]}, "eve": {"role": "admin"}}
    return merged(CONFIG, {"agents": agents})


@pytest.fixture
async def story(api):
    """One ticket of each brand; the one of acme is replied to after a minute and solved after two."""
    for brand in ("acme", "umbra"):
        conversation = await api.conversation(brand, brand=brand)
        await api.say(conversation, "Hello")
        handed_off = await api.hand_off(conversation, reason="refund", tags=["vip"], fields={"order": 7})
        if brand == "acme":
            for text in ("Hello!", "Done."):
                api.clock.advance_to(api.clock.now() + timedelta(minutes=1))
                await api.say(conversation, text, agent="ana")
            await api.done("PATCH", f"/v1/tickets/{handed_off['ticket']['id']}", {"status": "solved"}, agent="ana")


async def test_the_summary_has_what_is_specified(api, story):
    told = await api.done("GET", "/v1/reports/summary")

    assert [] == [name for name in SPECIFIED if name not in told]
    assert (2, 2, 2, 1) == (
        told["conversations"],
        told["handed_off"],
        told["tickets_created"],
        told["tickets_solved"],
    )
    assert (60, 60, 120) == (told["first_reply_time"], told["handle_time"], told["resolution_time"])
    assert ("2026-01-31T09:02:00Z", "2026-03-02T09:02:00Z") == (told["from"], told["to"])
    assert [] == told["groups"]


async def test_a_summary_is_of_its_period_and_brand(api, story):
    later = await api.done("GET", "/v1/reports/summary?from=2026-03-02T09:02:00Z&to=2026-03-03")
    acme = await api.done("GET", "/v1/reports/summary?brand=acme")

    assert (1, 0) == (later["tickets_created"], later["first_reply_time"] or 0)
    assert (1, 1) == (acme["tickets_created"], acme["tickets_solved"])


async def test_a_report_is_split_by_dimensions(api, story):
    told = await api.done("GET", "/v1/reports/summary?group_by=brand,field:order")
    agents = await api.done("GET", "/v1/reports/agents")

    assert [{"brand": "acme", "field:order": "7"}, {"brand": "umbra", "field:order": "7"}] == [
        row["by"] for row in told["groups"] if row["tickets_created"]
    ]
    assert [({"agent": "ana"}, 60)] == [(row["by"], row["first_reply_time"]) for row in agents["groups"]]
    assert "tickets_created" not in agents


@pytest.mark.parametrize("name", ["summary", "agents", "queues", "bot", "sla", "staffing"])
async def test_every_report_answers_for_an_empty_desk(api, name):
    told = await api.done("GET", f"/v1/reports/{name}?group_by=tag")

    assert (name, []) == (told["report"], told["groups"])


@pytest.mark.parametrize(
    ("query", "field", "problem"),
    [
        ("group_by=queu", "group_by", "did you mean 'queue'?"),
        ("from=yesterday", "from", "time"),
        ("from=2026-03-02&to=2026-03-02", "from", "has to be before 'to'"),
        ("to=0001-01-02", "to", "has to be later"),
        ("until=2026-03-02", "until", "not"),
    ],
)
async def test_a_bad_query_is_refused_by_its_field(api, query, field, problem):
    refused = await api.get(f"/v1/reports/summary?{query}")

    assert (400, "invalid_request") == (refused.status, refused.code)
    assert [field] == [error["path"] for error in refused.json["errors"]]
    assert problem in refused.json["detail"]


async def test_leads_see_their_brands_and_agents_nothing(api, story):
    lead = await api.done("GET", "/v1/reports/summary", agent="lea")
    admin = await api.done("GET", "/v1/reports/summary", agent="eve")
    answers = [
        await api.get("/v1/reports/summary", agent="ana"),
        await api.get("/v1/reports/live", agent="ana"),
        await api.get("/v1/reports/summary?brand=acme", agent="lea"),
        await api.get("/v1/reports/summary", by="bot"),
        await api.get("/v1/reports/summary", by=api.token()),
    ]

    assert (1, 0, 2) == (lead["tickets_created"], lead["tickets_solved"], admin["tickets_created"])
    assert ["forbidden"] * 5 == [answer.code for answer in answers]


async def test_how_things_stand_now(api, story):
    live = await api.done("GET", "/v1/reports/live")
    lead = await api.done("GET", "/v1/reports/live", agent="lea")

    assert {"assigned": 1, "waiting": 1} == live["active"]
    assert {"assigned": 0, "waiting": 0} == live["inactive"]
    assert 0 == live["longest_wait"]
    assert {"offline": 4} == live["statuses"]
    assert {"assigned": 0, "waiting": 1} == lead["active"]


async def test_the_client_reads_them_as_nouns(api, story):
    url = str(api.client.make_url("/"))
    async with HandoffClient(url, api_key=api.keys["admin"]) as client:
        told = await client.reports.summary(from_=START.date(), to=START + timedelta(hours=1), group_by=["day", "tag"])
        agents = await client.reports.agents(brand="acme")
        live = await client.reports.live()

    assert (START.replace(hour=0), 2) == (told.from_, told.tickets_created)
    assert {"day": "2026-03-02", "tag": "vip"} in [row.by for row in told.groups]
    assert (None, 60) == (agents.tickets_created, agents.groups[0].first_reply_time)
    assert 1 == live.active.waiting
