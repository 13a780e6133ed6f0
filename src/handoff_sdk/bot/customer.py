"""The customer of a chat.

Source: sdk.md, A bot (``chat.customer``).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Self

from pydantic import PrivateAttr

from handoff_sdk.models.customer import Customer

__all__ = ["ChatCustomer"]

_FIELDS: Final = frozenset({"external_id", "name", "email", "language", "timezone"})
_Change = Callable[[Mapping[str, object]], Awaitable[None]]


class ChatCustomer(Customer):
    """The customer as the handler knows them: as they were when it began, and with what it changed itself."""

    _change: _Change | None = PrivateAttr(default=None)

    @classmethod
    def of(cls, fields: Mapping[str, Any], change: _Change) -> Self:
        """The customer of these fields; ``change`` tells the engine of a new profile."""
        customer = cls.model_validate(fields)
        customer._change = change  # noqa: SLF001 - its own
        return customer

    async def update(self, **profile: object) -> None:
        """Change the customer's profile: keys given are set, ``None`` clears. ``chat.customer`` then has it.

        Args:
            profile: ``name``, ``email``, ``language``, ``timezone``; further keys become attributes.
        """
        if self._change is None:
            raise RuntimeError("This customer is of no chat; use client.customers.update.")
        await self._change(profile)

    def with_profile(self, profile: Mapping[str, object]) -> Self:
        """The customer after such a change."""
        attributes = self.attributes | {name: value for name, value in profile.items() if name not in _FIELDS}
        known = {name: value for name, value in profile.items() if name in _FIELDS}
        kept = {name: value for name, value in attributes.items() if value is not None}
        return self.model_copy(update=known | {"attributes": kept})
