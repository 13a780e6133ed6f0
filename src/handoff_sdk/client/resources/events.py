"""Events: the ordered feed of what happens, as a stream or by long poll.

Source: api.md, Resources (``GET /v1/events``, ``GET /v1/stream``) and Events.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff_sdk.client.request import duration_param, path
from handoff_sdk.client.stream import EventStream
from handoff_sdk.models.duration import parse_duration
from handoff_sdk.models.event import Event
from handoff_sdk.models.noun import Noun

from .resource import Resource

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import timedelta

__all__ = ["Events", "Feed"]


class Feed(Noun):
    """A stretch of the feed. ``cursor`` is where the next one begins."""

    items: tuple[Event, ...] = ()
    cursor: int


class Events(Resource):
    """``client.events``."""

    def follow(
        self,
        *,
        cursor: int | None = None,
        conversation: str | None = None,
        types: Collection[str] | None = None,
        patient: bool = False,
    ) -> EventStream:
        """Events as they happen, without end, loss or repeat.

        It is a context manager too (``async with client.events.follow() as events``): leaving it closes the connection.

        Args:
            cursor: The last event that was seen; 0 begins with the oldest, ``None`` with the next to happen.
            conversation: Only this conversation's.
            types: Only these types (``{"message.created"}``).
            patient: Whether to wait for an engine that is not up yet. Once connected it is always waited for.

        Raises:
            HandoffError: While iterating, when the engine refuses the stream.
            Unreachable: While iterating, when there never was a connection within the bound of a call.
        """
        caller = self._caller
        return EventStream(
            caller.transport, caller.headers, cursor=cursor, conversation=conversation, types=types, patient=patient
        )

    async def list(
        self,
        *,
        after: int | None = 0,
        wait: str | timedelta = "0s",
        conversation: str | None = None,
        limit: int | None = None,
    ) -> Feed:
        """Events after a cursor, at once or, when there are none yet, within ``wait``.

        Args:
            after: The last event that was seen; 0 is the beginning of what is kept, ``None`` is now.
            wait: How long the engine may wait for something to happen (long poll).
            conversation: Only this conversation's.
            limit: At most so many.
        """
        written = duration_param("wait", wait) or "0s"
        return await self._get(
            Feed,
            path("events"),
            held_for=parse_duration(written).total_seconds(),
            wait=written,
            after=after,
            conversation=conversation,
            limit=limit,
        )

    async def poll(self, after: int | None, *, wait: str | timedelta = "25s", conversation: str | None = None) -> Feed:
        """The next events after a cursor; an empty stretch when nothing happened within ``wait``."""
        return await self.list(after=after, wait=wait, conversation=conversation)
