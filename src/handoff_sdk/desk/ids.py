"""Fresh ids: a prefix that names the kind, then 28 hex digits that grow with time.

The first twelve digits are milliseconds since the epoch, the rest is random; of two ids made by one desk the later one
sorts later, so creation order is id order.
"""

from __future__ import annotations

from os import urandom
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from handoff_sdk.ports import Clock

__all__ = ["Ids"]

_DRAWN_TOGETHER: Final = 512


class Ids:
    """Makes ids: ``ids("cnv")`` is a new conversation's."""

    def __init__(self, clock: Clock, entropy: random.Random | None = None) -> None:
        self._clock = clock
        self._random = _drawn() if entropy is None else iter(lambda: entropy.getrandbits(64), None)
        self._last = 0

    def __call__(self, prefix: str) -> str:
        """A fresh id."""
        drawn = int(self._clock.now().timestamp() * 1000) << 64 | next(self._random)
        self._last = max(drawn, self._last + 1)
        return f"{prefix}_{self._last:028x}"


def _drawn() -> Iterator[int]:
    """Random numbers of 64 bits, drawn many at a time: the system takes as long for one."""
    while True:
        yield from memoryview(urandom(8 * _DRAWN_TOGETHER)).cast("Q")
