"""lifecycle.md, 6.2 to 6.9: queues and who serves them, skills, and customers who are silent."""

from __future__ import annotations

import pytest

from handoff_sdk.errors import InvalidRequest, UnknownSkill

from .desk import Desk, told, types

VIP = {"name": "vip", "priority": 1, "all": [{"field": "tags", "op": "includes", "value": "vip"}]}
AUTO = {"accept": "auto"}


def waits(desk, name, **details):
    """A customer's conversation is handed off."""
    desk.customer_says(to=name)
    return desk.hand_off(**details)


def assignees(desk):
    return {name: thread.latest.assignee for name, thread in desk.threads.items()}


class TestQueue:
    def test_it_is_the_first_whose_conditions_hold_else_standard(self):
        high = {"name": "high", "all": [{"field": "priority", "op": "at_least", "value": "high"}]}
        desk = Desk(queues=[VIP, high])
        queues = []
        for name, details in (("a", {"tags": ["vip"], "priority": "high"}), ("b", {"priority": "urgent"}), ("c", {})):
            decision = waits(desk, name, **details)
            assert desk.ticket.queue == told(decision, "ticket.created")["ticket"]["queue"]
            assert {"queue": desk.ticket.queue} == told(decision, "ticket.queued")
            queues.append(desk.ticket.queue)
        assert ["vip", "high", "standard"] == queues

    def test_the_queues_priority_comes_before_the_tickets_and_standard_is_last(self):
        last = {"name": "last", "priority": 90, "all": [{"field": "tags", "op": "includes", "value": "last"}]}
        desk = Desk(queues=[last, VIP])
        waits(desk, "a", priority="urgent")
        waits(desk, "b", tags=["last"], priority="normal")
        waits(desk, "c", tags=["last"], priority="high")
        waits(desk, "d", tags=["vip"])
        assert ["d", "c", "b", "a"] == desk.queue

    def test_a_waiting_ticket_that_changes_changes_its_queue(self):
        desk = Desk(queues=[VIP])
        waits(desk, "a")
        decision = desk.sets(add_tags=["vip"])
        assert ["standard", "vip"] == told(decision, "ticket.updated")["changes"]["queue"]
        assert "ticket.queued" not in types(decision)

    def test_one_that_was_put_into_a_queue_stays_there_until_it_is_let_go(self):
        desk = Desk(queues=[VIP])
        waits(desk, "a")
        desk.sets(queue="vip")
        desk.sets(subject="Parcel")
        assert "vip" == desk.ticket.queue
        desk.sets(queue=None)
        assert "standard" == desk.ticket.queue
        with desk.refused(InvalidRequest):
            desk.sets(queue="vipp")

    def test_its_groups_serve_it_and_fallback_groups_where_none_of_them_can(self):
        desk = Desk(
            groups={"billing": {}, "support": {}},
            agents={
                "ana": {"groups": ["billing"], "capacity": {"messaging": 1}},
                "ben": {"groups": ["support"]},
                "eve": {},
            },
            queues=[VIP | {"groups": ["billing"], "fallback_groups": ["support"]}],
            routing=AUTO,
        )
        for person in ("ana", "ben", "eve"):
            desk.status(person, "online")
        for name in ("a", "b"):
            waits(desk, name, tags=["vip"])
        assert {"a": "ana", "b": "ben"} == assignees(desk)
        desk.status("ben", "away")
        waits(desk, "c", tags=["vip"])
        assert None is desk.ticket.assignee

    def test_without_groups_everybody_serves_it_whatever_the_tickets_group(self):
        desk = Desk(groups={"billing": {}}, queues=[VIP], routing=AUTO)
        desk.status("ana", "online")
        waits(desk, "a", tags=["vip"], group="billing")
        waits(desk, "b", group="billing")
        assert {"a": "ana", "b": None} == assignees(desk)

    def test_who_is_passed_over_counts_as_not_able_for_fallback_groups(self):
        desk = Desk(
            groups={"billing": {}, "support": {}},
            agents={"ana": {"groups": ["billing"]}, "ben": {"groups": ["support"]}},
            queues=[VIP | {"groups": ["billing"], "fallback_groups": ["support"]}],
        )
        desk.status("ana", "online")
        desk.status("ben", "online")
        waits(desk, "a", tags=["vip"])
        desk.declines("ana")
        assert "ben" == desk.ticket.offered_to
        desk.status("ben", "offline")
        assert None is desk.ticket.offered_to
        desk.advance("30s")
        assert "ana" == desk.ticket.offered_to


AGENTS = {"ana": {"skills": ["german", "refunds"]}, "ben": {"skills": ["refunds"]}}


