"""Tickets: the work of people.

Source: api.md, Resources; lifecycle.md, 3 and 6.13 to 6.14.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, WithJsonSchema

from handoff_sdk.errors import (
    ClosedByRuleOnly,
    Conflict,
    InvalidTransition,
    NotFound,
    SessionEnded,
    UnknownGroup,
)
from handoff_sdk.models.canned import CannedReply
from handoff_sdk.models.command import HandBack, TakeTicket, TicketCommand, TransferTicket, UpdateTicket
from handoff_sdk.models.event import Actor
from handoff_sdk.models.handoff import Explained
from handoff_sdk.models.nearest import did_you_mean
from handoff_sdk.models.noun import Noun
from handoff_sdk.models.ticket import Priority, Ticket
from handoff_sdk.ports import TicketFilter
from handoff_sdk.server import shown
from handoff_sdk.server.page import Page, PageQuery, offset, page, page_from
from handoff_sdk.server.route import AGENT, BUSINESS, STAFF, Route

if TYPE_CHECKING:
    from aiohttp import web

    from handoff_sdk.server.call import Call

__all__ = ["ROUTES"]

_STATUSES = ("new", "open", "pending", "on_hold", "solved", "closed")


def _statuses(text: str) -> str:
    for status in text.split(","):
        if status not in _STATUSES:
            message = f"{status!r} is not a status{did_you_mean(status, _STATUSES)}"
            raise ValueError(message)
    return text


class TicketQuery(PageQuery):
    """Which tickets, newest first, or those of a ``view`` in its order. ``status``: one, or several with commas."""

    view: str | None = None

    status: (
        Annotated[
            str,
            AfterValidator(_statuses),
            WithJsonSchema({"type": "string", "pattern": f"^({'|'.join(_STATUSES)})(,({'|'.join(_STATUSES)}))*$"}),
        ]
        | None
    ) = None
    assignee: str | None = None
    group: str | None = None
    brand: str | None = None
    priority: Priority | None = None
    conversation: str | None = None


class Canned(Noun):
    """All canned replies, filled in."""

    items: list[CannedReply]
    next: None


async def find(call: Call, query: TicketQuery) -> web.StreamResponse:
    """List tickets."""
    brands = call.caller.brands
    which = TicketFilter(
        conversation_id=query.conversation,
        statuses=tuple(query.status.split(",")) if query.status else None,
        assignee=query.assignee,
        group=query.group,
        brand=query.brand,
        priority=query.priority,
        brands=None if brands is None else tuple(sorted(brands)),
    )
    if query.view is not None:
        after = offset(query)
        which = replace(which, groups=None if call.caller.groups is None else tuple(sorted(call.caller.groups)))
        found = await call.desk.queries.viewed(query.view, which, after=after, limit=query.limit + 1)
        return call.told(page_from(found, query.limit, after))
    found = await call.desk.queries.tickets(which, query.page, query.limit + 1)
    return call.told(page(found, query.limit, lambda one: one, lambda one: one.id))


async def read(call: Call) -> web.StreamResponse:
    """Read a ticket."""
    return _told(call, await _seen(call, call.request.match_info["ticket_id"]))


async def explain(call: Call) -> web.StreamResponse:
    """Tell where a ticket stands with routing, and why."""
    ticket = await _seen(call, call.request.match_info["ticket_id"])
    return call.told(await call.desk.queries.explain(ticket.id, call.caller.audience))


async def canned(call: Call) -> web.StreamResponse:
    """List the canned replies, filled in for a ticket and the agent who asks."""
    ticket = await _seen(call, call.request.match_info["ticket_id"])
    found = await call.desk.queries.canned(ticket.id, call.caller.agent_id)
    return call.told(Canned(items=[*found], next=None))


async def update(call: Call, command: UpdateTicket) -> web.StreamResponse:
    """Change a ticket."""
    return await _done(call, command)


async def take(call: Call, command: TakeTicket) -> web.StreamResponse:
    """Take a ticket by hand."""
    return await _done(call, command)


async def transfer(call: Call, command: TransferTicket) -> web.StreamResponse:
    """Give a ticket to a colleague, or back to a queue."""
    return await _done(call, command)


async def hand_back(call: Call, command: HandBack) -> web.StreamResponse:
    """Give control back to the bot."""
    return await _done(call, command)


async def _seen(call: Call, ticket_id: str) -> Ticket:
    """A ticket that is there for the caller."""
    ticket = await call.desk.queries.ticket(ticket_id)
    if not call.caller.may_see(ticket.brand):
        raise NotFound(f"There is no ticket {ticket_id}.")
    return ticket


async def _done(call: Call, command: TicketCommand) -> web.StreamResponse:
    if call.caller.brands is not None:
        await _seen(call, command.ticket_id)
    return await call.handle(command, Actor(type="agent", id=call.caller.agent_id), shown.ticket)


def _told(call: Call, ticket: Ticket) -> web.Response:
    call.headers["ETag"] = f'"{ticket.version}"'
    return call.told(ticket)


ROUTES = (
    Route(
        method="GET",
        path="/v1/tickets",
        handler=find,
        summary="List tickets, newest first",
        who=BUSINESS,
        query=TicketQuery,
        answer=Page[Ticket],
    ),
    Route(
        method="GET",
        path="/v1/tickets/{ticket_id}",
        handler=read,
        summary="One ticket; its version is the ETag",
        who=BUSINESS,
        answer=Ticket,
    ),
    Route(
        method="GET",
        path="/v1/tickets/{ticket_id}/explain",
        handler=explain,
        summary="Where a ticket stands with routing: queue, position, who could take it, and why each other can't",
        who=BUSINESS,
        answer=Explained,
    ),
    Route(
        method="GET",
        path="/v1/tickets/{ticket_id}/canned",
        handler=canned,
        summary="The canned replies, filled in for a ticket and the agent, in the customer's language",
        who=STAFF | AGENT,
        answer=Canned,
    ),
    Route(
        method="PATCH",
        path="/v1/tickets/{ticket_id}",
        handler=update,
        summary="Change a ticket; with If-Match only if the same fields were not changed since",
        who=AGENT,
        command=UpdateTicket,
        answer=Ticket,
        errors=(Conflict, InvalidTransition, ClosedByRuleOnly, UnknownGroup),
    ),
    Route(
        method="POST",
        path="/v1/tickets/{ticket_id}/take",
        handler=take,
        summary="Take a ticket by hand",
        who=AGENT,
        command=TakeTicket,
        answer=Ticket,
        errors=(Conflict,),
    ),
    Route(
        method="POST",
        path="/v1/tickets/{ticket_id}/transfer",
        handler=transfer,
        summary="Transfer a ticket: to an agent, who is asked, or to the queue of a group, or to a queue",
        who=AGENT,
        command=TransferTicket,
        answer=Ticket,
        errors=(Conflict, InvalidTransition, UnknownGroup),
    ),
    Route(
        method="POST",
        path="/v1/tickets/{ticket_id}/hand_back",
        handler=hand_back,
        summary="Give control back to the bot",
        who=AGENT,
        command=HandBack,
        answer=Ticket,
        errors=(SessionEnded, InvalidTransition, ClosedByRuleOnly),
    ),
)
