"""docs/reports.md: what is counted, from the events of whole stories."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from handoff_sdk.core.bookkeeping import enter
from handoff_sdk.core.books import Books
from handoff_sdk.core.figures import FIGURES, Told
from handoff_sdk.core.reporting import checked_dimensions, report
from handoff_sdk.errors import InvalidRequest
from handoff_sdk.models.command import AnswerSurvey, PassControl
from handoff_sdk.models.duration import parse_duration
from handoff_sdk.models.event import Actor, Event
from handoff_sdk.models.report import DIMENSIONS, Figures

from .desk import BOT, Desk

if TYPE_CHECKING:
    from handoff_sdk.models.report import Report

PAGE = (Path(__file__).parents[2] / "docs" / "reports.md").read_text(encoding="utf-8")
LATER = datetime(2027, 1, 1, tzinfo=UTC)


def reported(desk: Desk, name: Any = "summary", *, since: datetime | None = None, group_by: Any = ()) -> Report:
    """A report of all that happened on a desk, or of what did since an instant."""
    books = Books()
    for event in desk.events:
        enter(books, event)
    told = [Told(fact, books.accounts.get(fact.subject)) for fact in books.facts]
    return report(
        name,
        [each for each in told if since is None or each.fact.at >= since],
        since=since,
        until=LATER,
        group_by=group_by,
    )


def parts(report: Report, figure: str) -> dict[Any, Any]:
    """A figure of each part that has any, by the part's name."""
    named = {tuple(row.by.values()): getattr(row, figure) for row in report.groups}
    return {key[0] if len(key) == 1 else key: value for key, value in named.items() if value}


def hands_off(desk: Desk, name: str = "mia", **fields: Any) -> None:
    desk.customer_says(to=name)
    desk.hand_off(**fields)


def test_a_quiet_desk_has_counts_of_nought_and_no_times():
    told = reported(Desk())

    assert 0 == told.tickets_created
    assert told.first_reply_time is None
    assert {
        "cancelled": 0,
        "closed": 0,
        "customer_left": 0,
        "handed_back": 0,
        "nobody_available": 0,
        "session_ended": 0,
    } == (told.returned)


def test_a_ticket_from_hand_off_to_solution():
    desk = Desk()
    hands_off(desk)
    desk.advance("1m")
    desk.takes()
    desk.advance("1m")
    desk.agent_says("Let me see.")
    desk.advance("3m")
    desk.customer_says("Thank you.")
    desk.advance("30s")
    desk.agent_says("Here it is.")
    desk.advance("30s")
    desk.sets(status="solved")

    told = reported(desk)

    assert (1, 1, 0) == (told.tickets_created, told.tickets_solved, told.tickets_closed)
    assert 60 == told.assignment_time
    assert 120 == told.first_reply_time
    assert 30 == told.next_reply_time
    assert 150 == told.requester_wait_time
    assert 180 == told.customer_reply_time
    assert 300 == told.handle_time
    assert 360 == told.resolution_time
    assert (0, 0, 1) == (told.unreplied, told.unassigned, told.one_touch)


def test_a_second_message_does_not_begin_the_customers_wait_anew():
    desk = Desk()
    hands_off(desk)
    desk.takes()
    desk.agent_says()
    desk.customer_says("One thing.")
    desk.advance("2m")
    desk.customer_says("Another.")
    desk.advance("1m")
    desk.agent_says("Both done.")
    desk.agent_says("Anything else?")

    assert 180 == reported(desk).next_reply_time


def test_bots_notes_and_rules_are_no_replies():
    desk = Desk(triggers=[{"name": "hello", "on": ["ticket.created"], "actions": [{"say": {"en": "Hold on."}}]}])
    desk.customer_says()
    desk.bot_says()
    desk.hand_off()

    told = reported(desk)

    assert told.first_reply_time is None
    assert 1 == told.unreplied


def test_a_reopened_ticket_is_solved_once_more_but_counts_once():
    desk = Desk()
    hands_off(desk)
    desk.takes()
    desk.agent_says()
    desk.sets(status="solved")
    desk.advance("5m")
    desk.customer_says("Not yet.")
    desk.advance("5m")
    desk.sets(status="solved")

    told = reported(desk)

    assert (1, 1, 0) == (told.tickets_solved, told.reopens, told.one_touch)
    assert 600 == told.resolution_time
    assert 300 == told.handle_time


