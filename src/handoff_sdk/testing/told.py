"""The feed of an API that is not there: what a test says happens, for those who read or follow it.

Source: api.md, Resources (``GET /v1/events``, ``GET /v1/stream``); sdk.md, Testing your bot (``handoff_api``).
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import httpx

from handoff_sdk.core.draft import SYSTEM
from handoff_sdk.models.event import EVENT_TYPES, UNSTORED, Event
from handoff_sdk.models.message import Message
from handoff_sdk.models.nearest import did_you_mean
from handoff_sdk.testing.samples import SAMPLES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from handoff_sdk.models.event import Actor
    from handoff_sdk.models.noun import JsonObject

__all__ = ["ToldFeed"]

_FIRST: Final = datetime(2026, 1, 5, 9, tzinfo=UTC)


class ToldFeed:
    """Events in the order in which they were told, a second between two.

    Who names no cursor gets all of them: to follow in a test is to come after what the test has told.
    """

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._news = asyncio.Event()

    def tell(
        self,
        event_type: str,
        conversation_id: str,
        *,
        ticket_id: str | None = None,
        actor: Actor | None = None,
        data: JsonObject,
    ) -> Event:
        """Let something happen; those who follow get it, now or when they come.

        Raises:
            ValueError: There is no such type of event.
        """
        if event_type not in EVENT_TYPES:
            raise ValueError(f"there is no event {event_type!r}{did_you_mean(event_type, EVENT_TYPES)}")
        number = len(self._events) + 1
        mine = sum(event.conversation_id == conversation_id and event.seq > 0 for event in self._events)
        stored = event_type not in UNSTORED
        if event_type == "message.created":
            data = data | {"message": _message(conversation_id, mine + 1, data.get("message", {}))}
        event = Event(
            id=f"evt_{number}",
            seq=mine + 1 if stored else 0,
            cursor=number if stored else 0,
            type=event_type,
            at=_FIRST + timedelta(seconds=number),
            conversation_id=conversation_id,
            ticket_id=ticket_id,
            actor=actor or SYSTEM,
            data=data,
        )
        self._events.append(event)
        self._news.set()
        self._news = asyncio.Event()
        return event

    def read(self, request: httpx.Request) -> httpx.Response:
        """Answer ``GET /v1/events``: what was told past a cursor, at once."""
        asked = request.url.params
        after = int(asked.get("after", 0))
        found = [event for event in self._events[after:] if event.cursor and _about(event, asked.get("conversation"))]
        items = [event.model_dump(mode="json") for event in found[: int(asked.get("limit", len(found)))]]
        return httpx.Response(200, json={"items": items, "cursor": items[-1]["cursor"] if items else after})

    def follow(self, request: httpx.Request) -> httpx.Response:
        """Answer ``GET /v1/stream``: what is told past a cursor, for as long as somebody reads."""
        after = int(request.headers.get("Last-Event-ID", 0))
        stream = _Stream(self._told(after, request.url.params.get("conversation")))
        return httpx.Response(200, headers={"Content-Type": "text/event-stream"}, stream=stream)

    async def _told(self, after: int, conversation: str | None) -> AsyncIterator[bytes]:
        yield b"id: %d\n\n" % after
        while True:
            news = self._news
            for event in self._events[after:]:
                after += 1
                if _about(event, conversation):
                    number = f"id: {event.cursor}\n" if event.cursor else ""
                    yield f"{number}event: {event.type}\ndata: {event.model_dump_json()}\n\n".encode()
            await news.wait()


class _Stream(httpx.AsyncByteStream):
    """What somebody reads until they leave."""

    def __init__(self, told: AsyncIterator[bytes]) -> None:
        self._told = told

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._told


def _about(event: Event, conversation: str | None) -> bool:
    return conversation in {None, event.conversation_id}


def _message(conversation_id: str, seq: int, said: JsonObject) -> JsonObject:
    """The sample of a message, with what was said of it."""
    sample = SAMPLES[Message].model_dump(mode="json")
    own = {"id": f"msg_{seq}", "conversation_id": conversation_id, "seq": seq, "public_seq": seq}
    message: JsonObject = sample | own | said
    Message.model_validate(message)
    return message
