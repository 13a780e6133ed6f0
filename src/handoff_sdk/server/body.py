"""A request's body, read and made into the command that the route takes.

Every key has to be known, at any depth: the vocabulary's nouns are lenient where the engine speaks, and strict where it
is spoken to. Nothing comes in that could not go out again: no values nested without end, no numbers beyond 64 bits, no
U+0000, which PostgreSQL cannot keep.

Source: api.md, Errors (bodies, ``too_large``, ``unsupported_media``); house page, decision 1.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from handoff_sdk.errors import FieldError, InvalidRequest, TooLarge, UnsupportedMedia

from .problem import refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .arrivals import Arrivals
    from .limits import Limits
    from .route import Route

__all__ = ["PACKINGS", "command_parser", "read_body", "read_query"]

PACKINGS: Final = "send the body as it is, or packed with gzip or deflate"
_UNPACKED: Final = frozenset({"gzip", "deflate", "identity"})
_LARGEST: Final = 2**63
_BYTES_AT_A_TIME: Final = 64 * 1024


async def read_body(request: web.Request, limits: Limits, arrivals: Arrivals) -> bytes:
    """The bytes of the body; ``b""`` where there is none.

    Raises:
        TooLarge: it is larger than ``limits.body``.
        UnsupportedMedia: it says of itself that it is something else than JSON in UTF-8.
        InvalidRequest: it did not arrive whole, or in time.
        RateLimited, Unavailable: it would have had to be waited for, and that cannot be.
    """
    if not request.body_exists:
        return b""
    length = request.content_length
    if length is not None and length > limits.body:
        raise _too_large(limits)
    content = request.content
    try:
        if content.is_eof():
            body = content.read_nowait(-1)
        else:
            chunks, size = [], 0
            async with arrivals.one():
                while chunk := await content.read(_BYTES_AT_A_TIME):
                    size += len(chunk)
                    if size > limits.body:
                        raise _too_large(limits)
                    chunks.append(chunk)
            body = b"".join(chunks)
    except (web.RequestPayloadError, HttpProcessingError) as error:
        raise InvalidRequest("The body did not arrive whole, or is not encoded as its headers say.") from error
    if len(body) > limits.body:
        raise _too_large(limits)
    if body:
        _require_json(request.headers.get("Content-Type", ""))
        _require_unpacked(request.headers.get("Content-Encoding", ""))
    return body


def _too_large(limits: Limits) -> TooLarge:
    return TooLarge(f"The body is larger than {limits.body // 1024} kB.")


def _require_json(content_type: str) -> None:
    if content_type == "application/json":
        return
    media, *parameters = content_type.lower().split(";")
    if media.strip() != "application/json":
        raise UnsupportedMedia("Send the body as Content-Type: application/json.")
    for parameter in parameters:
        name, _, value = parameter.strip().partition("=")
        if name == "charset" and value.strip('"') not in ("utf-8", "utf8"):
            raise UnsupportedMedia("Send the body in UTF-8.")


def _require_unpacked(packing: str) -> None:
    if packing and packing.lower() not in _UNPACKED:
        raise UnsupportedMedia(f"Content-Encoding: {PACKINGS}.")


def command_parser(route: Route, depth: int) -> Callable[[bytes, Mapping[str, str]], Any]:
    """A function that makes a body and the path's parameters into the route's command.

    It raises ``InvalidRequest``, naming every field that is not right and, of unknown ones, the nearest known name.
    """
    model = route.command
    if model is None:
        raise TypeError(route)
    from_path = tuple(name for name in route.parameters if name in model.model_fields)
    elsewhere = route.from_elsewhere
    extra = _extra(model)
    # The runtime's `extra` overrules the models', also of those that take any key: these are validated on their own.
    free = {
        name: field.annotation
        for name, field in model.model_fields.items()
        if isinstance(field.annotation, type)
        and issubclass(field.annotation, BaseModel)
        and _extra(field.annotation) is None
    }
    validate = model.__pydantic_validator__.validate_python

    def parse(body: bytes, parameters: Mapping[str, str]) -> BaseModel:
        value = _object(body, depth)
        given: object = value
        if elsewhere and not elsewhere.isdisjoint(value):
            raise _not_here(value, elsewhere)
        try:
            for name, annotation in free.items():
                if isinstance(value.get(name), dict):
                    value = value | {name: _validated(annotation, value[name], name)}
            for name in from_path:
                value[name] = parameters[name]
            if "if_match" in elsewhere and "if_match" in parameters:
                value["if_match"] = parameters["if_match"]
            made: BaseModel = validate(value, extra=extra)
        except ValidationError as error:
            raise refusal(error, model, given, "body") from None
        return made

    return parse


def _extra(model: type[BaseModel]) -> Any:  # noqa: ANN401 - one of pydantic's literals
    return None if model.model_config.get("extra") == "allow" else "forbid"


def _validated(model: type[BaseModel], value: object, name: str) -> BaseModel:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise refusal(error, model, value, "body", (name,)) from None


def _not_here(value: Mapping[str, object], elsewhere: frozenset[str]) -> InvalidRequest:
    errors = [
        FieldError(name, "belongs in the header If-Match" if name == "if_match" else "stands in the path already")
        for name in value
        if name in elsewhere
    ]
    return InvalidRequest(f"The body is not valid: {errors[0].path}: {errors[0].message}.", errors)


def _object(body: bytes, depth: int) -> dict[str, Any]:
    """The JSON object that ``body`` writes; the empty one for an empty body."""
    if not body:
        return {}
    try:
        value = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise InvalidRequest(f"The body is not JSON: {error}.") from None
    if not isinstance(value, dict):
        raise InvalidRequest("The body is not a JSON object.")
    _require_fit(value, depth)
    return value


def _require_fit(value: object, depth: int) -> None:
    """Raise ``InvalidRequest`` where something in ``value`` could not be kept and told again."""
    level = [value]
    while level:
        if depth == 0:
            raise InvalidRequest("The body is nested too deeply.")
        depth -= 1
        below: list[object] = []
        for each in level:
            if isinstance(each, dict):
                below += each
                below += each.values()
            elif isinstance(each, list):
                below += each
            elif (why := _unfit(each)) is not None:
                raise InvalidRequest(f"The body has {why}.")
        level = below


def _unfit(value: object) -> str | None:
    """What is wrong with one of JSON's plain values, if anything."""
    if isinstance(value, str):
        return "the character U+0000 in it, which cannot be kept" if "\0" in value else None
    if isinstance(value, int):
        return (
            None if -_LARGEST <= value < _LARGEST else "a number in it that takes more than 64 bits; write it as text"
        )
    if isinstance(value, float) and not math.isfinite(value):
        return "a number in it that is too large; write it as text"
    return None


def read_query(request: web.Request, model: type[BaseModel]) -> Any:  # noqa: ANN401 - what the route's handler takes
    """The parameters after the ``?``, as the route's model.

    Raises:
        InvalidRequest: one of them is not known, not right, or stands there twice.
    """
    values: dict[str, str] = {}
    for name, value in request.rel_url.query.items():
        if name in values:
            raise InvalidRequest(f"The query has {name!r} twice.", [FieldError(name, "stands there twice")])
        if "\0" in value:
            raise InvalidRequest(f"The query has U+0000 in {name!r}.", [FieldError(name, "has U+0000 in it")])
        values[name] = value
    try:
        return model.__pydantic_validator__.validate_python(values)
    except ValidationError as error:
        raise refusal(error, model, values, "query") from None
