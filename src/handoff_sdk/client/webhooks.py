"""Checking that a webhook comes from the engine, and is not an old one played again.

Needs no client and no engine: the secret alone.

Source: sdk.md, A client (``verify_webhook``); Standard Webhooks, verifying signatures.
"""

from __future__ import annotations

import hmac
import re
from base64 import b64decode
from binascii import Error as NotBase64
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from handoff_sdk.errors import FieldError, InvalidRequest, Unauthenticated
from handoff_sdk.models.event import Event
from handoff_sdk.models.webhook import secret_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["verify_webhook"]

_HEADERS: Final = ("webhook-id", "webhook-timestamp", "webhook-signature")
_TIMESTAMP = re.compile(r"[0-9]{1,11}")
_MOST_SIGNATURES: Final = 20
_TOLERANCE: Final = timedelta(minutes=5)


def verify_webhook(
    body: bytes | str,
    headers: Mapping[str, str],
    secret: str,
    *,
    tolerance: timedelta = _TOLERANCE,
    now: datetime | None = None,
) -> Event:
    """The event that a webhook brings, once it is sure that the engine sent it, and when.

    The signature is compared in constant time. The same event may come more than once, with the same ``event.id``.

    Args:
        body: As it came, not parsed and written again.
        headers: Of the request, in whatever case.
        secret: The webhook's: ``whsec_...``.
        tolerance: How far its time may lie from ``now``, before or after.
        now: The present instant, aware; the system's by default.

    Raises:
        Unauthenticated: A header is missing, it is too old or from the future, or no signature is right. Answer 401.
        InvalidRequest: The secret is none, or what was signed is not an event.
    """
    try:
        key = secret_bytes(secret)
    except ValueError as error:
        raise InvalidRequest(f"secret: {error}", [FieldError("secret", str(error))]) from None
    content = body.encode() if isinstance(body, str) else bytes(body)
    message_id, timestamp, signatures = _signed(headers)
    # A receiver has no clock of ours.
    at = now or datetime.now(UTC)  # noqa: TID251
    sent_at = datetime.fromtimestamp(int(timestamp), UTC)
    expected = hmac.digest(key, f"{message_id}.{timestamp}.".encode() + content, sha256)
    # All of them are compared, so that the time it takes tells nothing.
    good = [hmac.compare_digest(expected, signature) for signature in signatures]
    if not any(good):
        raise Unauthenticated("No signature of the webhook is right: another secret, or another body than was sent.")
    if abs(at - sent_at) > tolerance:
        raise Unauthenticated(
            f"The webhook was signed at {sent_at.isoformat()}, which is more than {tolerance} away from now."
        )
    try:
        return Event.model_validate_json(content)
    except ValidationError:
        raise InvalidRequest("The webhook is signed, but its body is not an event.") from None


def _signed(headers: Mapping[str, str]) -> tuple[str, str, list[bytes]]:
    """The id, timestamp and signatures that the headers give."""
    lower = {name.lower(): value for name, value in headers.items()}
    missing = [name for name in _HEADERS if not lower.get(name)]
    if missing:
        raise Unauthenticated(f"The webhook lacks {', '.join(missing)}.")
    message_id, timestamp, signatures = (lower[name] for name in _HEADERS)
    if not _TIMESTAMP.fullmatch(timestamp):
        raise Unauthenticated("webhook-timestamp is not a number of seconds since 1970.")
    given = [_decoded(each) for each in signatures.split()[:_MOST_SIGNATURES]]
    return message_id, timestamp, [each for each in given if each is not None]


def _decoded(signature: str) -> bytes | None:
    """The bytes of a signature of version 1; ``None`` of what is not one."""
    version, _, text = signature.partition(",")
    try:
        return b64decode(text, validate=True) if version == "v1" else None
    except (NotBase64, ValueError):
        return None
