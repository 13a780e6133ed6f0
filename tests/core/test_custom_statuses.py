"""lifecycle.md, 3: custom statuses belong to a category, and rules speak of categories."""

from __future__ import annotations

import pytest

from handoff_sdk.errors import InvalidRequest, InvalidTransition

from .desk import Desk, told, types

STATUSES = {"ticket_statuses": {"waiting_for_parts": "on_hold", "in_the_mail": "on_hold", "checking": "open"}}


def of_ana(**config):
    desk = Desk(**STATUSES, **config)
    desk.customer_says()
    desk.hand_off()
    desk.takes("ana")
    return desk


def state(desk):
    return (desk.ticket.status, desk.ticket.custom_status)


@pytest.mark.parametrize(
    "named",
    [
        {"status": "waiting_for_parts"},
        {"custom_status": "waiting_for_parts"},
        {"status": "on_hold", "custom_status": "waiting_for_parts"},
    ],
)
def test_it_sets_its_category_too(named):
    desk = of_ana()
    decision = desk.sets(**named)
    assert ("on_hold", "waiting_for_parts") == state(desk)
    assert ["ticket.on_hold", "ticket.updated"] == types(decision)
    assert "waiting_for_parts" == told(decision, "ticket.on_hold")["custom_status"]
    assert [None, "waiting_for_parts"] == told(decision, "ticket.updated")["changes"]["custom_status"]


def test_a_change_inside_a_category_keeps_the_time():
    desk = of_ana()
    desk.sets(status="waiting_for_parts")
    since = desk.ticket.status_at
    desk.advance("1h")
    decision = desk.sets(status="in_the_mail")
    assert (["ticket.updated"], since) == (types(decision), desk.ticket.status_at)
    assert ("on_hold", "in_the_mail") == state(desk)


@pytest.mark.parametrize("named", [{"status": "on_hold"}, {"custom_status": None}])
def test_an_agent_who_names_the_category_alone_does_without_it(named):
    desk = of_ana()
    desk.sets(status="waiting_for_parts")
    desk.sets(**named)
    assert ("on_hold", None) == state(desk)


def test_another_category_ends_it():
    desk = of_ana()
    desk.sets(status="waiting_for_parts")
    desk.customer_says()
    assert ("open", None) == state(desk)


def test_rules_set_one_and_ask_for_categories():
    park = {
        "name": "park",
        "on": ["ticket.updated"],
        "all": [
            {"field": "tags", "op": "includes", "value": "parts"},
            {"field": "status", "op": "is", "value": "open"},
        ],
        "actions": [{"set": {"status": "waiting_for_parts"}}],
    }
    still = {
        "name": "still",
        "on": ["ticket.on_hold"],
        "all": [{"field": "status", "op": "is", "value": "on_hold"}],
        "actions": [{"set": {"status": "on_hold"}}, {"add_tags": ["parked"]}],
    }
    desk = of_ana(triggers=[park, still])
    desk.sets(add_tags=["parts"])
    assert ("on_hold", "waiting_for_parts") == state(desk)
    assert ("parts", "parked") == desk.ticket.tags


def test_what_there_is_not_or_does_not_fit_is_refused():
    desk = of_ana()
    for named in (
        {"status": "waiting_for_part"},
        {"custom_status": "on_hold"},
        {"status": "pending", "custom_status": "checking"},
    ):
        with desk.refused(InvalidRequest):
            desk.sets(**named)


def test_the_table_holds_for_it():
    desk = Desk(**STATUSES)
    desk.customer_says()
    desk.hand_off()
    with desk.refused(InvalidTransition):
        desk.sets(status="checking")
