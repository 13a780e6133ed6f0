"""Offers: a ticket that is reserved for one agent until they answer or it lapses.

Source: api.md, Resources; lifecycle.md, 6.7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff_sdk.errors import OfferGone
from handoff_sdk.models.command import AcceptOffer, DeclineOffer
from handoff_sdk.models.event import Actor
from handoff_sdk.models.noun import Identifier, Noun
from handoff_sdk.models.ticket import Offer, Priority, Ticket
from handoff_sdk.server import shown
from handoff_sdk.server.route import AGENT, STAFF, Route

if TYPE_CHECKING:
    from aiohttp import web

    from handoff_sdk.server.call import Call

__all__ = ["ROUTES"]


class OfferedTicket(Offer):
    """A running offer, with what an agent wants to know before they answer."""

    ticket_id: Identifier
    conversation_id: Identifier
    priority: Priority | None
    subject: str | None


class Offers(Noun):
    """Running offers, the oldest first."""

    items: list[OfferedTicket]
    next: None


async def find(call: Call) -> web.StreamResponse:
    """List running offers: an agent's own, or all."""
    return call.told({"items": await call.desk.queries.offers(call.caller.agent_id), "next": None})


async def accept(call: Call, command: AcceptOffer) -> web.StreamResponse:
    """Accept an offer."""
    return await call.handle(command, Actor(type="agent", id=call.caller.agent_id), shown.ticket)


async def decline(call: Call, command: DeclineOffer) -> web.StreamResponse:
    """Decline an offer."""
    return await call.handle(command, Actor(type="agent", id=call.caller.agent_id), shown.ticket)


ROUTES = (
    Route(
        method="GET",
        path="/v1/offers",
        handler=find,
        summary="Running offers: the agent's own, or all",
        who=STAFF | AGENT,
        answer=Offers,
    ),
    Route(
        method="POST",
        path="/v1/offers/{offer_id}/accept",
        handler=accept,
        summary="Accept an offer",
        who=AGENT,
        command=AcceptOffer,
        answer=Ticket,
        errors=(OfferGone,),
    ),
    Route(
        method="POST",
        path="/v1/offers/{offer_id}/decline",
        handler=decline,
        summary="Decline an offer",
        who=AGENT,
        command=DeclineOffer,
        answer=Ticket,
        errors=(OfferGone,),
    ),
)
