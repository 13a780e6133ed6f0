"""An agent's workplace: what a console has to know before it follows the feed.

Source: api.md, Resources (a snapshot, and the events after its cursor, are the state); lifecycle.md, 6.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .agent import Agent
from .conversation import Conversation
from .customer import Customer
from .noun import Instant, Noun
from .ticket import Status, Ticket

__all__ = ["Workplace"]


class Workplace(Noun):
    """What lies before one agent, as things stood ``at`` this instant; events go on after ``cursor``.

    ``tickets`` are the agent's own, those on offer to them, and of the eligible ones of their brands and groups the
    first that would be served; each with its conversation and customer. ``more``: others are eligible too.
    ``agents`` are colleagues of a common brand, by id, with the agent themselves. ``statuses`` and ``ticket_statuses``
    are the agents' and the tickets' as configured: of the latter each custom one with its category.
    """

    agent_id: str
    role: Literal["agent", "lead", "admin"]
    at: Instant
    agents: tuple[Agent, ...]
    groups: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    ticket_statuses: dict[str, Status] = Field(default_factory=dict)
    views: tuple[str, ...] = ()
    count_inactive: bool = False
    tickets: tuple[Ticket, ...] = ()
    conversations: tuple[Conversation, ...] = ()
    customers: tuple[Customer, ...] = ()
    more: bool = False
    cursor: str
