"""config.md, schedules; lifecycle.md, 4 and 8: working time, counted as somebody with a wall clock would."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff_sdk.core.hours import after_working, comings_and_goings, is_open, opens_at, worked
from handoff_sdk.models.schedule import DAYS, Schedule

MINUTE = timedelta(minutes=1)
OFFICE = {"timezone": "Europe/Berlin", "hours": {"mon-fri": ["09:00-12:30", "13:00-17:30"], "sat": ["10:00-14:00"]}}
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo"]
AROUND = [datetime(2026, 3, 27, tzinfo=UTC), datetime(2026, 10, 23, tzinfo=UTC), datetime(2026, 4, 3, tzinfo=UTC)]
"""Days before clocks change somewhere."""


def schedule(**changes):
    return Schedule.model_validate(OFFICE | changes)


def at(text):
    return datetime.fromisoformat(text).astimezone(UTC)


def on_the_wall(one, minute):
    """Whether people are there in a minute, by looking at a clock on the wall and a calendar beside it."""
    local = minute.astimezone(ZoneInfo(one.timezone))
    since_midnight = timedelta(hours=local.hour, minutes=local.minute)
    slots = () if local.date() in one.days_off else one.week[local.weekday()]
    return any(start <= since_midnight < end for start, end in slots)


@st.composite
def schedules(draw):
    hours = {}
    for day in DAYS:
        times = draw(st.lists(st.integers(0, 96), max_size=6, unique=True).map(sorted))
        slots = zip(times[::2], times[1::2], strict=False)
        hours[day] = [f"{a // 4:02}:{a % 4 * 15:02}-{b // 4:02}:{b % 4 * 15:02}" for a, b in slots]
    hours["sun"] = hours["sun"] or ["01:00-04:00"]
    off = draw(st.lists(st.sampled_from([date(2026, 3, 28), date(2026, 10, 25), date(2026, 4, 4)]), max_size=2))
    return Schedule.model_validate({"timezone": draw(st.sampled_from(ZONES)), "hours": hours, "closed": off})


@given(schedules(), st.sampled_from(AROUND), st.integers(0, 4 * 1440), st.integers(0, 2 * 1440))
def test_it_counts_as_the_wall_clock_does_minute_by_minute(one, day, skipped, length):
    start = day + skipped * MINUTE
    minutes = [start + n * MINUTE for n in range(length)]
    there = [minute for minute in minutes if on_the_wall(one, minute)]
    assert len(there) * MINUTE == worked(one, start, start + length * MINUTE)
    assert on_the_wall(one, start) == is_open(one, start)
    if there:
        assert there[0] == opens_at(one, start)
        assert there[-1] + MINUTE == after_working(one, start, len(there) * MINUTE)


@given(schedules(), st.sampled_from(AROUND), st.timedeltas(timedelta(), timedelta(days=40)))
def test_so_much_later_so_much_was_worked(one, start, span):
    end = after_working(one, start, span)
    if end is None:  # an hour a week is not forty days in three years
        assert span > worked(one, start, start + timedelta(days=3 * 365))
    else:
        assert span == worked(one, start, end)


@pytest.mark.parametrize(
    ("instant", "is_there", "next_there"),
    [
        ("2026-01-05T09:00+01:00", True, "2026-01-05T09:00+01:00"),
        ("2026-01-05T12:29:59+01:00", True, "2026-01-05T12:29:59+01:00"),
        ("2026-01-05T12:30+01:00", False, "2026-01-05T13:00+01:00"),
        ("2026-01-05T17:30+01:00", False, "2026-01-06T09:00+01:00"),
        ("2026-01-10T14:00+01:00", False, "2026-01-12T09:00+01:00"),
        ("2026-12-24T10:00+01:00", False, "2026-12-28T09:00+01:00"),
    ],
)
def test_people_are_there_or_will_be(instant, is_there, next_there):
    one = schedule(holidays="DE-BE", closed=["2026-12-24"])
    assert (is_there, at(next_there)) == (is_open(one, at(instant)), opens_at(one, at(instant)))


def test_without_a_schedule_people_are_always_there():
    start = at("2026-01-04T03:00Z")
    assert (True, start) == (is_open(None, start), opens_at(None, start))
    assert timedelta(hours=5) == worked(None, start, start + timedelta(hours=5))
    assert start + timedelta(hours=5) == after_working(None, start, timedelta(hours=5))


def test_without_a_schedule_nobody_comes_or_goes():
    assert [] == comings_and_goings(None, at("2026-01-05T10:00Z"))


def test_what_is_over_was_not_worked():
    start = at("2026-01-05T10:00Z")
    assert timedelta() == worked(schedule(), start, start - timedelta(hours=1))
    assert timedelta() == worked(None, start, start - timedelta(hours=1))
    assert start == after_working(schedule(), start, timedelta())


def test_one_that_never_opens_again_says_so():
    closed = [(date(2026, 1, 1) + timedelta(days=n)).isoformat() for n in range(5 * 366)]
    one = schedule(closed=closed)
    start = at("2026-01-05T10:00Z")
    assert (None, None) == (opens_at(one, start), after_working(one, start, MINUTE))
    assert (timedelta(), []) == (worked(one, start, start + timedelta(days=7)), comings_and_goings(one, start))


def test_parts_of_a_country_have_holidays_of_their_own():
    women = date(2026, 3, 8)
    assert [True, False] == [women in schedule(holidays=code).days_off for code in ("DE-BE", "DE")]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"timezone": "Europe/Berln"}, "'Europe/Berln' is not a time zone; did you mean 'Europe/Berlin'?"),
        ({"timezone": "Mars"}, "'Mars' is not a time zone; use a name such as 'Europe/Berlin'"),
        ({"hours": {}}, "has no stretch of any day"),
        ({"hours": {"mon": []}}, "has no stretch of any day"),
        ({"hours": {"monday": ["09:00-12:00"]}}, "'monday' is not a day of the week"),
        ({"hours": {"fri-mon": ["09:00-12:00"]}}, "'fri-mon' goes backwards"),
        ({"hours": {"mon": ["9-12"]}}, "'9-12' is not a stretch of the day; write one like '09:00-12:30'"),
        ({"hours": {"mon": ["22:00-06:00"]}}, "ends before it begins"),
        ({"hours": {"mon": ["09:00-12:00", "11:59-13:00"]}}, "two stretches of 'mon' overlap"),
        ({"hours": {"mon-fri": ["09:00-12:00"], "wed": ["10:00-11:00"]}}, "two stretches of 'wed' overlap"),
        ({"holidays": "XX"}, "'XX' is not a country whose holidays are known"),
        ({"holidays": "DE-XX"}, "'XX' is not a part of 'DE'; there are: BB, BE"),
        ({"closed": ["24.12.2026"]}, "'24.12.2026' is not a date; write one like '2026-12-24'"),
    ],
)
def test_what_a_schedule_cannot_be(changes, problem):
    with pytest.raises(ValueError, match="validation error") as refused:
        schedule(**changes)
    assert any(problem in error["msg"] for error in refused.value.errors()), refused.value.errors()


def test_it_is_written_as_it_was_read():
    one = schedule(holidays="DE-BE", closed=["2026-12-24"])
    assert one == Schedule.model_validate(one.model_dump(mode="json"))
    assert OFFICE["hours"] == {day: list(slots) for day, slots in one.model_dump(mode="json")["hours"].items()}


@pytest.mark.parametrize(
    ("hours", "since", "expected"),
    [
        ({"mon": ["09:00-12:00", "13:00-17:00"]}, "2026-01-05T10:00Z", ["2026-01-05T12:00Z", "2026-01-05T13:00Z"]),
        ({"mon": ["09:00-12:00", "13:00-17:00"]}, "2026-01-05T12:00Z", ["2026-01-05T13:00Z", "2026-01-05T17:00Z"]),
        ({"mon-tue": ["00:00-24:00"]}, "2026-01-05T10:00Z", ["2026-01-07T00:00Z", "2026-01-12T00:00Z"]),
        ({"mon-tue": ["00:00-24:00"]}, "2026-01-04T10:00Z", ["2026-01-05T00:00Z", "2026-01-07T00:00Z"]),
        ({"mon-sun": ["00:00-24:00"]}, "2026-01-05T10:00Z", []),
    ],
)
def test_people_come_and_go(hours, since, expected):
    office = schedule(timezone="UTC", hours=hours)
    assert [at(text) for text in expected] == comings_and_goings(office, at(since))
