"""Agents as a configuration writes them: where they work, what they can do, and how much at once.

Source: config.md (``agents``); lifecycle.md, 6.1 (capacity).
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from .section import FROM_LIST, Name, Section, written_as

__all__ = ["AgentConfig", "CapacityLimits"]

_Load: TypeAlias = Annotated[int, Field(ge=0, le=500)]


class CapacityLimits(Section):
    """The most work of each channel that the engine lets an agent have: conversations and open emails."""

    messaging: _Load = 3
    email: _Load = 10


class AgentConfig(Section):
    """An agent; ``brands`` that are ``None`` are all brands.

    ``lead`` and ``admin`` see the tickets of all groups and the reports, and set other agents' statuses.
    """

    name: str | None = None
    groups: Annotated[tuple[str, ...], FROM_LIST] = ()
    brands: Annotated[tuple[str, ...], FROM_LIST] | None = None
    skills: Annotated[tuple[Name, ...], FROM_LIST] = ()
    capacity: CapacityLimits = CapacityLimits()
    email: Annotated[str, written_as(r"[^@\s]+@[^@\s]+", "an email address")] | None = None
    role: Literal["agent", "lead", "admin"] = "agent"
