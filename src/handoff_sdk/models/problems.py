"""What is wrong with a configuration, in plain words, each with its path and line.

Source: config.md (unknown keys are refused with the path of the key and the nearest known name).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import UnionType
from typing import Any, Final, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from handoff_sdk.errors import ConfigError, FieldError

from .document import Document, KeyPath
from .finding import as_written
from .nearest import did_you_mean
from .section import Section

__all__ = ["config_error", "told", "unknown_names"]

_PLAINLY: Final = {
    "bool_type": "has to be true or false",
    "dict_type": "has to be a mapping",
    "int_type": "has to be a whole number",
    "invalid_key": "a key has to be text",
    "missing": "is missing",
    "model_type": "has to be a mapping",
    "string_type": "has to be text; a number goes in quotes",
    "tuple_type": "has to be a list",
}


def told(error: ValidationError, root: type[Section]) -> Iterator[tuple[KeyPath, str]]:
    """The path and the plain words of each of pydantic's findings about a ``root``."""
    for found in error.errors(include_url=False):
        path = tuple(part for part in found["loc"] if part != "[key]")
        if found["type"] == "extra_forbidden":
            yield path, _about_unknown_key(path, root)
        else:
            yield path, _PLAINLY.get(found["type"], found["msg"].replace("Input should", "has to", 1))


def unknown_names(
    config: object, pattern: KeyPath, defined: Sequence[KeyPath], what: str, built_in: Collection[str] = ()
) -> Iterator[tuple[KeyPath, str]]:
    """The names at ``pattern`` that are not ``defined``, also in a configuration that is not valid otherwise.

    Args:
        config: A configuration, or the plain mapping of one.
        pattern: A path; ``*`` is any key or index.
        defined: Paths of what is known: the keys there where a path ends with ``*``, else the values.
        what: What such a name stands for.
        built_in: Names that are known anyway.
    """
    known = set(built_in)
    for names in defined:
        keys = names[-1] == "*"
        known |= {str(path[-1] if keys else value) for path, value in _matches(config, names) if keys or value}
    for path, name in _matches(config, pattern):
        if isinstance(name, str) and name not in known:
            yield path, f"there is no {what} {name!r}{did_you_mean(name, known)}"


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


def _matches(value: object, pattern: Sequence[str | int], path: KeyPath = ()) -> Iterator[tuple[KeyPath, object]]:
    """The values inside ``value`` whose path has the ``pattern``; ``*`` is any key or index."""
    if not pattern:
        yield path, value
        return
    children: Iterable[tuple[str | int, object]] = ()
    if isinstance(value, Mapping):
        children = value.items()
    elif isinstance(value, BaseModel):
        children = value
    elif isinstance(value, (list, tuple)):
        children = enumerate(value)
    for key, child in children:
        if pattern[0] in ("*", key):
            yield from _matches(child, pattern[1:], (*path, key))


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
    if key in section.planned.split():
        return "not supported yet"
    return f"unknown key{did_you_mean(key, section.written_keys())}"
