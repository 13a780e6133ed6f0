"""Views: tickets that are looked at together.

Source: api.md, Resources; config.md (``views``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff_sdk.models.noun import Noun
from handoff_sdk.models.ticket import Ticket
from handoff_sdk.models.view import ViewName
from handoff_sdk.ports import TicketFilter
from handoff_sdk.server.page import Page, PageQuery, offset, page_from
from handoff_sdk.server.route import AGENT, STAFF, Route

if TYPE_CHECKING:
    from aiohttp import web

    from handoff_sdk.server.call import Call

__all__ = ["ROUTES"]


class Views(Noun):
    """All views, as configured."""

    items: list[ViewName]
    next: None


async def find(call: Call) -> web.StreamResponse:
    """List the views."""
    return call.told({"items": [{"name": view.name} for view in call.desk.config.views], "next": None})


async def tickets(call: Call, query: PageQuery) -> web.StreamResponse:
    """List the tickets of a view that the caller may see, in its order."""
    caller = call.caller
    which = TicketFilter(
        brands=None if caller.brands is None else tuple(sorted(caller.brands)),
        groups=None if caller.groups is None else tuple(sorted(caller.groups)),
    )
    after = offset(query)
    found = await call.desk.queries.viewed(call.request.match_info["name"], which, after=after, limit=query.limit + 1)
    return call.told(page_from(found, query.limit, after))


ROUTES = (
    Route(
        method="GET",
        path="/v1/views",
        handler=find,
        summary="All views",
        who=STAFF | AGENT,
        answer=Views,
    ),
    Route(
        method="GET",
        path="/v1/views/{name}/tickets",
        handler=tickets,
        summary="The tickets of a view that the caller may see, in its order",
        who=STAFF | AGENT,
        query=PageQuery,
        answer=Page[Ticket],
    ),
)