def test_what_happened_before_the_period_stays_what_it_was():
    desk = Desk()
    hands_off(desk)
    desk.takes()
    desk.agent_says()
    desk.advance("5m")
    desk.sets(status="solved")
    desk.advance("5m")
    second_day = desk.now
    before = reported(desk)
    desk.customer_says("Not yet.")
    desk.sets(status="solved")

    told = reported(desk, since=second_day)

    assert (1, 300) == (before.tickets_solved, before.resolution_time)
    assert (0, 1, 1) == (told.tickets_created, told.tickets_solved, told.reopens)


def test_time_without_the_customer_or_on_hold_is_not_in_hand():
    desk = Desk(routing={"inactive_after": "10m"})
    hands_off(desk)
    desk.takes()
    desk.agent_says()
    desk.advance("1h")
    desk.customer_says("I am back.")
    desk.advance("2m")
    desk.sets(status="on_hold")
    desk.advance("3h")

    assert 720 == reported(desk).handle_time


def test_time_in_hand_is_each_agents_and_lies_in_its_hours():
    desk = Desk()
    hands_off(desk)
    desk.advance("50m")
    desk.customer_says()
    desk.takes()
    desk.advance("15m")
    desk.agent_says()
    desk.sets(assignee="ben")
    desk.advance("5m")
    desk.sets(agent="ben", status="pending")

    assert {"ana": 900, "ben": 300} == parts(reported(desk, "agents"), "handled_time")
    assert {"09": 600, "10": 600} == parts(reported(desk, "staffing"), "handled_time")
    assert {"ana": 1} == parts(reported(desk, "agents"), "reassigned")


def test_offers_are_their_agents_however_they_end():
    desk = Desk(agents={"ben": None})
    desk.status("ana", "online")
    hands_off(desk)
    desk.declines()
    desk.advance("30s")
    desk.advance("30s")
    desk.accepts()
    hands_off(desk, "tom")
    desk.leaves_queue()

    told = reported(desk)

    assert (4, 1, 1) == (told.offers, told.offers_accepted, told.offers_declined)
    assert (1, 1) == (told.offers_lapsed, told.offers_withdrawn)
    assert 0.3333 == told.acceptance_rate
    assert {"ana": 4} == parts(reported(desk, "agents"), "offers")


def test_who_left_the_queue_is_abandoned_and_not_solved():
    desk = Desk()
    hands_off(desk)
    desk.advance("4m")
    desk.leaves_queue()

    told = reported(desk)

    assert (0, 1, 240) == (told.tickets_solved, told.abandoned, told.abandonment_time)
    assert {"customer_left": 1} == {reason: count for reason, count in (told.returned or {}).items() if count}


def test_a_take_over_is_no_hand_off_and_has_no_first_reply():
    desk = Desk()
    desk.customer_says()
    desk.agent_says()
    desk.customer_says()
    desk.advance("1m")
    desk.agent_says()

    told = reported(desk)

    assert (0, 1, 1) == (told.handed_off, told.taken_over, told.tickets_created)
    assert (None, 60, None) == (told.first_reply_time, told.next_reply_time, told.assignment_time)


def test_a_bot_contains_what_never_becomes_a_ticket():
    desk = Desk(brand={"bot_answer_within": "1m"})
    hands_off(desk, "mia", reason="refund")
    desk.customer_says(to="tom")
    desk.advance("5m")
    desk.starts("eva")
    desk.bot_says()
    desk.customer_says()
    desk.bot_says()

    told = reported(desk, "bot")

    assert (3, 3, 1) == (told.conversations, told.bot_conversations, told.bot_contained)
    assert 0.3333 == told.containment
    assert (2, 1) == (told.handed_off, told.bot_silent)
    assert {"none": 1, "refund": 1} == told.handed_off_by_reason


