"""Hand-offs: where one stands. A hand-off is the bot's view of one ticket.

Source: api.md, ``GET /v1/handoffs/{id}``; sdk.md, ``Handoff``.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .conversation import Conversation, Returned
from .noun import Identifier, Instant, Noun
from .ticket import Ticket
from .wait import WaitRange

__all__ = ["Explained", "HandedOff", "Handoff", "HandoffState", "Previewed", "TicketState"]

HandoffState = Literal["queued", "offered", "accepted", "returned"]
TicketState = Literal["waiting", "offered", "assigned", "not_routed"]


class Handoff(Noun):
    """A hand-off: ``position`` (1 = next) and ``wait`` while it is queued, ``returned`` once the bot has control."""

    id: Identifier
    key: str | None = None
    conversation_id: Identifier
    ticket_id: Identifier
    state: HandoffState
    position: int | None = None
    wait: WaitRange | None = None
    returned: Returned | None = None


class HandedOff(Noun):
    """What a hand-off answers."""

    handoff: Handoff
    ticket: Ticket
    conversation: Conversation


class Previewed(Noun):
    """What a hand-off would meet now.

    ``agents`` could get it at once, in the order they would be asked; ``out`` says of each other agent why not, as an
    explained ticket does. ``position`` is its place in the queue, 1 for the next.
    ``wait`` is how long it is likely to take then, where enough is known of the queue. ``opens_at`` is set while
    ``open`` is false.
    """

    open: bool
    opens_at: Instant | None = None
    queue: str
    agents: tuple[Identifier, ...] = ()
    out: dict[str, str] = Field(default_factory=dict)
    position: int
    wait: WaitRange | None = None
    missing_fields: tuple[str, ...] = ()


class Explained(Noun):
    """Where a ticket stands with routing; ``not_routed`` is one that the engine gives nobody.

    ``agents`` could get it now, in the order they would be asked; ``out`` says of each other agent why not: ``status``,
    ``brand``, ``group``, ``skills``, ``preferred_skills``, ``capacity``, ``inactive`` (as many silent customers as one
    may hold), ``passed_over`` (declined it last, or transferred it) or ``fallback`` (an agent of the queue can take
    it). ``position`` and ``wait`` are there while it waits, ``opens_at`` while ``open`` is false.
    """

    ticket_id: Identifier
    state: TicketState
    open: bool
    opens_at: Instant | None = None
    queue: str
    position: int | None = None
    wait: WaitRange | None = None
    assignee: Identifier | None = None
    offered_to: Identifier | None = None
    agents: tuple[Identifier, ...] = ()
    out: dict[str, str] = Field(default_factory=dict)
