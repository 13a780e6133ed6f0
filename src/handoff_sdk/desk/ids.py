"""Fresh ids: a prefix that names the kind, then 28 hex digits that grow with time.

The first twelve digits are milliseconds since the epoch, the rest is random; of two ids made by one desk the later one
sorts later, so creation order is id order.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from handoff_sdk.ports import Clock

__all__ = ["Ids"]


class Ids:
    """Makes ids: ``ids("cnv")`` is a new conversation's."""

    def __init__(self, clock: Clock, entropy: random.Random | None = None) -> None:
        self._clock = clock
        self._bits = (entropy or random.SystemRandom()).getrandbits
        self._last = 0

    def __call__(self, prefix: str) -> str:
        """A fresh id."""
        drawn = int(self._clock.now().timestamp() * 1000) << 64 | self._bits(64)
        self._last = max(drawn, self._last + 1)
        return f"{prefix}_{self._last:028x}"
