import pytest
from pydantic import Field, ValidationError

from handoff_sdk.models.message import UnknownContent
from handoff_sdk.models.noun import Command, Noun


class Parcel(Noun):
    number: str
    weight: int = 1
    labels: dict[str, str] = Field(default_factory=dict)


class SendParcel(Command):
    number: str


@pytest.fixture
def parcel():
    return Parcel(number="42", labels={"to": "Mia"})


def test_a_copy_has_the_changes_and_the_original_does_not(parcel):
    copied = parcel.model_copy(update={"weight": 3})
    assert Parcel(number="42", weight=3, labels={"to": "Mia"}) == copied
    assert Parcel(number="42", labels={"to": "Mia"}) == parcel


def test_a_copy_knows_which_fields_were_set(parcel):
    assert {"number", "labels"} == parcel.model_copy().model_fields_set
    assert {"number", "labels", "weight"} == parcel.model_copy(update={"weight": 1}).model_fields_set


def test_a_copy_shares_what_it_holds_and_a_deep_one_does_not(parcel):
    assert parcel.model_copy().labels is parcel.labels
    assert parcel.model_copy(deep=True).labels is not parcel.labels
    assert parcel == parcel.model_copy(deep=True)


def test_a_copy_keeps_the_fields_that_nobody_knows():
    content = UnknownContent.model_validate({"type": "poll", "choices": ["a", "b"]})
    assert {"type": "poll", "text": "?", "choices": ["a", "b"]} == content.model_copy(update={"text": "?"}).model_dump()


def test_a_copy_is_written_like_what_it_was_copied_from(parcel):
    assert parcel.model_dump_json() == parcel.model_copy().model_dump_json()


def test_nouns_and_commands_are_frozen_and_only_nouns_take_unknown_fields(parcel):
    command = SendParcel(number="42")
    for frozen in (parcel, parcel.model_copy(), command, command.model_copy()):
        with pytest.raises(ValidationError, match="frozen"):
            frozen.number = "43"
    assert parcel == Parcel.model_validate({"number": "42", "labels": {"to": "Mia"}, "colour": "red"})
    with pytest.raises(ValidationError, match="colour"):
        SendParcel.model_validate({"number": "42", "colour": "red"})
