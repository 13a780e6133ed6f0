"""The parser of server-sent events, by the standard's rules."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff_sdk.client.sse import EventParser, ServerSentEvent


def parsed(*chunks):
    parser = EventParser()
    return [event for chunk in chunks for event in parser.feed(chunk)]


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"data: a\n\n", [ServerSentEvent("a")]),
        (b"data: a\r\n\r\n", [ServerSentEvent("a")]),
        (b"data: a\r\r", [ServerSentEvent("a")]),
        (b"data: a\r\n\rdata: b\n\r\n", [ServerSentEvent("a"), ServerSentEvent("b")]),
        (b"data: a", []),
        (b"data: a\n", []),
        (b"data: YHOO\ndata: +2\ndata: 10\n\n", [ServerSentEvent("YHOO\n+2\n10")]),
        (
            b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
            [ServerSentEvent("first event", id="1"), ServerSentEvent("second event"), ServerSentEvent(" third event")],
        ),
        (b"data\n\ndata\ndata\n\ndata:", [ServerSentEvent(""), ServerSentEvent("\n")]),
        (b"data:test\n\ndata: test\n\n", [ServerSentEvent("test"), ServerSentEvent("test")]),
        (b"event: add\ndata: 7\n\ndata: 8\n\n", [ServerSentEvent("7", "add"), ServerSentEvent("8")]),
        (b"event: add\n\ndata: 8\n\n", [ServerSentEvent("8")]),
        (b"id: 1\n\ndata: a\n\n", [ServerSentEvent("a", id="1")]),
        (b"id: 1\ndata: a\n\nid: 2\x003\ndata: b\n\n", [ServerSentEvent("a", id="1"), ServerSentEvent("b", id="1")]),
        (b"\xef\xbb\xbfdata: a\n\n", [ServerSentEvent("a")]),
        (b"data: \xef\xbb\xbf\n\n", [ServerSentEvent("\ufeff")]),
        (b"data: \xff\n\n", [ServerSentEvent("\ufffd")]),
        ("data: a\u2028b\x0bc\x85d\n\n".encode(), [ServerSentEvent("a\u2028b\x0bc\x85d")]),
        (b"nonsense: 1\ndata: a:b\n\n", [ServerSentEvent("a:b")]),
    ],
)
def test_a_stream_is_read_by_the_standard(stream, events):
    assert parsed(stream) == events
    assert parsed(*(bytes([byte]) for byte in stream)) == events


def test_the_servers_wish_when_to_come_again_is_kept():
    parser = EventParser()
    parser.feed(b"retry: 2000\nretry: soon\nretry: -1\nretry: " + b"9" * 5000 + b"\n\n")

    assert parser.retry == 2000


def test_the_id_where_a_stream_begins_is_told_apart():
    parser = EventParser()
    parser.feed(b"retry: 5\nid: 40\n\n")
    assert [parser.opening_id, parser.last_id] == ["40", "40"]

    later = EventParser()
    later.feed(b"id: 41\ndata: a\n\nid: 42\n\n")
    assert [later.opening_id, later.last_id] == [None, "42"]


LINES = st.sampled_from(["data: a", "data:é€😀", "data", "id: 7", "id", "event: x", ": hm", "retry: 9", "", "", "odd"])
ENDS = st.sampled_from(["\n", "\r", "\r\n"])


@given(
    begin=st.sampled_from([b"", b"\xef\xbb\xbf"]),
    lines=st.lists(st.tuples(LINES, ENDS), max_size=30),
    end=st.binary(max_size=4),
    cuts=st.lists(st.integers(min_value=0, max_value=400), max_size=12),
)
def test_however_a_stream_is_cut_the_events_are_the_same(begin, lines, end, cuts):
    stream = begin + "".join(line + ending for line, ending in lines).encode() + end
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    chunks = [stream[start:stop] for start, stop in pairwise(places)]
    whole, parts = EventParser(), EventParser()

    expected = whole.feed(stream)
    assert [event for chunk in chunks for event in parts.feed(chunk)] == expected
    assert [parts.last_id, parts.opening_id, parts.retry] == [whole.last_id, whole.opening_id, whole.retry]
