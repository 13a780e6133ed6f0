"""Changes in doubt: those of which nobody knows whether they are written, because their answer was lost on the way.

As long as there are some, what the desk has at hand may be wrong, and nothing is decided on it.

Source: house page, decisions 5 to 7; ports (``InDoubt``).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from handoff_sdk.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handoff_sdk.ports import Change

__all__ = ["Doubts"]


class Doubts:
    """Counts the changes on their way to the store, and keeps those in doubt; ``raised`` is set while there are any."""

    def __init__(self) -> None:
        self.raised = asyncio.Event()
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._under_way = 0
        self._changes: list[Change] = []

    def begin(self) -> None:
        """A change goes to the store; ``end`` follows.

        Raises:
            Unavailable: Another one is in doubt.
        """
        if self._changes:
            raise Unavailable("It is being found out what became of a change; try again.", retry_after=1)
        self._under_way += 1
        self._quiet.clear()

    def end(self, in_doubt: Change | None = None) -> None:
        """What became of a change is known, or it is in doubt."""
        if in_doubt is not None:
            self._changes.append(in_doubt)
            self.raised.set()
        self._under_way -= 1
        if not self._under_way:
            self._quiet.set()

    async def all_in(self) -> Sequence[Change]:
        """The changes in doubt, once no other is on its way; oldest first."""
        await self._quiet.wait()
        return tuple(self._changes)

    def settle(self) -> None:
        """Nothing is in doubt any more."""
        self._changes.clear()
        self.raised.clear()
