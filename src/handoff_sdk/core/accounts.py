"""What is remembered while events are counted: an account of each conversation, ticket and agent, and the facts.

A fact is never changed. An account is the state that the next fact needs, and says what the facts about it are grouped
by: a ticket that gets another group takes its facts along.

Source: docs/reports.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple, TypeAlias

from pydantic import Field, TypeAdapter

from handoff_sdk.models.conversation import Owner, Session
from handoff_sdk.models.noun import Identifier, Instant, JsonObject, Noun
from handoff_sdk.models.ticket import Priority, Status, Style
from handoff_sdk.models.wait import PromisedWait

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["ACCOUNT", "Account", "AgentAccount", "ConversationAccount", "Fact", "SentFollowup", "TicketAccount"]


class Fact(NamedTuple):
    """One thing that can be counted. Of facts with the same ``name`` and ``key`` in a period the last one counts.

    ``subject`` is the account it is about; ``value`` is in seconds, or 1 for good and 0 for bad. ``cursor`` is that of
    the event it was read from, ``place`` counts from 0 within it.
    """

    cursor: int
    place: int
    name: str
    at: datetime
    subject: str
    key: str
    agent: str | None = None
    detail: str | None = None
    value: float | None = None


class SentFollowup(Noun):
    """A follow-up that the customer may still answer in time."""

    key: str
    name: Literal["followup_answered", "proactive_answered"]
    at: Instant


class ConversationAccount(Noun):
    """A conversation. ``ticket_id`` is its live ticket; ``engaged``: the customer wrote while a bot owned it."""

    kind: Literal["conversation"] = "conversation"
    id: Identifier
    brand: str
    channel: str
    owner: Owner
    session: Session = "none"
    ticket_id: Identifier | None = None
    tickets: int = 0
    engaged: bool = False
    sent: tuple[SentFollowup, ...] = ()


class TicketAccount(Noun):
    """A ticket.

    ``waiting_since``: the customer waits for a person's reply; ``agent_since``: a person waits for the customer's.
    ``queued_at`` is when it came to wait for an agent, as long as it does.
    ``promised_wait`` is what its customer was told, as long as it is neither kept nor slipped.
    ``handled_by`` has it in hand since ``handled_since``. ``parked``: it was pending or on hold once.
    """

    kind: Literal["ticket"] = "ticket"
    id: Identifier
    conversation_id: Identifier
    brand: str
    channel: str
    created_at: Instant
    reason: str | None = None
    taken_over: bool = False

    style: Style
    group: str | None = None
    queue: str = "standard"
    priority: Priority | None = None
    tags: tuple[str, ...] = ()
    fields: JsonObject = Field(default_factory=dict)
    status: Status = "new"
    live: bool = True
    assignee: str | None = None
    abandoned: bool = False

    replies: int = 0
    reopens: int = 0
    parked: bool = False
    last_agent: str | None = None
    offered_to: str | None = None
    queued_at: Instant | None = None
    promised_wait: PromisedWait | None = None
    waiting_since: Instant | None = None
    agent_since: Instant | None = None
    handled_by: str | None = None
    handled_since: Instant | None = None


class AgentAccount(Noun):
    """An agent: since when they have their status."""

    kind: Literal["agent"] = "agent"
    id: Identifier
    status: str
    since: Instant


Account: TypeAlias = ConversationAccount | TicketAccount | AgentAccount
ACCOUNT: TypeAdapter[Account] = TypeAdapter(Annotated[Account, Field(discriminator="kind")])
"""Reads an account."""
