from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from handoff_sdk.models.duration import NEVER, Duration, DurationOrNever, KeptDuration, format_duration, parse_duration
from handoff_sdk.models.nearest import did_you_mean, nearest


class Reminder(BaseModel):
    after: Duration
    until: DurationOrNever = NEVER


def problem_of(**fields: object) -> str:
    with pytest.raises(ValidationError) as caught:
        Reminder.model_validate(fields)
    (found,) = caught.value.errors()
    return str(found["msg"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0s", timedelta(0)),
        ("30s", timedelta(seconds=30)),
        ("0.5s", timedelta(milliseconds=500)),
        ("1m0.000001s", timedelta(minutes=1, microseconds=1)),
        ("90m", timedelta(minutes=90)),
        ("1h59m", timedelta(hours=1, minutes=59)),
        ("1d23h", timedelta(days=1, hours=23)),
        ("23d23h59m", timedelta(days=23, hours=23, minutes=59)),
        ("28d", timedelta(days=28)),
    ],
)
def test_a_duration_is_number_and_unit_parts(text, expected):
    assert expected == parse_duration(text)


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("30", "'30' has no unit; write '30s' or '30m'"),
        ("10 minutes", "'10 minutes' is not a duration; write '10m'"),
        ("10min", "'10min' is not a duration; write '10m'"),
        ("1.5h", "'1.5h' is not a duration; write '1h30m'"),
        ("5m1h", "'5m1h' is not a duration; write '1h5m'"),
        ("1m1m", "'1m1m' is not a duration; write '2m'"),
        ("2w", "'2w' is not a duration; write '14d'"),
        ("1H", "'1H' is not a duration; write '1h'"),
        (" 30s", "' 30s' is not a duration; write '30s'"),
        ("", "'' is not a duration; write one like '30s', '10m', '1h59m' or '4d'"),
        ("-5m", "'-5m' is not a duration; write one like '30s', '10m', '1h59m' or '4d'"),
        ("10ms", "'10ms' is not a duration; write one like '30s', '10m', '1h59m' or '4d'"),
        ("PT30S", "'PT30S' is not a duration; write one like '30s', '10m', '1h59m' or '4d'"),
        ("٣s", "'٣s' is not a duration; write one like '30s', '10m', '1h59m' or '4d'"),
        ("999999999d24h", "'999999999d24h' is too long: a duration is less than 1000000000d"),
    ],
)
def test_what_is_not_a_duration_is_refused_with_what_would_be(text, remedy):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is compared below
        parse_duration(text)
    assert remedy == str(caught.value)


@pytest.mark.parametrize(
    ("duration", "expected"),
    [
        (timedelta(0), "0s"),
        (timedelta(seconds=10), "10s"),
        (timedelta(seconds=0.5), "0.5s"),
        (timedelta(minutes=100), "1h40m"),
        (timedelta(hours=47), "1d23h"),
        (timedelta(days=4), "4d"),
    ],
)
def test_a_duration_is_written_as_short_as_it_can_be(duration, expected):
    assert expected == format_duration(duration)


@given(st.timedeltas(min_value=timedelta(0)))
def test_every_duration_reads_back_as_it_was(duration):
    assert duration == parse_duration(format_duration(duration))


@given(st.text(alphabet="0123456789.dhmsw -", max_size=30))
def test_every_text_is_a_duration_or_refused(text):
    try:
        duration = parse_duration(text)
    except ValueError:
        return
    assert duration == parse_duration(format_duration(duration))


def test_a_negative_duration_has_no_text():
    with pytest.raises(ValueError, match="negative"):
        format_duration(timedelta(seconds=-1))


def test_a_field_holds_a_timedelta_and_is_text_in_json():
    reminder = Reminder.model_validate({"after": "90m", "until": timedelta(days=4)})
    assert Reminder(after=timedelta(hours=1, minutes=30), until=timedelta(days=4)) == reminder
    assert {"after": "1h30m", "until": "4d"} == reminder.model_dump(mode="json")
    assert {"after": timedelta(minutes=90), "until": timedelta(days=4)} == reminder.model_dump()
    assert reminder == Reminder.model_validate_json(reminder.model_dump_json())


def test_never_is_a_value_where_a_field_allows_it():
    assert NEVER == Reminder.model_validate({"after": "1s", "until": "never"}).until
    assert '{"after":"1s","until":"never"}' == Reminder(after=timedelta(seconds=1)).model_dump_json()
    assert "'never' is not a duration; write one like '30s', '10m', '1h59m' or '4d'" == problem_of(after="never")


def test_a_field_refuses_numbers_because_they_have_no_unit():
    text = "a duration is text like '30s', '10m', '1h59m' or '4d'"
    assert "'30' has no unit; write '30s' or '30m'" == problem_of(after=30)
    assert text == problem_of(after=1.5)
    assert text == problem_of(after=True)
    assert text == problem_of(after=None)


def test_a_field_takes_no_more_than_can_be_reckoned_with():
    assert "a duration cannot be negative" == problem_of(after=timedelta(seconds=-1))
    assert timedelta(days=36500) == Reminder(after="36500d").after
    assert "is too long; write at most '36500d'" == problem_of(after="36500d1s")
    assert "is too long; write at most '36500d'" == problem_of(after=timedelta.max)
    assert timedelta(days=900_000) == TypeAdapter(KeptDuration).validate_python("900000d")


def test_a_field_that_may_be_never_tells_one_problem():
    assert "'soon' is not a duration; write one like '30s', '10m', '1h59m' or '4d'" == problem_of(
        after="1s", until="soon"
    )


def test_the_json_schema_is_a_text_with_a_pattern():
    schema = TypeAdapter(DurationOrNever).json_schema()
    assert "string" == schema["type"]
    assert schema["pattern"].startswith("^(?:never|")


def test_the_nearest_name_is_found_whatever_its_case():
    assert "style" == nearest("Stile", ["name", "style", "bot"])
    assert "Ana" == nearest("ANA", ["Ana", "ben"])
    assert nearest("colour", ["name", "style", "bot"]) is None
    assert nearest("x", []) is None


def test_a_message_ends_with_the_nearest_name_or_says_nothing():
    assert "; did you mean 'style'?" == did_you_mean("stile", ["style"])
    assert "" == did_you_mean("colour", ["style"])
