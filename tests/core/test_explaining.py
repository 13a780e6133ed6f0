"""lifecycle.md, 6.15: where a ticket stands, who could take it, and why each other agent can't."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handoff_sdk.core.explaining import explain
from handoff_sdk.core.preview import preview
from handoff_sdk.core.routing import chosen_agent
from handoff_sdk.core.waits import per_place, wait_range
from handoff_sdk.models.command import Preview
from handoff_sdk.models.wait import Place, WaitRange

from .desk import Desk

AGENTS = {
    "ana": {"groups": ["support"], "skills": ["german"]},
    "ben": {"groups": ["support"], "skills": ["german"], "capacity": {"messaging": 0}},
    "cat": {"groups": ["support"]},
    "dan": {"groups": ["support"], "brands": ["other"]},
    "eve": {"groups": ["sales"], "skills": ["german"]},
    "fay": {"groups": ["support"], "skills": ["german"]},
}


def online(desk, *but):
    for agent in desk.people:
        if agent not in but:
            desk.people[agent] = desk.people[agent].model_copy(update={"status": "online"})


def waiting(*offline, queues=(), brand=None, agents=AGENTS, **details):
    """A ticket that waits; what the agents are was changed without pulling the queue."""
    desk = Desk(
        brands={"other": {}},
        brand=brand or {},
        groups={"support": {}, "sales": {}},
        agents=agents,
        queues=list(queues),
    )
    desk.customer_says()
    desk.hand_off(**details)
    online(desk, *offline)
    return desk


def explained(desk, place=None):
    agents = [desk.agent(agent_id) for agent_id in desk.people]
    return explain(desk.thread, desk.ticket, agents=agents, place=place, now=desk.now, config=desk.config)


def test_who_could_take_it_and_why_each_other_cannot():
    found = explained(waiting("fay", group="support", skills=["german"]), Place(position=1))
    assert ("waiting", "standard", 1, ("ana",)) == (found.state, found.queue, found.position, found.agents)
    assert {
        "ben": "capacity",
        "cat": "skills",
        "dan": "brand",
        "eve": "group",
        "fay": "status",
    } == found.out


def test_who_lacks_preferred_skills_waits_until_it_does_without():
    desk = waiting("ana", "fay", group="support", prefer_skills=["german"])
    assert "preferred_skills" == explained(desk).out["cat"]
    desk.advance("30s")
    assert "cat" == desk.ticket.offered_to


def test_who_is_passed_over_and_who_is_only_for_when_nobody_else_can():
    vip = {"name": "vip", "groups": ["support"], "fallback_groups": ["sales"]}
    desk = waiting("ben", "cat", "dan", "fay", queues=[vip])
    assert (("ana",), "fallback") == (explained(desk).agents, explained(desk).out["eve"])
    desk.pull()
    desk.declines("ana")
    desk.people["eve"] = desk.people["eve"].model_copy(update={"status": "online"})
    assert "passed_over" == explained(desk).out["ana"]


def test_a_silent_customers_ticket_looks_at_how_many_such_an_agent_has():
    desk = waiting("ben", "cat", "dan", "eve", "fay")
    online(desk, *desk.people)
    desk.people["ana"] = desk.people["ana"].model_copy(update={"status": "offline"})
    desk.advance("10m")
    online(desk, "ben", "cat", "dan", "eve", "fay")
    assert ("ana",) == explained(desk).agents
    desk.config = desk.config.model_copy(
        update={"routing": desk.config.routing.model_copy(update={"max_inactive_per_agent": 0})}
    )
    assert "inactive" == explained(desk).out["ana"]


def test_the_first_of_them_is_who_gets_it():
    desk = waiting(group="support")
    agents = [desk.agent(agent_id) for agent_id in desk.people]
    assert explained(desk).agents[0] == chosen_agent(desk.ticket, agents, desk.config, desk.now).id


@pytest.mark.parametrize(
    ("does", "state"),
    [
        (lambda desk: desk.pull(), "offered"),
        (lambda desk: desk.takes("ana"), "assigned"),
        (lambda desk: desk.sets(status="pending"), "not_routed"),
    ],
)
def test_it_says_how_the_ticket_stands(does, state):
    desk = waiting("cat", "fay", group="support")
    online(desk, *desk.people)
    does(desk)
    assert state == explained(desk).state


def test_it_says_when_people_are_there():
    office = {"timezone": "UTC", "hours": {"mon-fri": ["10:00-17:00"]}}
    desk = Desk(brand={"schedule": "office"}, schedules={"office": office})
    desk.customer_says()
    desk.hand_off()
    found = explained(desk)
    assert (False, desk.now + timedelta(hours=1)) == (found.open, found.opens_at)


@pytest.mark.parametrize(
    "asked",
    [
        {"group": "support", "skills": ["german"]},
        {"group": "support", "prefer_skills": ["german"]},
        {"tags": ["vip"]},
        {"priority": "high"},
    ],
    ids=str,
)
@pytest.mark.parametrize("offline", [(), ("ana",), ("ana", "fay"), ("cat", "fay")], ids=str)
def test_what_a_preview_says_before_is_what_is_explained_after(asked, offline):
    """Preferred skills and fallback groups too: both ask what routing asks."""
    vip = {
        "name": "vip",
        "all": [{"field": "tags", "op": "includes", "value": "vip"}],
        "groups": ["sales"],
        "fallback_groups": ["support"],
    }
    desk = waiting(*offline, queues=[vip], **asked)
    after = explained(desk)
    before = Desk(brands={"other": {}}, groups={"support": {}, "sales": {}}, agents=AGENTS, queues=[vip])
    before.customer_says()
    online(before, *offline)
    seen = preview(
        before.thread,
        Preview(conversation_id=before.conversation.id, **asked),
        agents=[before.agent(agent_id) for agent_id in before.people],
        place_of=lambda _ticket: Place(position=1),
        now=before.now,
        config=before.config,
    )
    assert (after.queue, after.agents, after.out) == (seen.queue, seen.agents, seen.out)


class TestWaits:
    def test_a_queue_of_which_little_is_known_promises_nothing(self):
        assert None is wait_range([timedelta(seconds=10)] * 2, 1)

    def test_the_range_grows_with_the_position(self):
        history = [timedelta(seconds=seconds) for seconds in (10, 20, 30, 40, 500)]
        assert WaitRange(low_seconds=20, high_seconds=40) == wait_range(history, 1)
        assert WaitRange(low_seconds=60, high_seconds=120) == wait_range(history, 3)

    def test_a_wait_counts_for_each_place(self):
        assert timedelta(seconds=30) == per_place(timedelta(minutes=2), 4)
