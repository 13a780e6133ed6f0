"""lifecycle.md, 5: the session, and when silence makes it inactive."""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from typing import get_args

import pytest

from handoff_sdk.core.lifecycle import SESSION, SessionEvent
from handoff_sdk.models.conversation import Session

from .desk import Desk, told, types

CHANGES = {
    ("none", "customer_writes"): "active",
    ("none", "hand_off"): "active",
    ("active", "customer_writes"): "active",
    ("active", "hand_off"): "active",
    ("active", "silence"): "inactive",
    ("active", "end"): "ended",
    ("inactive", "customer_writes"): "active",
    ("inactive", "hand_off"): "active",
    ("inactive", "end"): "ended",
    ("ended", "customer_writes"): "active",
    ("ended", "hand_off"): "active",
}


@pytest.mark.parametrize(("session", "event"), list(product(get_args(Session), get_args(SessionEvent))))
def test_a_session_changes_as_the_law_says_and_no_other_way(session, event):
    assert CHANGES.get((session, event)) == SESSION[session].get(event)


def assigned(**config: object) -> Desk:
    """Ana has the ticket and wrote at once."""
    desk = Desk(**config)
    desk.customer_says()
    desk.hand_off()
    desk.agent_says("Which order?")
    return desk


def waiting(**config: object) -> Desk:
    desk = Desk(**config)
    desk.customer_says()
    desk.hand_off()
    return desk


def goes_inactive_in(desk: Desk, duration: str) -> bool:
    """Whether the session goes inactive after exactly this time, and nothing else happens."""
    happened = desk.advance(duration)
    return (["session.inactive"], desk.now, "inactive") == (happened, desk.events[-1].at, desk.conversation.session)


def test_the_customers_first_message_starts_a_session():
    desk = Desk()
    desk.starts()
    assert ["session.started", "message.created"] == types(desk.customer_says())
    assert ["message.created"] == types(desk.customer_says())


@pytest.mark.parametrize("language", [None, "de", "de-AT", "xx"])
def test_the_customer_is_told_of_the_end_in_their_language_and_writes_to_start_a_new_one(language):
    desk = Desk()
    desk.customer_says()
    customer = desk.thread.customer.model_copy(update={"language": language})
    desk.threads["mia"] = desk.thread.model_copy(update={"customer": customer})
    decision = desk.ends("customer")
    message = told(decision, "message.created")["message"]
    german = language in {"de", "de-AT"}
    assert ("Dieser Chat ist beendet." if german else "This chat has ended.") == message["content"]["text"]
    assert ("system", "public") == (message["author"]["type"], message["visibility"])
    assert {"session": "ended", "reason": "customer"} == told(decision, "session.ended")
    assert ["session.started", "message.created"] == types(desk.customer_says())
    assert ("active", None) == (desk.conversation.session, desk.conversation.ended_by)


def test_a_bot_owned_session_never_falls_silent():
    desk = Desk()
    desk.customer_says()
    desk.bot_says()
    assert [] == desk.advance("28d")


def test_an_assigned_ticket_goes_inactive_after_the_first_agent_message_that_was_not_answered():
    desk = assigned()
    desk.advance("6m")
    desk.agent_says("Are you there?")
    assert [] == desk.advance("3m59s")
    assert goes_inactive_in(desk, "1s")
    assert ("open", "ana") == (desk.ticket.status, desk.ticket.assignee)


def test_an_answer_stops_the_clock_until_the_agent_writes_again():
    desk = assigned()
    desk.advance("9m")
    desk.customer_says("4711")
    assert [] == desk.advance("1h")
    desk.agent_says("Thanks, one moment.")
    assert goes_inactive_in(desk, "10m")


def test_where_the_agent_never_wrote_it_is_the_customer_who_waits():
    desk = waiting()
    desk.takes("ana")
    assert [] == desk.advance("28d")
    assert "active" == desk.conversation.session


def test_notes_and_bots_words_do_not_count():
    desk = Desk()
    desk.customer_says()
    desk.bot_says("Anything else?")
    desk.hand_off(say="One moment.")
    desk.takes("ana")
    desk.agent_says("VIP", visibility="internal")
    assert [] == desk.advance("1d")


def test_a_colleagues_message_counts_as_the_agents():
    desk = waiting()
    desk.takes("ana")
    desk.agent_says("Ben here.", agent="ben")
    assert goes_inactive_in(desk, "10m")


def test_an_agent_message_from_before_the_present_assignment_does_not_count():
    desk = assigned()
    desk.advance("5m")
    desk.sets(assignee="ben")
    assert [] == desk.advance("1h")
    desk.agent_says("Ben here.", agent="ben")
    assert goes_inactive_in(desk, "10m")


