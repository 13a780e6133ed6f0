"""lifecycle.md, 6.1 to 6.5, 6.7 and 6.10: which ticket is next, which agent gets it, what capacity is used."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest

from handoff_sdk.core.routing import chosen_agent, load_agent, may_see, serving_order, why_not
from handoff_sdk.core.status import eligible
from handoff_sdk.models.agent import Agent, Capacity
from handoff_sdk.models.config import DeskConfig
from handoff_sdk.models.ticket import Ticket

from .desk import MONDAY, Desk


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


def ticket(**fields: object) -> Ticket:
    known = {
        "id": "tkt_1",
        "number": 1,
        "conversation_id": "cnv_1",
        "brand": "default",
        "channel": "web",
        "style": "social",
        "created_at": MONDAY,
        "updated_at": MONDAY,
        "status_at": MONDAY,
    }
    return Ticket.model_validate(known | fields)


def agent(name: str, used: int = 0, maximum: int = 3, **fields: object) -> Agent:
    known = {"status": "online", "used": Capacity(messaging=used), "capacity": Capacity(messaging=maximum)}
    return Agent.model_validate({"id": name} | known | fields)


def chosen(agents: list[Agent], method: str = "spare_capacity", given: Ticket | None = None) -> str | None:
    """Who gets the ticket, in whatever order the agents stand."""
    config = DeskConfig.parse({"routing": {"method": method}})
    found = {chosen_agent(given or ticket(), order, config, MONDAY) for order in permutations(agents)}
    (one,) = {one and one.id for one in found}
    return one


@pytest.mark.parametrize(
    ("live", "status", "assignee", "expected"),
    [
        (True, "new", None, True),
        (True, "open", None, True),
        (True, "pending", None, False),
        (True, "on_hold", None, False),
        (True, "solved", None, False),
        (True, "open", "ana", False),
        (False, "new", None, False),
        (False, "open", None, False),
    ],
)
def test_eligible_is_live_new_or_open_and_nobodys(live, status, assignee, expected):
    assert expected == eligible(ticket(live=live, status=status, assignee=assignee))


def test_waiting_tickets_are_served_by_priority_then_first_eligible_then_creation():
    in_order = [
        ticket(id="urgent", priority="urgent", eligible_at=MONDAY + minutes(9)),
        ticket(id="high", priority="high", eligible_at=MONDAY + minutes(8)),
        ticket(id="normal", priority="normal", eligible_at=MONDAY + minutes(7)),
        ticket(
            id="low, eligible first", priority="low", eligible_at=MONDAY + minutes(4), created_at=MONDAY + minutes(3)
        ),
        ticket(id="low, made first", priority="low", eligible_at=MONDAY + minutes(5), created_at=MONDAY),
        ticket(id="low, made later", priority="low", eligible_at=MONDAY + minutes(5), created_at=MONDAY + minutes(1)),
        ticket(id="none", eligible_at=MONDAY),
    ]
    for order in (in_order, in_order[::-1], in_order[3:] + in_order[:3]):
        assert in_order == sorted(order, key=lambda one: serving_order(one, DeskConfig()))


@pytest.mark.parametrize(
    ("agents", "spare_capacity", "spare_share", "round_robin"),
    [
        ([("ana", 0, 3, None), ("ben", 0, 4, None)], "ben", "ana", "ana"),
        ([("ana", 1, 2, None), ("ben", 3, 5, None)], "ben", "ana", "ana"),
        ([("ana", 1, 3, None), ("ben", 2, 10, None)], "ben", "ben", "ana"),
        ([("ana", 0, 3, 5), ("ben", 0, 3, 1)], "ben", "ben", "ben"),
        ([("ana", 0, 3, 5), ("ben", 0, 3, None)], "ben", "ben", "ben"),
        ([("ben", 0, 3, 5), ("ana", 0, 3, 5)], "ana", "ana", "ana"),
        ([("ben", 0, 3, None), ("ana", 0, 3, None)], "ana", "ana", "ana"),
        ([("ana", 0, 9, 5), ("ben", 8, 9, 1)], "ana", "ana", "ben"),
        ([("ana", 1, 3, 1), ("ben", 3, 9, 5)], "ben", "ana", "ana"),
        ([("ana", 1, 3, 5), ("ben", 3, 9, 1)], "ben", "ben", "ben"),
        ([("ana", 3, 3, None), ("ben", 2, 3, 5)], "ben", "ben", "ben"),
        ([("ana", 0, 0, None), ("ben", 9, 10, 5)], "ben", "ben", "ben"),
        ([("ana", 3, 3, None), ("ben", 4, 3, None)], None, None, None),
        ([("Zoe", 0, 3, None), ("ana", 0, 3, None), ("ben", 0, 3, None)], "Zoe", "Zoe", "Zoe"),
    ],
)
def test_the_method_chooses_and_the_longest_without_an_offer_breaks_ties_then_the_id(
    agents, spare_capacity, spare_share, round_robin
):
    people = [
        agent(name, used, maximum, given_at=None if given is None else MONDAY + minutes(given))
        for name, used, maximum, given in agents
    ]
    assert {"spare_capacity": spare_capacity, "spare_share": spare_share, "round_robin": round_robin} == {
        method: chosen(people, method) for method in ("spare_capacity", "spare_share", "round_robin")
    }


@pytest.mark.parametrize("status", ["away", "transfers_only", "offline"])
def test_only_a_status_that_allows_new_messaging_work_gets_any(status):
    assert None is chosen([agent("ana", status=status)])
    assert "ben" == chosen([agent("ana", status=status), agent("ben", 2)])


@pytest.mark.parametrize(
    ("groups", "brands", "group", "expected"),
    [
        ((), None, None, True),
        (("support",), None, None, True),
        (("support",), None, "support", True),
        (("support",), None, "billing", False),
        ((), None, "billing", False),
        ((), ("default",), None, True),
        ((), ("acme",), None, False),
        ((), (), None, False),
        (("support",), ("acme",), "support", False),
    ],
)
def test_an_agent_gets_tickets_of_their_brands_and_those_of_a_group_only_as_its_member(groups, brands, group, expected):
    person = agent("ana", groups=groups, brands=brands)
    given = ticket(group=group)
    assert (expected, expected) == (may_see(person, given), why_not(person, given, DeskConfig()) is None)
    assert ("ana" if expected else None) == chosen([person], given=given)


def test_a_ticket_of_a_group_that_has_nobody_waits():
    assert None is chosen([agent("ana"), agent("ben")], given=ticket(group="empty"))


@pytest.mark.parametrize(("used", "expected"), [(1, True), (3, True), (4, False)])
def test_an_offer_stays_with_its_agent_up_to_the_maximum(used, expected):
    assert expected == (why_not(agent("ana", used), ticket(), DeskConfig()) is None)


@pytest.mark.parametrize(
    ("agents", "retry_in", "expected"),
    [
        ([agent("ana"), agent("ben", 2)], None, "ben"),
        ([agent("ana"), agent("ben", 2)], 1, "ben"),
        ([agent("ana"), agent("ben", 3)], None, "ana"),
        ([agent("ana"), agent("ben", status="away")], None, "ana"),
        ([agent("ana")], 1, None),
        ([agent("ana")], 0, None),  # the item of that instant ends the wait
        ([agent("ana")], -1, "ana"),
        ([], None, None),
    ],
)
def test_who_gave_it_away_last_gets_it_again_only_where_nobody_else_can_take_it_and_not_too_soon(
    agents, retry_in, expected
):
    retry_at = None if retry_in is None else MONDAY + minutes(retry_in)
    assert expected == chosen(agents, given=ticket(passed_over="ana", retry_at=retry_at))


def test_round_robin_goes_round():
    desk = Desk(routing={"method": "round_robin", "accept": "auto"}, agents={"eva": {}})
    for name in ("ana", "ben", "eva"):
        desk.status(name, "online")
    got = []
    for number in range(6):
        desk.advance("1s")
        desk.customer_says(to=f"customer {number}")
        desk.hand_off()
        got.append(desk.ticket.assignee)
    assert ["ana", "ben", "eva"] * 2 == got


def test_what_is_taken_by_hand_is_no_turn():
    desk = Desk(routing={"method": "round_robin", "accept": "auto"})
    desk.customer_says(to="mia")
    desk.hand_off()
    desk.takes("ana")
    desk.status("ana", "online")
    desk.status("ben", "online")
    desk.customer_says(to="tom")
    desk.hand_off()
    assert "ana" == desk.ticket.assignee


def test_the_urgent_ticket_gets_the_place_that_frees_whenever_it_came():
    desk = Desk(routing={"accept": "auto"}, agents={"ana": {"capacity": {"messaging": 1}}})
    desk.status("ana", "online")
    for name, priority in (("mia", "normal"), ("tom", "low"), ("eva", "urgent"), ("uma", None)):
        desk.customer_says(to=name)
        desk.hand_off(priority=priority)
        desk.advance("1s")
    assert ["eva", "tom", "uma"] == desk.queue
    desk.sets(to="mia", status="pending")
    assert ("ana", ["tom", "uma"]) == (desk.threads["eva"].latest.assignee, desk.queue)


@pytest.mark.parametrize("count_inactive", [False, True])
@pytest.mark.parametrize("session", ["active", "inactive"])
@pytest.mark.parametrize("status", ["open", "pending", "on_hold", "solved"])
def test_a_live_assigned_ticket_uses_capacity_while_it_is_open_and_active(status, session, count_inactive):
    desk = Desk(brand={"style": "social"}, routing={"count_inactive": count_inactive})
    desk.customer_says()
    desk.agent_says()
    desk.sets(status=status)
    if session == "inactive":
        desk.advance("10m")
    assert session == desk.conversation.session
    counts = status == "open" and (session == "active" or count_inactive)
    assert ("ana" if counts else None) == load_agent(desk.thread)


@pytest.mark.parametrize("count_inactive", [False, True])
def test_an_offer_uses_capacity_whatever_the_session(count_inactive):
    desk = Desk(routing={"count_inactive": count_inactive, "offer_timeout": "1h"})
    desk.status("ana", "online")
    desk.customer_says()
    desk.hand_off()
    desk.advance("10m")
    assert ("inactive", "ana") == (desk.conversation.session, load_agent(desk.thread))


def test_what_is_nobodys_or_not_live_uses_no_capacity():
    desk = Desk()
    assert "conversation.created" == desk.starts().events[0].type
    assert None is load_agent(desk.thread)
    desk.hand_off()
    assert None is load_agent(desk.thread)
    desk.takes("ana")
    desk.hands_back(status="open")
    assert None is load_agent(desk.thread)
