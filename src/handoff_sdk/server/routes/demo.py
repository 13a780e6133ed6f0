"""The pages of ``handoff serve --demo``: one with the widget, and the way from it to be an agent.

They are there in a demo alone, and links to be an agent for browsers on the same machine alone: nobody is asked for a
password. Whoever follows one is online, so that what the bot hands off is offered to them.

Source: sdk.md, Command line (``handoff serve --demo``).
"""

from __future__ import annotations

from http import HTTPStatus
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from aiohttp import web

from handoff_sdk.errors import Forbidden
from handoff_sdk.models.command import SetAgentStatus
from handoff_sdk.models.event import Actor
from handoff_sdk.models.noun import Command, Identifier
from handoff_sdk.server.route import Route
from handoff_sdk.server.routes.pages import show
from handoff_sdk.server.sessions import login_link, require_agent

if TYPE_CHECKING:
    from handoff_sdk.server.call import Call

__all__ = ["DEMO"]

_HERE: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
"""Names of this machine: a page of another site, whose name came to mean this address, has its own in ``Host``."""


class AgentQuery(Command):
    """Which agent to be."""

    agent: Identifier


async def front(call: Call) -> web.StreamResponse:
    """Show a page with the widget."""
    return show(call, "demo")


async def be(call: Call, query: AgentQuery) -> web.StreamResponse:
    """Send a browser to the console, logged in as an agent who is online."""
    _require_here(call)
    require_agent(call.desk, query.agent)
    token = await login_link(call.desk, query.agent)
    await call.desk.handle(SetAgentStatus(agent_id=query.agent, status="online"), Actor(type="agent", id=query.agent))
    call.headers |= {"Location": f"console#login={token}", "Cache-Control": "no-store"}
    return web.Response(status=HTTPStatus.SEE_OTHER, headers=call.headers)


def _require_here(call: Call) -> None:
    """Let nobody be an agent but who is on this machine and came from the demo's own page."""
    request = call.request
    name = request.host.rpartition(":")[0] if request.host[-1:].isdigit() and ":" in request.host else request.host
    try:
        near = ip_address(request.remote or "").is_loopback
    except ValueError:
        near = False
    if not near or name not in _HERE or "X-Forwarded-For" in request.headers:
        raise Forbidden("Only who is on the machine of the demo may be its agents; 'handoff keys --agent' makes links.")
    if request.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"}:
        raise Forbidden("Other sites log nobody in.")


DEMO = (
    Route(method="GET", path="/", handler=front, summary="A page with the widget", who=None, media="text/html"),
    Route(
        method="GET",
        path="/agent",
        handler=be,
        summary="Be an agent",
        who=None,
        query=AgentQuery,
        status=303,
        media="text/html",
    ),
)
"""Rows like those of the API's table, which are not in its document."""
