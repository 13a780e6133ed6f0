"""The collecting machine: ask, check, next, done."""

import json
from collections.abc import Callable
from datetime import date, time
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, NewType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, field_validator, model_validator
from typing_extensions import TypeAliasType

from handoff_sdk.core.answers import Answer
from handoff_sdk.core.forms import Collecting, HandoffForm, fields_of, form_of, from_fields, question, questions_of
from handoff_sdk.core.questions import Asked
from handoff_sdk.errors import InvalidRequest, MissingFields
from handoff_sdk.models.message import Reply


class Color(Enum):
    RED = "red"
    DEEP_BLUE = 2


class Refund(HandoffForm):
    """What billing needs to refund an order."""

    order: str = question("What is your order number?", pattern=r"\d{4,}", retry="That is not an order number.")
    amount: Decimal | None = question("How much did you pay?", default=None)
    urgent: bool = question({"en": "Is it urgent?", "de": "Ist es dringend?"})


def one_field(annotation, **wording):
    """A form of one field, ``it``."""
    return type("One", (HandoffForm,), {"__annotations__": {"it": annotation}, "it": question("It?", **wording)})


def heard(form, *texts, language=None):
    """The collecting after these answers, carried from process to process as JSON."""
    collecting = Collecting(form)
    for text in texts:
        answer = text if isinstance(text, Answer) else Answer(text)
        collecting = Collecting.resumed(form, json.loads(json.dumps(collecting.kept)))
        outcome = collecting.check(answer, language)
        collecting = collecting if isinstance(outcome, Asked) else outcome
    return collecting


def value_of(annotation, text, language=None, **wording):
    collecting = heard(one_field(annotation, **wording), text, language=language)
    return collecting.result().it if collecting.done else "?"


def labels(asked):
    return [reply.text for reply in asked.replies]


def test_questions_are_asked_in_the_order_they_are_written():
    assert ["order", "amount", "urgent"] == list(questions_of(Refund))
    assert "What is your order number?" == Collecting(Refund).ask().text
    assert "How much did you pay?" == heard(Refund, "4711").ask().text


def test_a_question_is_asked_in_the_customers_language_or_else_the_first():
    asking = heard(Refund, "4711", "12")
    assert ["Ist es dringend?", "Is it urgent?", "Is it urgent?"] == [
        asking.ask(language).text for language in ("de-AT", "it", None)
    ]


def test_a_filled_form_has_typed_values():
    assert Refund(order="4711", amount=Decimal("12.50"), urgent=True) == heard(Refund, "4711", "12,50 €", "ja").result()


def test_an_answer_that_is_none_is_asked_for_again_in_the_authors_words():
    assert Asked("That is not an order number.") == Collecting(Refund).check(Answer("abc"))


def test_or_in_ours_by_kind_and_language():
    asking = heard(Refund, "4711", "-")
    assert Asked(
        "Bitte antworten Sie mit Ja oder Nein.", (Reply(text="Ja", payload="yes"), Reply(text="Nein", payload="no"))
    ) == (asking.check(Answer("vielleicht"), "de"))


def test_the_whole_answer_must_match_the_pattern():
    assert [False, False, True] == [heard(Refund, text).next == "amount" for text in ("471", "order 4711", "4711")]


def test_what_has_a_default_may_be_left_out_by_word_or_tap():
    for answer in (Answer("-"), Answer("weiter"), Answer("Skip", "skip")):
        assert Refund(order="4711", amount=None, urgent=False) == heard(Refund, "4711", answer, "no").result()
    assert ["Überspringen"] == labels(heard(Refund, "4711").ask("de"))


def test_what_may_be_none_may_be_left_out_without_a_default():
    assert None is value_of(date | None, "-")


def test_what_must_be_there_cannot_be_left_out():
    assert "?" == value_of(int, "-")


def test_a_default_of_its_own_stands_when_left_out():
    assert 3 == value_of(int, "skip", default=3)


