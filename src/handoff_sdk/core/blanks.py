"""What the blanks of texts stand for, and the replies that agents have ready.

Source: config.md, Actions (``say``) and ``canned``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from handoff_sdk.core.texts import rendered
from handoff_sdk.models.canned import CannedReply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff_sdk.models.config import DeskConfig
    from handoff_sdk.models.customer import Customer
    from handoff_sdk.models.ticket import Ticket
    from handoff_sdk.models.wait import Place

__all__ = ["BLANKS", "OPEN", "blanks", "canned_replies"]

OPEN: Final = "customer"
"""The one of whom texts may say more than is listed: any attribute of the profile."""

BLANKS: Final[Mapping[str, tuple[str, ...]]] = {
    OPEN: ("name", "email", "language"),
    "agent": ("name",),
    "ticket": ("number", "subject"),
    "queue": ("position", "wait_minutes"),
}
"""What blanks may ask for."""


def blanks(
    customer: Customer, ticket: Ticket | None, place: Place | None, config: DeskConfig, *, agent_id: str | None
) -> dict[str, object]:
    """What blanks stand for; what is not known is missing.

    Args:
        customer: Whom the text is for.
        ticket: What it is about.
        place: Where the ticket waits; ``wait_minutes`` is what is likely not to be exceeded.
        config: Knows the agent's name.
        agent_id: Who ``agent`` is.
    """
    agent = config.agents.get(agent_id or "")
    named = {"name": customer.name, "email": customer.email, "language": customer.language}
    wait = place.wait if place else None
    return {
        "customer": customer.attributes | named,
        "agent": {"name": agent.name or agent_id} if agent else {},
        "ticket": {"number": ticket.number, "subject": ticket.subject} if ticket else {},
        "queue": {"position": place.position, "wait_minutes": wait.minutes if wait else None} if place else {},
    }


def canned_replies(
    customer: Customer, ticket: Ticket, place: Place | None, config: DeskConfig, *, agent_id: str | None
) -> tuple[CannedReply, ...]:
    """The canned replies, filled in for a ticket, in the customer's language, or else the brand's."""
    values = blanks(customer, ticket, place, config, agent_id=agent_id)
    brand = config.brands.get(ticket.brand)
    languages = (customer.language, brand.language if brand else None)
    return tuple(
        CannedReply(name=name, text=rendered(texts, values, *languages)) for name, texts in config.canned.items()
    )
