"""Following the event feed: one iterator over any number of connections, without loss and without repeat.

A connection that breaks, ends or falls silent is made anew after a growing wait and goes on after the last cursor.
Events that the new one repeats are dropped; those that are stored nowhere (cursor 0: typing) are passed on and move
nothing.

Source: api.md, Resources (``GET /v1/stream``); sdk.md, A client.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from handoff_sdk.errors import Unreachable
from handoff_sdk.models.event import Event

from .request import Request, path
from .sse import EventParser
from .transport import Interrupted

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping
    from types import TracebackType
    from typing import Self

    from .sse import ServerSentEvent
    from .transport import Transport

__all__ = ["EventStream"]

_log = logging.getLogger("handoff_sdk.client")

_CURSOR: Final = re.compile(r"[0-9]{1,18}")
_STEADY: Final = 15.0
"""Seconds a connection must have held for the next break to count as the first."""


class EventStream:
    """Events as they happen: ``async for event in stream``.

    Leaving its ``async with``, or ``aclose()``, closes the connection; so does the end of the loop's task.

    Args:
        transport: The connections.
        headers: Who follows.
        cursor: The last event that was seen; ``None`` begins with the next one to happen.
        conversation: Only this conversation's events.
        types: Only events of these types are given out; the others move the cursor all the same.
        patient: Whether to wait for an engine that is not up yet. Else the first connection must come within the bound
            of a call; once there was one, a broken one is made anew for as long as it takes.
    """

    def __init__(
        self,
        transport: Transport,
        headers: Mapping[str, str],
        *,
        cursor: int | None = None,
        conversation: str | None = None,
        types: Collection[str] | None = None,
        patient: bool = False,
    ) -> None:
        self._transport = transport
        self._headers = dict(headers) | {"Accept": "text/event-stream", "Cache-Control": "no-store"}
        self._params = {} if conversation is None else {"conversation": conversation}
        self._cursor = cursor
        self._types = None if types is None else frozenset([types] if isinstance(types, str) else types)
        self._patient = patient
        self._events = self._followed()

    @property
    def cursor(self) -> int | None:
        """The cursor of the last stored event that came: where to go on after a restart."""
        return self._cursor

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    async def __anext__(self) -> Event:
        return await anext(self._events)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connection and end the iteration."""
        await self._events.aclose()

    async def _followed(self) -> AsyncGenerator[Event]:
        retries = self._transport.retries
        give_up_at = retries.clock() + retries.total
        breaks = 0
        while True:
            opened_at = retries.clock()
            parser = EventParser()
            interruption = Interrupted(Unreachable("the stream was not opened"))
            try:
                async with self._transport.stream(self._request()) as chunks:
                    give_up_at = float("inf")
                    async for chunk in chunks:
                        found = parser.feed(chunk)
                        self._begin(parser)
                        for sent in found:
                            breaks = 0
                            event = self._taken(sent)
                            if event is not None:
                                yield event
                        self._advance(parser.last_id)
            except Interrupted as why:
                interruption = why
            if retries.clock() - opened_at >= _STEADY:
                breaks = 0
            breaks += 1
            delay = retries.delay(breaks, max(interruption.error.retry_after or 0.0, (parser.retry or 0) / 1000))
            if not self._patient and retries.clock() + delay >= give_up_at:
                raise interruption.error
            _log.warning("event stream: %s; trying again in %.1f s", str(interruption).rstrip("."), delay)
            await retries.sleep(delay)

    def _request(self) -> Request:
        resumed = {} if self._cursor is None else {"Last-Event-ID": str(self._cursor)}
        return Request("GET", path("stream"), params=self._params, headers=self._headers | resumed)

    def _taken(self, sent: ServerSentEvent) -> Event | None:
        """The event that was sent, if it is new, wanted and one that this version can read."""
        try:
            event = Event.model_validate_json(sent.data)
        except ValidationError as error:
            # A newer engine's: to stop here would be to stop for good.
            _log.warning("event stream: passed over an event of type %r that cannot be read: %s", sent.type, error)
            self._advance(sent.id)
            return None
        if event.cursor:
            if event.cursor <= (self._cursor or 0):
                return None
            self._cursor = event.cursor
        return event if self._types is None or event.type in self._types else None

    def _begin(self, parser: EventParser) -> None:
        """Take over where the engine says that this connection begins.

        That may be before the last cursor: an engine that was set back counts anew from there.
        """
        opening_id, parser.opening_id = parser.opening_id, None
        if opening_id is not None and _CURSOR.fullmatch(opening_id):
            if int(opening_id) < (self._cursor or 0):
                _log.warning("event stream: the engine was set back from %s to %s", self._cursor, opening_id)
            self._cursor = int(opening_id)

    def _advance(self, sent_id: str) -> None:
        """Go on after this id, also where no event came with it."""
        if _CURSOR.fullmatch(sent_id):
            self._cursor = max(self._cursor or 0, int(sent_id))
