"""The engine's lines as a brand has them: each may be muted, or said in the brand's own words.

Source: config.md (brands); docs/lines.md, which says when each is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, Field, PlainSerializer

from .ladder import Sayable
from .section import LanguageTag, Section, refusal

__all__ = ["LineName", "Lines", "Words"]

LineName = Literal["queued", "closed", "accepted", "slipped", "left", "nobody_available", "back", "session_ended"]
"""The lines that are messages."""


def _words(value: object) -> object:
    if value is False:
        return {}
    if not isinstance(value, Mapping):
        raise refusal("has to be false, or a text by language")
    if not value:
        raise refusal("is empty; write false to mute the line")
    return value


def _as_written(words: dict[str, str]) -> dict[str, str] | bool:
    return words or False


Words: TypeAlias = Annotated[
    dict[LanguageTag, Sayable],
    Field(max_length=100),
    BeforeValidator(_words, json_schema_input_type=dict[str, str] | Literal[False]),
    PlainSerializer(_as_written, return_type=dict[str, str] | Literal[False]),
]
"""What a line says, by language; empty where it is muted, which files write as ``false``."""


class Lines(Section):
    """The lines of a brand; ``None`` is the engine's own words, in its languages.

    ``position`` is no message: ``false`` stops telling connected customers how far they have come.
    """

    queued: Words | None = None
    closed: Words | None = None
    accepted: Words | None = None
    slipped: Words | None = None
    left: Words | None = None
    nobody_available: Words | None = None
    back: Words | None = None
    session_ended: Words | None = None
    position: bool = True

    def words(self, line: LineName) -> Mapping[str, str] | None:
        """The brand's own words of a line: empty where it is muted, ``None`` where it has none."""
        words: Mapping[str, str] | None = getattr(self, line)
        return words
