"""When another try is worth it, and how long to wait for it. Pure, but for the three things it is given.

Only what is safe is tried again: reading, putting, and posting, since each post carries an idempotency key that is made
once a call. A ``PATCH`` is never repeated.

Source: sdk.md, A client; RFC 9110, 10.2.3 (``Retry-After``).
"""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

__all__ = ["RETRIED_METHODS", "RETRIED_STATUSES", "Retries", "retry_after"]

RETRIED_METHODS: Final = frozenset({"GET", "HEAD", "PUT", "POST"})
RETRIED_STATUSES: Final = frozenset({429, 502, 503, 504})

_MOST_DOUBLINGS: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How long a call may take, and how its tries are spread. All times are in seconds.

    Args:
        total: How long a call may take with all its tries; 0 means one try.
        attempt: How long one try may take.
        first: The longest wait before the second try; it doubles with each one.
        longest: The longest wait between two tries. An engine's ``Retry-After`` may ask for more.
        sleep: Waits so many seconds.
        clock: Seconds since some fixed instant, never going back.
        chance: A number in [0, 1): where in its range a wait falls (*full jitter*).
    """

    total: float = 30.0
    attempt: float = 10.0
    first: float = 0.25
    longest: float = 8.0
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    clock: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random

    def delay(self, tries: int, at_least: float | None = None) -> float:
        """Seconds to wait after so many tries, and not less than ``at_least``.

        >>> Retries(chance=lambda: 0.5).delay(3)
        0.5
        """
        widest = min(self.longest, self.first * 2.0 ** min(tries - 1, _MOST_DOUBLINGS))
        return (at_least or 0.0) + self.chance() * widest


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that ``Retry-After`` asks for; ``None`` where there is none that makes sense.

    An HTTP date is measured against the answer's own ``Date``, so that it does not matter how clocks differ.

    Args:
        headers: An answer's headers, with lower-case names.

    >>> retry_after({"retry-after": "3"})
    3.0
    """
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    asked, sent = _http_date(value), _http_date(headers.get("date", ""))
    if asked is None or sent is None:
        return None
    return max(0.0, (asked - sent).total_seconds())


def _http_date(value: str) -> datetime | None:
    try:
        instant = parsedate_to_datetime(value)
    except ValueError:
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
