"""Which of many are asked for.

Source: api.md, Resources.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["ConversationFilter", "EventFilter", "FactFilter", "TicketFilter"]


@dataclass(frozen=True, slots=True)
class ConversationFilter:
    """Which conversations to list; ``None`` means any. ``silent_since``: begun, and no message, after it."""

    customer_id: str | None = None
    brand: str | None = None
    owner: str | None = None
    status: str | None = None
    last_author: str | None = None
    silent_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """Which tickets to list; ``None`` means any, ``brands`` and ``groups`` any of these (and no group)."""

    conversation_id: str | None = None
    statuses: tuple[str, ...] | None = None
    assignee: str | None = None
    group: str | None = None
    brand: str | None = None
    priority: str | None = None
    brands: tuple[str, ...] | None = None
    groups: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events to read: all, one conversation's or one customer's. ``public``: only those with ``public_seq``."""

    conversation_id: str | None = None
    customer_id: str | None = None
    public: bool = False


@dataclass(frozen=True, slots=True)
class FactFilter:
    """Which facts to read: those before ``until``, from ``since`` on where given, of any of these brands."""

    until: datetime
    since: datetime | None = None
    brands: tuple[str, ...] | None = None
