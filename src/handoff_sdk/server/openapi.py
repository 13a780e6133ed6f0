"""The OpenAPI 3.1 document, made from the routes' table and the models that requests are checked with.

What comes in is strict and what goes out lenient, also where it is the same noun: such a noun is in the document twice,
the strict one named ``...Input``.

Source: api.md, first paragraph; house page, decision 1.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, TypeAdapter
from pydantic_core import to_json

from handoff_sdk.errors import (
    Forbidden,
    IdempotencyMismatch,
    InvalidRequest,
    NotFound,
    RateLimited,
    TooLarge,
    Unauthenticated,
    Unavailable,
    UnsupportedMedia,
)

from .problem import MEDIA_TYPE, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from handoff_sdk.errors import HandoffError
    from handoff_sdk.models.noun import JsonObject

    from .route import Route

__all__ = ["document"]

_REFERENCE: Final = "#/components/schemas/"
_TEMPLATE: Final = _REFERENCE + "{model}"

_SECURITY: Final = {
    "apiKey": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key: `hk_...`, with the role bot, integrator or admin.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "handoff_session",
        "description": "An agent's session, begun by `POST /v1/session`. Whatever is no GET goes with the session's "
        "`csrf` in the header `X-CSRF-Token`.",
    },
    "customer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A customer's token, signed by the application (HS256 or EdDSA, with `kid`) or given by "
        "`POST /v1/customers/anonymous`. Customers see their own conversations, and of them the public projection.",
    },
}
_HEADERS: Final[dict[str, JsonObject]] = {
    "Idempotency-Key": {
        "description": "The same key and call within 24 hours get the first answer, with `Idempotent-Replay: true`.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
    },
    "Handoff-Agent": {
        "description": "The agent that an integrator's or admin's key acts for.",
        "schema": {"type": "string", "minLength": 1},
    },
    "If-Match": {
        "description": "The version that was read. Refused only if one of the same fields was changed since.",
        "schema": {"type": "string", "pattern": '^(W/)?"?[0-9]{1,9}"?$'},
    },
    "Last-Event-ID": {
        "description": "The cursor after which a stream goes on; goes before `after`.",
        "schema": {"type": "string", "pattern": "^[0-9]{1,18}$"},
    },
}


@cache
def document(routes: tuple[Route, ...]) -> bytes:
    """The document as JSON; made once."""
    schemas = _Schemas()
    problem = schemas.told(Problem)
    paths: dict[str, JsonObject] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas, problem)
    return to_json(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "handoff",
                "version": version("handoff-sdk"),
                "description": "Hand a conversation from a bot to a person and back.",
            },
            "paths": paths,
            "components": {"schemas": dict(sorted(schemas.all.items())), "securitySchemes": _SECURITY},
        }
    )


class _Schemas:
    """The schemas of the models, by name, as they are asked for."""

    def __init__(self) -> None:
        self.all: dict[str, JsonObject] = {}

    def told(self, kind: Any) -> JsonObject:  # noqa: ANN401 - any type that pydantic knows
        """The schema of what goes out."""
        schema = TypeAdapter(kind).json_schema(mode="serialization", ref_template=_TEMPLATE, by_alias=True)
        self.all |= schema.pop("$defs", {})
        title = schema.get("title")
        if schema.get("type") != "object" or title is None:
            return schema
        name = title.replace("[", "_").replace("]", "")
        self.all[name] = schema
        return {"$ref": _REFERENCE + name}

    def taken(self, model: type[BaseModel], but: frozenset[str]) -> JsonObject:
        """The schema of a body: strict at any depth, without the fields that come from elsewhere."""
        schema = model.model_json_schema(mode="validation", ref_template=_TEMPLATE)
        below = schema.pop("$defs", {})
        for each in (schema, *below.values()):
            if each.get("type") == "object":
                each.setdefault("additionalProperties", False)
        for name, tag in _tagged((schema, *below.values())):
            below[name]["required"] = list(dict.fromkeys((tag, *below[name].get("required", ()))))
        for field in but:
            schema["properties"].pop(field, None)
        required = [name for name in schema.get("required", ()) if name not in but]
        schema.pop("required", None)
        if required:
            schema["required"] = required
        names = {name: name if name.endswith("Input") else f"{name}Input" for name in below}
        self.all |= {names[name]: _renamed(each, names) for name, each in below.items()}
        self.all[model.__name__] = _renamed(schema, names)
        return {"$ref": _REFERENCE + model.__name__}


def _tagged(part: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - any part of a schema
    """The names of the schemas that are told apart by a field, and that field: without it, it cannot be told which."""
    if isinstance(part, dict):
        told_apart = part.get("discriminator")
        if isinstance(told_apart, dict):
            for reference in told_apart["mapping"].values():
                yield reference.removeprefix(_REFERENCE), told_apart["propertyName"]
        part = tuple(part.values())
    if isinstance(part, (list, tuple)):
        for each in part:
            yield from _tagged(each)


def _renamed(schema: Any, names: dict[str, str]) -> Any:  # noqa: ANN401 - any part of a schema
    """A schema that refers to others by their new names."""
    if isinstance(schema, dict):
        return {key: _renamed(value, names) for key, value in schema.items()}
    if isinstance(schema, list):
        return [_renamed(value, names) for value in schema]
    if isinstance(schema, str) and schema.startswith(_REFERENCE):
        name = schema.removeprefix(_REFERENCE)
        return _REFERENCE + names.get(name, name)
    return schema


def _operation(route: Route, schemas: _Schemas, problem: JsonObject) -> JsonObject:
    operation: JsonObject = {
        "operationId": f"{route.handler.__module__.rpartition('.')[2]}_{route.handler.__name__}",
        "tags": [route.handler.__module__.rpartition(".")[2]],
        "summary": route.summary,
        "description": _description(route),
        "security": _security(route),
        "parameters": list(_parameters(route)),
        "responses": _responses(route, schemas, problem),
    }
    if route.command is not None:
        body = schemas.taken(route.command, route.from_elsewhere)
        operation["requestBody"] = {
            "required": bool(schemas.all[route.command.__name__].get("required")),
            "content": {"application/json": {"schema": body}},
        }
    return operation


def _description(route: Route) -> str:
    if route.who is None:
        return "No credential is asked for."
    names = {"customer": "customers", "bot": "bots", "staff": "integrators and admins", "agent": "agents"}
    told = ", ".join(name for who, name in names.items() if who in route.who)
    return f"For {told}."


def _security(route: Route) -> list[JsonObject]:
    if route.who is None:
        return []
    keys: list[JsonObject] = [{"apiKey": []}] if route.who - {"customer"} else []
    keys += [{"session": []}] if "agent" in route.who else []
    return [*keys, {"customer": []}] if "customer" in route.who else keys


def _parameters(route: Route) -> Iterator[JsonObject]:
    taken = route.command.model_json_schema(mode="validation").get("properties", {}) if route.command else {}
    for name in route.parameters:
        schema = {"type": "string", "minLength": 1, "maxLength": 255, **taken.get(name, {})}
        for said in ("title", "default"):
            schema.pop(said, None)
        yield {"name": name, "in": "path", "required": True, "schema": schema}
    if route.query is not None:
        schema = route.query.model_json_schema(mode="validation", ref_template=_TEMPLATE)
        for name, each in schema.get("properties", {}).items():
            yield {"name": name, "in": "query", "required": False, "schema": _present(each)}
    if route.method == "POST":
        yield {"name": "Idempotency-Key", "in": "header", "required": False, **_HEADERS["Idempotency-Key"]}
    if route.who is not None and "agent" in route.who:
        yield {"name": "Handoff-Agent", "in": "header", "required": False, **_HEADERS["Handoff-Agent"]}
    if "if_match" in route.from_elsewhere:
        yield {"name": "If-Match", "in": "header", "required": False, **_HEADERS["If-Match"]}
    if route.media == "text/event-stream":
        yield {"name": "Last-Event-ID", "in": "header", "required": False, **_HEADERS["Last-Event-ID"]}


def _present(schema: JsonObject) -> JsonObject:
    """The schema of a parameter that is there: never ``null``, which a query cannot say."""
    members = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    if len(members) == 1:
        schema = {**{key: value for key, value in schema.items() if key not in ("anyOf", "default")}, **members[0]}
    return schema


def _responses(route: Route, schemas: _Schemas, problem: JsonObject) -> JsonObject:
    content = schemas.told(route.answer) if route.answer is not None else {"type": "string"}
    answers: JsonObject = {
        str(route.status): {
            "description": route.summary,
            "headers": {"X-Request-Id": {"schema": {"type": "string"}}},
            "content": {route.media: {"schema": content}},
        }
    }
    by_status: dict[int, list[type[HandoffError]]] = {}
    for error in _errors(route):
        by_status.setdefault(error.status or 500, []).append(error)
    for status, errors in sorted(by_status.items()):
        codes = [error.code for error in dict.fromkeys(errors)]
        answers[str(status)] = {
            "description": " · ".join(f"`{error.code}`: {error.title}" for error in dict.fromkeys(errors)),
            "content": {
                MEDIA_TYPE: {"schema": {"allOf": [problem, {"properties": {"code": {"enum": codes}}}]}},
            },
        }
    return answers


def _errors(route: Route) -> Iterable[type[HandoffError]]:
    """All refusals of a route: its own, and those that follow from what it takes."""
    yield from route.errors
    if route.who is not None:
        yield from (Unauthenticated, Forbidden)
    if route.parameters or (route.query is not None and "conversation" in route.query.model_fields):
        yield NotFound
    if route.command is not None:
        yield from (InvalidRequest, TooLarge, UnsupportedMedia)
    if route.query is not None or route.method == "POST":
        yield InvalidRequest
    if route.method == "POST":
        yield IdempotencyMismatch
    if route.path.startswith("/v1"):
        yield from (RateLimited, Unavailable)
