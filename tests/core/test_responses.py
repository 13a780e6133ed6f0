"""api.md, Message content: a filled-in form names the form it answers."""

import pytest
from pydantic import ValidationError

from handoff_sdk.core.responses import check_response
from handoff_sdk.errors import InvalidRequest, MissingFields
from handoff_sdk.models.message import FormContent, FormResponseContent, Message
from handoff_sdk.testing.samples import SAMPLES

MESSAGE = SAMPLES[Message]

FIELDS = [
    {"name": "order", "label": "Order", "type": "text"},
    {"name": "email", "label": "Email", "type": "email", "required": False},
    {"name": "amount", "label": "Amount", "type": "number", "required": False},
    {"name": "day", "label": "Day", "type": "date", "required": False},
    {
        "name": "size",
        "label": "Size",
        "type": "select",
        "required": False,
        "options": ["large", {"text": "Small", "payload": "s"}],
    },
]


def asked(fields=FIELDS, **content) -> Message:
    return MESSAGE.model_copy(
        update={"content": FormContent.model_validate({"type": "form", "fields": fields} | content)}
    )


def answers(**fields) -> FormResponseContent:
    return FormResponseContent(type="form_response", form="msg_1", fields={"order": "4711"} | fields)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"email": "mia@example.com", "amount": 12.5, "day": "2026-03-31", "size": "large"},
        {"amount": "12,50", "size": "s"},
        {"amount": 3, "size": "Small"},
        {"email": "", "amount": None, "day": " "},
    ],
)
def test_values_that_their_fields_take_are_let_through(fields):
    assert check_response(answers(**fields), asked()) is None


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"order": 4711}, "content.fields.order: is not a text of at most 4096 characters."),
        ({"order": "x" * 4097}, "content.fields.order: is not a text of at most 4096 characters."),
        ({"email": "mia"}, "content.fields.email: is not an email address."),
        ({"amount": "many"}, "content.fields.amount: is not a number."),
        ({"amount": True}, "content.fields.amount: is not a number."),
        ({"amount": "nan"}, "content.fields.amount: is not a number."),
        ({"amount": [1]}, "content.fields.amount: is not a number."),
        ({"day": "2026-02-30"}, "content.fields.day: is not a date like 2026-03-31."),
        ({"size": "medium"}, "content.fields.size: is none of large, Small, s."),
        ({"size": ["large"]}, "content.fields.size: is none of large, Small, s."),
        ({"colour": "red"}, "content.fields.colour: the form has no such field."),
    ],
)
def test_a_value_that_its_field_does_not_take_is_named(fields, problem):
    with pytest.raises(InvalidRequest) as refused:
        check_response(answers(**fields), asked())
    assert problem == refused.value.detail


@pytest.mark.parametrize("empty", [None, "", "  "])
def test_a_required_field_has_a_value(empty):
    with pytest.raises(MissingFields) as refused:
        check_response(answers(order=empty), asked())
    assert ["content.fields.order"] == [error.path for error in refused.value.errors]


@pytest.mark.parametrize("message", [None, MESSAGE])
def test_what_it_answers_is_a_form(message):
    with pytest.raises(InvalidRequest, match="there is no form 'msg_1' in this conversation"):
        check_response(answers(), message)


def test_a_form_can_be_filled_in():
    with pytest.raises(ValidationError, match="two fields are called 'order'"):
        asked([FIELDS[0], FIELDS[0]])
    with pytest.raises(ValidationError, match="'size' has no options to select from"):
        asked([{**FIELDS[4], "options": []}])
