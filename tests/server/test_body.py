"""From the bytes of a body to the command: what is refused, and how it is told."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff_sdk.errors import HandoffError
from handoff_sdk.server.body import command_parser
from handoff_sdk.server.problem import problem
from handoff_sdk.server.table import ROUTES

PARAMETERS = {
    "conversation_id": "cnv_1",
    "message_id": "msg_1",
    "channel": "web",
    "ticket_id": "tkt_1",
    "offer_id": "ofr_1",
    "agent_id": "ana",
    "customer_id": "cus_1",
    "followup_id": "fol_1",
    "webhook_id": "whk_1",
    "turn_id": "trn_1",
    "bot": "acme-bot",
}
PARSERS = {f"{route.method} {route.path}": command_parser(route, 64) for route in ROUTES if route.command is not None}
MODELS = {f"{route.method} {route.path}": route.command for route in ROUTES if route.command is not None}
MESSAGE = "POST /v1/conversations/{conversation_id}/messages"
START = "POST /v1/conversations"
HANDOFF = "POST /v1/conversations/{conversation_id}/handoff"
TICKET = "PATCH /v1/tickets/{ticket_id}"
CUSTOMER = "PATCH /v1/customers/{customer_id}"
LEAVE = "POST /v1/conversations/{conversation_id}/leave_queue"


def parsed(route, body, **parameters):
    written = body if isinstance(body, bytes) else json.dumps(body).encode()
    return PARSERS[route](written, PARAMETERS | parameters)


def refused(route, body, **parameters):
    with pytest.raises(HandoffError) as caught:
        parsed(route, body, **parameters)
    assert "invalid_request" == caught.value.code
    return {error.path: error.message for error in caught.value.errors} or caught.value.detail


def text(said, **more):
    return {"content": {"type": "text", "text": said, **more}}


def test_what_is_in_the_path_is_put_into_the_command():
    command = parsed(MESSAGE, text("Hello"))

    assert ("cnv_1", "Hello") == (command.conversation_id, command.content.text)


def test_what_is_in_the_path_is_not_taken_from_the_body():
    assert {"conversation_id": "stands in the path already"} == refused(
        MESSAGE, text("Hello") | {"conversation_id": "cnv_2"}
    )


def test_the_version_is_taken_from_the_header_alone():
    assert 3 == parsed(TICKET, {"status": "open"}, if_match="3").if_match
    assert parsed(TICKET, {"status": "open"}).if_match is None
    assert {"if_match": "belongs in the header If-Match"} == refused(TICKET, {"status": "open", "if_match": 3})
    assert ["if_match"] == list(refused(TICKET, {"status": "open"}, if_match="*"))


@pytest.mark.parametrize("body", [b"", b"{}"])
def test_a_body_without_anything_needed_may_be_empty(body):
    assert "cnv_1" == parsed(LEAVE, body).conversation_id


@pytest.mark.parametrize(
    ("route", "body", "errors"),
    [
        (MESSAGE, {}, {"content": "Field required"}),
        (MESSAGE, text("Hello") | {"visibilty": "internal"}, {"visibilty": "unknown key; did you mean 'visibility'?"}),
        (MESSAGE, text("Hello", replys=[]), {"content.replys": "unknown key; did you mean 'replies'?"}),
        (MESSAGE, text(""), {"content.text": "String should have at least 1 character"}),
        (
            MESSAGE,
            text("Hello", replies=[{"text": "Yes", "paylod": "y"}]),
            {"content.replies.0.paylod": "unknown key; did you mean 'payload'?"},
        ),
        (
            MESSAGE,
            text("Hello") | {"author": {"type": "customer", "nam": "Mia"}},
            {"author.nam": "unknown key; did you mean 'name'?"},
        ),
        (START, {"chanel": "web"}, {"chanel": "unknown key; did you mean 'channel'?"}),
        (START, {"message": text("x") | {"epok": 1}}, {"message.epok": "unknown key; did you mean 'epoch'?"}),
        (START, {"customer": {"name": 5}}, {"customer.name": "Input should be a valid string"}),
        (START, {"customer": 5}, None),
        (
            HANDOFF,
            {"epoch": 1, "form": {"name": "f", "shema": 1}},
            {"form.shema": "unknown key; did you mean 'schema'?"},
        ),
        (HANDOFF, {"epoch": 1, "accept_within": "5"}, {"accept_within": "'5' has no unit; write '5s' or '5m'"}),
        (TICKET, {}, None),
        (TICKET, {"close_after": 5}, {"close_after": "'5' has no unit; write '5s' or '5m'"}),
    ],
)
def test_every_wrong_field_is_named_with_what_would_be_right(route, body, errors):
    found = refused(route, body)

    assert errors is None or errors == found


def test_several_errors_are_told_at_once():
    assert {"author.type", "visibility", "epoch"} == refused(
        MESSAGE, text("Hello") | {"author": {"type": "nobody"}, "visibility": "secret", "epoch": 0}
    ).keys()


def test_an_unknown_type_of_content_is_refused():
    assert "'carousel'" in refused(MESSAGE, {"content": {"type": "hologram"}})["content"]


def test_customers_profiles_take_any_key():
    command = parsed(START, {"customer": {"external_id": "42", "plan": "gold"}})
    assert {"plan": "gold"} == command.customer.attributes

    assert {"plan": None} == parsed(CUSTOMER, {"plan": None}).attributes


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(), below, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("route", PARSERS)
@settings(max_examples=25, derandomize=True, database=None, deadline=None)
@given(data=st.data())
def test_whatever_comes_is_a_command_or_a_clear_refusal(route, data):
    """Among the keys are those that the command knows, with values that they do not take."""
    known = sorted(MODELS[route].model_fields)
    fields = st.text(max_size=10) | (st.sampled_from(known) if known else st.nothing())
    body = data.draw(st.dictionaries(fields, ANY_JSON, max_size=6).map(json.dumps).map(str.encode) | st.binary())

    error = None
    try:
        assert isinstance(parsed(route, body), MODELS[route])
    except HandoffError as raised:
        error = raised

    if error is not None:
        status, told, _ = problem(error, "req_1")
        assert ("invalid_request", 400) == (error.code, status)
        assert json.loads(told)["detail"]
        assert all(each.message for each in error.errors)


def test_of_a_key_that_stands_there_twice_the_last_one_counts():
    body = b'{"content": {"type": "text", "text": "first"}, "content": {"type": "text", "text": "last"}}'

    assert "last" == parsed(MESSAGE, body).content.text


def nested(levels):
    value = "x"
    for _ in range(levels):
        value = {"a": [value]}
    return text("Hello") | {"metadata": value}


def test_values_may_be_nested_as_deeply_as_can_be_kept():
    assert parsed(MESSAGE, nested(30))
    assert "The body is nested too deeply." == refused(MESSAGE, nested(32))


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 200_000,
        b'{"a":' * 50_000,
        b'{"content": NaN}',
        b'{"metadata": {"a": Infinity}}',
        b'{"metadata": {"a": -Infinity}}',
        b'{"metadata": {"a": 1e999}}',
        b'{"metadata": {"a": 1' + b"0" * 100 + b"}}",
        b'{"metadata": {"a": 1' + b"0" * 10_000 + b"}}",
        b'{"metadata": {"a": 9223372036854775808}}',
        b'{"metadata": {"a\\u0000": 1}}',
        b'{"metadata": {"a": ["\\u0000"]}}',
        b'{"metadata": {"a": "\\ud800"}}',
        b'{"metadata": {"a": "\xff"}}',
        b"\xef\xbb\xbf{}",
        b"[]",
        b"null",
        b'"text"',
        b"{",
        b" ",
        b"{} {}",
    ],
)
def test_what_could_not_be_kept_or_told_again_is_refused(body):
    assert refused(MESSAGE, body)


def test_numbers_of_64_bits_come_through():
    metadata = {"most": 2**63 - 1, "least": -(2**63), "half": 0.5, "true": True}

    assert metadata == parsed(MESSAGE, text("Hello") | {"metadata": metadata}).metadata
