"""Prompts: what the engine asks of itself.

They carry facts from outside a conversation (the clock, an agent who is free, a customer who is connected) into its
decision. Nobody can send them.

Source: lifecycle.md, 5, 6.7 and 10.
"""

from __future__ import annotations

from .command import ConversationCommand
from .message import Message
from .noun import Identifier

__all__ = [
    "AssignTicket",
    "CloseInSilence",
    "GiveTicketBack",
    "LeaseTurn",
    "OfferTicket",
    "Reconfigure",
    "Redact",
    "RenewOffer",
    "RenewTurns",
    "SetPresence",
    "StayWithTurn",
    "Tick",
    "WithdrawOffer",
]


class Tick(ConversationCommand):
    """Do the first thing that is due in a conversation."""


class SetPresence(ConversationCommand):
    """The customer's stream opened or closed."""

    connected: bool


class OfferTicket(ConversationCommand):
    """Offer a waiting ticket to an agent (``accept: offer``)."""

    ticket_id: Identifier
    agent_id: Identifier


class AssignTicket(ConversationCommand):
    """Assign a waiting ticket to an agent (``accept: auto``)."""

    ticket_id: Identifier
    agent_id: Identifier


class WithdrawOffer(ConversationCommand):
    """Withdraw an offer whose agent cannot take it any more."""

    offer_id: Identifier


class GiveTicketBack(ConversationCommand):
    """Put an open active ticket of an agent back into its queue, because of the agent's status."""

    agent_id: Identifier


class RenewOffer(ConversationCommand):
    """Give a running offer its full time anew, as at a start of the engine."""

    offer_id: Identifier


class Reconfigure(ConversationCommand):
    """Another configuration counts: drop what it does not have any more, and work out anew what follows from it."""

    config_version: int


class Redact(ConversationCommand):
    """Take back what a message said, which is as it is kept."""

    message: Message
    reason: str | None = None


class CloseInSilence(ConversationCommand):
    """Close everything in a conversation that is about to be erased."""


class LeaseTurn(ConversationCommand):
    """Lease the conversation's next turn to a process of its bot."""

    bot: str
    consumer: str


class StayWithTurn(ConversationCommand):
    """The bot types: its lease and the time in which it must answer begin anew."""


class RenewTurns(ConversationCommand):
    """Give open turns and leases their full time anew, as at a start of the engine."""
