"""Hand-offs: where one stands. A hand-off is the bot's view of one ticket.

Source: api.md, ``GET /v1/handoffs/{id}``; sdk.md, ``Handoff``.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .conversation import Conversation, Returned
from .noun import Identifier, Instant, Noun
from .ticket import Ticket

__all__ = ["HandedOff", "Handoff", "HandoffState", "Previewed"]

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


class Previewed(Noun):
    """What a hand-off would meet now.

    ``agents`` could take it, in the order they would be asked; ``out`` says of each other agent why not: ``status``,
    ``brand``, ``group`` or ``capacity``. ``position`` is its place in the queue, 1 for the next. ``opens_at`` is set
    while ``open`` is false.
    """

    open: bool
    opens_at: Instant | None = None
    queue: str
    agents: tuple[Identifier, ...] = ()
    out: dict[str, str] = Field(default_factory=dict)
    position: int
    missing_fields: tuple[str, ...] = ()