@pytest.mark.parametrize(
    ("annotation", "text", "expected"),
    [
        (int, "1.234", 1234),
        (float, "1,5", 1.5),
        (bool, "nein", False),
        (date, "4.5.2026", date(2026, 5, 4)),
        (Literal["s", "m", 3], "M", "m"),
        (Literal["s", "m", 3], "3", 3),
        (Literal["small", "large"], "2", "large"),
        (Color, "Red", Color.RED),
        (Color, "deep blue", Color.DEEP_BLUE),
        (Annotated[int, Field(ge=3)], "3", 3),
        (NewType("OrderNumber", str), " 4711 ", "4711"),
        (TypeAliasType("Amount", Decimal), "4,5", Decimal("4.5")),
        (int | Annotated[int, Field(ge=3)] | None, "3", 3),
        (list[int], "1, 2;3", "?"),
        (list[int], "1, 2, 3", [1, 2, 3]),
        (set[str], "a; b\nc, d", {"a", "b", "c, d"}),
        (tuple[Decimal, ...], "1,50; 2", (Decimal("1.50"), Decimal(2))),
        (int | str, "seven", "seven"),
        (Any, "seven", "seven"),
        (Literal["a"] | int, "a", "a"),
        (time, "14:30", time(14, 30)),
        (Callable[[], int] | str, "seven", "seven"),
        (int | str | None, "seven", "seven"),
    ],
)
def test_an_answer_becomes_what_the_field_is(annotation, text, expected):
    assert expected == value_of(annotation, text.strip(), language="de" if annotation is int else "en")


@pytest.mark.parametrize(
    ("annotation", "wording", "text"),
    [
        (int, {"ge": 3}, "2"),
        (int, {}, "2,5"),
        (str, {"max_length": 2}, "abc"),
        (Literal["s", "m"], {}, "l"),
        (list[int], {}, ","),
    ],
)
def test_a_value_that_the_field_refuses_is_asked_for_again(annotation, wording, text):
    assert "?" == value_of(annotation, text, **wording)


def told(form, *texts, language=None):
    """What is said to the last of these answers."""
    outcome = heard(form, *texts[:-1], language=language).check(Answer(texts[-1]), language)
    assert isinstance(outcome, Asked)
    return outcome.text


@pytest.mark.parametrize(
    ("annotation", "wording", "text", "language", "expected"),
    [
        (int, {"ge": 1}, "0", None, "That number is too small."),
        (int, {"gt": 1}, "1", "de", "Diese Zahl ist zu klein."),
        (Decimal, {"le": 5}, "5,01", "fr", "Ce nombre est trop grand."),
        (float, {"lt": 5}, "9", "es-MX", "Ese número es demasiado grande."),
        (str, {"min_length": 3}, "ab", "pt", "Está curto demais."),
        (str, {"max_length": 2}, "abc", None, "That is too long."),
        (int, {"multiple_of": 5}, "7", None, "Please answer with a number."),
        (int, {"ge": 1, "retry": "From 1, please."}, "0", "de", "From 1, please."),
    ],
)
def test_what_is_wrong_with_an_answer_that_was_understood_is_said(annotation, wording, text, language, expected):
    assert expected == told(one_field(annotation, **wording), text, language=language)


class Seats(HandoffForm):
    first: int = question("From?")
    last: int = question("To?")
    row: str = question("Which row?", retry="A row is one letter.")

    @field_validator("last")
    @classmethod
    def check_last(cls, last, info):
        if last <= info.data.get("first", 0):
            raise ValueError("The last seat comes after the first.")
        return last

    @field_validator("row")
    @classmethod
    def check_row(cls, row):
        assert len(row) == 1, "one letter"
        return row


def test_a_validator_of_a_field_speaks_for_itself_where_there_is_no_retry():
    assert "The last seat comes after the first." == told(Seats, "5", "3")
    assert "A row is one letter." == told(Seats, "5", "6", "ab")


def test_choices_are_quick_replies_in_the_customers_words():
    form = one_field(str, choices={"s": {"en": "Small", "de": "Klein"}, "l": {"en": "Large", "de": "Groß"}})
    assert (Reply(text="Klein", payload="s"), Reply(text="Groß", payload="l")) == Collecting(form).ask("de").replies
    for answer in (Answer("Groß", "l"), Answer("GROSS"), Answer("Large"), Answer("l"), Answer("2")):
        assert "l" == heard(form, answer, language="de").result().it


def test_labels_may_be_given_to_what_the_type_offers():
    assert ["Feuer", "Deep Blue"] == labels(Collecting(one_field(Color, choices={"red": "Feuer"})).ask())


