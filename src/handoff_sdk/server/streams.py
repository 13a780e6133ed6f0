"""Who reads the feed at the moment, and a watch over all of them.

The watch ends streams whose reader has gone, does not read, or may not read any more: a handler that waits for events
cannot see that itself.

Source: api.md, Resources (events).
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

from handoff_sdk.errors import Forbidden, HandoffError, RateLimited, Unavailable

from .auth import BLOCKED

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiohttp import web

    from .auth import Authority, Caller
    from .limits import Limits

__all__ = ["Stream", "Streams"]

_log = logging.getLogger(__name__)

_WATCH_EVERY: Final = 0.5


class Stream:
    """One reader of the feed, as long as it reads."""

    def __init__(self, caller: Caller, request: web.Request) -> None:
        self.caller = caller
        self.over = False
        self._transport = request.transport
        self._task = asyncio.current_task()
        self._writing_since: float | None = None

    @property
    def gone(self) -> bool:
        """Whether nobody is there any more."""
        return self._transport is None or self._transport.is_closing()

    def stalled(self, seconds: float) -> bool:
        """Whether the reader has not read for so long."""
        return self._writing_since is not None and asyncio.get_running_loop().time() - self._writing_since > seconds

    def end(self, *, abruptly: bool = False) -> None:
        """Make the reader's handler stop waiting; ``abruptly``: throw away what it has not read."""
        if self.over:
            return
        self.over = True
        if abruptly and self._transport is not None:
            self._transport.abort()
        if self._task is not None:
            self._task.cancel()

    async def write(self, response: web.StreamResponse, data: bytes) -> None:
        """Write to the reader; the watch looks at how long that takes."""
        self._writing_since = asyncio.get_running_loop().time()
        await response.write(data)
        self._writing_since = None


class Streams:
    """All streams and long polls of a server.

    Args:
        authority: Tells whether who was let in still would be.
        limits: How many one caller may have, and how long they may stall.
    """

    def __init__(self, authority: Authority, limits: Limits) -> None:
        self._authority = authority
        self._limits = limits
        self._open: dict[str, set[Stream]] = {}
        self._closing = False
        self.dropped = 0

    @property
    def count(self) -> int:
        """How many there are."""
        return sum(map(len, self._open.values()))

    @asynccontextmanager
    async def opened(self, caller: Caller, request: web.Request) -> AsyncIterator[Stream]:
        """A reader's stream; ends without an error when the reader has gone or the server goes.

        Raises:
            Forbidden: the caller is a customer who is blocked.
            RateLimited: the caller has as many as one may have.
            Unavailable: the server is going.
        """
        scope = caller.scope if caller.agent_id is None else f"{caller.scope}/{caller.agent_id}"
        if caller.blocked:
            raise Forbidden(BLOCKED)
        if self._closing:
            raise Unavailable("The engine is stopping.", retry_after=1)
        group = self._open.setdefault(scope, set())
        most = self._limits.streams if caller.key is None or caller.agent_id is not None else self._limits.key_streams
        if len(group) >= most:
            raise RateLimited(f"{len(group)} streams are open already; close one.", retry_after=1)
        stream = Stream(caller, request)
        group.add(stream)
        try:
            yield stream
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if not stream.over or task is None or task.uncancel() > 0:
                raise
        except ConnectionError:
            pass
        finally:
            stream.over = True
            group.discard(stream)
            if not group:
                self._open.pop(scope, None)

    async def watch(self) -> None:
        """End, for as long as it runs, the streams nobody reads."""
        while True:
            await asyncio.sleep(_WATCH_EVERY)
            if self._open:
                with suppress(HandoffError):  # what cannot be read now is read when it next is
                    await self._authority.look()
            for stream in self._all():
                if stream.gone or not self._authority.still_good(stream.caller):
                    stream.end()
                elif stream.stalled(self._limits.stalled):
                    self.dropped += 1
                    _log.info("dropped a stream of %s that did not read", stream.caller.scope)
                    stream.end(abruptly=True)

    def end(self, scope: str) -> None:
        """End all streams of one caller."""
        for stream in tuple(self._open.get(scope, ())):
            stream.end()

    def close(self) -> None:
        """End all streams, and begin no more."""
        self._closing = True
        for stream in self._all():
            stream.end()

    def _all(self) -> tuple[Stream, ...]:
        return tuple(stream for group in self._open.values() for stream in group)
