"""lifecycle.md, 8: when each promise starts, stops, is broken and moves; a row a cell of its table."""

from __future__ import annotations

from datetime import timedelta

import pytest

from .desk import MONDAY, Desk, told, types

TARGETS = {"first_reply": "5m", "next_reply": "10m", "resolution": "1h"}
SLA = {"name": "all", "targets": {"high": TARGETS, "low": {"resolution": "8h"}}}


def desk(*policies, **config):
    return Desk(sla=list(policies) or [SLA], routing={"inactive_after": "9h"}, **config)


def handed_off(*policies, priority="high", **config):
    one = desk(*policies, **config)
    one.customer_says()
    one.advance("20m")
    one.hand_off(priority=priority)
    return one


def states(one):
    return {metric: promise.state for metric, promise in one.ticket.sla.items()}


def due(one, metric):
    """Minutes after the hand-off."""
    return (one.ticket.sla[metric].due - one.ticket.created_at) / timedelta(minutes=1)


class TestStart:
    def test_the_first_reply_and_the_solution_count_from_the_hand_off_and_never_the_bots_time(self):
        one = handed_off()
        assert {"first_reply": "active", "resolution": "active"} == states(one)
        assert (MONDAY + timedelta(minutes=25), 60) == (one.ticket.sla["first_reply"].due, due(one, "resolution"))

    def test_they_are_told_with_what_was_promised(self):
        one = desk()
        one.customer_says()
        decision = one.hand_off(priority="low")
        assert {
            "metric": "resolution",
            "policy": "all",
            "state": "active",
            "started_at": "2026-01-05T09:00:00Z",
            "due": "2026-01-05T17:00:00Z",
            "target_seconds": 28800.0,
        } == told(decision, "sla.started")

    def test_without_a_priority_nothing_is_promised_and_a_later_one_counts_from_the_start(self):
        one = handed_off(priority=None)
        one.advance("3m")
        assert {} == one.ticket.sla
        one.sets(priority="high")
        assert (5, 60) == (due(one, "first_reply"), due(one, "resolution"))

    def test_another_priority_moves_what_runs(self):
        one = handed_off(priority="low")
        one.advance("30m")
        one.sets(priority="high")
        assert 60 == due(one, "resolution")
        one.sets(priority="low")
        assert 480 == due(one, "resolution")

    def test_a_target_that_a_lower_priority_lacks_is_not_promised_any_more(self):
        one = handed_off()
        one.sets(priority="low")
        assert {"first_reply": "stopped", "resolution": "active"} == states(one)

    def test_the_first_policy_whose_conditions_hold_counts(self):
        gold = {"name": "gold", "all": [{"field": "tags", "op": "includes", "value": "gold"}]}
        one = handed_off(gold | {"targets": {"high": {"first_reply": "1m"}}}, SLA)
        assert ("all", 5) == (one.ticket.sla["first_reply"].policy, due(one, "first_reply"))
        one.sets(add_tags=["gold"])
        assert ("gold", 1) == (one.ticket.sla["first_reply"].policy, due(one, "first_reply"))
        assert "stopped" == one.ticket.sla["resolution"].state

    def test_a_take_over_promises_no_first_reply_but_the_solution(self):
        raise_it = {"name": "high", "on": ["control.taken_over"], "actions": [{"set": {"priority": "high"}}]}
        one = desk(triggers=[raise_it])
        one.customer_says()
        one.agent_says()
        assert {"resolution": "active"} == states(one)
        one.customer_says("And now?")
        assert {"resolution": "active", "next_reply": "active"} == states(one)

    def test_each_next_reply_is_a_promise_of_its_own_from_the_first_message_that_is_not_answered(self):
        one = handed_off()
        one.customer_says("Hello?")
        assert "next_reply" not in states(one)
        one.agent_says()
        one.advance("1m")
        one.customer_says("One")
        one.advance("2m")
        one.customer_says("Two")
        assert 11 == due(one, "next_reply")
        assert ["sla.fulfilled"] == [name for name in types(one.agent_says()) if name.startswith("sla")]
        one.advance("5m")
        decision = one.customer_says("Three")
        assert ("sla.started", 18) == (types(decision)[-1], due(one, "next_reply"))


class TestEnd:
    @pytest.mark.parametrize(
        ("ends", "expected"),
        [
            (lambda one: one.agent_says(), {"first_reply": "fulfilled", "resolution": "active"}),
            (lambda one: one.sets(status="solved"), {"first_reply": "fulfilled", "resolution": "fulfilled"}),
            (lambda one: one.ends(), {"first_reply": "stopped", "resolution": "active"}),
            (lambda one: one.hands_back(), {"first_reply": "fulfilled", "resolution": "fulfilled"}),
            (lambda one: one.hands_back(status="pending"), {"first_reply": "stopped", "resolution": "active"}),
            (lambda one: one.advance("2h"), {"first_reply": "breached", "resolution": "breached"}),
        ],
    )
    def test_with_an_agent(self, ends, expected):
        one = handed_off()
        one.takes()
        ends(one)
        assert expected == states(one)

    def test_next_replies_likewise(self):
        for ends, expected in (
            (lambda one: one.agent_says(), "fulfilled"),
            (lambda one: one.sets(status="solved"), "fulfilled"),
            (lambda one: one.ends("customer"), "stopped"),
            (lambda one: one.advance("10m"), "breached"),
        ):
            one = handed_off()
            one.takes()
            one.agent_says()
            one.customer_says()
            ends(one)
            assert expected == one.ticket.sla["next_reply"].state

    def test_an_abandoned_ticket_promises_nothing_more(self):
        one = handed_off()
        one.leaves_queue()
        assert {"first_reply": "stopped", "resolution": "stopped"} == states(one)
        assert [] == [name for name in one.advance("2h") if name.startswith("sla")]

    def test_a_note_is_no_reply(self):
        one = handed_off()
        one.does(
            one.message("Look here", visibility="internal", author={"type": "agent", "id": "ana"}), one.actor("agent")
        )
        assert "active" == states(one)["first_reply"]

    def test_late_is_broken_for_good(self):
        one = handed_off()
        assert ["sla.breached"] == [name for name in one.advance("5m") if name.startswith("sla")]
        decision = one.agent_says()
        assert ("breached", []) == (states(one)["first_reply"], [name for name in types(decision) if "sla" in name])
        one.sets(priority="low")
        assert "breached" == states(one)["first_reply"]

    def test_in_the_instant_it_is_due_it_is_late(self):
        one = handed_off()
        one.sleeps("5m")
        one.agent_says()
        assert "breached" == states(one)["first_reply"]


