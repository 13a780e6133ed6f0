from datetime import time, timedelta

import pytest
from pydantic import TypeAdapter

from handoff_sdk.models.quiet import Quiet, QuietHours


@pytest.mark.parametrize("text", ["20:00-08:00", "00:00-23:59", "23:59-00:00", "12:30-12:31"])
def test_they_are_written_as_they_are_read(text):
    quiet = QuietHours.parse(text)
    assert text == str(quiet)
    adapter = TypeAdapter(Quiet)
    assert (
        quiet == adapter.validate_python(adapter.dump_python(quiet)) == adapter.validate_json(adapter.dump_json(quiet))
    )


def test_midnight_may_be_written_as_an_end():
    assert QuietHours.parse("22:00-00:00") == QuietHours.parse("22:00-24:00")


@pytest.mark.parametrize(
    "text",
    ["", "20:00", "20:00-20:00", "00:00-24:00", "24:00-08:00", "8:00-9:00", "20:00-08:60", "20:00 - 08:00", "20-8"],
)
def test_anything_else_is_refused(text):
    with pytest.raises(ValueError, match="is not a stretch of the day"):
        QuietHours.parse(text)


@pytest.mark.parametrize(
    ("text", "at", "remaining"),
    [
        ("20:00-08:00", time(19, 59, 59, 999999), None),
        ("20:00-08:00", time(20), timedelta(hours=12)),
        ("20:00-08:00", time(0), timedelta(hours=8)),
        ("20:00-08:00", time(7, 59, 59, 999999), timedelta(microseconds=1)),
        ("20:00-08:00", time(8), None),
        ("13:00-15:00", time(13), timedelta(hours=2)),
        ("13:00-15:00", time(15), None),
        ("13:00-15:00", time(0), None),
    ],
)
def test_the_start_is_quiet_and_the_end_is_not(text, at, remaining):
    assert remaining == QuietHours.parse(text).remaining(at)
