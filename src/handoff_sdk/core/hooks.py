"""Outgoing webhooks, the pure part: which events, what an answer means, when to try again, and how a body is signed.

- A status of 2xx is success, 410 says that nobody will ever listen again, all else is tried again.
- Retries grow from seconds to hours, with jitter, over 24 hours from the first failure. An event that failed for so
  long is given up; where nothing else succeeded meanwhile, the webhook is disabled instead, and the event kept.
- ``webhook-id`` is the event's id, so it is the same in every attempt, also after a crash.
- While a secret is being replaced, both sign.

Source: api.md, Webhooks out; Standard Webhooks, signature scheme and operational considerations.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, Literal

from handoff_sdk.models.webhook import secret_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from handoff_sdk.models.event import Event
    from handoff_sdk.models.webhook import Delivery, DisabledBecause, Webhook

__all__ = [
    "FAILING_AFTER",
    "KEEP_TRYING_FOR",
    "OVERLAP",
    "RETRY_AFTER",
    "Verdict",
    "disabled",
    "heard",
    "matches",
    "next_try",
    "resumed",
    "round_again",
    "signature",
    "signed_headers",
    "tried",
    "verdict",
    "wanted",
]

Verdict = Literal["delivered", "gone", "failed"]

FAILING_AFTER: Final = 5
"""Failed attempts in a row after which a webhook is called failing."""

KEEP_TRYING_FOR: Final = timedelta(hours=24)
OVERLAP: Final = timedelta(hours=24)
"""How long a secret that was replaced still signs."""

RETRY_AFTER: Final = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=3),
    timedelta(hours=4),
    timedelta(hours=6),
)
"""How long to wait after the first, second, ... failed attempt; the last one counts for all that follow."""

_JITTER: Final = 0.2
_GONE: Final = 410
_SUCCESS: Final = range(200, 300)


def matches(patterns: Iterable[str], event_type: str) -> bool:
    """Whether one of ``patterns`` stands for the type.

    >>> matches(["control.returned", "ticket.*"], "ticket.solved")
    True
    """
    noun = event_type.partition(".")[0]
    return any(pattern in ("*", event_type, f"{noun}.*") for pattern in patterns)


def wanted(webhook: Webhook, event: Event) -> bool:
    """Whether a webhook is told of an event: one of its own types, or a rule that notifies it by name or url."""
    if matches(webhook.events, event.type):
        return True
    return event.type == "rule.fired" and not {webhook.name, webhook.url}.isdisjoint(event.data.get("notify", ()))


def verdict(status: int | None) -> Verdict:
    """What an answer means; ``None``: none came in time."""
    if status is not None and status in _SUCCESS:
        return "delivered"
    return "gone" if status == _GONE else "failed"


def next_try(attempts: int, began: datetime, now: datetime, chance: float) -> datetime | None:
    """When to try again after ``attempts`` failed ones, the first of which ended at ``began``; ``None``: not any more.

    Args:
        attempts: How many have failed, at least one.
        began: When this row of attempts began.
        now: The present instant.
        chance: From 0 to 1: where in the spread of a fifth to either side the next one falls.
    """
    end = began + KEEP_TRYING_FOR
    if now >= end:
        return None
    wait = RETRY_AFTER[min(attempts, len(RETRY_AFTER)) - 1]
    return min(now + wait * (1 - _JITTER + 2 * _JITTER * chance), end)


def tried(
    delivery: Delivery, status: int | None, seconds: float, error: str | None, *, now: datetime, chance: float
) -> Delivery:
    """A delivery after an attempt that ended now."""
    attempts = delivery.round_attempts + 1
    began = delivery.round_at if delivery.round_attempts else now
    changes: dict[str, Any] = {
        "attempts": delivery.attempts + 1,
        "round_attempts": attempts,
        "round_at": began,
        "tried_at": now,
        "status": status,
        "duration_seconds": round(seconds, 3),
        "error": error,
        "next_at": None,
    }
    if verdict(status) == "delivered":
        changes |= {"state": "delivered", "error": None}
    else:
        next_at = next_try(attempts, began, now, chance)
        changes |= {"next_at": next_at} if next_at else {"state": "failed"}
    return delivery.model_copy(update=changes)


def round_again(delivery: Delivery, now: datetime, *, redelivery: bool = False) -> Delivery:
    """A delivery that is tried at once, with the whole row of retries before it.

    ``redelivery``: of an event that had been settled.
    """
    changes = {"state": "pending", "round_at": now, "round_attempts": 0, "next_at": now, "redelivery": redelivery}
    return delivery.model_copy(update=changes)


def heard(webhook: Webhook, said: Verdict, now: datetime) -> tuple[Webhook, str | None]:
    """A webhook after one of its attempts, and the type of the event that tells of a change."""
    if webhook.state == "disabled":
        return webhook, None
    if said == "delivered":
        return (resumed(webhook) if webhook.failures else webhook), None
    since = webhook.failing_since or now
    webhook = webhook.model_copy(update={"failures": webhook.failures + 1, "failing_since": since})
    if said == "gone":
        return disabled(webhook, "gone", now), "webhook.disabled"
    if now >= since + KEEP_TRYING_FOR:
        return disabled(webhook, "failing", now), "webhook.disabled"
    if webhook.failures >= FAILING_AFTER and webhook.state == "active":
        return webhook.model_copy(update={"state": "failing"}), "webhook.failing"
    return webhook, None


def disabled(webhook: Webhook, because: DisabledBecause, now: datetime) -> Webhook:
    """A webhook to which nothing is posted any more."""
    return webhook.model_copy(update={"state": "disabled", "disabled_at": now, "disabled_because": because})


def resumed(webhook: Webhook) -> Webhook:
    """A webhook that begins anew, as if nothing had failed."""
    fresh = {"state": "active", "failures": 0, "failing_since": None, "disabled_at": None, "disabled_because": None}
    return webhook.model_copy(update=fresh)


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The signature of a body with one secret: ``v1,`` and base64."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + b64encode(hmac.digest(secret_bytes(secret), signed, sha256)).decode()


def signed_headers(secrets: Sequence[str], message_id: str, now: datetime, body: bytes) -> Mapping[str, str]:
    """The headers that say who posts a body, and when, signed with each of the secrets."""
    timestamp = int(now.timestamp())
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(secret, message_id, timestamp, body) for secret in secrets),
    }
