"""Bodies that did not come together with their heads: so many may be on their way, for so long, until the server goes.

A body on its way takes no place in the gate: whoever sends slowly keeps nobody from being served.

Source: api.md, Errors (``unavailable``).
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from handoff_sdk.errors import InvalidRequest, RateLimited, Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, MutableMapping

    from .limits import Limits

__all__ = ["Arrivals"]


class Arrivals:
    """The bodies on their way to one server.

    Args:
        limits: How many there may be, and how long each may take.
        refused: Counts those that were refused, under ``arriving``.
    """

    def __init__(self, limits: Limits, refused: MutableMapping[str, int]) -> None:
        self._limits = limits
        self._refused = refused
        self._patience: set[asyncio.Timeout] = set()
        self._closing = False

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Wait for a body.

        Raises:
            RateLimited: too many others are on their way.
            InvalidRequest: it did not arrive in time.
            Unavailable: the server goes.
        """
        if len(self._patience) >= self._limits.arriving:
            self._refused["arriving"] += 1
            raise RateLimited("Too many bodies are on their way; send this one again, in one piece.", retry_after=1)
        try:
            async with asyncio.timeout(0 if self._closing else self._limits.body_time) as patience:
                self._patience.add(patience)
                try:
                    yield
                finally:
                    self._patience.discard(patience)
        except TimeoutError:
            if self._closing:
                raise Unavailable("The engine is stopping.", retry_after=1) from None
            raise InvalidRequest(f"The body did not arrive within {self._limits.body_time:g} s.") from None

    def close(self) -> None:
        """Wait for no body any longer."""
        self._closing = True
        now = asyncio.get_running_loop().time()
        for patience in self._patience:
            patience.reschedule(now)
