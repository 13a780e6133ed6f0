"""How much one caller may ask for, and how long things may take.

What is counted here is counted in this process and forgotten with it: these limits keep one caller from starving the
others, they are no accounting.

Source: api.md, Errors (sizes, ``rate_limited``).
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from dataclasses import dataclass

from handoff_sdk.errors import RateLimited

__all__ = ["Bucket", "Limits", "Rate"]


@dataclass(frozen=True, slots=True)
class Rate:
    """So many a minute in the long run, ``burst`` of them at once."""

    per_minute: float
    burst: int


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one server.

    Args:
        body: Bytes of a request's body.
        depth: How deep the values of a body may be nested.
        anonymous: Anonymous customers made from one address.
        logins: Agents' log-ins from one address.
        guesses: Passwords tried for one agent.
        writes: What one customer posts, starts and ends.
        activity: Typing and receipts of one customer.
        streams: Streams and long polls that one customer or agent may have open at a time.
        key_streams: The same for an API key, which many processes may share.
        wait: The longest long poll, in seconds.
        heartbeat: Seconds of silence after which a stream says that it lives.
        stalled: Seconds after which a reader that does not read is dropped.
        body_time: Seconds a body may take to arrive.
        arriving: Bodies on their way at a time, beside those that come together with their heads.
        running: Calls that run at a time; see ``gate``.
        connections: Open connections. There are fewer where the process may not open as many files.
        idle: Seconds that a connection may be idle, or take over the head of its first request.
        proxies: How many reverse proxies stand before the server. The address of a caller is the one that the outermost
            of them wrote down in ``X-Forwarded-For``; with 0 that header is not believed.
    """

    body: int = 256 * 1024
    depth: int = 64
    anonymous: Rate = Rate(10, 10)
    logins: Rate = Rate(30, 15)
    guesses: Rate = Rate(5, 10)
    writes: Rate = Rate(600, 200)
    activity: Rate = Rate(1200, 200)
    streams: int = 20
    key_streams: int = 2000
    wait: float = 60.0
    heartbeat: float = 15.0
    stalled: float = 30.0
    body_time: float = 30.0
    arriving: int = 256
    running: int = 256
    connections: int = 10_000
    idle: float = 75.0
    proxies: int = 0


class Bucket:
    """A bucket of tokens for each caller: one leaves with each call, ``rate`` fills it again.

    Args:
        rate: How fast each bucket fills and how much it holds.
        callers: How many callers are remembered; whoever called longest ago is forgotten first.
    """

    def __init__(self, rate: Rate, callers: int = 100_000) -> None:
        self._per_second = rate.per_minute / 60
        self._burst = float(rate.burst)
        self._callers = callers
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str) -> None:
        """Let ``caller`` go on.

        Raises:
            RateLimited: the caller's bucket is empty; ``retry_after`` says when there is a token again.
        """
        now = time.monotonic()
        level, at = self._levels.get(caller, (self._burst, now))
        level = min(self._burst, level + (now - at) * self._per_second)
        if level < 1:
            seconds = math.ceil((1 - level) / self._per_second)
            raise RateLimited(f"Too many calls; try again in {seconds} s.", retry_after=seconds)
        self._levels[caller] = (level - 1, now)
        self._levels.move_to_end(caller)
        if len(self._levels) > self._callers:
            self._levels.popitem(last=False)
