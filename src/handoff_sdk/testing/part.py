"""What the parts of a scenario file have in common: they are strict, and they name what they do not know.

A key of ``planned`` belongs to the format but not to this version. A file that uses one is refused as a whole, so that
no scenario passes by leaving out what it is about.

Source: scenario.md.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, model_validator
from pydantic_core import PydanticCustomError

from handoff_sdk.errors import BY_CODE, InvalidRequest
from handoff_sdk.models.nearest import did_you_mean

if TYPE_CHECKING:
    from pydantic import ValidationError

    from handoff_sdk.testing.stage import Stage

__all__ = ["ActorStep", "Code", "Epoch", "Moment", "Name", "Naming", "Part", "Step", "Yes", "invalid", "refusal"]


def refusal(problem: str, *, key: str | None = None) -> PydanticCustomError:
    """The error of a validator; ``key`` is the one inside the mapping that is wrong."""
    return PydanticCustomError("scenario", "{problem}", {"problem": problem, "key": key})


def invalid(error: ValidationError) -> InvalidRequest:
    """What the HTTP API answers to a body that is not a command."""
    first = error.errors(include_url=False)[0]
    return InvalidRequest(": ".join(filter(None, (".".join(map(str, first["loc"])), first["msg"]))))


def _read_moment(value: object) -> datetime:
    moment = value
    if isinstance(value, str):
        with suppress(ValueError):
            moment = datetime.fromisoformat(value)
    if isinstance(moment, datetime) and moment.tzinfo is not None:
        return moment.astimezone(UTC)
    raise refusal(f"{value!r} is not an instant; write one like '2026-01-05T09:00:00Z'")


def _read_epoch(value: object) -> object:
    if value in ("current", "stale") or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise refusal(f"an epoch is 'current', 'stale' or a number, not {value!r}")


def _known_code(code: str) -> str:
    if code not in BY_CODE:
        raise refusal(f"there is no error code {code!r}{did_you_mean(code, BY_CODE)}")
    return code


Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=255)]
Yes: TypeAlias = Literal[True]
Moment: TypeAlias = Annotated[datetime, PlainValidator(_read_moment)]
Epoch: TypeAlias = Annotated[Literal["current", "stale"] | int, PlainValidator(_read_epoch)]
Code: TypeAlias = Annotated[str, AfterValidator(_known_code)]


@dataclass(frozen=True, slots=True)
class Naming:
    """A step names an agent or a conversation, which has to be known: ``path`` is where in the step."""

    kind: Literal["agent", "conversation"]
    name: str
    path: tuple[str, ...]


class Part(BaseModel):
    """A mapping of a scenario file. Unknown keys are refused with the nearest known one."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    planned: ClassVar[frozenset[str]] = frozenset()
    """Keys of the format that this version does not support."""

    @model_validator(mode="before")
    @classmethod
    def _has_known_keys(cls, value: object) -> object:
        if isinstance(value, Mapping):
            known = [field.alias or name for name, field in cls.model_fields.items()]
            for key in value:
                if key in cls.planned:
                    raise refusal(f"{key!r} is not supported yet", key=key)
                if key not in known:
                    raise refusal(f"unknown key {key!r}{did_you_mean(str(key), known)}", key=str(key))
        return value


class Step(Part, ABC):
    """One step of a scenario."""

    @abstractmethod
    async def play(self, stage: Stage) -> None:
        """Do it. The player lets the desk come to rest afterwards.

        Raises:
            HandoffError: The desk refused it.
            Stuck: It cannot be done, or what is expected does not hold.
        """

    def namings(self) -> Iterator[Naming]:
        """The agents and conversations the step speaks of."""
        return iter(())

    @property
    def opens(self) -> str | None:
        """The name of the conversation the step would start if there were none of it yet."""
        return None


class ActorStep(Step):
    """Something that somebody does. With ``fails`` the desk has to refuse it with that code."""

    fails: Code | None = None
