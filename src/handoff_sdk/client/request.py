"""What is asked of the engine: built and checked in full before anything is sent.

Whatever is wrong with an argument is one error, ``InvalidRequest``, that names the field; pydantic's never comes out.

Source: sdk.md, A client (what it sends is strict).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticSerializationError

from handoff_sdk.errors import FieldError, InvalidRequest
from handoff_sdk.models.duration import format_duration, parse_duration
from handoff_sdk.models.message import KNOWN_CONTENT
from handoff_sdk.models.nearest import did_you_mean
from handoff_sdk.models.noun import Command

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import timedelta

    from pydantic_core import ErrorDetails

    from handoff_sdk.models.noun import JsonObject

__all__ = [
    "Request",
    "body_of",
    "command",
    "content_of",
    "duration_param",
    "field_errors",
    "given",
    "header",
    "json_bytes",
    "path",
]

C = TypeVar("C", bound=Command)

_LONGEST_ID = 255


@dataclass(frozen=True, slots=True)
class Request:
    """One request.

    ``wait`` is how many seconds the engine may keep its answer back (long poll); they come on top of every bound. With
    ``once`` it is tried once, whatever its method.
    """

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    wait: float = 0.0
    once: bool = False


def path(*parts: object) -> str:
    """The path of a resource, every part quoted.

    >>> path("conversations", "a/b", "messages")
    '/v1/conversations/a%2Fb/messages'

    Raises:
        InvalidRequest: A part cannot be an id.
    """
    quoted = []
    for part in parts:
        if not isinstance(part, str) or not 0 < len(part) <= _LONGEST_ID or part in {".", ".."}:
            raise InvalidRequest(f"{part!r} cannot be an id: an id is text of 1 to {_LONGEST_ID} characters.")
        try:
            quoted.append(quote(part, safe=""))
        except UnicodeEncodeError:
            raise InvalidRequest(f"{part!r} cannot be an id: it holds half a character (a lone surrogate).") from None
    return "/v1/" + "/".join(quoted)


def header(name: str, value: object) -> dict[str, str]:
    """One header.

    Raises:
        InvalidRequest: The value is not printable ASCII, which is all that a header takes.
    """
    if (
        not isinstance(value, str)
        or not value
        or not value.isascii()
        or not value.isprintable()
        or value.strip() != value
    ):
        raise InvalidRequest(f"{name} must be printable ASCII without spaces around it.")
    return {name: value}


def given(**values: object) -> dict[str, Any]:
    """The values that are not ``None``."""
    return {name: value for name, value in values.items() if value is not None}


def duration_param(name: str, value: str | timedelta | None) -> str | None:
    """A duration as the API writes it.

    >>> duration_param("silent_for", "3d")
    '3d'

    Raises:
        InvalidRequest: It is not a duration.
    """
    if value is None:
        return None
    try:
        return format_duration(parse_duration(value) if isinstance(value, str) else value)
    except (ValueError, AttributeError) as error:
        raise InvalidRequest(f"{name}: {error}", [FieldError(name, str(error))]) from None


def content_of(text: str | None, content: BaseModel | Mapping[str, Any] | None) -> object:
    """The content of a message that was given as ``text`` or as ``content``; the command checks what it is.

    Raises:
        InvalidRequest: Both were given, or neither.
    """
    if (text is None) == (content is None):
        problem = "give either text or content"
        raise InvalidRequest(f"text: {problem}.", [FieldError("text", problem)])
    if text is not None:
        return {"type": "text", "text": text}
    if isinstance(content, BaseModel):
        # Only what was set is sent, and ``type`` has a default where it is 'text'.
        return content.model_dump(exclude_unset=True) | {"type": getattr(content, "type", None)}
    return content


def command(kind: type[C], fields: Mapping[str, Any]) -> C:
    """The command of these fields.

    Raises:
        InvalidRequest: A field is unknown, missing or wrong; ``errors`` has each one.
    """
    try:
        return kind.model_validate(dict(fields))
    except ValidationError as error:
        raise _refused(kind, field_errors(error.errors(include_url=False), kind.model_fields)) from None


def body_of(asked: Command, *without: str) -> JsonObject:
    """The body that a command travels as: the fields that were given, but for those of the path or a header.

    Raises:
        InvalidRequest: A value has no form in JSON.
    """
    try:
        body: JsonObject = asked.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude=set(without))
    except (PydanticSerializationError, ValueError) as error:
        raise _refused(type(asked), [FieldError("", str(error))]) from None
    return body


def json_bytes(body: JsonObject) -> bytes:
    """A body as bytes.

    Raises:
        InvalidRequest: A value has no form in JSON.
    """
    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidRequest(f"The body has no form in JSON: {error}") from None


def field_errors(problems: Iterable[ErrorDetails], known: Iterable[str]) -> list[FieldError]:
    """Pydantic's findings as ours: a dotted path and a sentence each."""
    found = []
    for problem in problems:
        loc, message = problem["loc"], problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "extra_forbidden":
            message = "unknown field" + (did_you_mean(str(loc[0]), known) if len(loc) == 1 else "")
        found.append(FieldError(_dotted(loc), message))
    return found


def _dotted(loc: tuple[int | str, ...]) -> str:
    """The place of a field, without the name of the content's type that pydantic puts in between."""
    parts = [
        str(part)
        for index, part in enumerate(loc)
        if not (index and loc[index - 1] == "content" and part in KNOWN_CONTENT)
    ]
    return ".".join(parts)


def _refused(kind: type[Command], errors: list[FieldError]) -> InvalidRequest:
    said = "; ".join(f"{error.path}: {error.message}" if error.path else error.message for error in errors)
    return InvalidRequest(f"Not a valid {kind.__name__}: {said}.", errors)