class TestReopen:
    def test_a_reply_that_solving_kept_is_not_owed_again_and_the_next_one_counts_from_the_reopening(self):
        one = handed_off()
        one.takes()
        one.sets(status="solved")
        one.advance("20m")
        one.customer_says("Not yet!")
        assert {"first_reply": "fulfilled", "resolution": "active"} == states(one)
        one.agent_says()
        one.customer_says("And now?")
        one.sets(status="solved")
        one.advance("5m")
        one.customer_says("Hello?")
        assert ("active", 35) == (states(one)["next_reply"], due(one, "next_reply"))

    def test_another_question_in_the_same_instant_is_another_promise(self):
        one = handed_off()
        one.agent_says()
        for _ in range(3):
            one.customer_says("And now?")
            assert "active" == states(one)["next_reply"]
            one.agent_says("Soon.")
            assert "fulfilled" == states(one)["next_reply"]

    def test_the_time_it_was_solved_does_not_count(self):
        one = handed_off()
        one.takes()
        one.advance("20m")
        one.sets(status="solved")
        one.advance("30m")
        one.customer_says("Not yet!")
        assert ("active", 90) == (states(one)["resolution"], due(one, "resolution"))

    def test_one_that_was_late_stays_late(self):
        one = handed_off()
        one.takes()
        one.advance("61m")
        one.sets(status="solved")
        one.customer_says("Not yet!")
        assert "breached" == states(one)["resolution"]

    def test_in_business_hours_it_is_business_time_that_is_left(self):
        office = {"office": {"timezone": "UTC", "hours": {"mon-fri": ["09:00-10:00"]}}}
        policy = SLA | {"hours": "business"}
        one = handed_off(policy, schedules=office, brand={"schedule": "office", "style": "social"})
        one.takes()
        one.agent_says()
        assert MONDAY + timedelta(days=1, minutes=20) == one.ticket.sla["resolution"].due
        one.advance("10m")
        one.sets(status="solved")
        one.advance("1d")
        one.customer_says("Not yet!")
        assert MONDAY + timedelta(days=2, minutes=20) == one.ticket.sla["resolution"].due


class TestWarning:
    def test_it_comes_so_long_before_once(self):
        one = handed_off(SLA | {"warn": "2m"})
        assert [] == [name for name in one.advance("2m59s") if name.startswith("sla")]
        assert ["sla.warning"] == [name for name in one.advance("1s") if name.startswith("sla")]
        assert ["sla.breached"] == [name for name in one.advance("2m") if name.startswith("sla")]

    @pytest.mark.parametrize(("warn", "expected"), [("5m", True), ("5m1s", False), ("0s", False)])
    def test_not_where_the_target_is_shorter(self, warn, expected):
        one = handed_off(SLA | {"warn": warn})
        warned = [event.data["metric"] for event in one.events if event.type == "sla.warning"]
        one.advance("5m")
        warned += [event.data["metric"] for event in one.events if event.type == "sla.warning"]
        assert expected == ("first_reply" in warned)

    def test_both_drive_triggers(self):
        rules = [
            {"name": name, "on": [f"sla.{name}"], "actions": [{"add_tags": [name]}]} for name in ("warning", "breached")
        ]
        one = handed_off(SLA | {"warn": "2m"}, triggers=rules)
        one.advance("5m")
        assert ("warning", "breached") == one.ticket.tags


class TestOrder:
    def test_the_nearest_breach_is_served_first_and_who_has_none_last(self):
        config = {"routing": {"order": "sla", "inactive_after": "9h"}}
        one = Desk(
            sla=[{"name": "all", "targets": {"low": {"first_reply": "1m"}, "high": {"first_reply": "30m"}}}], **config
        )
        for name, priority in (("a", "urgent"), ("b", "high"), ("c", "low")):
            one.customer_says(to=name)
            one.hand_off(priority=priority)
        assert ["c", "b", "a"] == one.queue
        one.advance("10m")
        assert ["c", "b", "a"] == one.queue

    def test_rules_may_look_at_what_is_left(self):
        soon = {"field": "until_sla_breach", "op": "less_than", "value": "2m"}
        rule = {"name": "soon", "all": [soon], "actions": [{"add_tags": ["soon"]}]}
        one = handed_off(automations=[rule])
        one.advance("3m")
        assert () == one.ticket.tags
        one.advance("1s")
        assert ("soon",) == one.ticket.tags