def test_more_choices_than_a_message_shows_are_typed():
    many = one_field(str, choices=[f"Choice {number}" for number in range(21)])
    assert () == Collecting(many).ask().replies
    assert "Choice 20" == heard(many, "choice 20").result().it


def test_what_is_posted_shows_replies_where_there_are_any():
    assert {"type": "text", "text": "What is your order number?"} == Collecting(Refund).ask().content
    assert [{"text": "Skip", "payload": "skip"}] == heard(Refund, "4711").ask().content["replies"]


def test_a_tap_answers_yes_or_no_whatever_it_says():
    assert [True, False] == [
        heard(Refund, "4711", "-", Answer("whatever", payload)).result().urgent for payload in ("yes", "no")
    ]


def test_choices_that_look_alike_are_asked_for_again_unless_exact():
    form = one_field(str, choices=["Cafe", "Café"])
    assert ["?", "Café"] == [
        heard(form, text).result().it if heard(form, text).done else "?" for text in ("CAFE", "Café")
    ]


def test_a_filled_in_form_answers_all_it_can_and_the_rest_is_asked():
    collecting = heard(Refund, Answer(fields={"order": "4711", "amount": 12.5, "urgent": "hm", "other": 1}))
    assert ({"order": "4711", "amount": 12.5}, "urgent") == (collecting.values, collecting.next)
    assert (
        Decimal("12.5")
        == heard(Refund, Answer(fields={"order": "4711", "amount": 12.5, "urgent": "yes"})).result().amount
    )


def test_a_filled_in_form_that_says_nothing_new_is_asked_for_again():
    assert Asked("That is not an order number.") == Collecting(Refund).check(Answer(fields={"order": "x"}))


def test_what_is_known_is_not_asked():
    collecting = Collecting.knowing(Refund, {"order": "4711", "urgent": True, "amount": None})
    assert ["amount"] == [collecting.next]


@pytest.mark.parametrize("known", [{"ordr": "4711"}, {"urgent": "perhaps"}])
def test_what_is_known_must_be_a_value_of_a_field(known):
    with pytest.raises(ValueError, match="Refund: not a field, or not a value of it"):
        Collecting.knowing(Refund, known)


def test_an_answer_after_the_end_changes_nothing():
    done = heard(Refund, "4711", "-", "no")
    assert (True, done) == (done.done, done.check(Answer("more")))
    with pytest.raises(LookupError, match="nothing is left to ask"):
        done.ask()


def test_a_forms_own_validators_have_a_say():
    class Stay(HandoffForm):
        first: date = question("From?")
        last: date = question("Until?", retry="When do you leave?")

        @field_validator("first")
        @classmethod
        def _not_long_ago(cls, value):
            if value.year < 2026:
                raise ValueError("too long ago")
            return value

        @model_validator(mode="after")
        def _in_order(self):
            if self.last < self.first:
                raise ValueError("You cannot leave before you come. When do you leave?")
            return self

    assert "too long ago" == Collecting(Stay).check(Answer("2025-01-01")).text
    begun = heard(Stay, "2026-01-05")
    assert "You cannot leave before you come. When do you leave?" == begun.check(Answer("2026-01-04")).text
    assert date(2026, 1, 6) == heard(Stay, "2026-01-05", "2026-01-04", "2026-01-06").result().last


def test_fields_that_are_gone_from_the_class_are_forgotten():
    assert Collecting(Refund, {"order": "4711"}) == Collecting.resumed(
        Refund, {"values": {"order": "4711", "gone": 1}, "skipped": ["gone too"]}
    )


def test_a_hand_off_carries_the_name_the_schema_and_the_values():
    form = form_of(Refund)
    properties = form.schema_["properties"]
    assert ("Refund", "What billing needs to refund an order.") == (form.name, form.schema_["description"])
    assert ["Is it urgent?", "boolean"] == [properties["urgent"][key] for key in ("description", "type")]
    assert {"order": "4711", "amount": "12.50", "urgent": True} == fields_of(
        Refund(order="4711", amount=Decimal("12.50"), urgent=True)
    )


def test_fields_come_back_typed():
    refund = Refund(order="4711", amount=Decimal("12.50"), urgent=True)
    assert refund == from_fields(Refund, fields_of(refund) | {"of_somebody_else": 1})


