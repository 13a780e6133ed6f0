"""Whether a filled-in form answers the form it names.

Source: api.md, Message content (``form``, ``form_response``) and Errors (``missing_fields``).
"""

from __future__ import annotations

import re
from datetime import date
from math import isfinite
from typing import TYPE_CHECKING, Final

from handoff_sdk.errors import FieldError, InvalidRequest, MissingFields
from handoff_sdk.models.message import LONGEST_TEXT, FormContent, FormResponseContent

if TYPE_CHECKING:
    from collections.abc import Callable

    from handoff_sdk.models.message import FormField, Message

__all__ = ["check_response"]

_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+")


def check_response(response: FormResponseContent, asked: Message | None) -> None:
    """Let a filled-in form through that answers the form of the message ``asked``.

    Raises:
        InvalidRequest: The message is no form, or a value is not one that its field takes.
        MissingFields: A required field has no value.
    """
    form = asked.content if asked is not None else None
    if not isinstance(form, FormContent):
        nowhere = f"there is no form {response.form!r} in this conversation"
        raise InvalidRequest(f"content.form: {nowhere}.", [FieldError("content.form", nowhere)])
    fields = {field.name: field for field in form.fields}
    wrong = [
        FieldError(f"content.fields.{name}", problem)
        for name, value in response.fields.items()
        if (problem := _problem(fields.get(name), value))
    ]
    if wrong:
        raise InvalidRequest(f"{wrong[0].path}: {wrong[0].message}.", wrong)
    missing = [name for name, field in fields.items() if field.required and _empty(response.fields.get(name))]
    if missing:
        problems = [FieldError(f"content.fields.{name}", "the form requires it") for name in missing]
        raise MissingFields(f"The form requires {', '.join(missing)}.", problems)


def _empty(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _problem(field: FormField | None, value: object) -> str:
    """What is wrong with a value; nothing, if nothing is."""
    if field is None:
        return "the form has no such field"
    if _empty(value):
        return ""
    if field.type == "select":
        return "" if value in _offered(field) else f"is none of {', '.join(_offered(field))}"
    fits, wanted = _TAKES[field.type]
    return "" if fits(value) else f"is not {wanted}"


def _offered(field: FormField) -> list[str]:
    """What may come back for an option: the payload of one that has one, or its text."""
    texts = [option if isinstance(option, str) else option.text for option in field.options]
    return texts + [option.payload for option in field.options if not isinstance(option, str) and option.payload]


def _text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_TEXT


def _email(value: object) -> bool:
    return isinstance(value, str) and _EMAIL.fullmatch(value.strip()) is not None


def _number(value: object) -> bool:
    """A number, or its text: not every channel tells them apart."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return False
    try:
        return isfinite(float(value.replace(",", ".") if isinstance(value, str) else value))
    except ValueError:
        return False


def _day(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(date.fromisoformat(value.strip()))
    except ValueError:
        return False


_TAKES: Final[dict[str, tuple[Callable[[object], bool], str]]] = {
    "text": (_text, f"a text of at most {LONGEST_TEXT} characters"),
    "email": (_email, "an email address"),
    "number": (_number, "a number"),
    "date": (_day, "a date like 2026-03-31"),
}
