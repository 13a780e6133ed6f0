"""The two kinds of model the vocabulary is made of.

*Nouns* are what the desk keeps and tells: lenient, so that an installed client survives a newer engine that says more.
*Commands* are what people ask of it: strict, so that a typo is refused instead of swallowed. Both are frozen.

Source: house rule «one vocabulary, two kinds».
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, StringConstraints

__all__ = ["Command", "Identifier", "Instant", "JsonObject", "Noun", "Tag"]


class _Frozen(BaseModel):
    """What both kinds have in common."""

    model_config = ConfigDict(frozen=True)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with changed fields, as pydantic makes it, in a third of the time: every decision makes many."""
        if deep or self.__pydantic_extra__ is not None or self.__pydantic_private__ is not None:
            return super().model_copy(update=update, deep=deep)
        changes = update or {}
        copied = self.__class__.__new__(self.__class__)
        fill = object.__setattr__
        fill(copied, "__dict__", {**self.__dict__, **changes})
        fill(copied, "__pydantic_fields_set__", self.__pydantic_fields_set__.union(changes))
        fill(copied, "__pydantic_extra__", None)
        fill(copied, "__pydantic_private__", None)
        return copied


class Noun(_Frozen):
    """A thing the desk knows. Unknown fields are ignored."""

    model_config = ConfigDict(extra="ignore")


class Command(_Frozen):
    """Something asked of the desk, in the imperative. Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


def _in_utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC)


Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""An instant with a time zone, kept in UTC; RFC 3339 on the wire."""

Identifier = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Tag = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]
JsonObject = dict[str, Any]
"""Plain JSON: strings, numbers, booleans, ``None``, lists and objects of them."""