def test_also_after_a_person_corrected_them_in_their_own_words():
    corrected = {"order": "R-1", "amount": "1.234,50 €", "urgent": "nein"}
    assert Refund(order="R-1", amount=Decimal("1234.50"), urgent=False) == from_fields(Refund, corrected)


def test_also_where_a_person_emptied_one():
    assert Refund(order="4711", amount=None, urgent=True) == from_fields(Refund, {"order": "4711", "urgent": True})
    nullable = one_field(int | None)
    assert nullable(it=None) == from_fields(nullable, {})


def test_a_field_that_must_be_there_is_missed():
    with pytest.raises(MissingFields, match="no value for these fields of Refund: urgent") as caught:
        from_fields(Refund, {"order": "4711"})
    assert ["urgent"] == [error.path for error in caught.value.errors]


def test_a_value_that_is_none_is_named():
    with pytest.raises(InvalidRequest, match="do not fit Refund: amount"):
        from_fields(Refund, {"order": "4711", "urgent": True, "amount": "a lot"})


@given(
    order=st.from_regex(r"[0-9]{4,10}", fullmatch=True),
    amount=st.none() | st.decimals(min_value=0, max_value=10**9, places=2),
    urgent=st.booleans(),
)
def test_what_is_filled_in_comes_back_from_the_tickets_fields(order, amount, urgent):
    texts = [order, "-" if amount is None else f"{amount:.2f}", "yes" if urgent else "no"]
    filled = heard(Refund, *texts).result()
    assert (
        Refund(order=order, amount=amount, urgent=urgent)
        == filled
        == from_fields(Refund, json.loads(json.dumps(fields_of(filled))))
    )


@given(st.lists(st.text(max_size=12) | st.sampled_from(["4711", "-", "yes", "12,50"]), max_size=12))
def test_whatever_is_answered_only_valid_values_are_kept(texts):
    collecting = heard(Refund, *texts)
    assert collecting.done == ("urgent" in collecting.values)
    if collecting.done:
        assert Refund.model_validate(collecting.result().model_dump()) == collecting.result()


class Address(BaseModel):
    street: str


@pytest.mark.parametrize(
    ("annotation", "wording", "problem"),
    [
        (Address, {}, "it is a Address: one answer cannot fill in several values"),
        (Address | None, {}, "it is a Address"),
        (list[Address], {}, "it is a Address"),
        (dict[str, str], {}, "it is a dict"),
        (list[list[str]], {}, "lists in a list"),
        (tuple[int, str], {}, "a tuple of several types"),
        (str | list[str], {}, "may be a list or something else"),
        (int, {"pattern": "1"}, "has a pattern, which only a text answer can match"),
        (Literal["a", "b"], {"choices": {"c": "C"}}, "choices that its type does not have: c"),
    ],
)
def test_what_cannot_be_asked_in_one_line_is_refused_where_the_class_is_written(annotation, wording, problem):
    with pytest.raises(TypeError, match=problem.replace(".", r"\.")):
        one_field(annotation, **wording)


def test_a_class_that_names_another_one_further_down_is_looked_at_when_it_is_used():
    class Later(HandoffForm):
        kind: "Kind" = question("Which?")  # noqa: F821 - that is the point

    globals()["Kind"] = Literal["a", "b"]
    try:
        assert ["a", "b"] == labels(Collecting(Later).ask())
    finally:
        del globals()["Kind"]


def test_a_field_that_nobody_would_ask_for_is_refused():
    with pytest.raises(TypeError, match=r"Bad.order is asked by nobody: give it a question\(...\), or a default"):

        class Bad(HandoffForm):
            order: str


def test_an_alias_is_refused():
    with pytest.raises(TypeError, match="travel under their own names"):

        class Bad(HandoffForm):
            order: Annotated[str, Field(alias="o")] = question("Order?")


def test_a_field_with_a_default_and_no_question_is_not_asked():
    class Quiet(HandoffForm):
        source: str = "chat"
        order: str = question("Order?")

    assert (["order"], "chat") == (list(questions_of(Quiet)), heard(Quiet, "4711").result().source)


@pytest.mark.parametrize(
    ("text", "wording", "problem"),
    [
        ("", {}, "the text is empty"),
        ("It?", {"pattern": "("}, "is not a regular expression"),
        ("It?", {"choices": []}, "at least one"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(text, wording, problem):
    with pytest.raises(ValueError, match=problem):
        question(text, **wording)
