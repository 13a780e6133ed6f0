"""lifecycle.md, 4: how long a solved ticket waits before it closes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handoff_sdk.models.duration import parse_duration

from .desk import Desk, told, types

LIMIT = timedelta(days=28)
CLOSED = ["ticket.closed", "session.ended", "control.returned", "ticket.updated"]


def solved(*, brand: dict[str, object], handoff: dict[str, object] | None = None, **changes: object) -> Desk:
    """A desk whose ticket Ana has just solved."""
    desk = Desk(brand=brand)
    desk.customer_says()
    desk.hand_off(**handoff or {})
    desk.takes("ana")
    if changes:
        desk.sets(**changes)
    desk.advance("2h")
    desk.sets(status="solved")
    return desk


@pytest.mark.parametrize(
    ("brand", "handoff", "ticket", "delay"),
    [
        ({}, {}, {}, "1h"),
        ({"style": "live_chat_returning"}, {}, {}, "1h"),
        ({"style": "social"}, {}, {}, "4d"),
        ({"style": "social", "close_after": "never"}, {}, {}, "28d"),
        ({"style": "social", "close_after": "28d"}, {}, {}, "28d"),
        ({"style": "live_chat", "close_after": "90s"}, {}, {}, "90s"),
        ({"style": "live_chat_returning", "close_after": "1h59m"}, {}, {}, "1h59m"),
        ({"style": "live_chat"}, {"style": "social"}, {}, "4d"),
        ({"style": "social"}, {"style": "live_chat_returning"}, {}, "1h"),
        ({"style": "live_chat_returning", "close_after": "2h"}, {"style": "social"}, {}, "4d"),
        ({"style": "live_chat_returning", "close_after": "2h"}, {"style": "live_chat_returning"}, {}, "2h"),
        ({"style": "social", "close_after": "never"}, {"style": "live_chat_returning"}, {}, "1h"),
        ({"style": "live_chat"}, {"style": "social"}, {"style": "live_chat_returning"}, "1h"),
        ({"style": "social", "close_after": "2d"}, {"style": "live_chat"}, {"style": "social"}, "2d"),
        ({}, {}, {"close_after": "5m"}, "5m"),
        ({}, {}, {"close_after": "never"}, "28d"),
        ({}, {}, {"close_after": "40d"}, "28d"),
        ({"close_after": "2h"}, {}, {"style": "social", "close_after": "5m"}, "5m"),
    ],
)
def test_a_solved_ticket_closes_after_the_delay_of_its_latest_style(brand, handoff, ticket, delay):
    desk = solved(brand=brand, handoff=handoff, **ticket)
    assert desk.now + parse_duration(delay) == desk.due.at
    happened = desk.advance(delay)
    assert CLOSED == happened[-4:]
    assert (desk.now, "closed") == (desk.ticket.closed_at, desk.ticket.status)


def test_to_the_second_and_not_before():
    desk = solved(brand={"style": "social"})
    assert "ticket.closed" not in desk.advance("3d23h59m59s")
    assert "solved" == desk.ticket.status
    assert "ticket.closed" in desk.advance("1s")


@pytest.mark.parametrize(
    ("brand", "handoff"),
    [
        ({"style": "live_chat"}, {}),
        ({"style": "social"}, {"style": "live_chat"}),
        ({"style": "social", "close_after": "0s"}, {}),
    ],
)
def test_a_delay_of_nothing_is_at_once_in_the_same_transaction(brand, handoff):
    desk = Desk(brand=brand)
    desk.customer_says()
    desk.hand_off(**handoff)
    desk.takes("ana")
    decision = desk.sets(status="solved")
    assert ["message.created", "ticket.solved", *CLOSED] == types(decision)
    assert ["open", "closed"] == told(decision, "ticket.updated")["changes"]["status"]
    assert desk.ticket.solved_at == desk.ticket.closed_at == desk.now


def test_after_a_live_chat_the_next_message_meets_the_bot_and_the_next_hand_off_makes_a_new_ticket():
    desk = Desk(brand={"style": "live_chat"})
    desk.customer_says()
    desk.agent_says()
    desk.sets(status="solved")
    desk.customer_says("One more thing.")
    assert ("bot", "active", 1) == (desk.conversation.owner, desk.conversation.session, desk.ticket.number)
    desk.hand_off()
    assert (2, "new") == (desk.ticket.number, desk.ticket.status)


def test_a_new_style_on_a_solved_ticket_counts_from_the_solving():
    desk = solved(brand={})
    solving = desk.now
    desk.advance("30m")
    desk.sets(style="social")
    assert solving + timedelta(days=4) == desk.due.at
    desk.advance("3d")
    decision = desk.sets(style="live_chat_returning")
    assert ["message.created", *CLOSED] == types(decision)
    assert {"status": ["solved", "closed"], "style": ["social", "live_chat_returning"], "live": [True, False]} == told(
        decision, "ticket.updated"
    )["changes"]


def test_a_later_style_brings_its_own_delay_also_where_one_was_chosen_for_the_ticket():
    desk = solved(brand={}, close_after="5m")
    desk.sets(style="social")
    assert desk.now + timedelta(days=4) == desk.due.at


def test_the_brands_own_delay_comes_back_with_the_brands_style():
    desk = solved(brand={"style": "social", "close_after": "2d"})
    solving = desk.now
    desk.sets(style="live_chat_returning")
    assert solving + timedelta(hours=1) == desk.due.at
    desk.sets(style="social")
    assert solving + timedelta(days=2) == desk.due.at


def test_a_new_style_that_waits_for_nothing_closes_a_solved_ticket_at_once():
    desk = solved(brand={"style": "social"})
    assert ["message.created", *CLOSED] == types(desk.sets(style="live_chat"))


@pytest.mark.parametrize("reopen", [lambda desk: desk.customer_says(), lambda desk: desk.sets(status="open")])
def test_a_reopen_stops_the_delay_and_the_next_solving_starts_it_anew(reopen):
    desk = solved(brand={})
    desk.advance("59m59s")
    reopen(desk)
    assert None is desk.ticket.solved_at
    assert "ticket.closed" not in desk.advance("1d")
    desk.sets(status="solved")
    assert desk.now + timedelta(hours=1) == desk.due.at


@pytest.mark.parametrize("status", ["pending", "on_hold"])
def test_a_ticket_that_is_parked_again_does_not_close(status):
    desk = solved(brand={})
    desk.sets(status=status)
    assert "ticket.closed" not in desk.advance("40d")


def test_a_returning_customer_reopens_the_same_ticket_with_the_same_agent_any_number_of_times():
    desk = solved(brand={})
    for times in range(1, 4):
        desk.advance("59m59s")
        assert "ticket.reopened" in types(desk.customer_says())
        assert (1, "open", "ana", times) == (
            desk.ticket.number,
            desk.ticket.status,
            desk.ticket.assignee,
            desk.ticket.reopens,
        )
        desk.sets(status="solved")
    desk.advance("1h")
    desk.customer_says()
    assert ("closed", "bot") == (desk.ticket.status, desk.conversation.owner)


def test_a_message_at_the_very_instant_of_closing_comes_too_late():
    desk = solved(brand={})
    desk.sleeps("1h")
    desk.customer_says()
    assert ("closed", 0, "bot") == (desk.ticket.status, desk.ticket.reopens, desk.conversation.owner)


def test_28_days_count_from_the_last_solving():
    desk = solved(brand={"style": "social", "close_after": "never"})
    desk.advance("27d")
    desk.customer_says()
    desk.sets(status="solved")
    assert desk.now + LIMIT == desk.due.at
    desk.advance("27d23h59m")
    assert "solved" == desk.ticket.status
    desk.advance("1m")
    assert "closed" == desk.ticket.status


def test_a_ticket_that_returned_closes_by_its_style_and_touches_neither_session_nor_owner():
    desk = Desk(brand={"style": "social"})
    desk.customer_says()
    desk.agent_says()
    desk.hands_back()
    desk.customer_says()
    assert ["ticket.closed", "ticket.updated"] == desk.advance("4d")
    assert ("bot", 3, "active") == (desk.conversation.owner, desk.conversation.epoch, desk.conversation.session)


def test_tickets_of_one_conversation_close_each_in_its_time():
    desk = Desk(brand={"style": "social"})
    desk.customer_says()
    desk.agent_says()
    desk.hands_back()
    first = desk.ticket.id
    desk.hand_off(style="live_chat_returning")
    desk.agent_says()
    desk.hands_back()
    desk.advance("1h")
    assert ("solved", "closed") == (desk.thread.ticket(first).status, desk.ticket.status)
    desk.advance("4d")
    assert "closed" == desk.tickets[first].status


def test_a_closed_ticket_falls_out_of_the_thread_unless_it_is_the_latest():
    desk = Desk(brand={"style": "live_chat"})
    for _ in range(2):
        desk.customer_says()
        desk.agent_says()
        desk.sets(status="solved")
    desk.customer_says()
    assert [2] == [ticket.number for ticket in desk.thread.tickets]
