"""The event feed as it happens: a stream and a long poll, two mouths of one iterator.

Source: api.md, Resources (events); house page, decision 8; the HTML standard, server-sent events.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Self

from aiohttp import web

from handoff_sdk.errors import HandoffError, InvalidRequest, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from handoff_sdk.desk.desk import Desk
    from handoff_sdk.desk.hub import Delivery, Listener
    from handoff_sdk.models.event import Event

    from .auth import Caller
    from .call import Call

__all__ = ["Feed", "cursor_of", "poll", "stream"]

_log = logging.getLogger(__name__)

_RETRY: Final = 2000
"""Milliseconds after which a browser comes again."""
_LARGEST: Final = 2**63 - 1
_PIECE: Final = 64 * 1024
"""Bytes after which a stream waits for its reader."""


class Feed:
    """What one caller may read of the feed past a cursor, each event once and in order. An async context manager.

    Args:
        desk: Whose feed.
        caller: Who reads.
        after: The cursor; ``None``: from now on.
        conversation_id: Only this conversation, which the caller may see.
    """

    def __init__(self, desk: Desk, caller: Caller, after: int | None, conversation_id: str | None) -> None:
        self.cursor = desk.hub.cursor if after is None else after
        self._desk = desk
        self._caller = caller
        self._listener: Listener = desk.hub.follow(caller.audience, after=self.cursor, conversation_id=conversation_id)
        self._visible: dict[str, bool] = {}

    async def __aenter__(self) -> Self:
        await self._listener.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._listener.__aexit__(kind, error, trace)

    async def next(self, seconds: float) -> list[Delivery]:
        """What happened since the last call, as the caller may see it; empty where nothing did in so many seconds."""
        clock = asyncio.get_running_loop().time
        until = clock() + seconds
        while True:
            batch = await self._listener.next(timeout=max(0.0, until - clock()))
            if not batch:
                return []
            fresh = []
            for delivery in batch:
                if delivery.cursor:
                    if delivery.cursor <= self.cursor:
                        continue
                    self.cursor = delivery.cursor
                if self._caller.brands is None or await self._may_see(delivery.event):
                    fresh.append(delivery)
            if fresh:
                return fresh

    async def _may_see(self, event: Event) -> bool:
        """Whether the conversation's brand is one of the caller's, and the agent that it is about is there for them."""
        conversation_id = event.conversation_id
        if conversation_id is None:
            agent_id = event.data.get("agent_id")
            return agent_id is None or self._desk.queries.sees_agent(self._caller.audience, agent_id)
        visible = self._visible.get(conversation_id)
        if visible is None:
            try:
                conversation = await self._desk.queries.conversation(conversation_id)
            except NotFound:
                return False
            visible = self._visible[conversation_id] = self._caller.may_see(conversation.brand)
        return visible


async def poll(call: Call, after: int | None, conversation_id: str | None, wait: float, limit: int) -> web.Response:
    """Answer what happened past a cursor, at most ``limit`` events; where nothing did, wait for the first."""
    after = await _from(call, after, conversation_id)
    found: list[Delivery] = []
    cursor = after
    async with (
        call.service.streams.opened(call.caller, call.request),
        Feed(call.desk, call.caller, after, conversation_id) as feed,
    ):
        found = await feed.next(min(wait, call.service.limits.wait))
        cursor = feed.cursor
    if len(found) > limit:
        found = found[:limit]
        cursor = max((delivery.cursor for delivery in found), default=0) or after
    items = b",".join([call.service.attachments.told(delivery) for delivery in found])
    return call.answer(b'{"items":[%s],"cursor":"%d"}' % (items, cursor))


async def stream(call: Call, after: int | None, conversation_id: str | None) -> web.StreamResponse:
    """Answer what happens past a cursor for as long as somebody reads, as server-sent events."""
    last = call.request.headers.get("Last-Event-ID")
    after = await _from(call, cursor_of(last) if last else after, conversation_id)
    caller, desk = call.caller, call.desk
    call.headers["Content-Type"] = "text/event-stream"
    call.headers["X-Accel-Buffering"] = "no"
    response = web.StreamResponse(headers=call.headers)
    async with (
        call.service.streams.opened(caller, call.request) as reader,
        Feed(desk, caller, after, conversation_id) as feed,
    ):
        await _present(desk, caller, connected=True)
        try:
            await response.prepare(call.request)
            # Where the stream begins, so that a reader who loses it before the first event misses nothing.
            await reader.write(response, b"retry: %d\nid: %d\n\n" % (_RETRY, after))
            while not reader.over:
                found = await feed.next(call.service.limits.heartbeat)
                for piece in _pieces(found, call.service.attachments.told):
                    await reader.write(response, piece)
        except (HandoffError, OSError, RuntimeError) as error:
            if not response.prepared:
                raise
            # The reader comes again with its cursor.
            _log.info("a stream of %s broke off: %s [%s]", caller.scope, error, call.request_id)
        finally:
            reader.over = True
            with suppress(HandoffError):
                await _present(desk, caller, connected=False)
    return response


async def _present(desk: Desk, caller: Caller, *, connected: bool) -> None:
    """Tell the desk that a customer's stream, or an agent's console, opened or closed."""
    if caller.customer_id is not None:
        await desk.presence(caller.customer_id, connected=connected)
    elif caller.agent_id is not None:
        await desk.attendance.presence(caller.agent_id, connected=connected)


def cursor_of(text: str) -> int:
    """The cursor that a reader gave back.

    Raises:
        InvalidRequest: it never was one.
    """
    if not (text.isascii() and text.isdecimal()) or len(text) > len(str(_LARGEST)) or int(text) > _LARGEST:
        raise InvalidRequest(f"{text[:40]!r} is not a cursor; give back one that the feed gave you.")
    return int(text)


async def _from(call: Call, after: int | None, conversation_id: str | None) -> int:
    """Where reading begins; never past the last event, or a reader of a desk that was set back would wait for good."""
    if conversation_id is not None:
        await call.conversation(conversation_id)
    now = call.desk.hub.cursor
    if after is None:
        return now
    return after if after <= now else min(after, max(now, await call.desk.store.cursor()))


def _pieces(found: list[Delivery], told: Callable[[Delivery], bytes]) -> Iterator[bytes]:
    """What is written of some deliveries, not much at a time: who stalls holds on to one piece, not to all."""
    piece = b"" if found else b": still here\n\n"
    for delivery in found:
        piece += _written(delivery, told(delivery))
        if len(piece) >= _PIECE:
            yield piece
            piece = b""
    if piece:
        yield piece


def _written(delivery: Delivery, told: bytes) -> bytes:
    number = b"id: %d\n" % delivery.cursor if delivery.cursor else b""
    return b"%sevent: %s\ndata: %s\n\n" % (number, delivery.event.type.encode(), told)
