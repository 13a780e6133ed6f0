"""lifecycle.md, 7: what quiet hours hold leaves when they end, at its pace."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from .nudged import Desk

SAY = {"en": "Still there?"}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def armed_at(instant: str, ladder=None, **options) -> Desk:
    """Ana wrote at an instant, and waits."""
    desk = Desk(ladder, **options)
    desk.now = at(instant) - timedelta(minutes=10)
    desk.talk_with_ana()
    desk.advance_to(at(instant))
    desk.agent_says()
    return desk


@pytest.mark.parametrize(
    ("wrote", "sent"),
    [
        ("2026-01-05T19:54", "2026-01-05T19:59"),
        ("2026-01-05T19:55", "2026-01-06T08:00"),  # 20:00 is quiet
        ("2026-01-05T23:58", "2026-01-06T08:00"),
        ("2026-01-06T07:54:59", "2026-01-06T08:00"),
        ("2026-01-06T07:55", "2026-01-06T08:00"),  # 08:00 is not
        ("2026-01-06T07:56", "2026-01-06T08:01"),
    ],
)
def test_quiet_hours_hold_until_they_end(wrote, sent):
    desk = armed_at(wrote, {"quiet": "20:00-08:00"})
    desk.advance_to(at(sent) - timedelta(microseconds=1))
    assert (0, at(sent)) == (desk.sent, desk.next)
    desk.advance_to(at(sent))
    assert (1, at(sent), []) == (desk.sent, desk.happened("followup.sent")[0].at, desk.skipped)


def test_a_hold_is_no_event_and_the_next_step_waits_from_the_sending():
    desk = armed_at("2026-01-05T19:58", {"quiet": "20:00-08:00"})
    assert [] == [event_type for event_type in desk.advance("10m") if event_type != "session.inactive"]
    (held,) = desk.listed()
    assert ("held", "quiet", at("2026-01-06T08:00")) == (held.state, held.why_not_sent, held.next_at)
    desk.advance_to(at("2026-01-06T08:00"))
    assert ("pending", at("2026-01-06T08:05")) == (desk.ticket.status, desk.next)


@pytest.mark.parametrize(
    ("zone", "sent"),
    [
        ("Europe/Berlin", "2026-01-06T07:00"),
        ("America/New_York", "2026-01-05T20:03"),
        ("Asia/Kolkata", "2026-01-06T02:30"),
        ("Asia/Tokyo", "2026-01-05T23:00"),
        ("Mars/Olympus", "2026-01-06T08:00"),
        (None, "2026-01-06T08:00"),
    ],
)
def test_quiet_hours_are_the_customers(zone, sent):
    desk = armed_at("2026-01-05T19:58", {"quiet": "20:00-08:00"}, profile={"timezone": zone})
    desk.advance("1d")
    assert at(sent) == desk.happened("followup.sent")[0].at


def test_a_step_without_words_is_not_held():
    steps = [{"after": "1m", "say": SAY}, {"after": "1m", "set": {"status": "solved"}}]
    desk = armed_at("2026-01-05T19:58", {"quiet": "20:00-08:00", "steps": steps})
    desk.advance("2m")
    assert ("solved", 1) == (desk.ticket.status, desk.sent)


def test_what_is_quiet_again_when_its_second_comes_is_held_again():
    desk = armed_at("2026-01-05T19:58", {"quiet": "20:00-08:00"})
    desk.advance("10m")
    desk.reloads(followups={"nudge": {"quiet": "20:00-09:00"}})
    desk.advance_to(at("2026-01-06T08:59"))
    assert (0, at("2026-01-06T09:00")) == (desk.sent, desk.next)
    desk.advance("1m")
    assert 1 == desk.sent


def test_one_offs_are_held_by_the_quiet_hours_of_the_conversations_ladder():
    desk = armed_at("2026-01-05T19:58", {"quiet": "20:00-08:00", "while": ["bot"]})
    desk.follows_up(after="10m")
    desk.advance("10m")
    (held,) = desk.listed()
    assert ("held", "quiet", at("2026-01-06T08:00")) == (held.state, held.why_not_sent, held.next_at)
    desk.advance("12h")
    assert (1, 0) == (desk.sent, len(desk.thread.followups.waiting))
    without = armed_at("2026-01-05T19:58", {"quiet": "20:00-08:00"}, brand={"followups": None})
    without.follows_up(after="10m")
    without.advance("10m")
    assert 1 == without.sent


def held_for_morning(many: int, pace: int) -> Desk:
    """So many customers who are to be nudged when the quiet hours end."""
    desk = Desk({"quiet": "20:00-08:00", "pace": pace, "steps": [{"after": "5m", "say": SAY}]})
    desk.now = at("2026-01-05T19:58")
    for number in range(many):
        desk.talk_with_ana(f"c{number}").agent_says()
    desk.advance("1h")
    return desk


def sent_at(desk: Desk) -> list[str]:
    events = [event for events in desk.events.values() for event in events if event.type == "followup.sent"]
    return sorted(event.at.strftime("%H:%M:%S") for event in events)


def test_held_messages_leave_at_their_pace():
    desk = held_for_morning(5, pace=2)
    desk.advance_to(at("2026-01-06T08:00"))
    assert ["08:00:00"] * 2 == sent_at(desk)
    desk.advance("1h")
    assert ["08:00:00", "08:00:00", "08:00:01", "08:00:01", "08:00:02"] == sent_at(desk)


def test_without_a_pacer_they_leave_together():
    desk = Desk({"quiet": "20:00-08:00", "pace": 1, "steps": [{"after": "5m", "say": SAY}]})
    desk.pacer = None
    desk.now = at("2026-01-05T19:58")
    for name in ("a", "b"):
        desk.talk_with_ana(name).agent_says()
    desk.advance("1d")
    assert ["08:00:00", "08:00:00"] == sent_at(desk)


def test_seconds_that_were_given_away_outlast_a_restart():
    desk = held_for_morning(3, pace=2)
    desk.restarts()
    desk.talk_with_ana("late").agent_says()
    desk.advance("1d")
    assert ["08:00:00", "08:00:00", "08:00:01", "08:00:01"] == sent_at(desk)


def test_a_reply_wastes_the_second_but_nothing_else():
    desk = held_for_morning(3, pace=1)
    desk.customer_says(to="c0")
    desk.advance("1d")
    assert ["08:00:01", "08:00:02"] == sent_at(desk)
