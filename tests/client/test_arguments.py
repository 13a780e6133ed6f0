"""What cannot be sent is refused before anything is, and says what would be right."""

import httpx
import pytest

from handoff_sdk import HandoffClient, InvalidRequest

TEXT = {"type": "text", "text": "Hello"}

WRONG = {
    "an unknown field": (lambda c: c.tickets.update("tkt_1", priorty="high"), "priorty", "did you mean 'priority'?"),
    "a wrong value": (lambda c: c.tickets.update("tkt_1", priority="huge"), "priority", "'urgent'"),
    "nothing to change": (lambda c: c.tickets.update("tkt_1"), "", "nothing to change"),
    "a duration without a unit": (
        lambda c: c.conversations.handoff("c", epoch=1, accept_within=5),
        "accept_within",
        "'5m'",
    ),
    "a filter's duration": (lambda c: c.conversations.list(silent_for="3 days").page(), "silent_for", "'3d'"),
    "an empty text": (lambda c: c.messages.create("c", text=""), "content.text", "at least 1 character"),
    "no text": (lambda c: c.messages.create("c"), "text", "either text or content"),
    "text and content": (lambda c: c.messages.create("c", text="a", content=TEXT), "text", "either text or content"),
    "an unknown content": (lambda c: c.messages.create("c", content={"type": "dance"}), "content", "'dance'"),
    "before and after": (lambda c: c.messages.list("c", before="a", after="b").page(), "after", "not both"),
    "an epoch of 0": (lambda c: c.conversations.handoff("c", epoch=0), "epoch", "greater than or equal to 1"),
    "a language": (lambda c: c.customers.update("c", language="german?"), "language", "match"),
    "an activity": (lambda c: c.conversations.activity("c", "sing"), "type", "typing_start"),
    "merge with nobody": (lambda c: c.customers.merge("c"), "anonymous_id", "either"),
}


@pytest.mark.parametrize("name", WRONG)
async def test_a_wrong_argument_is_named_before_anything_is_sent(name, engine, client):
    call, field, part = WRONG[name]

    with pytest.raises(InvalidRequest) as caught:
        await call(client)

    assert [field] == [error.path for error in caught.value.errors]
    assert part in caught.value.detail
    assert engine.calls.call_count == 0


UNSENDABLE = {
    "an empty id": lambda c: c.tickets.get(""),
    "a path as an id": lambda c: c.tickets.get(".."),
    "no id": lambda c: c.tickets.get(None),
    "half a character in an id": lambda c: c.tickets.get("\ud800"),
    "half a character in a body": lambda c: c.conversations.update("c", metadata={"a": "\ud800"}),
    "no value of JSON": lambda c: c.conversations.update("c", metadata={"a": object()}),
    "a key with a line break": lambda c: c.tickets.take("t", idempotency_key="a\r\nX: y"),
    "a key with an umlaut": lambda c: c.tickets.take("t", idempotency_key="ä"),
    "an empty key": lambda c: c.tickets.take("t", idempotency_key=""),
    "an agent that is no header": lambda c: c.as_agent("añá").tickets.get("t"),
}


@pytest.mark.parametrize("name", UNSENDABLE)
async def test_what_cannot_be_sent_is_refused_before_anything_is(name, engine, client):
    with pytest.raises(InvalidRequest):
        await UNSENDABLE[name](client)

    assert engine.calls.call_count == 0


@pytest.mark.parametrize(
    "arguments",
    [
        {"url": "localhost:8080"},
        {"url": "ftp://desk.test"},
        {"url": "http://"},
        {"url": "http://a..b"},
        {"url": "http://user:secret@desk.test"},
        {"url": "http://desk.test?x=1"},
        {"url": "http://desk.test:port"},
        {"url": "http://desk.test:0"},
        {"url": "http://desk.test/a b"},
        {"url": "http://[::1"},
        {"url": 8080},
        {"url": None},
        {"url": "http://desk.test", "api_key": "a", "token": "b"},
        {"url": "http://desk.test", "api_key": "a\nb"},
        {"url": "http://desk.test", "uds": "desk.sock", "transport": httpx.MockTransport(lambda request: None)},
    ],
    ids=lambda arguments: " ".join(str(value) for value in arguments.values() if not hasattr(value, "handler")),
)
def test_a_client_that_could_reach_nothing_is_not_made(arguments):
    with pytest.raises(InvalidRequest) as caught:
        HandoffClient(**arguments)

    assert "secret" not in str(caught.value)


def test_a_client_shows_where_it_goes_and_not_its_key():
    client = HandoffClient("http://desk.test/", api_key="hk_secret")

    assert repr(client.as_agent("ana")) == "<HandoffClient http://desk.test, agent 'ana'>"
    assert "hk_secret" not in repr(vars(client))
