"""Tickets: a piece of work a person does for a customer.

Source: lifecycle.md, 2.4 (what a hand-off gives it), 3 (status), 4 (style), 6 (routing).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, get_args

from pydantic import ConfigDict, Field

from .duration import KeptDuration
from .noun import Identifier, Instant, JsonObject, Noun
from .promise import Metric, Promise
from .wait import PromisedWait

__all__ = [
    "CATEGORIES",
    "PRIORITIES",
    "Form",
    "Offer",
    "Priority",
    "Rating",
    "RoutingChannel",
    "Status",
    "Style",
    "Ticket",
    "routing_channel_of",
]

Status = Literal["new", "open", "pending", "on_hold", "solved", "closed"]
Priority = Literal["low", "normal", "high", "urgent"]
Rating = Literal["good", "bad"]
RoutingChannel = Literal["messaging", "email"]
Style = Literal["live_chat", "live_chat_returning", "social"]

CATEGORIES: frozenset[str] = frozenset(get_args(Status))
"""The statuses there are; a custom one belongs to one of them."""

PRIORITIES: tuple[Priority | None, ...] = ("urgent", "high", "normal", "low", None)
"""In the order they are served."""


def routing_channel_of(channel: str) -> RoutingChannel:
    """Whose capacity work on a conversation's channel uses, as long as nobody says otherwise."""
    return "email" if channel == "email" else "messaging"


class Form(Noun):
    """The form a bot filled in: its name and JSON schema, so that a console can show and correct the values."""

    model_config = ConfigDict(serialize_by_alias=True)

    name: Identifier
    schema_: JsonObject = Field(alias="schema", default_factory=dict)

    def missing(self, fields: JsonObject) -> tuple[str, ...]:
        """The names that the schema requires and that have no value in ``fields``."""
        required = self.schema_.get("required")
        names = required if isinstance(required, list) else ()
        return tuple(name for name in names if isinstance(name, str) and fields.get(name) is None)


class Offer(Noun):
    """A running offer: the ticket is reserved for one agent until ``expires_at``.

    ``transfer``: a colleague asks, and whoever had the ticket then (``held_by``) keeps it until it is accepted.
    """

    id: Identifier
    agent_id: Identifier
    offered_at: Instant
    expires_at: Instant
    transfer: bool = False
    held_by: Identifier | None = None


class Ticket(Noun):
    """A ticket. ``number`` counts from 1 within the conversation; ``version`` grows with every change of a field.

    ``status`` is a category, ``custom_status`` the configuration's name of a status of this category, if it has one.
    ``live`` from its hand-off until control returns: only then do the customer's messages reach it.
    ``status_at`` is when it took its present status; ``eligible_at`` when it could first be assigned;
    ``passed_over`` is the agent who last declined it or let it lapse, until ``retry_at`` (``None``: at once) the
    last one to get it again. ``put_into`` is the queue that somebody chose for it; ``relaxed``: it does without its
    preferred skills; ``given_inactive``: the engine assigned it while its customer was silent. ``promised_wait`` is
    what was estimated when it was queued last, ``introduced`` the agent whom the customer knows to be there.
    ``customer_at`` and ``agent_at`` are when each wrote last, once the ticket is not live any more.
    ``field_versions`` says at which version each field last changed. ``routing_channel`` says which capacity it uses:
    the engine gives ``messaging`` work only. Durations are on the wire as ``5m``.
    """

    id: Identifier
    number: int
    conversation_id: Identifier
    handoff_id: Identifier | None = None
    handoff_key: str | None = None
    brand: str
    channel: str
    version: int = 1
    field_versions: dict[str, int] = Field(default_factory=dict)

    live: bool = True
    status: Status = "new"
    custom_status: str | None = None
    priority: Priority | None = None
    subject: str | None = None
    summary: str | None = None
    reason: str | None = None
    fields: JsonObject = Field(default_factory=dict)
    form: Form | None = None
    tags: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    prefer_skills: tuple[str, ...] = ()
    group: str | None = None
    queue: str = "standard"
    routing_channel: RoutingChannel = "messaging"
    put_into: str | None = None
    assignee: str | None = None
    style: Style
    close_after: KeptDuration | Literal["never"] | None = None
    transcript_from: str | None = None
    followups: str | None = None
    accept_within: KeptDuration | None = None

    offer: Offer | None = None
    passed_over: str | None = None
    retry_at: Instant | None = None
    relaxed: bool = False
    given_inactive: bool = False
    promised_wait: PromisedWait | None = None
    introduced: str | None = None
    taken_over: bool = False
    abandoned: bool = False
    reopens: int = 0
    sla: dict[Metric, Promise] = Field(default_factory=dict)
    survey: Literal["asked", "answered"] | None = None
    rating: Rating | None = None
    rating_comment: str | None = None

    created_at: Instant
    updated_at: Instant
    status_at: Instant
    eligible_at: Instant | None = None
    assigned_at: Instant | None = None
    unassigned_at: Instant | None = None
    accepted_at: Instant | None = None
    first_reply_at: Instant | None = None
    customer_at: Instant | None = None
    agent_at: Instant | None = None
    solved_at: Instant | None = None
    closed_at: Instant | None = None

    @property
    def offered_to(self) -> str | None:
        """The agent with the running offer."""
        return self.offer.agent_id if self.offer else None

    @property
    def breach_at(self) -> Instant | None:
        """When the first of its promises is broken, or was while nobody has kept it yet; ``None`` without one."""
        return min((promise.due for promise in self.sla.values() if promise.ended_at is None), default=None)

    @property
    def outcome(self) -> str:
        """How it stands for a returned record: its status, or ``abandoned``."""
        return "abandoned" if self.abandoned else self.status

    @property
    def accept_by(self) -> timedelta | None:
        """How long after its making somebody must accept it; ``None`` when nothing is to accept any more."""
        return self.accept_within if self.accepted_at is None else None
