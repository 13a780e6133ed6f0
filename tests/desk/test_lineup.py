"""The router's index narrows whom the rules choose among; the choice is the same as among all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from handoff_sdk.core.routing import chosen_agent, serving_order
from handoff_sdk.desk.free import FreeAgents
from handoff_sdk.desk.lineup import Lineup
from handoff_sdk.models.agent import Agent, Capacity
from handoff_sdk.models.config import DeskConfig
from handoff_sdk.models.ticket import Ticket

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
GROUPS = ("sales", "support")
SKILLS = ("german", "refunds")


def config(method="spare_capacity"):
    queue = {"name": "vip", "priority": 1, "groups": ["sales"], "fallback_groups": ["support"]}
    return DeskConfig.parse(
        {
            "groups": {group: {} for group in GROUPS},
            "brands": {"acme": {}},
            "queues": [queue],
            "routing": {"method": method, "max_inactive_per_agent": 2},
        }
    )


def some(values):
    return st.lists(st.sampled_from(values), unique=True).map(tuple)


agents = st.builds(
    Agent,
    id=st.sampled_from("abcdefgh"),
    groups=some(GROUPS),
    skills=some(SKILLS),
    brands=st.sampled_from([None, ("acme",)]),
    status=st.sampled_from(["online", "online", "away"]),
    capacity=st.just(Capacity(messaging=2)),
    used=st.integers(0, 3).map(lambda used: Capacity(messaging=used)),
    inactive=st.integers(0, 3),
    given_at=st.sampled_from([None, NOW - timedelta(minutes=1), NOW]),
)
tickets = st.builds(
    Ticket,
    id=st.integers(0, 9).map(lambda number: f"tkt_{number}"),
    number=st.just(1),
    conversation_id=st.just("cnv_1"),
    brand=st.sampled_from(["default", "acme"]),
    channel=st.just("web"),
    style=st.just("social"),
    queue=st.sampled_from(["standard", "vip"]),
    priority=st.sampled_from([None, "urgent"]),
    group=st.sampled_from([None, "sales"]),
    skills=some(SKILLS),
    prefer_skills=some(SKILLS),
    relaxed=st.booleans(),
    passed_over=st.sampled_from([None, "a", "b"]),
    retry_at=st.sampled_from([None, NOW + timedelta(seconds=30)]),
    created_at=st.just(NOW),
    updated_at=st.just(NOW),
    status_at=st.just(NOW),
)
methods = st.sampled_from(["spare_capacity", "spare_share", "round_robin"])


def line_of(lineup, ticket, *, inactive):
    lineup.add(ticket, NOW, inactive=inactive)
    return lineup.find(ticket.id).line


@settings(max_examples=200, deadline=None)
@given(st.lists(agents, max_size=12), st.lists(tickets, min_size=1, max_size=4), methods, st.booleans())
def test_the_choice_among_the_first_is_that_among_all(changes, waiting, method, inactive):
    desk = config(method)
    free, lineup = FreeAgents(desk), Lineup(desk)
    known = {}
    for agent in changes:
        known[agent.id] = agent
        free.put(agent)
    for ticket in {ticket.id: ticket for ticket in waiting}.values():
        line = line_of(lineup, ticket, inactive=inactive)
        first = {agent.id: agent for agent in free.for_line(line, ticket, inactive=inactive)}
        passed_over = known.get(ticket.passed_over or "")
        if first and passed_over is not None:
            first[passed_over.id] = passed_over
        among_all = chosen_agent(ticket, known.values(), desk, NOW, inactive=inactive)
        assert among_all == chosen_agent(ticket, first.values(), desk, NOW, inactive=inactive)


@settings(max_examples=100, deadline=None)
@given(st.lists(tickets, max_size=8), st.lists(st.integers(0, 9), max_size=4))
def test_tickets_stand_in_serving_order_and_know_their_place(added, dropped):
    desk = config()
    lineup = Lineup(desk)
    waiting = {}
    for ticket in added:
        lineup.drop(ticket.id)
        lineup.add(ticket, NOW, inactive=False)
        waiting[ticket.id] = ticket
    for number in dropped:
        lineup.drop(f"tkt_{number}")
        waiting.pop(f"tkt_{number}", None)
    in_order = sorted(waiting.values(), key=lambda ticket: serving_order(ticket, desk))
    assert in_order == lineup.tickets()
    assert {ticket.id for ticket in in_order} == {one.ticket.id for line in lineup.lines() for one in line}
    heads = [next(line).order for line in lineup.lines()]
    assert sorted(heads) == heads
    for queue in ("standard", "vip"):
        places = [lineup.place_of(ticket).position for ticket in in_order if ticket.queue == queue]
        assert list(range(1, len(places) + 1)) == places


def test_waits_are_learnt_from_who_was_served():
    desk = config()
    lineup = Lineup(desk)
    for number in range(3):
        ticket = Ticket(
            id=f"tkt_{number}",
            number=1,
            conversation_id="cnv_1",
            brand="default",
            channel="web",
            style="social",
            created_at=NOW,
            updated_at=NOW,
            status_at=NOW,
        )
        lineup.add(ticket, NOW, inactive=False)
        lineup.drop(ticket.id)
        lineup.left(ticket, NOW + timedelta(seconds=30), served=number > 0)
    assert (timedelta(seconds=30),) * 2 == lineup.history("standard")
    assert () == lineup.history("vip")
