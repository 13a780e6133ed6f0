from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook as Oracle

from handoff_sdk.core.draft import SYSTEM
from handoff_sdk.core.hooks import (
    FAILING_AFTER,
    KEEP_TRYING_FOR,
    RETRY_AFTER,
    heard,
    matches,
    next_try,
    round_again,
    signature,
    signed_headers,
    tried,
    verdict,
    wanted,
)
from handoff_sdk.models.event import Event
from handoff_sdk.models.webhook import Delivery, Webhook

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + "A" * 40
WEBHOOK = Webhook(id="whk_1", url="https://example.com", events=("*",), created_at=NOW)


def delivery(**more):
    fields = {"id": "dlv_1", "webhook_id": "whk_1", "event_id": "evt_1", "event_type": "ticket.solved"}
    return Delivery(**fields, created_at=NOW, round_at=NOW, next_at=NOW, **more)


@pytest.mark.parametrize(
    ("patterns", "event_type", "expected"),
    [
        (("*",), "ticket.solved", True),
        (("ticket.*",), "ticket.solved", True),
        (("ticket.solved",), "ticket.solved", True),
        (("ticket.*",), "control.returned", False),
        (("control.returned", "ticket.*"), "control.returned", True),
        (("ticket.solved",), "ticket.solved_again", False),
        ((), "ticket.solved", False),
    ],
)
def test_patterns_stand_for_types(patterns, event_type, expected):
    assert expected == matches(patterns, event_type)


@pytest.mark.parametrize(
    ("event_type", "notified", "expected"),
    [
        ("rule.fired", ["crm"], True),
        ("rule.fired", ["https://example.com"], True),
        ("rule.fired", ["other"], False),
        ("rule.fired", None, False),
        ("ticket.solved", ["crm"], False),
        ("ticket.closed", None, True),
    ],
)
def test_a_rule_may_notify_a_webhook_that_does_not_listen(event_type, notified, expected):
    webhook = WEBHOOK.model_copy(update={"name": "crm", "events": ("ticket.closed",)})
    data = {"rule": "one"} | ({"notify": notified} if notified else {})
    assert expected == wanted(webhook, Event(id="evt_1", type=event_type, at=NOW, actor=SYSTEM, data=data))


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, "delivered"),
        (204, "delivered"),
        (299, "delivered"),
        (301, "failed"),
        (302, "failed"),
        (400, "failed"),
        (404, "failed"),
        (410, "gone"),
        (429, "failed"),
        (500, "failed"),
        (None, "failed"),
    ],
)
def test_an_answer_means(status, expected):
    assert expected == verdict(status)


@pytest.mark.parametrize(
    ("attempts", "chance", "seconds"),
    [
        (1, 0.5, 5),
        (1, 0.0, 4),
        (1, 1.0, 6),
        (2, 0.5, 30),
        (3, 0.5, 120),
        (4, 0.5, 600),
        (5, 0.5, 1800),
        (6, 0.5, 3600),
        (7, 0.5, 7200),
        (8, 0.5, 3 * 3600),
        (9, 0.5, 4 * 3600),
        (10, 0.5, 6 * 3600),
        (99, 0.5, 6 * 3600),
    ],
)
def test_the_row_of_retries(attempts, chance, seconds):
    assert NOW + timedelta(seconds=seconds) == next_try(attempts, NOW, NOW, chance)


@given(st.lists(st.floats(0, 1), min_size=20, max_size=20))
def test_retries_go_on_for_a_day_and_end_there_whatever_the_jitter(chances):
    now, waits = NOW, []
    for attempt, chance in enumerate(chances, 1):
        following = next_try(attempt, NOW, now, chance)
        if following is None:
            break
        waits.append(following - now)
        now = following

    assert NOW + KEEP_TRYING_FOR == now
    assert 10 <= len(waits) <= 14
    assert waits[:-1] == sorted(waits[:-1]) or len(waits) > len(RETRY_AFTER)


