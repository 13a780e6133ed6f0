"""What the mappings of a configuration have in common: strict, frozen, ``null`` is the default; and their scalars.

Source: config.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sized
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final, TypeAlias, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from .duration import Duration

__all__ = [
    "FROM_LIST",
    "Count",
    "LanguageTag",
    "Name",
    "PositiveDuration",
    "Section",
    "not_empty",
    "refusal",
    "written_as",
]


def refusal(problem: str) -> PydanticCustomError:
    """The error that tells ``problem`` as it is."""
    return PydanticCustomError("config", "{problem}", {"problem": problem})


@dataclass(frozen=True, slots=True)
class written_as:  # noqa: N801 - it is read as a call, beside those of pydantic
    """A validator that refuses texts without the ``pattern``, because they are not ``what``."""

    pattern: str
    what: str

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._checked, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(schema), "pattern": f"^(?:{self.pattern})$"}

    def _checked(self, text: str) -> str:
        if not re.fullmatch(self.pattern, text):
            raise refusal(f"{text!r} is not {self.what}")
        return text


def _positive(duration: timedelta) -> timedelta:
    if not duration:
        raise refusal("has to be longer than 0s")
    return duration


_Sized = TypeVar("_Sized", bound=Sized)


def not_empty(items: _Sized) -> _Sized:
    """Items, if there are any; a validator."""
    if not items:
        raise refusal("is empty")
    return items


FROM_LIST: Final = Field(strict=False)  # files have lists where we have tuples

Name: TypeAlias = Annotated[
    str,
    written_as(
        r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}", "a name: at most 64 of A-Z a-z 0-9 _ . @ -, a letter or digit first"
    ),
]
LanguageTag: TypeAlias = Annotated[
    str, written_as(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", "a language like 'en' or 'de-AT'")
]
Count: TypeAlias = Annotated[int, Field(ge=0)]
PositiveDuration: TypeAlias = Annotated[Duration, AfterValidator(_positive)]


class Section(BaseModel):
    """A mapping of the file; ``null`` for it, or for one of its keys, means the default."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_default(cls, value: object) -> object:
        if value is None:
            return {}
        if isinstance(value, Mapping):
            keys = cls.written_keys()
            return {key: child for key, child in value.items() if child is not None or key not in keys}
        return value

    @classmethod
    def written_keys(cls) -> list[str]:
        """The keys of the mapping, as files write them."""
        return [field.alias or name for name, field in cls.model_fields.items()]
