"""Hand-offs: where one stands. A hand-off is the bot's view of one ticket.

Source: api.md, ``GET /v1/handoffs/{id}``; sdk.md, ``Handoff``.
"""

from __future__ import annotations

from typing import Literal

from .conversation import Conversation, Returned
from .noun import Identifier, Noun
from .ticket import Ticket

__all__ = ["HandedOff", "Handoff", "HandoffState"]

HandoffState = Literal["queued", "offered", "accepted", "returned"]


class Handoff(Noun):
    """A hand-off: ``position`` (1 = next) while it is queued, ``returned`` once control is back with the bot."""

    id: Identifier
    key: str | None = None
    conversation_id: Identifier
    ticket_id: Identifier
    state: HandoffState
    position: int | None = None
    returned: Returned | None = None


class HandedOff(Noun):
    """What a hand-off answers."""

    handoff: Handoff
    ticket: Ticket
    conversation: Conversation
