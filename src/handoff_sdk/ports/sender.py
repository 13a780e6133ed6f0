"""The way out for webhooks.

Source: api.md, Webhooks out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from handoff_sdk.ports.change import Posted

__all__ = ["Sender"]


class Sender(Protocol):
    """The way out for webhooks. It goes to no address that it was not allowed, whatever a name resolves to."""

    def refusal(self, url: str) -> str | None:
        """Why nothing will be posted to ``url``, as far as that shows without asking for addresses."""
        ...

    async def allow(self, hosts: Sequence[str]) -> None:
        """Go from now on to these networks, addresses and names of one's own, and to no others."""
        ...

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Posted:
        """Post a body once and say what came of it, within a time of its own; it raises nothing."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
