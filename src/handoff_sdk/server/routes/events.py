"""The event feed, in two ways to read it: long poll and stream.

Source: api.md, Resources and Events.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from handoff_sdk.errors import RateLimited
from handoff_sdk.models.duration import Duration
from handoff_sdk.models.event import Event
from handoff_sdk.models.noun import Command, Identifier, Noun
from handoff_sdk.server.live import cursor_of, poll, stream
from handoff_sdk.server.route import ANYBODY, Route

if TYPE_CHECKING:
    from aiohttp import web

    from handoff_sdk.server.call import Call

__all__ = ["ROUTES"]

Cursor = Annotated[str, Field(pattern=r"^[0-9]{1,19}$")]


class FollowQuery(Command):
    """From where to read: past the cursor ``after``, or from now on; ``conversation``: its events alone."""

    after: Cursor | None = None
    conversation: Identifier | None = None


class PollQuery(FollowQuery):
    """``wait``: how long to wait for the first event, at most a minute."""

    wait: Duration | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class Events(Noun):
    """Events in the order of the feed; the next call's ``after`` is ``cursor``."""

    items: list[Event]
    cursor: Cursor


async def find(call: Call, query: PollQuery) -> web.StreamResponse:
    """Read what happened, or wait for it."""
    after = None if query.after is None else cursor_of(query.after)
    wait = 0.0 if query.wait is None else query.wait.total_seconds()
    return await poll(call, after, query.conversation, wait, query.limit)


async def follow(call: Call, query: FollowQuery) -> web.StreamResponse:
    """Read what happens, for as long as one likes."""
    return await stream(call, None if query.after is None else cursor_of(query.after), query.conversation)


ROUTES = (
    Route(
        method="GET",
        path="/v1/events",
        handler=find,
        summary="Events past a cursor; where there are none, wait for the first",
        who=ANYBODY,
        query=PollQuery,
        answer=Events,
        errors=(RateLimited,),
        live=True,
    ),
    Route(
        method="GET",
        path="/v1/stream",
        handler=follow,
        summary="Events past a cursor as server-sent events; Last-Event-ID resumes",
        who=ANYBODY,
        query=FollowQuery,
        media="text/event-stream",
        errors=(RateLimited,),
        live=True,
    ),
)
