"""Prompts: what the engine asks of itself.

They carry facts from outside a conversation (the clock, an agent who is free, a customer who is connected) into its
decision. Nobody can send them.

Source: lifecycle.md, 5, 6.7 and 10.
"""

from __future__ import annotations

from .command import ConversationCommand
from .noun import Identifier

__all__ = ["AssignTicket", "OfferTicket", "RenewOffer", "SetPresence", "Tick", "WithdrawOffer"]


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


class RenewOffer(ConversationCommand):
    """Give a running offer its full time anew, as at a start of the engine."""

    offer_id: Identifier
