"""Offers: a ticket reserved for one agent, until it is accepted, declined, lapses or is withdrawn.

Source: lifecycle.md, 6.7 and 6.8; 6.13 (offers of a transfer).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handoff_sdk.core.status import assign, eligible, set_status
from handoff_sdk.errors import OfferGone
from handoff_sdk.models.ticket import Offer

if TYPE_CHECKING:
    from handoff_sdk.core.draft import Draft
    from handoff_sdk.models.command import AcceptOffer, DeclineOffer
    from handoff_sdk.models.prompt import AssignTicket, OfferTicket, RenewOffer, WithdrawOffer
    from handoff_sdk.models.ticket import Ticket

__all__ = [
    "accept",
    "decline",
    "give",
    "lapse",
    "offer",
    "offer_transfer",
    "renew",
    "take_back",
    "withdraw",
    "withdraw_if_void",
]


def offer(draft: Draft, command: OfferTicket) -> None:
    """Offer a waiting ticket to an agent; nothing where it does not wait any more."""
    ticket = _waiting(draft, command.ticket_id)
    if ticket is None:
        return
    _begin(draft, ticket, command.agent_id)
    draft.fact(command.agent_id, "given")


def offer_transfer(draft: Draft, ticket: Ticket, agent_id: str) -> None:
    """Ask an agent whether they take a ticket over; whoever has it keeps it meanwhile."""
    _begin(draft, ticket, agent_id, transfer=True, held_by=ticket.assignee)


def give(draft: Draft, command: AssignTicket) -> None:
    """Assign a waiting ticket to an agent without asking; nothing where it does not wait any more."""
    ticket = _waiting(draft, command.ticket_id)
    if ticket is not None:
        draft.fact(command.agent_id, "given")
        active = draft.conversation.session == "active"
        ticket = assign(draft, ticket, command.agent_id, by="auto", accepted=active)
        draft.set_ticket(ticket, given_inactive=not active)


def accept(draft: Draft, command: AcceptOffer) -> None:
    """Make the ticket the agent's, and open.

    Raises:
        OfferGone: The offer does not run any more, or is not this agent's.
    """
    ticket, running = _own(draft, command.offer_id)
    ticket = assign(draft, ticket, running.agent_id, by="transfer" if running.transfer else "offer")
    set_status(draft, ticket, "open", "assignment")


def decline(draft: Draft, command: DeclineOffer) -> None:
    """Pass the ticket on; the agent gets it again only where nobody else can take it, and not at once.

    One of a transfer stays with whoever has it.

    Raises:
        OfferGone: The offer does not run any more, or is not this agent's.
    """
    ticket, running = _own(draft, command.offer_id)
    if running.transfer:
        _end(draft, ticket, running, "ticket.offer_declined")
        return
    draft.fact(running.agent_id, "declined")
    retry_at = draft.now + draft.config.routing.offer_timeout
    _end(draft, ticket, running, "ticket.offer_declined", passed_over=running.agent_id, retry_at=retry_at)


def lapse(draft: Draft, ticket: Ticket) -> None:
    """Let an offer end that nobody answered."""
    running = ticket.offer
    if running is not None and running.transfer:
        _end(draft, ticket, running, "ticket.offer_lapsed")
    elif running is not None:
        draft.fact(running.agent_id, "lapsed")
        _end(draft, ticket, running, "ticket.offer_lapsed", passed_over=running.agent_id, retry_at=None)


def withdraw(draft: Draft, command: WithdrawOffer) -> None:
    """Take an offer back whose agent cannot take it any more; nothing where it does not run any more."""
    for ticket, running in _running(draft, command.offer_id):
        _end(draft, ticket, running, "ticket.offer_withdrawn")


def withdraw_if_void(draft: Draft, ticket: Ticket) -> None:
    """Take an offer back when its ticket is not to be assigned any more, or not by who had it at the transfer."""
    running = ticket.offer
    if running is None:
        return
    if running.transfer:
        stands = ticket.live and ticket.status != "solved" and ticket.assignee == running.held_by
    else:
        stands = eligible(ticket)
    if not stands:
        _end(draft, ticket, running, "ticket.offer_withdrawn")


def take_back(draft: Draft, ticket: Ticket) -> Ticket:
    """Withdraw the offer that runs, if one does; answers the ticket as it is then."""
    if ticket.offer is not None:
        _end(draft, ticket, ticket.offer, "ticket.offer_withdrawn")
    return draft.tickets[ticket.id]


def renew(draft: Draft, command: RenewOffer) -> None:
    """Give an offer its full time anew."""
    expires_at = draft.now + draft.config.routing.offer_timeout
    for ticket, running in _running(draft, command.offer_id):
        draft.set_ticket(ticket, offer=running.model_copy(update={"expires_at": expires_at}))


def _waiting(draft: Draft, ticket_id: str) -> Ticket | None:
    ticket = draft.tickets.get(ticket_id)
    return ticket if ticket is not None and eligible(ticket) and ticket.offer is None else None


def _running(draft: Draft, offer_id: str) -> list[tuple[Ticket, Offer]]:
    """The offer of this id with its ticket, where it runs."""
    offers = ((ticket, ticket.offer) for ticket in draft.tickets.values())
    return [(ticket, offer) for ticket, offer in offers if offer is not None and offer.id == offer_id]


def _own(draft: Draft, offer_id: str) -> tuple[Ticket, Offer]:
    """The running offer of the agent who acts, with its ticket."""
    for ticket, running in _running(draft, offer_id):
        if draft.actor.type != "agent" or draft.actor.id != running.agent_id:
            raise OfferGone("The offer is another agent's; nothing was assigned.")
        draft.ticket_id = ticket.id
        return ticket, running
    raise OfferGone("The offer was accepted, declined or withdrawn, or has lapsed; nothing was assigned.")


def _begin(draft: Draft, ticket: Ticket, agent_id: str, **of_transfer: Any) -> None:
    running = Offer(
        id=draft.new_id("ofr"),
        agent_id=agent_id,
        offered_at=draft.now,
        expires_at=draft.now + draft.config.routing.offer_timeout,
        **of_transfer,
    )
    draft.set_ticket(ticket, offer=running)
    draft.tell("ticket.offered", _told(running), ticket)


def _end(draft: Draft, ticket: Ticket, running: Offer, event_type: str, **changes: object) -> None:
    draft.tell(event_type, _told(running), ticket)
    draft.set_ticket(ticket, offer=None, **changes)


def _told(running: Offer) -> dict[str, object]:
    told = running.model_dump(mode="json", exclude={"id"})
    return {"offer_id": running.id, **told}
