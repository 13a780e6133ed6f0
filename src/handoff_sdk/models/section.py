"""A section of a configuration: a mapping of the file, strict, in which ``null`` means the default.

Source: config.md, first paragraph.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

__all__ = ["FROM_LIST", "Section", "refusal", "written_as"]

FROM_LIST: Final = Field(strict=False)
"""Files have lists where we have tuples."""


def refusal(problem: str) -> PydanticCustomError:
    """What a validator raises where ``problem`` says what is wrong."""
    return PydanticCustomError("config", "{problem}", {"problem": problem})


def written_as(pattern: str, what: str) -> AfterValidator:
    """Makes sure that a text is ``what``: that all of it has the ``pattern``."""

    def checked(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise refusal(f"{text!r} is not {what}")
        return text

    return AfterValidator(checked)


class Section(BaseModel):
    """A mapping of the file; ``null`` for it, or for one of its keys, means the default."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)

    planned: ClassVar[str] = ""
    """The keys of the format that this version does not support, with spaces between."""

    @model_validator(mode="before")
    @classmethod
    def _null_is_default(cls, value: object) -> object:
        if value is None:
            return {}
        if isinstance(value, Mapping):
            fields = cls.model_fields
            return {key: child for key, child in value.items() if child is not None or key not in fields}
        return value
