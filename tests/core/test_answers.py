from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff_sdk.core.answers import Answer, answer_of, calendar_date, number, plain, skips, yes_no
from handoff_sdk.models.message import Message


def message(**content):
    return Message(
        id="m",
        conversation_id="c",
        author={"type": "customer"},
        content=content,
        epoch=1,
        seq=1,
        at="2026-01-05T09:00:00Z",
    )


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("12", None, "12"),
        ("12,50", None, "12.50"),
        ("12.50", "de", "12.50"),
        ("1.234,50 €", "en", "1234.50"),
        ("€ 1,234.50", "de", "1234.50"),
        ("1.234.567", "en", "1234567"),
        ("1 234,5", "fr", "1234.5"),
        ("1'234.50", "de-CH", "1234.50"),
        ("1,234", "en", "1234"),
        ("1,234", "de", "1.234"),
        ("1.234", "en", "1.234"),
        ("1.234", "de", "1234"),
        ("1.234", "de-CH", "1.234"),
        ("1,234", "es-MX", "1234"),
        ("0,123", "en", "0.123"),
        ("1234,567", "en", "1234.567"),
        (".5", None, "0.5"),
        ("10,-", "de", "10"),
        ("-5 EUR", None, "-5"),
        ("R$ 10,00", "pt", "10.00"),
        ("20 dollars", "en", "20"),
        ("\N{MINUS SIGN}5", None, "-5"),
        ("\N{FULLWIDTH DIGIT ONE}\N{FULLWIDTH DIGIT TWO}", None, "12"),
    ],
)
def test_numbers_are_read_as_people_write_them(text, language, expected):
    assert Decimal(expected) == number(text, language)


@pytest.mark.parametrize(
    "text",
    ["", "a few", "1e5", "NaN", "Infinity", "1,23,4", "1.2.3", "12 50", "5%", "order 12", "1.234,5,6", "1234.567,8"],
)
def test_what_is_no_number_is_none(text):
    assert number(text) is None


@given(st.decimals(min_value=0, max_value=10**12, places=2), st.sampled_from(["en", "de", "fr", "es", "pt"]))
def test_an_amount_with_cents_is_the_same_in_every_language(amount, language):
    american = f"{amount:,.2f}"
    german = american.translate(str.maketrans(",.", ".,"))
    french = american.replace(",", "\N{NO-BREAK SPACE}").replace(".", ",")
    assert [amount] * 4 == [number(text, language) for text in (f"{amount:.2f}", american, german, french)]


@given(st.text(max_size=60), st.sampled_from([None, "en", "de", "fr-CH"]))
def test_any_text_is_read_or_not_but_never_fails(text, language):
    assert number(text, language) is None or isinstance(number(text, language), Decimal)
    assert yes_no(text) in {None, True, False}
    assert skips(text) in {True, False}
    assert calendar_date(text, language) is None or isinstance(calendar_date(text, language), date)


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "Yes!",
        "y",
        "ok",
        "ja",
        "J",
        "Ja, bitte",
        "klar",
        "oui",
        "d'accord",
        "sí",
        "s",
        "sim",
        "👍",
        "👍🏽",
        "of course",
    ],
)
def test_yes_in_many_words(text):
    assert yes_no(text) is True


@pytest.mark.parametrize(
    "text", ["no", "Nope.", "n", "nein", "Nö", "non merci", "não", "nao, obrigada", "👎", "claro que no"]
)
def test_no_in_many_words(text):
    assert yes_no(text) is False


@pytest.mark.parametrize("text", ["", "maybe", "yes and no", "no idea", "please", "yesterday", "4711"])
def test_neither_yes_nor_no(text):
    assert yes_no(text) is None


@pytest.mark.parametrize("text", ["-", " \N{EN DASH} ", "skip", "Weiter", "Überspringen!", "passer", "omitir", "pular"])
def test_words_that_leave_a_question_out(text):
    assert skips(text) is True


@pytest.mark.parametrize("text", ["", "4711", "skip it all", "--"])
def test_words_that_do_not(text):
    assert skips(text) is False


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("2026-03-04", None, date(2026, 3, 4)),
        ("2026/3/4", "de", date(2026, 3, 4)),
        ("4.3.2026", "en", date(2026, 3, 4)),
        ("4. 3. 26", "de", date(2026, 3, 4)),
        ("4/3/2026", "fr", date(2026, 3, 4)),
        ("4/3/2026", "en-GB", date(2026, 3, 4)),
        ("3/4/2026", "en-US", date(2026, 3, 4)),
        ("31/12/2025", "en-US", date(2025, 12, 31)),
        ("12/31/2025", "en", date(2025, 12, 31)),
        ("3/3/2026", "en", date(2026, 3, 3)),
        ("3. März 2026", None, date(2026, 3, 3)),
        ("1er mars 2026", None, date(2026, 3, 1)),
        ("3 de mayo de 2026", None, date(2026, 5, 3)),
        ("March 3rd, 2026", None, date(2026, 3, 3)),
        ("the 3rd of March 2026", None, date(2026, 3, 3)),
        ("5 jun. 2026", None, date(2026, 6, 5)),
        ("1.1.85", "de", date(1985, 1, 1)),
    ],
)
def test_dates_are_read_as_people_write_them(text, language, expected):
    assert expected == calendar_date(text, language)


@pytest.mark.parametrize(
    "text", ["", "tomorrow", "3/4/2026", "29.2.2025", "5 ju 2026", "5 xy 2026", "2026-13-01", "3.4", "1-2/2026"]
)
def test_what_is_no_date_or_could_be_two_is_none(text):
    assert calendar_date(text) is None


@given(st.dates(min_value=date(1000, 1, 1)), st.sampled_from([None, "en", "en-US", "de"]))
def test_a_date_that_is_written_like_iso_is_that_date(day, language):
    assert day == calendar_date(day.isoformat(), language)


def test_words_are_compared_without_accents_case_and_punctuation():
    assert "nao obrigado" == plain("  Não, OBRIGADO! ")


def test_a_text_is_an_answer_with_the_payload_of_a_tap():
    assert Answer("Yes", "yes") == answer_of(message(type="text", text=" Yes ", payload="yes"))


def test_a_filled_in_form_is_an_answer_of_fields():
    assert Answer(fields={"order": "1"}, form="msg_1") == answer_of(
        message(type="form_response", form="msg_1", fields={"order": "1"})
    )


def test_a_picture_is_no_answer():
    assert Answer() == answer_of(message(type="image", url="https://example.com/cat.png"))
