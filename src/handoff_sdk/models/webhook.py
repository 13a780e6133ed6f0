"""Outgoing webhooks: where events are posted to, and how each of them fared.

A secret is ``whsec_`` and the base64 of 24 to 64 bytes, as Standard Webhooks writes it. It is no part of the noun: who
makes a webhook, or changes its secret, gets it once.

Source: api.md, Webhooks out; Standard Webhooks (standardwebhooks.com), signature scheme.
"""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NotBase64
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from .event import EVENT_TYPES, UNSTORED
from .nearest import did_you_mean
from .noun import Command, Identifier, Instant, Noun
from .section import refusal

__all__ = [
    "TURN_WAITS",
    "WHSEC",
    "CreateWebhook",
    "Delivery",
    "DeliveryState",
    "DisabledBecause",
    "EventPatterns",
    "HookName",
    "HookSecret",
    "HookUrl",
    "ResumeWebhook",
    "RotateSecret",
    "UpdateWebhook",
    "Webhook",
    "WebhookCommand",
    "WebhookSource",
    "WebhookState",
    "WebhookWithSecret",
    "secret_bytes",
]

WHSEC: Final = "whsec_"
TURN_WAITS: Final = "turn.started"
"""Posted to webhooks that name it, though it is kept nowhere: again and again, until a process of the bot comes."""

_SHORTEST_SECRET: Final = 24
_LONGEST_SECRET: Final = 64
_NOUNS: Final = frozenset(kind.partition(".")[0] for kind in EVENT_TYPES - UNSTORED)

WebhookState = Literal["active", "failing", "disabled"]
WebhookSource = Literal["api", "config"]
DisabledBecause = Literal["gone", "failing", "by_hand"]
DeliveryState = Literal["pending", "delivered", "failed", "skipped"]


def secret_bytes(secret: str) -> bytes:
    """The key that a webhook's secret stands for.

    >>> secret_bytes("whsec_" + "A" * 32) == bytes(24)
    True

    Raises:
        ValueError: It is not ``whsec_`` and base64 of 24 to 64 bytes.
    """
    try:
        key = b64decode(secret.removeprefix(WHSEC), validate=True) if secret.startswith(WHSEC) else b""
    except (NotBase64, ValueError):
        key = b""
    if not _SHORTEST_SECRET <= len(key) <= _LONGEST_SECRET:
        message = "is not a secret: write 'whsec_' and the base64 of 24 to 64 random bytes (openssl rand -base64 32)"
        raise ValueError(message)
    return key


def _a_secret(secret: str) -> str:
    try:
        secret_bytes(secret)
    except ValueError as error:
        raise refusal(str(error)) from None
    return secret


def _a_url(url: str) -> str:
    problem = _wrong_with(url)
    if problem is not None:
        raise refusal(problem)
    return url


def _wrong_with(url: str) -> str | None:
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return "has to be printable ASCII without spaces; write others as %-escapes, and a name as xn--..."
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        return f"is not a URL: {error}"
    if parts.scheme not in {"http", "https"} or not host:
        return "has to begin with 'https://' or 'http://' and a host"
    if "@" in parts.netloc:
        return "must not hold a user or password; the signature says who calls"
    if "#" in url:
        return "must not have a fragment: it is never sent"
    return None


def _a_pattern(pattern: str) -> str:
    if pattern == "*":
        return pattern
    noun, _, verb = pattern.partition(".")
    if verb == "*":
        if noun not in _NOUNS:
            raise refusal(f"there are no events {pattern!r}{did_you_mean(noun, _NOUNS)}")
    elif pattern in UNSTORED - {TURN_WAITS}:
        raise refusal(f"{pattern!r} is only pushed to those who listen at the moment, and never posted")
    elif pattern not in EVENT_TYPES:
        raise refusal(f"there is no event {pattern!r}{did_you_mean(pattern, EVENT_TYPES - UNSTORED | {TURN_WAITS})}")
    return pattern


HookUrl = Annotated[
    str, Field(max_length=2000, json_schema_extra={"pattern": "^https?://", "format": "uri"}), AfterValidator(_a_url)
]
HookSecret = Annotated[
    str, Field(max_length=200, json_schema_extra={"pattern": f"^{WHSEC}"}), AfterValidator(_a_secret)
]
HookName = Annotated[str, Field(min_length=1, max_length=64)]
EventPatterns = Annotated[
    tuple[Annotated[str, Field(max_length=64), AfterValidator(_a_pattern)], ...], Field(min_length=1, max_length=100)
]
"""Types of events: ``ticket.solved``, all of a noun as ``ticket.*``, or ``*``; ``turn.started`` only by its name."""


class Webhook(Noun):
    """Where events are posted to, and how that goes.

    ``cursor`` is how far the feed was read for it. ``failures`` counts attempts in a row that failed, since
    ``failing_since``. ``source``: one of the configuration is changed there. ``overlap_until``: until then the secret
    that was replaced signs too.
    """

    id: Identifier
    url: str
    name: str | None = None
    events: tuple[str, ...]
    state: WebhookState = "active"
    source: WebhookSource = "api"
    created_at: Instant
    cursor: int = 0
    failures: int = 0
    failing_since: Instant | None = None
    disabled_at: Instant | None = None
    disabled_because: DisabledBecause | None = None
    overlap_until: Instant | None = None


class WebhookWithSecret(Webhook):
    """A webhook and its secret, which is told this once."""

    secret: str = Field(repr=False)


class Delivery(Noun):
    """One event on its way to one webhook.

    Args:
        cursor: The event's.
        redelivery: Asked for by hand, of an event that had been settled: it holds up nothing.
        attempts: How many were made; ``round_attempts``: since ``round_at``.
        round_at: When the first attempt of the last row ended; before that, when the row was asked for.
        tried_at: When the last attempt ended.
        status: What the last attempt was answered; ``None``: nothing came.
        duration_seconds: How long the last attempt took.
        error: Why the last attempt is not good; ``None`` where it is.
        next_at: When it is tried next; ``None``: not again by itself.
    """

    id: Identifier
    webhook_id: Identifier
    event_id: Identifier
    event_type: str
    conversation_id: Identifier | None = None
    cursor: int = 0
    state: DeliveryState = "pending"
    redelivery: bool = False
    attempts: int = 0
    round_attempts: int = 0
    created_at: Instant
    round_at: Instant
    tried_at: Instant | None = None
    status: int | None = None
    duration_seconds: float | None = None
    error: str | None = None
    next_at: Instant | None = None


class CreateWebhook(Command):
    """Have events posted to a URL, from now on. Without ``secret`` one is made."""

    url: HookUrl
    events: EventPatterns
    secret: HookSecret | None = Field(default=None, repr=False)
    name: HookName | None = None


class WebhookCommand(Command):
    """A command about one webhook."""

    webhook_id: Identifier


class UpdateWebhook(WebhookCommand):
    """Change a webhook; only what is given changes. Other patterns hold for events that were not looked at yet."""

    url: HookUrl | None = None
    events: EventPatterns | None = None
    name: HookName | None = None

    @model_validator(mode="after")
    def _something_to_change(self) -> Self:
        if self.model_fields_set <= {"webhook_id"}:
            raise refusal("nothing to change; give at least one of url, events, name")
        return self


class RotateSecret(WebhookCommand):
    """Give a webhook another secret; the old one signs too for 24 hours. Without ``secret`` one is made."""

    secret: HookSecret | None = Field(default=None, repr=False)


class ResumeWebhook(WebhookCommand):
    """Post again, from where it stopped, or with ``skip`` from now on."""

    skip: bool = False
