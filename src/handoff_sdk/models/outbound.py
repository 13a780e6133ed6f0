"""What a configuration says of outgoing webhooks: ``webhooks`` and ``webhooks_allow``.

Source: config.md (webhooks).
"""

from __future__ import annotations

from ipaddress import ip_network
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field

from .section import FROM_LIST, Section, refusal, written_as
from .webhook import EventPatterns, HookName, HookSecret, HookUrl

__all__ = ["AllowedHost", "WebhookConfig"]

_NAME = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*"


def _a_network(text: str) -> str:
    if "/" in text or ":" in text or text.replace(".", "").isdigit():
        try:
            ip_network(text)
        except ValueError as error:
            raise refusal(f"is not a network: {error}") from None
    return text


AllowedHost: TypeAlias = Annotated[
    str,
    AfterValidator(_a_network),
    written_as(rf"[0-9a-f.:]+(?:/[0-9]+)?|{_NAME}", "a network like '10.0.0.0/8', an address, or a name in lower case"),
]


class WebhookConfig(Section):
    """A webhook of the configuration. By its ``name``, or else its ``url``, it is known again after a change."""

    url: HookUrl
    events: Annotated[EventPatterns, FROM_LIST]
    secret: HookSecret = Field(repr=False)
    name: HookName | None = None

    @property
    def key(self) -> str:
        """What it is known by."""
        return self.name or self.url