def test_follow_ups_are_answered_within_a_day():
    ladder = {
        "chase": {"steps": [{"after": "5m", "say": {"en": "Still there?"}}, {"after": "1h", "say": {"en": "Hello?"}}]}
    }
    desk = Desk(brand={"followups": "chase"}, followups=ladder)
    for name, pause in (("mia", "1h"), ("tom", "26h")):
        hands_off(desk, name)
        desk.takes()
        desk.agent_says()
        desk.advance("10m")
        desk.advance(pause)
        desk.customer_says()

    told = reported(desk)

    assert (4, 2) == (told.followups_sent, told.followups_answered)


def test_promises_are_kept_or_broken_each_by_its_metric():
    policy = {"name": "all", "targets": {"high": {"first_reply": "5m", "resolution": "1h"}}}
    desk = Desk(sla=[policy])
    for name, pause in (("mia", "1m"), ("tom", "10m")):
        hands_off(desk, name, priority="high")
        desk.takes()
        desk.advance(pause)
        desk.agent_says()
        desk.sets(status="solved")

    told = reported(desk, "sla")

    assert (3, 1, 0.75) == (told.promises_kept, told.promises_broken, told.sla_attainment)
    assert {"first_reply": 0.5, "resolution": 1.0} == parts(told, "sla_attainment")


def test_parts_are_what_tickets_are_now():
    desk = Desk(groups={"support": {}, "billing": {}})
    hands_off(desk, "mia", group="support", tags=["a", "b"], fields={"country": "de"}, priority="low")
    hands_off(desk, "tom", tags=["a"])
    desk.sets(to="mia", group="billing")

    assert {"billing": 1, None: 1} == parts(reported(desk, group_by=["group"]), "tickets_created")
    assert {"a": 2, "b": 1} == parts(reported(desk, group_by=["tag"]), "tickets_created")
    assert {"de": 1, None: 1} == parts(reported(desk, group_by=["field:country"]), "tickets_created")
    assert {("2026-01-05", "low"): 1, ("2026-01-05", None): 1} == (
        parts(reported(desk, group_by=["day", "priority"]), "tickets_created")
    )


def test_time_online_ends_with_the_status():
    desk = Desk()
    desk.status("ana", "online")
    desk.advance("90m")
    desk.status("ana", "away")
    desk.advance("1h")
    desk.status("ana", "offline")

    assert {"ana": 5400} == parts(reported(desk, "agents"), "online_time")
    assert {"09": 3600, "10": 1800} == parts(reported(desk, "staffing"), "online_time")


def test_each_status_has_its_time_but_offline():
    desk = Desk(statuses={"lunch": {"messaging": False, "email": False}})
    for status, pause in (("online", "90m"), ("lunch", "30m"), ("online", "15m"), ("offline", "8h"), ("online", "1h")):
        desk.status("ana", status)
        desk.advance(pause)

    assert {"ana": {"lunch": 1800, "online": 6300}} == parts(reported(desk, "agents"), "status_time")


def test_two_tickets_at_once_are_busy_time_once():
    desk = Desk()
    for name in ("mia", "tom"):
        hands_off(desk, name)
        desk.takes()
        desk.agent_says()
        desk.advance("5m")
    desk.sets(to="mia", status="solved")
    desk.advance("5m")
    desk.sets(to="tom", status="solved")
    hands_off(desk, "eva")
    desk.takes("ben")
    desk.agent_says(agent="ben")
    desk.advance("5m")
    desk.sets(agent="ben", status="solved")

    told = reported(desk, "agents")

    assert (1500, 1200, 1.25) == (told.handled_time, told.busy_time, told.concurrency)
    assert {"ana": 1.3333, "ben": 1.0} == parts(told, "concurrency")


def test_every_message_of_an_agent_is_a_reply_of_theirs():
    desk = Desk()
    desk.customer_says()
    desk.agent_says("I take over.")
    desk.agent_says("And now?")
    desk.agent_says("A note.", visibility="internal")

    assert {"ana": 2} == parts(reported(desk, "agents"), "replies")


