"""JavaScript without comments, indentation and empty lines.

Lines stay lines: where a statement ends without a semicolon, it still does. Nothing inside a string, a template or a
regular expression is touched. Whether a ``/`` divides or begins a regular expression is told by what stands before it.

Source: ECMA-262, 12 (lexical grammar).
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["stripped"]

_TOKEN: Final = re.compile(
    r"""
      (?P<line>//[^\n\r\u2028\u2029]*)
    | (?P<block>/\*.*?\*/)
    | (?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
    | (?P<template>`)
    | (?P<word>[\w$\u0080-\U0010ffff]+)
    | (?P<space>[^\S\n]+)
    | (?P<end>\n)
    | (?P<sign>\+\+|--|[^\s\w"'])
    """,
    re.VERBOSE | re.DOTALL,
)
_REGEX: Final = re.compile(r"/(?:\\[^\n]|\[(?:\\[^\n]|[^\]\\\n])*\]|[^/\\\[\n])+/")
_CHUNK: Final = re.compile(r"(?:\\.|\$(?!\{)|[^`\\$])*", re.DOTALL)

_BEFORE_REGEX: Final = frozenset(
    {
        *("await", "case", "delete", "do", "else", "extends", "in", "instanceof"),
        *("new", "of", "return", "throw", "typeof", "void", "yield"),
    }
)
"""Words after which no value ends."""
_GOES_ON: Final = frozenset({",", ";", "{", "(", "["})
"""Signs after which the end of a line ends nothing."""
_CLOSING: Final = frozenset({")", "]", "}"})
"""Signs before which the end of a line ends nothing, and ``}`` is the end of a statement itself."""
_WITH_CONDITION: Final = frozenset({"if", "for", "while", "with"})
"""Words whose parentheses are no value."""
_APART: Final = re.compile(r"[\w$\u0080-\U0010ffff][\w$\u0080-\U0010ffff#.]|\+\+|--|/.|[*]/", re.DOTALL)
"""What two signs or words would become another one with, were there no space between them: both their ends."""


def stripped(source: str, *, joined: bool = False) -> str:
    r"""``source`` without comments, indentation and empty lines; ``joined``: nor spaces and ends of lines in vain.

    >>> stripped("let a = `/*`  /* one */")
    'let a = `/*` '
    >>> stripped("let b = 1;\nlet c", joined=True)
    'let b=1;let c'

    Raises:
        ValueError: It is no JavaScript; the text says in which line.
    """
    return _Scanner(source, joined=joined).stripped()


class _Scanner:
    """Goes through a source once."""

    def __init__(self, source: str, *, joined: bool) -> None:
        self._joined = joined
        self._source = source.replace("\r\n", "\n")
        self._at = 0
        self._out: list[str] = []
        self._value_before = False
        """Whether a value ends here, so that a ``/`` would divide it."""
        self._word = ""
        """The word just before, if it is no property's."""
        self._condition_ends = -1
        """Where the parenthesis of the latest condition is behind."""
        self._open: list[str] = []
        """What is open: a parenthesis with the word before it, a brace, or a template's ``${``."""

    def stripped(self) -> str:
        while self._at < len(self._source):
            if self._source[self._at] == "/" and self._regex():
                continue
            found = _TOKEN.match(self._source, self._at)
            if found is None:
                raise self._wrong("a string that does not end")
            self._at = found.end()
            self._take(found.lastgroup or "", found[0])
        if self._open:
            raise ValueError(f"it ends inside of {self._open[-1]!r}")
        return "".join(self._out).lstrip("\n")

    def _take(self, kind: str, text: str) -> None:
        if kind not in {"line", "block", "space", "end"}:
            self._close_up(text)
        match kind:
            case "line":
                pass
            case "block":
                self._put("\n" if "\n" in text else " ")
            case "space":
                self._put(" ")
            case "end":
                self._put("\n")
            case "string":
                self._value(text)
            case "template":
                self._out.append(text)
                self._template()
            case "word":
                is_property = bool(self._out) and self._out[-1] in {".", "#"}
                self._out.append(text)
                self._word = "" if is_property else text
                self._value_before = is_property or text not in _BEFORE_REGEX
            case _:
                self._sign(text)

    def _put(self, blank: str) -> None:
        """Write a blank where one is needed: a line's end once, and a space neither before nor after it."""
        last = self._out[-1] if self._out else "\n"
        if last == "\n" or (last == " " and blank == " "):
            return
        if last == " ":
            self._out.pop()
        if self._joined and blank == "\n" and self._out and self._out[-1] in _GOES_ON:
            return
        self._out.append(blank)

    def _close_up(self, text: str) -> None:
        """Take back what stands before ``text`` where nothing needs it: a space, a line's or a statement's end."""
        if not self._joined or not self._out:
            return
        last = self._out[-1]
        line_in_vain = last == "\n" and text in _CLOSING
        if line_in_vain or (last == " " and not _APART.match(self._out[-2][-1] + text[0])):
            self._out.pop()
        if text == "}" and self._out[-1] == ";" and not self._is_statement(len(self._out) - 1):
            self._out.pop()

    def _is_statement(self, at: int) -> bool:
        """Whether the semicolon there is all that a condition, an ``else`` or a ``do`` has to do."""
        before = self._out[at - 1] if at else "\n"
        return before in {"else", "do", "\n"} or at == self._condition_ends

    def _value(self, text: str) -> None:
        self._out.append(text)
        self._word, self._value_before = "", True

    def _sign(self, sign: str) -> None:
        value_before = False
        match sign:
            case "(" | "[" | "{":
                self._open.append(self._word + sign)
            case ")" | "]" | "}":
                opened = self._open.pop() if self._open else ""
                if opened == "${":
                    self._out.append(sign)
                    self._template()
                    return
                if {"(": ")", "[": "]", "{": "}"}.get(opened[-1:]) != sign:
                    raise self._wrong(f"a {sign!r} that nothing opened")
                value_before = sign != "}" and opened[:-1] not in _WITH_CONDITION
                if opened[:-1] in _WITH_CONDITION:
                    self._condition_ends = len(self._out) + 1
            case "++" | "--":
                value_before = self._value_before
            case _:
                pass
        self._out.append(sign)
        self._word, self._value_before = "", value_before

    def _template(self) -> None:
        """Copy a template up to its end or the next ``${``."""
        found = _CHUNK.match(self._source, self._at)
        end = found.end() if found else self._at
        self._out.append(self._source[self._at : end])
        if self._source.startswith("${", end):
            self._at = end + 2
            self._out.append("${")
            self._open.append("${")
            self._word, self._value_before = "", False
        elif self._source.startswith("`", end):
            self._at = end + 1
            self._value("`")
        else:
            raise self._wrong("a template that does not end")

    def _regex(self) -> bool:
        """Copy a regular expression, if one begins here."""
        if self._value_before or self._source.startswith(("//", "/*"), self._at):
            return False
        found = _REGEX.match(self._source, self._at)
        if found is None:
            raise self._wrong("a regular expression that does not end")
        self._at = found.end()
        self._close_up(found[0])
        self._value(found[0])
        return True

    def _wrong(self, what: str) -> ValueError:
        line = self._source.count("\n", 0, self._at) + 1
        return ValueError(f"line {line}: {what}")
