"""What is wrong with a configuration, in plain words, each with its path and line.

Source: config.md (unknown keys are refused with the path of the key and the nearest known name).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Any, Final, Union, get_args, get_origin

from pydantic import ValidationError

from handoff_sdk.errors import ConfigError, FieldError

from .document import Document, KeyPath
from .finding import as_written
from .nearest import did_you_mean
from .section import Section

__all__ = ["config_error", "told"]

_PLAINLY: Final = {
    "bool_type": "has to be true or false",
    "dict_type": "has to be a mapping",
    "int_type": "has to be a whole number",
    "invalid_key": "a key has to be text",
    "missing": "is missing",
    "model_type": "has to be a mapping",
    "string_type": "has to be text; a number goes in quotes",
    "too_short": "is empty; write at least one",
    "tuple_type": "has to be a list",
}


def told(error: ValidationError, root: type[Section]) -> Iterator[tuple[KeyPath, str]]:
    """The path and the plain words of each of pydantic's findings about a ``root``."""
    problems = error.errors(include_url=False)
    for found in problems:
        if found["type"] == "too_short" and any(_inside(other["loc"], found["loc"]) for other in problems):
            continue  # it is only without those that are wrong
        path = tuple(part for part in found["loc"] if part != "[key]")
        if found["type"] == "extra_forbidden":
            yield path, _about_unknown_key(path, root)
        else:
            said = found["msg"].removeprefix("Value error, ").replace("Input should", "has to", 1)
            yield path, _PLAINLY.get(found["type"], said)


def _inside(path: tuple[int | str, ...], outer: tuple[int | str, ...]) -> bool:
    return len(path) > len(outer) and path[: len(outer)] == outer


def config_error(problems: Mapping[KeyPath, str], document: Document | None, at: KeyPath) -> ConfigError:
    """The error that tells all ``problems``, one a line, in the order of the document."""

    def line(path: KeyPath) -> int:
        return document.line((*at, *path)) if document else 0

    details, errors = [], []
    for path in sorted(problems, key=line):
        written = as_written(path)
        place = (f"{document.name}:{line(path)}" if document else "", written, problems[path])
        details.append(": ".join(filter(None, place)))
        errors.append(FieldError(written, problems[path]))
    return ConfigError("\n".join(details), errors)


def _about_unknown_key(path: KeyPath, root: type[Section]) -> str:
    section: Any = root
    for part in path[:-1]:
        origin = get_origin(section)
        if origin is dict:
            section = get_args(section)[1]
        elif origin is tuple:
            section = get_args(section)[0]
        else:
            section = section.model_fields[part].annotation
        if get_origin(section) in (Union, UnionType):
            section = get_args(section)[0]
    key = str(path[-1])
    return f"unknown key{did_you_mean(key, section.written_keys())}"
