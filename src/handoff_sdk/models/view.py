"""Views: tickets that are looked at together, as a configuration writes them and as the API lists them.

Source: config.md (``views``); api.md, Resources.
"""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from .condition import FIELDS, Conditions, kind_of
from .nearest import did_you_mean
from .noun import Noun
from .section import FROM_LIST, refusal, written_as

__all__ = ["SavedView", "ViewName"]

_OF_A_MOMENT = frozenset({"event", "message.text", "message.author"})


def _a_field(field: str) -> str:
    if kind_of(field) is None or field in _OF_A_MOMENT:
        raise refusal(f"there is no field {field!r} to sort by{did_you_mean(field, FIELDS)}")
    return field


class SavedView(Conditions):
    """A view: the tickets of which its conditions hold, sorted by these fields, the newest first where they are equal.

    What is most urgent comes first: the highest priority, what is longest ago, what is broken soonest. All else is
    sorted by its value. What is empty comes last.
    """

    name: Annotated[str, Field(min_length=1, max_length=100), written_as(r"[^/]+", "a name without '/'")]
    sort: Annotated[tuple[Annotated[str, AfterValidator(_a_field)], ...], FROM_LIST, Field(max_length=10)] = ()

    @model_validator(mode="after")
    def _can_be_told_at_any_time(self) -> Self:
        self.refuse_moments(_OF_A_MOMENT, "a view")
        return self


class ViewName(Noun):
    """A view that may be read."""

    name: str
