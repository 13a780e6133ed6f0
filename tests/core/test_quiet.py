"""lifecycle.md, 7: quiet hours and days are the customer's, also when clocks are changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff_sdk.core.quiet import day_start, quiet_until, zone_of
from handoff_sdk.models.customer import Customer
from handoff_sdk.models.quiet import QuietHours


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "quiet", "instant", "until"),
    [
        # In Berlin 02:00 becomes 03:00 on 29 March 2026 (01:00 UTC).
        ("Europe/Berlin", "20:00-08:00", "2026-03-28T20:00", "2026-03-29T06:00"),
        ("Europe/Berlin", "01:00-02:30", "2026-03-29T00:10", "2026-03-29T01:00"),
        ("Europe/Berlin", "01:00-03:00", "2026-03-29T00:10", "2026-03-29T01:00"),
        ("Europe/Berlin", "01:00-04:00", "2026-03-29T00:10", "2026-03-29T02:00"),
        ("Europe/Berlin", "02:15-02:45", "2026-03-29T00:59:59.5", None),
        ("Europe/Berlin", "02:15-02:45", "2026-03-29T01:00", None),
        # and 03:00 becomes 02:00 on 25 October (01:00 UTC): what lies between comes twice.
        ("Europe/Berlin", "20:00-08:00", "2026-10-24T20:00", "2026-10-25T07:00"),
        ("Europe/Berlin", "20:00-02:30", "2026-10-25T00:00", "2026-10-25T00:30"),
        ("Europe/Berlin", "20:00-02:30", "2026-10-25T00:30", None),
        ("Europe/Berlin", "20:00-02:30", "2026-10-25T01:00", "2026-10-25T01:30"),
        ("Europe/Berlin", "02:30-04:00", "2026-10-25T00:40", "2026-10-25T01:00"),
        ("Europe/Berlin", "02:30-04:00", "2026-10-25T01:30", "2026-10-25T03:00"),
        # Half an hour in Lord Howe; a whole day that never was in Samoa, 30 December 2011 (from 10:00 UTC).
        ("Australia/Lord_Howe", "20:00-08:00", "2026-04-04T12:00", "2026-04-04T21:30"),
        ("Pacific/Apia", "20:00-08:00", "2011-12-30T09:00", "2011-12-30T18:00"),
        ("UTC", "00:00-24:00".replace("24:00", "23:59"), "2026-01-05T10:00", "2026-01-05T23:59"),
        ("UTC", "22:00-24:00", "2026-01-05T23:59:59.999999", "2026-01-06T00:00"),
    ],
)
def test_quiet_is_what_the_wall_clock_says(zone, quiet, instant, until):
    found = quiet_until(QuietHours.parse(quiet), ZoneInfo(zone), at(instant))
    assert (at(until) if until else None) == found


@given(
    zone=st.sampled_from(
        ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Casablanca"]
    ),
    start=st.integers(0, 1439),
    length=st.integers(1, 1439),
    minute=st.integers(0, 4 * 366 * 24 * 60),
    microseconds=st.sampled_from([0, 1, 59_999_999]),
)
def test_it_ends_at_the_first_instant_that_is_not_quiet(zone, start, length, minute, microseconds):
    quiet = QuietHours(timedelta(minutes=start), timedelta(minutes=(start + length) % 1440))
    where = ZoneInfo(zone)

    def is_quiet(when: datetime) -> bool:
        wall = when.astimezone(where).time()
        since = wall.hour * 60 + wall.minute
        return (since - start) % 1440 < length

    now = at("2024-01-01") + timedelta(minutes=minute, microseconds=microseconds)
    until = quiet_until(quiet, where, now)
    assert is_quiet(now) == (until is not None)
    if until is not None:
        assert (True, UTC) == (until > now, until.tzinfo)
        assert not is_quiet(until)
        assert is_quiet(until - timedelta(microseconds=1))
        assert all(is_quiet(now + (until - now) // 20 * part) for part in range(20))


@pytest.mark.parametrize(
    ("zone", "instant", "start"),
    [
        (None, "2026-01-05T10:00", "2026-01-05T00:00"),
        ("Asia/Tokyo", "2026-01-05T14:59:59", "2026-01-04T15:00"),
        ("Asia/Tokyo", "2026-01-05T15:00", "2026-01-05T15:00"),
        ("America/New_York", "2026-03-08T12:00", "2026-03-08T05:00"),
        ("America/Havana", "2026-03-08T12:00", "2026-03-08T05:00"),  # there is no midnight on that day
        ("America/Havana", "2026-11-01T12:00", "2026-11-01T04:00"),  # there are two
    ],
)
def test_a_day_begins_at_midnight_where_the_customer_is(zone, instant, start):
    customer = Customer(id="cus_1", timezone=zone, created_at=at("2026-01-01"))
    assert at(start) == day_start(customer, at(instant))


@pytest.mark.parametrize("zone", [None, "Mars/Olympus", "../etc/passwd", ""])
def test_a_zone_that_is_not_known_is_utc(zone):
    assert UTC == zone_of(Customer(id="cus_1", timezone=zone, created_at=at("2026-01-01")))
