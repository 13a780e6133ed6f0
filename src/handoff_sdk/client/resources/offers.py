"""Offers: work that waits for an agent's yes or no.

Source: api.md, Resources; lifecycle.md, 6.7 (offers).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff_sdk.client.answer import noun_of
from handoff_sdk.client.request import body_of, command, path
from handoff_sdk.models.command import AcceptOffer, DeclineOffer
from handoff_sdk.models.ticket import Offer, Priority, Ticket

from .resource import Resource

if TYPE_CHECKING:
    from handoff_sdk.client.pages import Pages

__all__ = ["Offers", "RunningOffer"]


class RunningOffer(Offer):
    """An offer with what an agent needs to answer it."""

    ticket_id: str
    conversation_id: str
    priority: Priority | None = None
    subject: str | None = None


class Offers(Resource):
    """``client.offers``: those of the agent that the client acts for."""

    def list(self) -> Pages[RunningOffer]:
        """The running offers, oldest first."""
        return self._list(RunningOffer, path("offers"))

    async def accept(self, offer_id: str, *, idempotency_key: str | None = None) -> Ticket:
        """Accept an offer: the ticket is the agent's, and open.

        Raises:
            OfferGone: It has lapsed, was withdrawn, or was never this agent's.
        """
        body = body_of(command(AcceptOffer, {"offer_id": offer_id}), "offer_id")
        where = path("offers", offer_id, "accept")
        return noun_of(Ticket, await self._send("POST", where, body, idempotency_key=idempotency_key))

    async def decline(self, offer_id: str, *, idempotency_key: str | None = None) -> Ticket:
        """Decline an offer: it goes to somebody else where there is one.

        Raises:
            OfferGone: It has lapsed, was withdrawn, or was never this agent's.
        """
        body = body_of(command(DeclineOffer, {"offer_id": offer_id}), "offer_id")
        where = path("offers", offer_id, "decline")
        return noun_of(Ticket, await self._send("POST", where, body, idempotency_key=idempotency_key))
