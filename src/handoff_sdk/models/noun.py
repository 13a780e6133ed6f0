"""The two kinds of model the vocabulary is made of.

*Nouns* are what the desk keeps and tells: lenient, so that an installed client survives a newer engine that says more.
*Commands* are what people ask of it: strict, so that a typo is refused instead of swallowed. Both are frozen.

Source: house rule «one vocabulary, two kinds».
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, StringConstraints

__all__ = ["Command", "Identifier", "Instant", "JsonObject", "Noun", "Tag"]


class Noun(BaseModel):
    """A thing the desk knows. Unknown fields are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Command(BaseModel):
    """Something asked of the desk, in the imperative. Unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _in_utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC)


Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""An instant with a time zone, kept in UTC; RFC 3339 on the wire."""

Identifier = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Tag = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]
JsonObject = dict[str, Any]
"""Plain JSON: strings, numbers, booleans, ``None``, lists and objects of them."""
