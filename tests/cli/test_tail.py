import json
import signal
import socket
from datetime import UTC, datetime

import pytest

from handoff_sdk.cli.tail import line_of
from handoff_sdk.models.event import Event

HELLO = {
    "customer": {"external_id": "42", "name": "Mia"},
    "message": {"content": {"type": "text", "text": "Hello\x1b[2J"}},
}


def event(event_type: str, **data: object) -> str:
    """An event's line, without colours."""
    made = Event.model_validate(
        {
            "id": "evt_1",
            "cursor": 7,
            "type": event_type,
            "at": datetime(2026, 1, 5, 9, 0, 1, tzinfo=UTC),
            "actor": {"type": "system"},
            "conversation_id": "cnv_1",
            "data": data,
        }
    )
    plain = line_of(made)
    for code in ("\x1b[2m", "\x1b[0m", *(f"\x1b[{number}m" for number in range(30, 38))):
        plain = plain.replace(code, "")
    return plain


@pytest.fixture
def at_the_engine(shell, engine):
    """A shell that knows the engine."""
    shell.environ |= {"HANDOFF_URL": engine.url, "HANDOFF_API_KEY": engine.keys["admin"]}
    return shell


def test_it_tells_what_happened_and_then_what_happens_until_ctrl_c(at_the_engine, engine):
    first = engine.ask("POST", "/v1/conversations", HELLO)
    with at_the_engine.running("tail", "--after", "0") as tail:
        lines = (line.rstrip("\n") for line in tail.stdout)
        told = (line for line in lines if first["id"] in line)
        said = next(line for line in told if "message.created" in line)
        assert said.endswith("  customer Mia: Hello [2J")
        second = engine.ask("POST", "/v1/conversations", HELLO)
        assert any(second["id"] in line for line in lines)
        tail.send_signal(signal.SIGINT)
        assert 130 == tail.wait(timeout=30)
    assert [] == at_the_engine.err


def test_as_json_it_goes_on_after_a_cursor_in_one_conversation(at_the_engine, engine):
    mine = engine.ask("POST", "/v1/conversations", HELLO)["id"]
    engine.ask("POST", "/v1/conversations", HELLO)
    first, *others = engine.ask("GET", f"/v1/events?conversation={mine}&after=0")["items"]
    after = str(first["cursor"])
    with at_the_engine.running("tail", "--json", "--conversation", mine, "--after", after) as tail:
        assert others == [json.loads(tail.stdout.readline()) for _ in others]


def test_an_engine_that_is_not_there_is_told_in_one_line(handoff):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    status, out, err = handoff("tail", "--api-key", "hk_none", "--url", url)
    assert (1, [], 1) == (status, out, len(err)), err
    assert err[0].startswith(f"handoff: {url} cannot be reached: ")


def test_a_wrong_key_is_told_in_one_line(handoff, engine):
    status, out, err = handoff("tail", "--api-key", "hk_none", "--url", engine.url)
    assert (1, [], 1) == (status, out, len(err)), err
    assert err[0].startswith("handoff: The API key is not known, or not any more. (request req_")


@pytest.mark.parametrize(
    ("told", "gist"),
    [
        (event("ticket.offered", offer_id="ofr_1", agent_id="ana"), "offer_id=ofr_1 agent_id=ana"),
        (event("ticket.updated", changes={"priority": ["low", "high"]}, version=2), "priority: low -> high"),
        (
            event("control.returned", owner="bot", returned={"reason": "closed", "outcome": "closed", "note": None}),
            "owner=bot reason=closed outcome=closed",
        ),
        (
            event("ticket.created", ticket={"number": 1, "priority": "high", "style": "social"}),
            "number=1 priority=high",
        ),
        (
            event(
                "message.created",
                message={
                    "author": {"type": "agent", "id": "ana"},
                    "content": {"type": "image", "url": "x"},
                    "visibility": "internal",
                },
            ),
            "agent ana (note): image",
        ),
        (event("something.new", of={"a": ["newer", "engine"]}), ""),
    ],
)
def test_a_line_has_what_there_is_to_know(told, gist):
    cursor, at, *rest = told.split(maxsplit=4)
    assert ["7", "09:00:01", "cnv_1"] == [cursor, at, rest[1]]
    assert gist == "".join(rest[2:])