def test_a_queue_has_arrivals_waits_and_who_waits_now():
    desk = Desk(
        queues=[
            {"name": "vip", "priority": 1, "all": [{"field": "tags", "op": "includes", "value": "vip"}]},
            {"name": "late", "all": [{"field": "tags", "op": "includes", "value": "late"}]},
        ]
    )
    hands_off(desk, "mia", tags=["vip"])
    desk.advance("2m")
    desk.takes()
    hands_off(desk, "tom", tags=["vip"])
    hands_off(desk, "eva")
    desk.advance("4m")
    desk.name = "tom"
    desk.takes()
    desk.sets(to="eva", agent="ana", add_tags=["late"])
    hands_off(desk, "kim")
    desk.leaves_queue()
    hands_off(desk, "joe")
    desk.sets(status="on_hold")

    told = reported(desk, "queues")

    assert {"late": 1, "standard": 3, "vip": 2} == parts(told, "arrivals")
    assert {"late": 1} == parts(told, "waiting")
    assert {"vip": 180} == parts(told, "queue_wait_time")
    assert {"vip": 240} == parts(told, "queue_wait_time_p90")


def test_a_ticket_that_waits_again_waits_anew():
    desk = Desk()
    hands_off(desk)
    desk.advance("1m")
    desk.takes()
    desk.advance("1h")
    desk.transfers(to={"queue": "standard"})
    desk.advance("3m")
    desk.takes("ben")

    told = reported(desk, "queues")

    assert (2, 0, 120) == (told.arrivals, told.waiting, told.queue_wait_time)


def test_a_ticket_that_goes_on_by_email_waits_no_more():
    desk = Desk()
    hands_off(desk)
    desk.advance("1m")
    desk.sets(routing_channel="email")
    desk.advance("1h")
    desk.takes()

    told = reported(desk, "queues")

    assert (1, 0, None) == (told.arrivals, told.waiting, told.queue_wait_time)


def test_a_solution_takes_the_hours_of_the_office():
    office = {"timezone": "Europe/Berlin", "hours": {"mon-fri": ["09:00-12:00", "13:00-17:00"]}}
    desk = Desk(schedules={"office": office}, brand={"schedule": "office"})
    hands_off(desk)
    desk.takes()
    desk.agent_says()
    desk.advance("1d1h")
    desk.sets(status="solved")

    told = reported(desk)

    assert 25 * 3600 == told.resolution_time
    assert 8 * 3600 == told.business_resolution_time
    assert told.business_resolution_time == told.business_resolution_time_p90


def test_what_is_handed_off_again_and_again_is_told_by_field():
    desk = Desk()
    for name, topic in (("mia", "refund"), ("tom", "refund"), ("eva", "delivery")):
        hands_off(desk, name, fields={"topic": topic, "order": name, "items": ["a"]})

    assert {"topic": {"refund": 2}} == reported(desk, "bot").handed_off_by_field


def test_the_ninetieth_percentile_is_not_exceeded_by_nine_of_ten():
    desk = Desk()
    for number in range(1, 11):
        hands_off(desk, f"customer{number}")
        desk.takes()
        desk.advance(f"{number}m")
        desk.agent_says()

    told = reported(desk)

    assert (330, 540) == (told.first_reply_time, told.first_reply_time_p90)


def test_surveys_count_the_last_answer():
    desk = Desk(brand={"survey": True})
    for name, ratings in (("mia", ("bad", "good")), ("tom", ("bad",)), ("eva", ())):
        hands_off(desk, name)
        desk.takes()
        desk.agent_says()
        desk.sets(status="solved")
        for rating in ratings:
            desk.does(AnswerSurvey(conversation_id=desk.conversation.id, rating=rating), desk.actor("customer"))

    told = reported(desk)

    assert (3, 2, 0.5) == (told.surveys_asked, told.surveys_answered, told.satisfaction)


