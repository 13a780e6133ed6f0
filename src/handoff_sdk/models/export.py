"""What a desk knows of one customer, as one document that can be handed to them.

Source: api.md, Resources (privacy).
"""

from __future__ import annotations

from .attachment import Attachment
from .conversation import Conversation
from .customer import Customer
from .message import Message
from .noun import Identifier, Instant, Noun
from .ticket import Rating, Ticket

__all__ = ["CustomerExport", "ExportedConversation", "GivenRating"]


class ExportedConversation(Noun):
    """A conversation with all messages, oldest first, notes among them, and all tickets by number."""

    conversation: Conversation
    messages: tuple[Message, ...]
    tickets: tuple[Ticket, ...]


class GivenRating(Noun):
    """How the customer found a ticket's work."""

    ticket_id: Identifier
    rating: Rating
    comment: str | None = None


class CustomerExport(Noun):
    """All of a customer as of ``at``, oldest first. The links of ``attachments`` are good until they expire."""

    customer: Customer
    at: Instant
    conversations: tuple[ExportedConversation, ...]
    ratings: tuple[GivenRating, ...]
    attachments: tuple[Attachment, ...]