def test_taking_ones_own_ticket_again_changes_nothing():
    desk = assigned()
    desk.advance("5m")
    assert [] == types(desk.takes("ana"))
    assert goes_inactive_in(desk, "5m")


def test_an_agent_message_from_an_earlier_epoch_does_not_count():
    desk = assigned()
    desk.ends("customer")
    desk.customer_says("Again.")
    desk.hand_off()
    desk.takes("ana")
    assert [] == desk.advance("1d")


@pytest.mark.parametrize("status", ["open", "pending", "on_hold", "solved"])
def test_going_inactive_never_changes_the_status(status):
    desk = assigned(brand={"style": "social"})
    desk.sets(status=status)
    assert goes_inactive_in(desk, "10m")
    assert status == desk.ticket.status


@pytest.mark.parametrize(("count_inactive", "used"), [(False, 0), (True, 1)])
def test_going_inactive_frees_capacity_unless_it_counts(count_inactive, used):
    desk = assigned(routing={"count_inactive": count_inactive})
    assert 1 == desk.used("ana")
    desk.advance("10m")
    assert used == desk.used("ana")
    desk.customer_says()
    assert ("active", 1) == (desk.conversation.session, desk.used("ana"))


def test_an_inactive_session_wakes_with_the_customers_message_and_falls_silent_no_second_time_by_itself():
    desk = assigned()
    desk.advance("10m")
    assert [] == desk.advance("1d")
    assert ["session.active", "message.created"] == types(desk.customer_says())
    assert [] == desk.advance("1d")


def test_a_message_that_arrives_at_the_very_instant_wakes_what_fell_silent_before():
    desk = assigned()
    desk.sleeps("10m")
    assert ["session.active", "message.created"] == types(desk.customer_says())


def customer_wrote(desk: Desk) -> None:
    desk.customer_says()


def was_disconnected(desk: Desk) -> None:
    desk.connects()
    desk.disconnects()


def was_unassigned(desk: Desk) -> None:
    desk.takes("ana")
    desk.sets(assignee=None)


def test_a_ticket_of_nobody_goes_inactive_after_the_hand_off():
    desk = Desk()
    desk.customer_says()
    desk.advance("5m")
    desk.hand_off()
    assert goes_inactive_in(desk, "10m")


@pytest.mark.parametrize("latest", [customer_wrote, was_disconnected, was_unassigned])
@pytest.mark.parametrize("earlier", [customer_wrote, was_disconnected, was_unassigned])
def test_a_ticket_of_nobody_goes_inactive_after_the_latest_of_what_counts(earlier, latest):
    desk = waiting()
    desk.advance("1m")
    earlier(desk)
    desk.advance("5m")
    latest(desk)
    assert desk.now + timedelta(minutes=10) == desk.due.at
    assert goes_inactive_in(desk, "10m")


def test_an_agents_words_do_not_count_once_the_ticket_is_nobodys():
    desk = assigned()
    desk.advance("9m")
    desk.sets(assignee=None)
    assert goes_inactive_in(desk, "10m")


def test_a_ticket_of_nobody_stays_active_while_the_customer_is_connected():
    desk = waiting()
    desk.connects()
    assert [] == desk.advance("1d")
    desk.disconnects()
    assert [] == desk.advance("9m59s")
    assert goes_inactive_in(desk, "1s")


def test_an_assigned_ticket_goes_inactive_also_while_the_customer_is_connected():
    desk = assigned()
    desk.connects()
    assert goes_inactive_in(desk, "10m")


def test_being_connected_is_told_to_nobody_and_twice_is_once():
    desk = waiting()
    assert [] == types(desk.connects())
    before = desk.thread
    assert [] == types(desk.connects())
    assert before is desk.thread


def test_connecting_does_not_wake_an_inactive_session():
    desk = waiting()
    desk.advance("10m")
    desk.connects()
    assert "inactive" == desk.conversation.session


def test_the_time_of_silence_is_configured():
    assert goes_inactive_in(assigned(routing={"inactive_after": "90s"}), "90s")


@pytest.mark.parametrize("begin", [assigned, waiting])
def test_an_ended_session_does_not_fall_silent(begin):
    desk = begin()
    desk.ends("customer")
    assert "session.inactive" not in desk.advance("28d")


def test_ending_a_session_frees_capacity_and_leaves_the_queue():
    desk = assigned()
    desk.ends()
    assert 0 == desk.used("ana")
    desk = waiting()
    assert ["mia"] == desk.queue
    desk.ends("customer")
    assert [] == desk.queue
