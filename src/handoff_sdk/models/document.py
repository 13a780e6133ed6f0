"""YAML as people expect it, with the line of every value for messages.

The core schema of YAML 1.2, and less: only ``true`` and ``false`` are booleans (``on`` and ``no`` are text), dates
and ``12:30`` stay text, keys are text, and a key that stands twice is an error. Tags other than ``!!str``, numbers
that JSON does not have and a second document are refused. Aliases work, within a bound.

PyYAML comes with the server extra alone, so it is imported when the first text is parsed.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from os import PathLike
    from typing import Any, NoReturn

    import yaml
    from pydantic import JsonValue

    # A line, and for a mapping or list the places of its children by key or index.
    _Place: TypeAlias = tuple[int, "_Children | None"]
    _Children: TypeAlias = dict[str | int, _Place]

__all__ = ["Document", "DocumentError", "KeyPath", "filled_in", "parse_document", "read_document"]

KeyPath: TypeAlias = tuple[str | int, ...]
"""Keys and indices from the top of a document: ``("steps", 6, "says")``."""

_MOST_LEVELS: Final = 100
_MOST_ALIASED: Final = 1_000_000  # characters that aliases may stand for, all together

_UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_CONSTANTS: Final[dict[str, bool | None]] = {"true": True, "false": False, "null": None, "~": None, "": None}
_NUMBER_BEGINS: Final = frozenset("+-.0123456789")
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_INT_BASES: Final = {"0o": 8, "0x": 16}
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_STR: Final = "tag:yaml.org,2002:str"


class DocumentError(ValueError):
    """A text is not YAML as this module reads it.

    Args:
        name: What the text is called.
        line: Where it goes wrong, from 1.
        problem: What is wrong there.
    """

    def __init__(self, name: str, line: int, problem: str) -> None:
        super().__init__(f"{name}:{line}: {problem}")
        self.name = name
        self.line = line
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Document:
    """What a YAML text says, and on which lines. Places that an alias connects share one value."""

    name: str
    value: JsonValue
    _place: _Place = field(repr=False)

    def line(self, path: KeyPath = ()) -> int:
        """The line of the key or list item at ``path``, from 1; of the last one on the way if there is none."""
        line, children = self._place
        for part in path:
            if children is None or part not in children:
                break
            line, children = children[part]
        return line


def read_document(path: str | PathLike[str]) -> Document:
    """The document in the UTF-8 file at ``path``, which is also its name.

    Raises:
        DocumentError: the file is not UTF-8, or not YAML that this module reads.
        OSError: the file cannot be read.
    """
    content = Path(path).read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentError(str(path), content.count(b"\n", 0, error.start) + 1, "not UTF-8 text") from None
    return parse_document(text, str(path))


def parse_document(text: str, name: str) -> Document:
    """The document that ``text`` writes; an empty one has the value ``None``.

    Args:
        text: YAML.
        name: What messages call it: as a rule a file's name.

    Raises:
        DocumentError: ``text`` is not YAML that this module reads.
        ModuleNotFoundError: PyYAML is not installed.
    """
    unprintable = _UNPRINTABLE.search(text)
    if unprintable:
        line = text.count("\n", 0, unprintable.start()) + 1
        raise DocumentError(name, line, f"the character {unprintable[0]!r} is not allowed")
    builder = _Builder(name)
    builder.build(text)
    return Document(name, builder.value, builder.place)


def filled_in(value: object, environ: Mapping[str, str]) -> tuple[object, dict[KeyPath, list[str]]]:
    """A copy of plain values with each ``${NAME}`` in a text replaced, and the names that ``environ`` lacks.

    >>> filled_in({"secret": "${SECRET}", "url": "${URL}"}, {"SECRET": "s3cret"})
    ({'secret': 's3cret', 'url': '${URL}'}, {('url',): ['URL']})
    """
    missing: dict[KeyPath, list[str]] = {}

    def filled(value: object, path: KeyPath) -> object:
        if isinstance(value, dict):
            return {key: filled(child, (*path, key)) for key, child in value.items()}
        if isinstance(value, list):
            return [filled(child, (*path, index)) for index, child in enumerate(value)]
        if not isinstance(value, str):
            return value
        names = sorted(set(_VARIABLE.findall(value)) - environ.keys())
        if names:
            missing[path] = names
        return _VARIABLE.sub(lambda match: environ.get(match[1], match[0]), value)

    return filled(value, ()), missing


@dataclass(slots=True)
class _Open:
    """A mapping or list whose end has not come yet."""

    value: dict[str, JsonValue] | list[JsonValue]
    line: int
    anchor: str | None
    children: _Children = field(default_factory=dict)
    size: int = 1
    key: str | None = None
    key_line: int = 0


class _Builder:
    """Puts a parser's events together, without recursion: no text exhausts the stack.

    PyYAML's own constructors keep to YAML 1.1, let keys stand twice and forget lines.
    """

    def __init__(self, name: str) -> None:
        self.value: JsonValue = None
        self.place: _Place = (1, None)
        self._name = name
        self._documents = 0
        self._open: list[_Open] = []
        self._anchored: dict[str, tuple[JsonValue, _Children | None, int]] = {}
        self._aliased = 0

    def build(self, text: str) -> None:
        """Reads ``text`` into ``value`` and ``place``."""
        try:
            import yaml  # noqa: PLC0415 - only the server extra installs it
        except ModuleNotFoundError:
            message = "reading YAML needs PyYAML: install 'handoff-sdk[server]'"
            raise ModuleNotFoundError(message, name="yaml") from None

        take: dict[type[yaml.Event], Callable[[Any], None]] = {
            yaml.DocumentStartEvent: self._document,
            yaml.MappingStartEvent: lambda event: self._begin(event, {}),
            yaml.MappingEndEvent: self._end,
            yaml.SequenceStartEvent: lambda event: self._begin(event, []),
            yaml.SequenceEndEvent: self._end,
            yaml.ScalarEvent: self._scalar,
            yaml.AliasEvent: self._alias,
        }
        try:
            for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
                if type(event) in take:
                    take[type(event)](event)
        except yaml.MarkedYAMLError as error:
            began, failed = error.context_mark, error.problem_mark
            context = error.context or ""
            if began and failed and began.line != failed.line:
                context += f" that began on line {began.line + 1}"
            problem = ", ".join(filter(None, (context, error.problem)))
            last_line = text.rstrip().count("\n") + 1  # what is missing at the end is missing there
            line = min(failed.line + 1, last_line) if failed else 1
            raise DocumentError(self._name, line, problem) from None

    def _document(self, event: yaml.DocumentStartEvent) -> None:
        self._documents += 1
        if self._documents > 1:
            self._refuse(_line(event), "a second document begins here; one is all that is read")

    def _begin(self, event: yaml.CollectionStartEvent, value: dict[str, JsonValue] | list[JsonValue]) -> None:
        if event.tag not in (None, "!"):
            self._refuse(_line(event), f"the tag {event.tag} is not supported")
        if len(self._open) == _MOST_LEVELS:
            self._refuse(_line(event), f"nested deeper than {_MOST_LEVELS} levels")
        self._open.append(_Open(value, _line(event), event.anchor))

    def _end(self, _event: yaml.CollectionEndEvent) -> None:
        ended = self._open.pop()
        self._anchor(ended.anchor, ended.value, ended.children, ended.size)
        self._put(ended.value, ended.line, ended.children, ended.size)

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        if event.tag not in (None, "!", _STR):
            self._refuse(_line(event), f"the tag {event.tag} is not supported")
        text: str = event.value
        is_plain = event.implicit[0] and event.tag is None
        value = self._resolved(text, _line(event)) if is_plain else text
        self._anchor(event.anchor, value, None, len(text) + 1)
        self._put(value, _line(event), None, len(text) + 1)

    def _alias(self, event: yaml.AliasEvent) -> None:
        if event.anchor not in self._anchored:
            self._refuse(_line(event), f"*{event.anchor} does not stand for anything complete above it")
        value, children, size = self._anchored[event.anchor]
        self._aliased += size
        if self._aliased > _MOST_ALIASED:
            self._refuse(_line(event), f"aliases stand for more than {_MOST_ALIASED} characters")
        self._put(value, _line(event), children, size)

    def _anchor(self, anchor: str | None, value: JsonValue, children: _Children | None, size: int) -> None:
        if anchor is not None:
            self._anchored[anchor] = (value, children, size)

    def _put(self, value: JsonValue, line: int, children: _Children | None, size: int) -> None:
        """Puts what is complete where it belongs: document, list item, or a mapping's key or value."""
        if not self._open:
            self.value, self.place = value, (line, children)
            return
        parent = self._open[-1]
        parent.size += size
        if isinstance(parent.value, list):
            parent.children[len(parent.value)] = (line, children)
            parent.value.append(value)
        elif parent.key is not None:
            parent.children[parent.key] = (parent.key_line, children)
            parent.value[parent.key] = value
            parent.key = None
        elif not isinstance(value, str):
            self._refuse(line, "a key has to be text; put it in quotes")
        elif value in parent.children:
            self._refuse(line, f"the key {value!r} stands twice, first on line {parent.children[value][0]}")
        else:
            parent.key, parent.key_line = value, line

    def _resolved(self, text: str, line: int) -> JsonValue:
        """What ``text`` without quotes means."""
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        if text[0] not in _NUMBER_BEGINS:
            return text
        if _INT.fullmatch(text):
            try:
                return int(text, _INT_BASES.get(text[:2], 10))
            except ValueError:  # Python bounds the digits: reading them takes quadratic time
                self._refuse(line, f"a number of {len(text)} digits is too long")
        if _FLOAT.fullmatch(text) and math.isfinite(number := float(text)):
            return number
        if _FLOAT.fullmatch(text) or _NOT_FINITE.fullmatch(text):
            self._refuse(line, f"the number {text} has no form in JSON; if it is text, put it in quotes")
        return text

    def _refuse(self, line: int, problem: str) -> NoReturn:
        raise DocumentError(self._name, line, problem)


def _line(event: yaml.Event) -> int:
    mark = event.start_mark
    return mark.line + 1 if mark else 1
