"""Conversations: a lasting thread of one customer with one brand on one channel.

Source: lifecycle.md, 1 (the four facts) and 2 (owner).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .noun import Identifier, Instant, JsonObject, Noun
from .ticket import Ticket

__all__ = ["Conversation", "EndReason", "Owner", "ReturnReason", "Returned", "Session"]

Owner = Literal["bot", "human", "nobody"]
Session = Literal["none", "active", "inactive", "ended"]
EndReason = Literal["agent", "customer", "bot", "rule", "followup", "closed"]
ReturnReason = Literal["closed", "session_ended", "handed_back", "nobody_available", "customer_left", "cancelled"]


class Conversation(Noun):
    """A conversation. Owner is ``human`` exactly while a ticket is live; ``epoch`` grows at every change of owner.

    ``state`` is the bot's durable notes, ``metadata`` the embedding application's. ``ticket`` is the latest ticket;
    only answers carry it. ``previous`` is how many conversations the customer had before.
    """

    id: Identifier
    customer_id: Identifier
    brand: str = "default"
    channel: str = "web"
    bot: str | None = None
    owner: Owner
    epoch: int = 1
    session: Session = "none"
    ended_by: EndReason | None = None
    tickets: int = 0
    previous: int = 0
    created_at: Instant
    last_message_at: Instant | None = None
    last_author: Literal["customer", "bot", "agent"] | None = None
    metadata: JsonObject = Field(default_factory=dict)
    state: JsonObject = Field(default_factory=dict)
    ticket: Ticket | None = None


class Returned(Noun):
    """What the bot learns when control comes back. ``messages`` are the public ones of the human stretch, in order.

    Source: lifecycle.md, 2.7.
    """

    reason: ReturnReason
    outcome: str
    ticket_id: Identifier
    number: int
    agent: str | None = None
    messages: Annotated[list[JsonObject], Field(default_factory=list)]
    fields: JsonObject = Field(default_factory=dict)
    tags: tuple[str, ...] = ()
    note: str | None = None
    handed_off_at: Instant
    accepted_at: Instant | None = None
    first_reply_at: Instant | None = None
    solved_at: Instant | None = None
