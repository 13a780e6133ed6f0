"""Agents: the people who take over.

Source: lifecycle.md, 6.10 (used capacity) and 6.12 (statuses).
"""

from __future__ import annotations

from typing import Final

from pydantic import Field

from .noun import Identifier, Instant, Noun

__all__ = ["AGENT_STATUSES", "OFFLINE", "Agent", "Capacity", "LoginLink", "Workload"]

OFFLINE: Final = "offline"
AGENT_STATUSES: dict[str, bool] = {"online": True, "away": False, "transfers_only": False, "offline": False}
"""The built-in statuses, each with whether it allows new messaging work."""


class Capacity(Noun):
    """How much of each channel's work: conversations and emails."""

    messaging: int = 0
    email: int = 0


class Agent(Noun):
    """An agent as things stand now.

    ``lapses`` counts offers in a row that were left to lapse; ``given_at`` is the latest offer or engine assignment;
    ``used`` may exceed ``capacity``: people and customers may, the engine never does. ``inactive`` counts the
    conversations they hold whose customer is silent. ``connected``: a console of theirs is open, or their status was
    set; ``at_console`` is the first of these, and ``disconnected_at`` when the last console closed, as long as they
    have not come back. ``gave_back_at`` is when their tickets went back to the queue because of their status.
    """

    id: Identifier
    name: str | None = None
    groups: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    brands: tuple[str, ...] | None = None
    status: str = "offline"
    status_at: Instant | None = None
    connected: bool = False
    at_console: bool = False
    disconnected_at: Instant | None = None
    gave_back_at: Instant | None = None
    capacity: Capacity = Field(default_factory=Capacity)
    used: Capacity = Field(default_factory=Capacity)
    inactive: int = 0
    lapses: int = 0
    given_at: Instant | None = None


class Workload(Noun):
    """What an agent has in hand: tickets on offer to them and tickets assigned to them, oldest first."""

    agent_id: Identifier
    status: str
    capacity: Capacity
    used: Capacity
    offers: tuple[Identifier, ...] = ()
    tickets: tuple[Identifier, ...] = ()


class LoginLink(Noun):
    """What an agent logs in with, once: ``path`` at the engine's address, which has the ``token`` in it."""

    token: str = Field(repr=False)
    path: str = Field(repr=False)
    expires_at: Instant