class TestPromisedWaits:
    """Two minutes are estimated, and said."""

    def waiting(self, name: str = "mia", **config: Any) -> Desk:
        desk = Desk(**config)
        desk.history = [timedelta(seconds=100), timedelta(seconds=100), timedelta(seconds=120)]
        hands_off(desk, name)
        return desk

    @pytest.mark.parametrize(("after", "kept", "slipped"), [("1m30s", 1, 0), ("2m", 0, 1), ("5m", 0, 1)])
    def test_an_estimate_is_held_against_what_happened(self, after, kept, slipped):
        desk = self.waiting()
        desk.advance(after)
        desk.takes()
        desk.advance("1h")
        told = reported(desk, "queues")
        actual = parse_duration(after).total_seconds()
        assert (1, kept, slipped) == (told.waits_promised, told.waits_kept, told.waits_slipped)
        assert (110, actual, abs(actual - 110)) == (told.estimated_wait, told.actual_wait, told.wait_error)
        assert {"standard": 1} == parts(told, "waits_promised")

    def test_who_leaves_before_counts_as_neither_and_who_leaves_after_as_slipped(self):
        desk = self.waiting()
        desk.advance("1m")
        desk.leaves_queue()
        hands_off(desk, "tom")
        desk.advance("3m")
        desk.leaves_queue()
        told = reported(desk, "queues")
        assert (2, 0, 1, None) == (told.waits_promised, told.waits_kept, told.waits_slipped, told.wait_error)

    def test_each_queueing_is_a_promise_of_its_own(self):
        desk = self.waiting()
        desk.advance("1m")
        desk.takes()
        desk.transfers(to={"queue": "standard"})
        desk.advance("3m")
        desk.takes("ben")
        desk.sets(status="pending")
        told = reported(desk, "queues")
        assert (2, 1, 1) == (told.waits_promised, told.waits_kept, told.waits_slipped)

    def test_one_that_is_told_anew_while_it_runs_counts_by_its_time(self):
        desk = self.waiting()
        desk.advance("3m")
        desk.sets(status="on_hold")
        desk.sets(status="open")
        told = reported(desk, "queues")
        assert (2, 0, 1) == (told.waits_promised, told.waits_kept, told.waits_slipped)

    def test_without_an_estimate_nothing_was_promised(self):
        desk = Desk()
        hands_off(desk)
        desk.takes()
        assert (0, None) == (reported(desk).waits_promised, reported(desk).wait_error)


def test_notes_are_no_replies_and_a_pass_to_another_bot_no_hand_off():
    desk = Desk()
    desk.customer_says()
    desk.does(PassControl(conversation_id=desk.conversation.id, bot="bob", epoch=desk.conversation.epoch), BOT)
    desk.hand_off(actor=Actor(type="bot", id="bob"))
    desk.takes()
    desk.agent_says("A difficult one.", visibility="internal")

    told = reported(desk)

    assert (1, 1, None) == (told.handed_off, told.unreplied, told.first_reply_time)


def test_what_is_sent_unasked_is_no_follow_up_and_what_is_skipped_is_not_sent():
    desk = Desk()
    hands_off(desk)
    sent = {"conversation_id": desk.conversation.id, "at": desk.now, "actor": BOT}
    desk.events += [
        Event(id="evt_x", type="followup.sent", data={"kind": "proactive"}, **sent),
        Event(id="evt_y", type="followup.skipped", data={"kind": "ladder", "reason": "budget"}, **sent),
        Event(id="evt_z", type="ticket.transferred", ticket_id=desk.ticket.id, **sent),
    ]
    desk.advance("1h")
    desk.customer_says()
    desk.customer_says()

    told = reported(desk)

    assert (0, 1, 1) == (told.followups_sent, told.proactive_sent, told.proactive_answered)
    assert (1, 1) == (told.followups_skipped, told.transferred)


def test_events_of_a_conversation_that_is_not_known_add_nothing():
    desk = Desk()
    hands_off(desk)
    desk.takes()
    desk.events = desk.events[1:]

    assert reported(Desk()) == reported(desk)


def test_a_dimension_that_is_not_there_is_refused_with_the_nearest():
    with pytest.raises(InvalidRequest, match="did you mean 'priority'"):
        checked_dimensions(["priorty"])
    with pytest.raises(InvalidRequest, match="field:<name>"):
        checked_dimensions(["field:"])
    with pytest.raises(InvalidRequest, match="at most 4"):
        checked_dimensions(DIMENSIONS[:5])
    assert ("tag", "field:order") == checked_dimensions(["tag", "field:order", "tag"])


def test_every_figure_and_dimension_is_defined_on_the_page():
    named = set(re.findall(r"`([a-z_0-9]+)`", PAGE))
    figures = {name.removesuffix("_p90") for name in FIGURES}

    assert set(FIGURES) == set(Figures.model_fields)
    assert set() == (figures | set(DIMENSIONS)) - named
