"""Service levels: what a configuration promises, by priority.

Source: config.md (``sla``); lifecycle.md, 8.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from .condition import TIMED, Conditions
from .duration import Duration
from .section import PositiveDuration, Section
from .ticket import Priority

__all__ = ["Policy", "Targets"]


class Targets(Section):
    """How soon each is promised; a metric without one is not promised."""

    first_reply: PositiveDuration | None = None
    next_reply: PositiveDuration | None = None
    resolution: PositiveDuration | None = None


class Policy(Conditions):
    """A policy: the first one whose conditions hold counts for a ticket, with the targets of its priority.

    ``hours`` says whether all time counts, or that of the brand's schedule. ``warn`` before a promise is broken there
    is a warning, but for targets that are shorter.
    """

    name: Annotated[str, Field(min_length=1, max_length=100)]
    hours: Literal["calendar", "business"] = "calendar"
    warn: Duration = timedelta(0)
    targets: dict[Priority, Targets] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _can_be_told_at_any_time(self) -> Self:
        self.refuse_moments(TIMED, "a policy")
        return self
