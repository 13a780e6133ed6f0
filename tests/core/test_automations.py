"""lifecycle.md, 7: automations fire at the instant at which time makes their conditions hold."""

from __future__ import annotations

import pytest

from handoff_sdk.models.duration import format_duration

from .desk import MONDAY, Desk

PENDING = {"field": "status", "op": "is", "value": "pending"}


def since(field, op, value):
    return {"field": f"since_{field}", "op": op, "value": value}


def automation(name, *conditions, actions=({"add_tags": ["late"]},), some=()):
    return {"name": name, "all": list(conditions), "any": list(some), "actions": list(actions)}


def talking(*automations, **config):
    desk = Desk(automations=list(automations), **config)
    desk.customer_says()
    desk.hand_off()
    desk.takes()
    return desk


def test_it_fires_at_its_instant_to_the_second():
    give_up = automation(
        "give up", PENDING, since("pending", "at_least", "2d"), actions=[{"set": {"status": "solved"}}]
    )
    desk = talking(give_up)
    desk.sets(status="pending")
    assert [] == desk.advance("1d23h59m59s")
    assert ["rule.fired", "ticket.solved", "ticket.updated"] == desk.advance("1s")


def test_it_fires_again_only_after_its_conditions_did_not_hold():
    desk = talking(automation("late", PENDING, since("pending", "at_least", "1h"), actions=[{"note": {"en": "Late."}}]))
    desk.sets(status="pending")
    assert ["message.created", "rule.fired"] == sorted(desk.advance("5h"))
    desk.sets(subject="Still pending")
    assert [] == desk.advance("5h")
    desk.sets(status="open")
    desk.sets(status="pending")
    assert [] == desk.advance("59m")
    assert "rule.fired" in desk.advance("1m")


def test_a_status_that_is_left_in_time_disarms_it():
    desk = talking(automation("late", PENDING, since("pending", "at_least", "1h")))
    desk.sets(status="pending")
    desk.advance("59m")
    desk.customer_says()
    assert "rule.fired" not in desk.advance("1d")


@pytest.mark.parametrize(
    ("condition", "after"),
    [
        (since("created", "at_least", "1h"), "1h"),
        (since("created", "greater_than", "1h"), "1h0.000001s"),
        (since("open", "at_least", "90s"), "1m30s"),
        (since("customer_message", "at_least", "30m"), "30m"),
        (since("agent_message", "at_least", "45m"), "45m"),
        (since("updated", "at_least", "10m"), "10m"),
    ],
)
def test_each_clock_has_its_instant(condition, after):
    desk = talking(automation("late", condition), routing={"inactive_after": "9h"})
    desk.agent_says()
    assert (MONDAY, after) == (desk.now, format_duration(desk.due.at - MONDAY))


def test_who_is_not_asked_for_time_alone_waits_for_the_rest():
    tagged = {"field": "tags", "op": "includes", "value": "vip"}
    desk = talking(automation("late", tagged, since("created", "at_least", "1h")))
    assert "rule.fired" not in desk.advance("2h")
    desk.sets(add_tags=["vip"])
    assert "rule.fired" in desk.advance("0s")


def test_a_span_of_time_is_two_conditions():
    desk = talking(automation("window", since("created", "at_least", "1h"), since("created", "less_than", "2h")))
    desk.advance("59m59s")
    assert "rule.fired" in desk.advance("1s")
    late = Desk(
        automations=[automation("window", since("open", "at_least", "1h"), since("created", "less_than", "2h"))]
    )
    late.customer_says()
    late.hand_off()
    late.advance("90m")
    late.takes()
    assert "rule.fired" not in late.advance("1d")


def test_a_span_of_time_that_is_over_fires_nothing_when_the_rest_comes_true():
    tagged = {"field": "tags", "op": "includes", "value": "vip"}
    desk = talking(
        automation("window", tagged, since("created", "at_least", "1h"), since("created", "less_than", "2h"))
    )
    desk.advance("3h")
    desk.sets(add_tags=["vip"])
    assert "rule.fired" not in desk.advance("1d")


def test_a_clock_that_makes_them_fail_and_hold_again_fires_it_twice():
    either = [since("created", "less_than", "1h"), since("created", "at_least", "3h")]
    desk = talking(automation("twice", some=either, actions=[{"note": {"en": "Now."}}]))
    desk.advance("2h59m59s")
    assert 1 == [event.type for event in desk.events].count("rule.fired")
    assert 1 == desk.advance("1s").count("rule.fired")


def test_either_clock_will_do():
    either = [since("customer_message", "at_least", "3h"), since("created", "at_least", "1h")]
    desk = talking(automation("either", some=either))
    assert "rule.fired" not in desk.advance("59m59s")
    assert "rule.fired" in desk.advance("1s")


def test_those_of_one_instant_run_in_configured_order():
    desk = talking(
        automation("second", since("created", "at_least", "1h"), actions=[{"add_tags": ["b"]}]),
        automation("first", since("created", "at_least", "1h"), actions=[{"add_tags": ["a"]}]),
    )
    desk.advance("1h")
    assert ("b", "a") == desk.ticket.tags


def test_one_that_is_not_live_any_more_is_still_worked_on_but_nothing_is_said():
    actions = [{"say": {"en": "Hello?"}}, {"set": {"status": "solved"}}]
    desk = talking(automation("later", PENDING, since("customer_message", "at_least", "1d"), actions=actions))
    desk.hands_back(status="pending")
    desk.customer_says("Hello bot")
    texts = desk.texts()
    assert "ticket.solved" in desk.advance("1d")
    [fired] = [event for event in desk.events if event.type == "rule.fired"]
    assert (["say"], texts) == ([refused["action"] for refused in fired.data["refused"]], desk.texts())


def test_a_closed_ticket_is_left_alone():
    desk = talking(automation("later", since("created", "at_least", "1d")), brand={"style": "live_chat"})
    desk.sets(status="solved")
    assert [] == desk.advance("2d")


def test_one_whose_ticket_it_cannot_change_fires_once():
    desk = talking(automation("later", since("created", "at_least", "1h"), actions=[{"set": {"status": "open"}}]))
    assert ["rule.fired"] == desk.advance("1h")
    assert [] == desk.advance("1d")


def test_one_that_was_stopped_for_a_ticket_falls_due_no_more():
    desk = talking(automation("late", PENDING, since("pending", "at_least", "1s"), actions=[{"note": {"en": "Late."}}]))
    for _ in range(21):
        desk.sets(status="pending")
        happened = desk.advance("2s")
        desk.sets(status="open")
    assert ["rule.stopped"] == happened
    desk.sets(status="pending")
    assert [] == desk.advance("2h")


def test_of_a_ticket_that_lost_the_chat_its_own_last_reply_counts():
    desk = talking(automation("late", since("agent_message", "at_least", "45m")))
    desk.agent_says()
    desk.advance("10m")
    desk.ends()
    assert ("open", False) == (desk.ticket.status, desk.ticket.live)
    assert "rule.fired" not in desk.advance("34m59s")
    assert "rule.fired" in desk.advance("1s")
