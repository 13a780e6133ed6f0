"""Conditions as a configuration writes them: a field, an op and a value, which have to fit each other.

What a field holds decides which ops it takes and what their values look like; the table ``FIELDS`` says it.

Source: config.md, Conditions.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Final, Literal, TypeAlias, get_args

import re2
from pydantic import Field, ValidationInfo, WithJsonSchema, field_serializer, field_validator

from .conversation import Owner, Session
from .duration import format_duration, parse_duration
from .nearest import did_you_mean
from .section import FROM_LIST, Section, refusal
from .ticket import PRIORITIES, Status, Style

__all__ = ["FIELDS", "TIMED", "Condition", "Conditions", "Op", "Value", "kind_of"]

Op = Literal[
    "is", "is_not", "in", "not_in", "includes", "excludes", "contains", "matches", "less_than", "greater_than",
    "at_least", "changed", "changed_to", "changed_from", "present", "absent",
]  # fmt: skip

Value: TypeAlias = str | int | float | bool | timedelta | tuple[str | int | float | bool, ...] | None
"""What a condition compares with; ``None`` with the ops that compare with nothing."""

_WITHOUT_VALUE: Final = frozenset({"changed", "present", "absent"})
_WITH_LIST: Final = frozenset({"in", "not_in"})
_ONE_OR_MORE: Final = frozenset({"includes", "excludes"})

_CHOICE: Final = frozenset({"is", "is_not", "in", "not_in", "changed", "changed_to", "changed_from"})
_THERE: Final = frozenset({"present", "absent"})
_SIZE: Final = frozenset({"less_than", "greater_than", "at_least"})
_TEXT: Final = _CHOICE | _THERE | {"contains", "matches"}
_LIST: Final = _THERE | {"includes", "excludes", "changed"}


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise refusal("has to be text; a number goes in quotes")
    return value


def _number(value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise refusal("has to be a number")
    return value


def _duration(value: object) -> timedelta:
    if not isinstance(value, str):
        raise refusal("has to be a duration like '10m' or '2d'")
    try:
        return parse_duration(value)
    except ValueError as error:
        raise refusal(str(error)) from None


def _plain(value: object) -> str | float | bool:
    if not isinstance(value, (str, int, float)):
        raise refusal("has to be a text, a number, true or false")
    return value


def _one_of(*choices: str) -> Callable[[object], str]:
    def checked(value: object) -> str:
        if value not in choices:
            raise refusal(f"has to be one of {', '.join(choices)}{did_you_mean(str(value), choices)}")
        return str(value)

    return checked


@dataclass(frozen=True, slots=True)
class Kind:
    """What a field holds: the ops it takes, and the check of one value."""

    ops: frozenset[str]
    checked: Callable[[object], Any]


def _choice(*choices: str, ops: frozenset[str] = _CHOICE) -> Kind:
    return Kind(ops | _THERE, _one_of(*choices))


_WORDS: Final = Kind(_TEXT, _text)
_COUNT: Final = Kind(_CHOICE | _THERE | _SIZE, _number)
_TAGS: Final = Kind(_LIST, _text)
_AGO: Final = Kind(_SIZE | _THERE, _duration)
_ANYTHING: Final = Kind(frozenset(get_args(Op)), _plain)

FIELDS: Final[Mapping[str, Kind]] = {
    "status": _choice(*get_args(Status)),
    "priority": _choice(*(priority for priority in reversed(PRIORITIES) if priority), ops=_CHOICE | _SIZE),
    "channel": _WORDS,
    "brand": _WORDS,
    "group": _WORDS,
    "assignee": _WORDS,
    "queue": _WORDS,
    "style": _choice(*get_args(Style)),
    "tags": _TAGS,
    "subject": _WORDS,
    "customer.name": _WORDS,
    "customer.email": _WORDS,
    "customer.language": _WORDS,
    "owner": _choice(*get_args(Owner)),
    "session": _choice(*get_args(Session)),
    "reopens": _COUNT,
    "language": _WORDS,
    "event": _WORDS,
    "message.text": _WORDS,
    "message.author": _choice("customer", "bot", "agent", "system"),
    "hours": _choice("open", "closed"),
    "previous_conversations": _COUNT,
    "since_created": _AGO,
    "since_updated": _AGO,
    "since_new": _AGO,
    "since_open": _AGO,
    "since_pending": _AGO,
    "since_on_hold": _AGO,
    "since_solved": _AGO,
    "since_customer_message": _AGO,
    "since_agent_message": _AGO,
    "until_sla_breach": _AGO,
}
"""The fields that there are, beside ``fields.<name>`` and ``customer.<name>``, which hold anything."""

TIMED: Final = frozenset(name for name, kind in FIELDS.items() if kind is _AGO)
"""The fields whose value passes with time alone: for automations and views."""


def kind_of(field: str) -> Kind | None:
    """What a field holds; ``None`` where there is no such field."""
    prefix, dot, name = field.partition(".")
    return FIELDS.get(field) or (_ANYTHING if dot and name and prefix in {"fields", "customer"} else None)


_FIELD_SCHEMA: Final = {
    "anyOf": [{"enum": [*FIELDS]}, {"type": "string", "pattern": r"^(?:fields|customer)\..+$"}],
    "description": "What is asked for: a field of the ticket, its conversation, its customer or the event.",
}


_VALUE_SCHEMA: Final = {
    "type": ["string", "number", "boolean", "array", "null"],
    "items": {"type": ["string", "number", "boolean"]},
    "description": "What is compared with; a list with in and not_in, a duration with since_..., nothing with changed.",
}


class Condition(Section):
    """A condition: the ``op`` fits the ``field``, and the ``value`` both."""

    field: Annotated[str, WithJsonSchema(_FIELD_SCHEMA)]
    op: Op
    value: Annotated[Value, Field(validate_default=True), WithJsonSchema(_VALUE_SCHEMA)] = None

    @field_validator("field", mode="after")
    @classmethod
    def _is_there(cls, field: str) -> str:
        if kind_of(field) is None:
            known = (*FIELDS, "fields.<name>", "customer.<name>")
            raise refusal(f"there is no field {field!r}{did_you_mean(field, known)}")
        return field

    @field_validator("op", mode="after")
    @classmethod
    def _fits_the_field(cls, op: Op, given: ValidationInfo) -> Op:
        field = given.data.get("field")
        kind = kind_of(field) if field is not None else None
        if kind is not None and op not in kind.ops:
            fitting = ", ".join(op for op in get_args(Op) if op in kind.ops)
            raise refusal(f"{op!r} does not fit the field {field!r}, which takes {fitting}")
        return op

    @field_validator("value", mode="plain")
    @classmethod
    def _fits_both(cls, value: object, given: ValidationInfo) -> Value:
        field, op = given.data.get("field"), given.data.get("op")
        kind = kind_of(field) if field is not None else None
        return None if kind is None or op is None else _checked(op, kind, value)

    @field_serializer("value")
    def _as_written(self, value: Value) -> object:
        return format_duration(value) if isinstance(value, timedelta) else value


class Conditions(Section):
    """Conditions that hold together: each of ``all``, and one of ``any`` where there are some."""

    all: Annotated[tuple[Condition, ...], FROM_LIST, Field(max_length=50)] = ()
    any: Annotated[tuple[Condition, ...], FROM_LIST, Field(max_length=50)] = ()

    def each(self) -> tuple[Condition, ...]:
        """All of them, those of ``all`` first."""
        return (*self.all, *self.any)

    def refuse_moments(self, fields: Collection[str], what: str) -> None:
        """Make sure that they can be told of ``what`` at any time: they ask for no change, and for none of ``fields``.

        Raises:
            PydanticCustomError: One does.
        """
        for condition in self.each():
            if condition.field in fields or condition.op.startswith("changed"):
                raise refusal(
                    f"asks for {condition.field!r} {condition.op!r}; {what} can ask only for what a ticket is"
                )


def _checked(op: str, kind: Kind, value: object) -> Value:
    """A value as the condition compares with it."""
    if op in _WITHOUT_VALUE:
        if value is not None and value is not True:
            raise refusal(f"the op {op!r} takes no value")
        return None
    if op == "matches":
        return _pattern(_text(value))
    if op == "contains":
        return _text(value)
    if op in _SIZE and kind is _ANYTHING:
        return _number(value)
    if op in _WITH_LIST or (op in _ONE_OR_MORE and isinstance(value, (list, tuple))):
        if not isinstance(value, (list, tuple)) or not value:
            raise refusal(f"the op {op!r} takes a list that is not empty: [a, b]")
        return tuple(kind.checked(item) for item in value)
    if value is None:
        other = {"is": "absent", "is_not": "present"}.get(op)
        advice = f"; for what is empty there is the op {other!r}" if other else ""
        raise refusal(f"is missing{advice}")
    checked: Value = kind.checked(value)
    return checked


def _pattern(text: str) -> str:
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(text, options)
    except re2.error as error:
        problem = error.args[0]
        told = problem.decode(errors="replace") if isinstance(problem, bytes) else problem
        raise refusal(f"{text!r} is not a regular expression that runs in linear time (RE2): {told}") from None
    return text
