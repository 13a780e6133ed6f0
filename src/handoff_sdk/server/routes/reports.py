"""Reports: what happened in a period, and how things stand now.

Source: api.md, Resources (reports); docs/reports.md.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field

from handoff_sdk.core.reporting import checked_dimensions
from handoff_sdk.errors import FieldError, Forbidden, InvalidRequest
from handoff_sdk.models.noun import Command, Instant
from handoff_sdk.models.report import REPORTS, Live, Report, ReportName
from handoff_sdk.server.route import AGENT, STAFF, Route

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiohttp import web

    from handoff_sdk.server.call import Call

__all__ = ["ROUTES"]

_PERIOD: Final = timedelta(days=30)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_LEADING: Final = frozenset({"lead", "admin"})

_SUMMARIES: Final[dict[ReportName, str]] = {
    "summary": "All figures of a period",
    "agents": "What each agent did in a period",
    "queues": "What came into each queue in a period, and how soon it was dealt with",
    "bot": "How bots did in a period: contained, handed off and returned conversations",
    "sla": "Which promises were kept in a period",
    "staffing": "What came in and who was there in a period, by the hour of the day",
}


def _midnight(value: object) -> object:
    """A day is its beginning, in UTC."""
    return f"{value}T00:00:00Z" if isinstance(value, str) and _DAY.fullmatch(value) else value


def _dimensions(text: str) -> str:
    try:
        checked_dimensions(text.split(","))
    except InvalidRequest as error:
        raise ValueError(str(error).removeprefix("group_by: ").rstrip(".")) from None
    return text


class ReportQuery(Command):
    """Which period and what of it.

    ``from`` is included and 30 days before ``to`` by default, ``to`` excluded and now by default: instants, or days in
    UTC. ``group_by``: one dimension, or several with commas between.
    """

    from_: Annotated[Instant, BeforeValidator(_midnight)] | None = Field(default=None, alias="from")
    to: Annotated[Instant, BeforeValidator(_midnight)] | None = None
    brand: Annotated[str, Field(min_length=1)] | None = None
    group_by: Annotated[str, AfterValidator(_dimensions)] | None = None


def _reporter(name: ReportName) -> Callable[..., Awaitable[web.StreamResponse]]:
    async def handler(call: Call, query: ReportQuery) -> web.StreamResponse:
        brands = _brands(call)
        if query.brand is not None and not call.caller.may_see(query.brand):
            raise Forbidden(f"The agent does not work for the brand {query.brand!r}.")
        until = query.to or call.desk.clock.now()
        since = query.from_ or _before(until)
        if since >= until:
            problem = f"has to be before 'to' ({until.isoformat()})"
            raise InvalidRequest(f"from: {problem}.", [FieldError("from", problem)])
        told = await call.desk.reports.report(
            name,
            since=since,
            until=query.to,
            brand=query.brand,
            group_by=checked_dimensions(query.group_by.split(",")) if query.group_by else (),
            brands=brands,
        )
        return call.told(told.model_dump(exclude_unset=True))

    handler.__name__ = handler.__qualname__ = name
    handler.__doc__ = f"{_SUMMARIES[name]}."
    return handler


async def live(call: Call) -> web.StreamResponse:
    """Tell how things stand now."""
    return call.told(await call.desk.reports.live(_brands(call)))


def _brands(call: Call) -> frozenset[str] | None:
    """The brands that the caller may see figures of.

    Raises:
        Forbidden: The caller is an agent who leads nobody.
    """
    caller = call.caller
    if caller.agent_id is not None and call.desk.config.agents[caller.agent_id].role not in _LEADING:
        raise Forbidden(f"Reports are for leads and admins; the agent {caller.agent_id!r} has another role.")
    return caller.brands


def _before(until: Instant) -> Instant:
    try:
        return until - _PERIOD
    except OverflowError:
        problem = "has to be later"
        raise InvalidRequest(f"to: {problem}.", [FieldError("to", problem)]) from None


ROUTES = (
    Route(
        method="GET",
        path="/v1/reports/live",
        handler=live,
        summary="How things stand now: live tickets, the longest wait, agents by status and load",
        who=STAFF | AGENT,
        answer=Live,
    ),
    *(
        Route(
            method="GET",
            path=f"/v1/reports/{name}",
            handler=_reporter(name),
            summary=_SUMMARIES[name],
            who=STAFF | AGENT,
            query=ReportQuery,
            answer=Report,
        )
        for name in REPORTS
    ),
)