class TestSkills:
    def test_an_offer_is_taken_back_from_who_lacks_what_is_asked_for_by_now(self):
        grow = {"name": "grow", "on": ["ticket.updated"], "actions": [{"require_skills": ["german"]}]}
        desk = Desk(agents=AGENTS, triggers=[grow])
        desk.status("ben", "online")
        waits(desk, "a")
        assert "ben" == desk.ticket.offered_to
        desk.sets(subject="Deutsch")
        assert (None, ("german",)) == (desk.ticket.offered_to, desk.ticket.skills)

    def test_a_skill_that_nobody_has_is_refused(self):
        desk = Desk(agents=AGENTS)
        desk.customer_says()
        with desk.refused(UnknownSkill):
            desk.hand_off(skills=["germann"])
        with desk.refused(UnknownSkill):
            desk.hand_off(prefer_skills=["dutch"])

    def test_preferred_ones_wait_from_the_first_time_a_ticket_could_be_assigned(self):
        desk = Desk(agents=AGENTS, routing=AUTO | {"skill_timeout": "1m"})
        desk.status("ben", "online")
        waits(desk, "a", prefer_skills=["german", "refunds"])
        assert [] == desk.advance("59s")
        assert "ticket.assigned" in desk.advance("1s")
        assert ("ben", True) == (desk.ticket.assignee, desk.ticket.relaxed)
        desk.sets(agent="ben", assignee=None)
        assert "ben" == desk.ticket.assignee

    def test_who_has_them_all_gets_it_at_once(self):
        desk = Desk(agents=AGENTS, routing=AUTO)
        desk.status("ben", "online")
        desk.status("ana", "online")
        waits(desk, "a", prefer_skills=["german"])
        assert "ana" == desk.ticket.assignee
        assert [] == [item for item in desk.advance("1m") if item == "ticket.updated"]

    def test_who_declined_counts_as_not_able_for_them(self):
        desk = Desk(agents=AGENTS, routing={"skill_timeout": "45s"})
        desk.status("ana", "online")
        desk.status("ben", "online")
        waits(desk, "a", prefer_skills=["german"])
        desk.declines("ana")
        assert None is desk.ticket.offered_to
        desk.advance("30s")
        assert "ana" == desk.ticket.offered_to
        desk.declines("ana")
        desk.advance("15s")
        assert "ben" == desk.ticket.offered_to

    def test_at_one_instant_they_are_given_up_before_who_declined_is_asked_again(self):
        desk = Desk(agents=AGENTS, routing={"skill_timeout": "30s", "offer_timeout": "30s"})
        desk.status("ana", "online")
        desk.status("ben", "online")
        waits(desk, "a", prefer_skills=["german"])
        desk.declines("ana")
        desk.advance("30s")
        assert "ben" == desk.ticket.offered_to


class TestSilent:
    def night(self, **routing):
        desk = Desk(agents={"ana": {"capacity": {"messaging": 1}}, "ben": {}}, routing=routing)
        for name, priority in (("a", "low"), ("b", "high"), ("c", "normal")):
            waits(desk, name, priority=priority)
        desk.advance("8h")
        return desk

    def test_they_are_assigned_without_an_offer_up_to_so_many_and_use_no_capacity(self):
        desk = self.night(max_inactive_per_agent=2)
        desk.status("ana", "online")
        assert {"a": None, "b": "ana", "c": "ana"} == assignees(desk)
        assert (0, 2) == (desk.used("ana"), desk.agent("ana").inactive)
        desk.status("ben", "online")
        assert {"a": "ben", "b": "ana", "c": "ana"} == assignees(desk)

    def test_one_who_writes_counts_beyond_the_maximum_and_makes_room_for_another_silent_one(self):
        desk = self.night(max_inactive_per_agent=2)
        desk.status("ana", "online")
        desk.customer_says("Good morning", to="b")
        desk.customer_says("Me too", to="c")
        assert (2, "ana") == (desk.used("ana"), desk.threads["a"].latest.assignee)

    def test_it_is_accepted_once_its_customer_writes(self):
        desk = Desk()
        waits(desk, "a", accept_within="9h")
        desk.advance("8h")
        desk.status("ana", "online")
        assert (None, "open", "ana") == (desk.ticket.accepted_at, desk.ticket.status, desk.ticket.assignee)
        desk.customer_says("Good morning")
        assert desk.now == desk.ticket.accepted_at
        assert [] == [item for item in desk.advance("2h") if item == "control.returned"]

    def test_without_a_word_of_the_customer_it_was_never_accepted(self):
        desk = Desk()
        waits(desk, "a", accept_within="9h")
        desk.advance("8h")
        desk.status("ana", "online")
        assert "control.returned" in desk.advance("1h")

    def test_where_silent_ones_count_they_are_offered_like_others(self):
        desk = self.night(count_inactive=True)
        desk.status("ana", "online")
        assert ("ana", None, 1) == (
            desk.threads["b"].latest.offered_to,
            desk.threads["b"].latest.assignee,
            desk.used("ana"),
        )
        assert {"a": None, "b": None, "c": None} == assignees(desk)

    @pytest.mark.parametrize("most", [0, 1])
    def test_nobody_gets_more_than_the_most(self, most):
        desk = self.night(max_inactive_per_agent=most)
        desk.status("ana", "online")
        assert most == desk.agent("ana").inactive
