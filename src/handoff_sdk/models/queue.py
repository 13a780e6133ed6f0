"""Queues as a configuration writes them: which tickets wait in one, and who serves it.

Source: config.md (``queues``); lifecycle.md, 6.2 to 6.4.
"""

from __future__ import annotations

from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from .condition import TIMED, Conditions
from .section import FROM_LIST, Name, Section, refusal

__all__ = ["STANDARD", "AgentStatus", "Queue"]

STANDARD: Final = "standard"
"""The queue of all tickets that are in no other; it is served last."""

_NOT_OF_A_TICKET: Final = TIMED | {"queue", "event", "message.text", "message.author"}


class Queue(Conditions):
    """A queue: those with ``priority`` 1 are served first.

    The members of ``groups`` serve it, and those of ``fallback_groups`` where none of them can; without groups,
    everybody does.
    """

    name: Name
    priority: Annotated[int, Field(ge=1, le=1_000_000)] = 50
    groups: Annotated[tuple[str, ...], FROM_LIST] = ()
    fallback_groups: Annotated[tuple[str, ...], FROM_LIST] = ()

    @model_validator(mode="after")
    def _can_be_told_at_any_time(self) -> Self:
        if self.name == STANDARD:
            raise refusal(f"{STANDARD!r} is the queue of everything else; give this one another name")
        self.refuse_moments(_NOT_OF_A_TICKET, "a queue")
        if self.fallback_groups and not self.groups:
            raise refusal("has 'fallback_groups' and no 'groups': everybody serves it already")
        return self


class AgentStatus(Section):
    """A custom status of agents: of which channels the engine gives new work at it."""

    messaging: bool = False
    email: bool = False
