import base64
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook as Oracle

from handoff_sdk import InvalidRequest, Unauthenticated, verify_webhook

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + "B" * 40
EVENT = {"id": "evt_1", "type": "ticket.solved", "at": "2026-03-02T09:00:00Z", "actor": {"type": "system"}, "new": 1}
BODY = json.dumps(EVENT)


def headers(body=BODY, *, secret=SECRET, at=NOW, **more):
    sign = Oracle(secret).sign("evt_1", at, body)
    return {"webhook-id": "evt_1", "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": sign} | more


def verified(body=BODY, sent=None, secret=SECRET, **more):
    return verify_webhook(body, headers() if sent is None else sent, secret, now=NOW, **more)


@pytest.mark.parametrize("body", [BODY, BODY.encode(), bytearray(BODY.encode())])
def test_what_the_engine_signed_is_an_event(body):
    event = verified(body)

    assert ("evt_1", "ticket.solved") == (event.id, event.type)


def test_the_case_of_headers_does_not_matter():
    sent = {name.title(): value for name, value in headers().items()}

    assert "evt_1" == verified(sent=sent).id


def test_one_of_several_signatures_is_enough():
    wrong, right = (headers(secret=secret)["webhook-signature"] for secret in (OTHER, SECRET))
    sent = headers() | {"webhook-signature": f"v1a,xyz v1,notbase64! {wrong} {right}"}

    assert "evt_1" == verified(sent=sent).id


@pytest.mark.parametrize("minutes", [-5, -1, 0, 5])
def test_a_little_old_or_early_is_taken(minutes):
    assert "evt_1" == verified(sent=headers(at=NOW + timedelta(minutes=minutes))).id


@pytest.mark.parametrize("minutes", [-6, 6])
def test_too_old_or_from_the_future_is_refused(minutes):
    with pytest.raises(Unauthenticated, match="more than 0:05:00 away"):
        verified(sent=headers(at=NOW + timedelta(minutes=minutes)))


def test_the_tolerance_is_an_argument():
    sent = headers(at=NOW - timedelta(hours=1))

    assert "evt_1" == verified(sent=sent, tolerance=timedelta(hours=2)).id


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
@pytest.mark.parametrize("there", [True, False])
def test_a_missing_header_is_named(name, there):
    sent = headers()
    sent[name] = ""
    if not there:
        del sent[name]
    with pytest.raises(Unauthenticated, match=f"lacks {name}"):
        verified(sent=sent)


@pytest.mark.parametrize("timestamp", ["soon", "-1", "1e9", "1.5", "١٢٣", "9" * 30, " 1", "0x10"])
def test_a_timestamp_is_a_number_of_seconds(timestamp):
    with pytest.raises(Unauthenticated, match="not a number"):
        verified(sent=headers() | {"webhook-timestamp": timestamp})


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook-id": "evt_2"},
        {"webhook-timestamp": str(int(NOW.timestamp()) + 1)},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1"},
        {"webhook-signature": " "},
        {"webhook-signature": "v2," + base64.b64encode(b"x" * 32).decode()},
        {"webhook-signature": "v1,é"},
    ],
)
def test_what_was_changed_on_the_way_is_refused(changed):
    with pytest.raises(Unauthenticated):
        verified(sent=headers() | changed)


def test_another_body_is_refused():
    with pytest.raises(Unauthenticated, match="another secret, or another body"):
        verified(BODY + " ")


def test_another_secret_is_refused():
    with pytest.raises(Unauthenticated):
        verified(secret=OTHER)


def test_signatures_beyond_reason_are_not_looked_at():
    good = headers()["webhook-signature"]
    with pytest.raises(Unauthenticated):
        verified(sent=headers() | {"webhook-signature": "v1,AAAA " * 20 + good})


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_short", "whsec_" + "!" * 40]
)
def test_what_is_no_secret_is_the_caller_s_mistake(secret):
    with pytest.raises(InvalidRequest, match="whsec_"):
        verified(secret=secret)


def test_what_is_signed_and_no_event_is_said_to_be_none():
    with pytest.raises(InvalidRequest, match="not an event"):
        verified("{}", headers("{}"))


@given(st.dictionaries(st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]), st.text()))
def test_whatever_comes_is_refused_in_one_way(changed):
    with suppress(Unauthenticated):
        verified(sent=headers() | changed)


def test_without_now_it_is_now():
    body_at = datetime.now(UTC)

    assert "evt_1" == verify_webhook(BODY, headers(at=body_at), SECRET).id
