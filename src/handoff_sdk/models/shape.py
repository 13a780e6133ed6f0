"""The shape of a configuration file as JSON Schema (2020-12), for editors that complete and check while people write.

It says less than loading does: names that stand for nothing, and what depends on another value, are found there.

Source: config.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from .config import DeskConfig
from .noun import JsonObject

__all__ = ["shape"]

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_NULL: Final[JsonObject] = {"type": "null"}
_FROM_ENVIRONMENT: Final[JsonObject] = {"type": "string", "pattern": r"\$\{[A-Za-z_][A-Za-z0-9_]*\}"}
"""A text with ``${NAME}``, which may stand for anything."""

_EITHER: Final = ("anyOf", "oneOf", "allOf")


def shape() -> JsonObject:
    """The JSON Schema of a configuration file: what it refuses cannot be loaded."""
    schema = DeskConfig.model_json_schema(by_alias=True)
    sections = [schema, *schema["$defs"].values()]
    for section in sections:
        if section.get("type") == "object":
            _open(section)
    for part in _parts(schema):
        _name_keys(part)
        if isinstance(part.get("items"), dict) and _is_written(part["items"]):
            part["items"] = _with(part["items"], [], also=True)
    schema["type"] = ["object", "null"]  # the empty file
    return {"$schema": _DIALECT, **schema, "title": "Configuration of a desk"}


def _open(section: JsonObject) -> None:
    """Let a section's keys be ``null`` where that means the default, and be read from the environment."""
    required = section.get("required", ())
    for key, value in section.get("properties", {}).items():
        section["properties"][key] = _with(value, [] if key in required else [_NULL], also=_is_written(value))


def _with(value: JsonObject, more: list[JsonObject], *, also: bool) -> JsonObject:
    described = {key: value.pop(key) for key in ("title", "description", "default", "examples") if key in value}
    choices = value["anyOf"] if set(value) == {"anyOf"} else [value]
    added = [*more, *([_FROM_ENVIRONMENT] if also else [])]
    choices = [*choices, *(one for one in added if one not in choices)]
    return {**described, **({"anyOf": choices} if len(choices) > 1 else choices[0])}


def _is_written(value: JsonObject) -> bool:
    """Whether a value is a text of which only some are right."""
    choices = value.get("anyOf", [value])
    return any(choice.get("type") == "string" and {"pattern", "enum", "const"} & choice.keys() for choice in choices)


def _parts(schema: object) -> Iterator[JsonObject]:
    if isinstance(schema, dict):
        yield schema
    for child in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from _parts(child)


def _name_keys(part: JsonObject) -> None:
    """A mapping by name: pydantic lets other names pass; and what is named may be ``null``, with all its defaults."""
    patterns: dict[str, Any] = part.get("patternProperties", {})
    if part.get("type") == "object" and "properties" not in part and len(patterns) == 1:
        [(pattern, value)] = part.pop("patternProperties").items()
        part["propertyNames"] = {"pattern": pattern}
        part["additionalProperties"] = _with(value, [_NULL] if "$ref" in value else [], also=False)
