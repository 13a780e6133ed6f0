"""Events: what happened, in the past tense. The event table is the truth; everything that listens reads it.

Source: api.md, Events; lifecycle.md, 10 (the order inside one transaction).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from pydantic import Field

from .noun import Identifier, Instant, JsonObject, Noun

__all__ = ["EVENT_TYPES", "UNSTORED", "Actor", "ActorType", "Event"]

ActorType = Literal["customer", "bot", "agent", "system", "integrator", "admin", "rule", "followup"]

_VERBS: Final[Mapping[str, str]] = {
    "conversation": "created",
    "message": "created delivered read redacted failed",
    "typing": "started stopped",
    "session": "started inactive active ended",
    "control": "passed returned taken_over",
    "ticket": "created updated opened pending on_hold solved reopened closed queued position offered offer_declined"
    " offer_lapsed offer_withdrawn assigned unassigned transferred",
    "followup": "scheduled sent skipped stopped",
    "rule": "fired stopped",
    "sla": "started warning breached fulfilled",
    "turn": "started done",
    "survey": "asked answered",
    "agent": "status connected disconnected",
    "config": "changed",
    "webhook": "failing disabled",
}
EVENT_TYPES: Final = frozenset(f"{noun}.{verb}" for noun, verbs in _VERBS.items() for verb in verbs.split())
"""All types of events: a misspelt one would never happen."""

UNSTORED: frozenset[str] = frozenset(
    {"typing.started", "typing.stopped", "ticket.position", "turn.started", "turn.done"}
)
"""Events that are pushed to whoever listens and kept nowhere: they have no ``seq`` and no ``cursor``."""


class Actor(Noun):
    """Who did it: an agent, customer or bot by id, or the engine itself (``system``)."""

    type: ActorType
    id: Identifier | None = None


class Event(Noun):
    """One event.

    ``seq`` counts per conversation from 1 without gaps; ``public_seq`` does so among what the customer may see and is
    ``None`` for the rest; ``cursor`` orders the whole feed and is given by the store. ``standby`` is true where the
    conversation does not belong to its bot then: the bot may read along.
    """

    id: Identifier
    seq: int = 0
    public_seq: int | None = None
    cursor: int = 0
    type: str
    at: Instant
    conversation_id: Identifier | None = None
    ticket_id: Identifier | None = None
    actor: Actor
    standby: bool = False
    data: JsonObject = Field(default_factory=dict)