def test_a_delivery_that_failed_waits_for_its_next_attempt():
    later = NOW + timedelta(seconds=3)
    after = tried(delivery(), 503, 0.25, "It answered 503.", now=later, chance=0.5)

    assert ("pending", 1, 503, 0.25, "It answered 503.") == (
        after.state, after.attempts, after.status, after.duration_seconds, after.error
    )  # fmt: skip
    assert later + timedelta(seconds=5) == after.next_at
    assert later == after.round_at


def test_a_delivery_that_failed_for_a_day_is_given_up():
    one = delivery(round_attempts=12, attempts=12)
    after = tried(one, None, 15.0, "No answer.", now=NOW + KEEP_TRYING_FOR, chance=0.5)

    assert ("failed", None, 13) == (after.state, after.next_at, after.attempts)


def test_a_delivery_that_succeeded_has_no_error_left():
    after = tried(delivery(error="before", round_attempts=2), 200, 0.1, None, now=NOW, chance=0.5)

    assert ("delivered", None, None) == (after.state, after.error, after.next_at)


def test_a_round_begins_with_all_its_retries():
    over = tried(delivery(round_attempts=12, attempts=12), 500, 1, "", now=NOW + KEEP_TRYING_FOR, chance=0.5)
    again = round_again(over, NOW + timedelta(days=2), redelivery=True)
    after = tried(again, 500, 1, "", now=NOW + timedelta(days=2), chance=0.5)

    assert NOW + timedelta(days=2, seconds=5) == after.next_at
    assert 14 == after.attempts
    assert after.redelivery is True


def test_a_webhook_is_failing_after_some_failures_in_a_row_and_says_so_once():
    webhook, told = WEBHOOK, []
    for _ in range(FAILING_AFTER + 3):
        webhook, kind = heard(webhook, "failed", NOW)
        told.append(kind)

    assert [None] * (FAILING_AFTER - 1) + ["webhook.failing"] + [None] * 3 == told
    assert ("failing", NOW) == (webhook.state, webhook.failing_since)


def test_one_success_makes_it_active_again():
    failing = WEBHOOK.model_copy(update={"state": "failing", "failures": 7, "failing_since": NOW})

    assert (WEBHOOK, None) == heard(failing, "delivered", NOW)


def test_a_webhook_is_disabled_after_a_day_of_failure():
    failing = WEBHOOK.model_copy(update={"state": "failing", "failures": 7, "failing_since": NOW})
    webhook, kind = heard(failing, "failed", NOW + KEEP_TRYING_FOR)

    assert ("disabled", "failing", "webhook.disabled") == (webhook.state, webhook.disabled_because, kind)


def test_gone_disables_at_once():
    webhook, kind = heard(WEBHOOK, "gone", NOW)

    assert ("disabled", "gone", NOW, "webhook.disabled") == (
        webhook.state, webhook.disabled_because, webhook.disabled_at, kind
    )  # fmt: skip


def test_what_comes_late_does_not_move_a_disabled_webhook():
    webhook, _ = heard(WEBHOOK, "gone", NOW)

    assert (webhook, None) == heard(webhook, "delivered", NOW)


@given(st.text(min_size=1, alphabet=st.characters(codec="ascii", categories=["L", "N"])), st.text())
def test_a_signature_is_what_the_standard_says(message_id, body):
    expected = Oracle(SECRET).sign(message_id, NOW, body)

    assert expected == signature(SECRET, message_id, int(NOW.timestamp()), body.encode())


def test_two_secrets_make_two_signatures():
    headers = signed_headers([SECRET, OTHER], "evt_1", NOW, b"{}")

    assert "evt_1" == headers["webhook-id"]
    assert str(int(NOW.timestamp())) == headers["webhook-timestamp"]
    assert [Oracle(secret).sign("evt_1", NOW, "{}") for secret in (SECRET, OTHER)] == headers[
        "webhook-signature"
    ].split(" ")
