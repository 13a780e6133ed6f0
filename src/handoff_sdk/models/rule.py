"""Triggers and automations as a configuration writes them: when, on which conditions, and what is done then.

Source: config.md (``triggers``, ``automations``, Actions); lifecycle.md, 7.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal, Self, TypeAlias

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    JsonValue,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from .brand import CloseAfter
from .condition import TIMED, Conditions
from .event import EVENT_TYPES, UNSTORED
from .ladder import Sayable, Texts
from .nearest import did_you_mean
from .noun import Tag
from .section import FROM_LIST, Name, Section, not_empty, refusal
from .ticket import Priority, Style

__all__ = ["Action", "Automation", "HandBackAction", "Rule", "TicketChange", "Trigger"]

_FIELD: Final = "fields."
_NEVER_EMPTY: Final = frozenset({"status", "priority", "style", "routing_channel"})


def _by_language(words: object) -> object:
    return {"en": words} if isinstance(words, str) else words


_Note: TypeAlias = Annotated[Texts, BeforeValidator(_by_language, json_schema_input_type=Texts | Sayable)]
"""Words for colleagues: by language, or the same for all."""

_EVENTS: Final[list[JsonValue]] = [*sorted(EVENT_TYPES - UNSTORED)]


def _an_event(event_type: str) -> str:
    known = EVENT_TYPES - UNSTORED
    if event_type not in known:
        raise refusal(f"there is no event {event_type!r}{did_you_mean(event_type, known)}")
    return event_type


class TicketChange(Section):
    """What ``set`` sets; ``status`` may be a custom one, and a field of the ticket is ``fields.<name>``.

    ``null`` empties what may be empty.
    """

    status: str | None = None
    priority: Priority | None = None
    group: str | None = None
    assignee: str | None = None
    queue: str | None = None
    style: Style | None = None
    close_after: CloseAfter | None = None
    subject: Annotated[str, Field(max_length=255)] | None = None
    routing_channel: Literal["messaging", "email"] | None = None
    fields: dict[Annotated[str, Field(min_length=1, max_length=64)], str | int | float | bool | None] = Field(
        default_factory=dict
    )

    @model_validator(mode="before")
    @classmethod
    def _null_is_default(cls, value: object) -> object:
        """Here it is not: it empties."""
        if not isinstance(value, Mapping):
            return {} if value is None else value
        filled = [key for key in value if value[key] is None and key in _NEVER_EMPTY]
        if filled:
            raise refusal(f"{filled[0]!r} cannot be emptied")
        dotted = {key.removeprefix(_FIELD): value[key] for key in value if str(key).startswith(_FIELD)}
        rest = {key: value[key] for key in value if not str(key).startswith(_FIELD)}
        return {**rest, "fields": {**(rest.get("fields") or {}), **dotted}} if dotted else rest

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """With the keys that name a field of the ticket."""
        told = handler.resolve_ref_schema(handler(schema))
        value = {"type": ["string", "number", "boolean", "null"]}
        return {**told, "patternProperties": {r"^fields\..+$": value}}


class HandBackAction(Section):
    """How a rule hands back: with a note for the bot, and the status that the ticket gets."""

    note: Annotated[str, Field(max_length=4096)] | None = None
    status: Literal["open", "pending", "on_hold", "solved"] = "solved"


class Action(Section):
    """What a rule does; one thing, or several in the order of these keys."""

    model_config = ConfigDict(serialize_by_alias=True)

    set: TicketChange | None = None
    add_tags: Annotated[tuple[Tag, ...], FROM_LIST] = ()
    remove_tags: Annotated[tuple[Tag, ...], FROM_LIST] = ()
    require_skills: Annotated[tuple[Name, ...], FROM_LIST] = ()
    prefer_skills: Annotated[tuple[Name, ...], FROM_LIST] = ()
    followups: str | None = None
    say: Texts | None = None
    note: _Note | None = None
    notify: str | None = None
    hand_back: Literal[True] | HandBackAction | None = None
    end_session: bool = False

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if not any(getattr(self, name) for name in self.model_fields_set):
            raise refusal(f"does nothing; write one of {', '.join(type(self).model_fields)}")
        return self


class Rule(Conditions):
    """A rule, known by its name: its ``actions`` are done in their order where its conditions hold."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    actions: Annotated[tuple[Action, ...], Field(strict=False, max_length=50), AfterValidator(not_empty)]


class Trigger(Rule):
    """A rule that is looked at in the transaction of each event of its ``on``."""

    on: Annotated[
        tuple[Annotated[str, AfterValidator(_an_event), Field(json_schema_extra={"enum": _EVENTS})], ...],
        Field(strict=False, max_length=50),
        AfterValidator(not_empty),
    ]

    @model_validator(mode="after")
    def _asks_for_nothing_timed(self) -> Self:
        for condition in self.each():
            if condition.field in TIMED - {"until_sla_breach"}:
                raise refusal(f"asks for {condition.field!r}, which passes with time: only automations and views can")
        return self


class Automation(Rule):
    """A rule that fires when time has made its conditions hold."""

    @model_validator(mode="after")
    def _asks_for_time(self) -> Self:
        if not any(condition.field in TIMED for condition in self.each()):
            raise refusal("has no condition about elapsed time; write one about since_..., or make it a trigger")
        return self
