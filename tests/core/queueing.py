"""The queue of the toy desk: who waits, what is withdrawn from an agent and what is given to one, by the real rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff_sdk.core.routing import chosen_agent, serving_order, why_not
from handoff_sdk.core.status import eligible
from handoff_sdk.core.waits import wait_range
from handoff_sdk.models.prompt import AssignTicket, OfferTicket, WithdrawOffer
from handoff_sdk.models.wait import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from handoff_sdk.models.noun import Command
    from handoff_sdk.models.ticket import Ticket

    from .desk import Desk


def waiting(desk: Desk) -> list[tuple[str, Ticket]]:
    """The waiting tickets with whose they are, in serving order."""
    found = [
        (name, thread.live)
        for name, thread in desk.threads.items()
        if thread.live is not None and eligible(thread.live) and thread.live.offer is None
    ]
    return sorted(found, key=lambda one: serving_order(one[1], desk.config))


def withdrawals(desk: Desk) -> Iterator[tuple[str, Command]]:
    """Offers that their agents cannot hold any more, to be withdrawn."""
    for name, thread in desk.threads.items():
        offer = thread.live and thread.live.offer
        if (
            thread.live is not None
            and offer is not None
            and why_not(desk.agent(offer.agent_id), thread.live, desk.config) is not None
        ):
            yield name, WithdrawOffer(conversation_id=thread.conversation.id, offer_id=offer.id)


def gifts(desk: Desk) -> Iterator[tuple[str, Command]]:
    """Waiting tickets that somebody can have, to be offered or assigned."""
    routing = desk.config.routing
    people = [desk.agent(agent_id) for agent_id in desk.people]
    for name, ticket in waiting(desk):
        inactive = desk.threads[name].conversation.session != "active" and not routing.count_inactive
        agent = chosen_agent(ticket, people, desk.config, desk.now, inactive=inactive)
        if agent is not None:
            assert inactive or agent.used.messaging < agent.capacity.messaging
            give = AssignTicket if inactive or routing.accept == "auto" else OfferTicket
            yield name, give(conversation_id=ticket.conversation_id, ticket_id=ticket.id, agent_id=agent.id)


def place_of(desk: Desk, ticket: Ticket) -> Place:
    """The place that a ticket has, or would have; the wait is estimated from the desk's ``history``."""
    mine = serving_order(ticket, desk.config)
    ahead = sum(serving_order(other, desk.config) < mine for _, other in waiting(desk) if other.queue == ticket.queue)
    return Place(position=ahead + 1, wait=wait_range(desk.history, ahead + 1))
