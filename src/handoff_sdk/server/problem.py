"""Refusals as problem documents.

Source: api.md, Errors; RFC 9457.
"""

from __future__ import annotations

import json
import math
from http import HTTPStatus
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel, Field

from handoff_sdk.errors import FieldError, HandoffError, InvalidRequest
from handoff_sdk.models.message import KNOWN_CONTENT
from handoff_sdk.models.nearest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import ValidationError

__all__ = ["INTERNAL", "MEDIA_TYPE", "Problem", "ProblemError", "problem", "refusal"]

MEDIA_TYPE: Final = "application/problem+json"
INTERNAL: Final = "internal"
"""The code of what the engine got wrong itself."""

_TYPE: Final = "urn:handoff-sdk:problem:"


class ProblemError(BaseModel):
    """One thing that is wrong with one field; ``path`` is dotted and empty for the whole."""

    path: str
    message: str


class Problem(BaseModel):
    """Why a call was refused. ``code`` is stable and what programs compare, ``detail`` is for people."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: Annotated[list[ProblemError], Field(default_factory=list)]
    request_id: str


def problem(error: HandoffError, request_id: str, status: int | None = None) -> tuple[int, bytes, dict[str, str]]:
    """Status, body and headers that tell a caller of ``error``; ``status`` where it is not its class's."""
    status = status or error.status or HTTPStatus.INTERNAL_SERVER_ERROR
    told: dict[str, object] = {
        "type": _TYPE + error.code,
        "title": error.title,
        "status": status,
        "code": error.code,
        "detail": error.detail,
    }
    if error.errors:
        told["errors"] = [{"path": each.path, "message": each.message} for each in error.errors]
    told["request_id"] = request_id
    headers = {"Content-Type": MEDIA_TYPE}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        headers["Retry-After"] = str(math.ceil(max(error.retry_after or 1, 1)))
    # The standard library's writer: what a caller sent may stand in the detail, with halves of characters in it.
    return int(status), json.dumps(told).encode(), headers


def refusal(
    error: ValidationError,
    model: type[BaseModel],
    value: object,
    of: Literal["body", "query"],
    below: tuple[str, ...] = (),
) -> InvalidRequest:
    """What pydantic found wrong with ``value``, in the order of the model's fields, each path once.

    Args:
        error: pydantic's findings.
        model: What ``value`` was to be.
        value: What came.
        of: Where it came from.
        below: Where in the body ``value`` stands.
    """
    errors: dict[str, FieldError] = {}
    for found in error.errors(include_url=False, include_context=False, include_input=False):
        path = ".".join(map(str, (*below, *_steps(found["loc"], value))))
        if found["type"] == "extra_forbidden":
            message = "unknown key" + did_you_mean(str(found["loc"][-1]), _known(model, found["loc"][:-1]))
        else:
            message = found["msg"].removeprefix("Value error, ")
        errors.setdefault(path, FieldError(path, message))
    first = next(iter(errors.values()))
    where = f"{first.path}: " if first.path else ""
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return InvalidRequest(
        f"The {of} is not valid: {where}{first.message}{more}.".replace("..", "."), tuple(errors.values())
    )


def _steps(loc: tuple[int | str, ...], value: object) -> Iterator[int | str]:
    """The steps of ``loc`` that lead through ``value``, without the names that pydantic puts between."""
    for position, step in enumerate(loc):
        last = position == len(loc) - 1
        if isinstance(value, dict):
            if step in KNOWN_CONTENT and value.get("type") == step and not last:
                continue
            if step in value:
                value = value[step]
            elif not last:
                continue
        elif isinstance(value, list) and isinstance(step, int):
            value = value[step] if step < len(value) else None
        else:
            continue
        yield step


def _known(model: type[BaseModel], loc: tuple[int | str, ...]) -> set[str]:
    """The names of the fields that may stand at ``loc`` below ``model``."""
    models = [model]
    for step in loc:
        tagged = [each for each in models if _tag(each) == step]
        below = [each.model_fields[str(step)].annotation for each in models if step in each.model_fields]
        models = tagged or [found for annotation in below for found in _models(annotation)] or models
    return {field.alias or name for each in models for name, field in each.model_fields.items()}


def _tag(model: type[BaseModel]) -> object:
    field = model.model_fields.get("type")
    arguments = get_args(field.annotation) if field else ()
    return arguments[0] if len(arguments) == 1 else None


def _models(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401 - an annotation may be anything
    """The models that an annotation speaks of."""
    if get_origin(annotation) in (Annotated, Union, UnionType, tuple, list):
        for argument in get_args(annotation):
            yield from _models(argument)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
