"""From a field of a form to its question: the annotation says what kind of answer it takes.

Source: sdk.md, A bot (forms: any pydantic type; ``Literal``, ``Enum`` and ``bool`` become quick replies).
"""

from __future__ import annotations

import re
import types
from collections.abc import Mapping
from dataclasses import dataclass, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, NewType, Union, get_args, get_origin, is_typeddict

from pydantic import BaseModel

from handoff_sdk.core.questions import Choice, Kind, Question, Text

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

__all__ = ["Wording", "question_of"]


@dataclass(frozen=True, slots=True)
class Wording:
    """What an author says about a question, beside the field's type."""

    text: Text
    pattern: str | None = None
    retry: Text | None = None
    choices: tuple[Choice, ...] | None = None

    def __post_init__(self) -> None:
        texts = [self.text] if isinstance(self.text, str) else list(self.text.values())
        if not texts or not all(texts):
            raise ValueError("question: the text is empty.")
        if self.pattern is not None:
            try:
                re.compile(self.pattern)
            except re.error as error:
                raise ValueError(f"question: {self.pattern!r} is not a regular expression: {error}.") from None


_SEVERAL: Final = (list, set, frozenset, tuple)
_SCALARS: Final[tuple[tuple[type, Kind], ...]] = (
    (bool, "yes_no"),
    (int, "integer"),
    (float, "number"),
    (Decimal, "number"),
    (datetime, "other"),
    (date, "date"),
)
"""In this order: ``bool`` is an ``int``, ``datetime`` is a ``date``."""


def question_of(form: str, name: str, info: FieldInfo) -> Question | None:
    """The question of a form's field; ``None`` for one that is not asked for: it has a default and no question.

    Raises:
        TypeError: The field cannot be asked for in one line, or has neither a question nor a default.
    """
    wording = next((found for found in info.metadata if isinstance(found, Wording)), None)
    where = f"{form}.{name}"
    if wording is None:
        if info.is_required():
            raise TypeError(f"{where} is asked by nobody: give it a question(...), or a default.")
        return None
    if info.alias is not None or info.validation_alias is not None:
        raise TypeError(f"{where} has an alias; a form's fields travel under their own names.")
    bare, optional = _bare(info.annotation)
    asked = _asked(where, bare, wording)
    return asked.maybe() if optional or not info.is_required() else asked


def _asked(where: str, annotation: object, wording: Wording) -> Question:
    choices = _choices(annotation)
    if wording.choices is not None:
        choices = _labelled(where, choices, wording.choices) if choices else wording.choices
    if choices:
        return Question(wording.text, "choice", retry=wording.retry, choices=choices)
    kind = _kind(where, annotation)
    if kind != "text" and wording.pattern is not None:
        raise TypeError(f"{where} has a pattern, which only a text answer can match.")
    item = None
    if kind == "several":
        inner = [arg for arg in get_args(annotation) if arg is not ...] or [str]
        if len(inner) > 1:
            raise TypeError(f"{where} is a tuple of several types; ask for them one by one.")
        item = _asked(where, _bare(inner[0])[0], Wording(wording.text))
        if item.kind == "several":
            raise TypeError(f"{where} holds lists in a list; ask for them one by one.")
    return Question(wording.text, kind, pattern=wording.pattern, retry=wording.retry, item=item)


def _kind(where: str, annotation: object) -> Kind:
    if annotation is str or annotation is Any:
        return "text"
    kinds = get_origin(annotation) or annotation
    if kinds in _SEVERAL:
        return "several"
    if kinds is Union or isinstance(annotation, types.UnionType):
        for part in get_args(annotation):
            if _kind(where, _bare(part)[0]) == "several":
                raise TypeError(f"{where} may be a list or something else; ask for one of them.")
        return "other"
    if not isinstance(kinds, type):
        return "other"
    if issubclass(kinds, BaseModel | Mapping | tuple) or is_dataclass(kinds) or is_typeddict(kinds):
        raise TypeError(
            f"{where} is a {kinds.__name__}: one answer cannot fill in several values. "
            f"Give the form a field for each of them."
        )
    return next((kind for scalar, kind in _SCALARS if issubclass(kinds, scalar)), "other")


def _bare(annotation: object) -> tuple[Any, bool]:
    """The type without ``Annotated``, ``NewType`` and ``None``, and whether ``None`` was one of its values."""
    optional = False
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation = get_args(annotation)[0]
        elif isinstance(annotation, NewType):
            annotation = annotation.__supertype__
        elif hasattr(annotation, "__value__"):  # ``type X = ...``
            annotation = annotation.__value__
        elif origin is Union or isinstance(annotation, types.UnionType):
            parts = [part for part in get_args(annotation) if part is not type(None)]
            optional = optional or len(parts) < len(get_args(annotation))
            if len(parts) != 1:
                return (Union[tuple(parts)], optional)  # noqa: UP007 - made at run time
            annotation = parts[0]
        else:
            return annotation, optional


def _choices(annotation: object) -> tuple[Choice, ...]:
    if get_origin(annotation) is Literal:
        return tuple(Choice(value, str(value)) for value in get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return tuple(
            Choice(
                member.value, member.value if isinstance(member.value, str) else member.name.replace("_", " ").title()
            )
            for member in annotation
        )
    return ()


def _labelled(where: str, choices: tuple[Choice, ...], given: tuple[Choice, ...]) -> tuple[Choice, ...]:
    labels = {choice.payload: choice.label for choice in given}
    unknown = labels.keys() - {choice.payload for choice in choices}
    if unknown:
        raise TypeError(f"{where} has choices that its type does not have: {', '.join(sorted(unknown))}.")
    return tuple(Choice(choice.value, labels.get(choice.payload, choice.label)) for choice in choices)
