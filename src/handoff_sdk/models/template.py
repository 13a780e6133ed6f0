"""Texts for customers with blanks to fill in: Liquid, and less of it, so that no text takes time, memory or the clock.

A text has outputs, conditions, loops over lists it is given, ``assign`` and ``capture``. Left out are what reads files
or the clock, what writes HTML, arithmetic, ranges, and filters that multiply (``split``, ``replace``). A value that is
missing is empty. A text without ``{{`` or ``{%`` is said as it is.

python-liquid comes with the server extra alone, so it is imported when the first text with a blank is met.

Source: config.md, Actions (``say``); house page, decision 9.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from itertools import takewhile
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from liquid import BoundTemplate, Environment
    from liquid.ast import Node
    from liquid.expression import Expression

__all__ = ["LONGEST", "asked_in", "filled", "problem_of"]

LONGEST: Final = 4096
"""The most characters of a message's text (api.md, Message content)."""

_TAGS: Final = frozenset(
    {
        *("content", "output", "illegal"),  # what stands outside of tags
        *("if", "unless", "case", "for", "break", "continue", "assign", "capture", "comment", "#"),
    }
)
_FILTERS: Final = frozenset(
    {
        *("append", "capitalize", "default", "downcase", "first", "join", "last", "lstrip", "prepend", "remove"),
        *("rstrip", "size", "slice", "squish", "strip", "strip_newlines", "truncate", "truncatewords", "upcase"),
    }
)
_MOST_LEVELS: Final = 20
_MOST_ITERATIONS: Final = 1000
_MOST_BYTES: Final = 4 * LONGEST


class _Unfit(Exception):
    """A text that liquid takes, but we do not."""


def problem_of(text: str) -> str | None:
    """Why a text cannot be said to customers, or ``None``; one with every value missing has to say something too.

    >>> problem_of("Hello {{ customer.name")
    "is not valid Liquid: expected '}}', found end of file"
    """
    if not 0 < len(text) <= LONGEST:
        return f"has to have 1 to {LONGEST} characters"
    if not _has_blanks(text):
        return None if text.strip() else "says nothing"
    try:
        from liquid.exceptions import LiquidError  # noqa: PLC0415
    except ModuleNotFoundError:  # the engine that says it has it
        return None
    try:
        said = _said(text, {})
    except LiquidError as error:
        return f"is not valid Liquid: {error.message}"
    except _Unfit as error:
        return str(error)
    return None if said else "says nothing where the values are missing; give them a default"


def filled(text: str, values: Mapping[str, object]) -> str:
    """A text that has no problem, with its blanks filled in.

    Where the values make it fail, too long or empty, it is said as if they were missing.

    >>> filled("Hello {{ customer.name | default: 'there' }}", {"customer": {"name": "Mia"}})
    'Hello Mia'
    """
    if not _has_blanks(text):
        return text
    from liquid.exceptions import LiquidError  # noqa: PLC0415

    try:
        said = _said(text, values)
    except (LiquidError, _Unfit):
        said = ""
    return said or _said(text, {})


def asked_in(text: str) -> tuple[tuple[str, ...], ...]:
    """The values that a text without a problem asks for, each as the names on the way to it, in the order of the text.

    Its own variables are none of them.

    >>> asked_in("{% assign who = customer.name %}{{ who }}: {{ ticket.number }}")
    (('customer', 'name'), ('ticket', 'number'))
    """
    if not _has_blanks(text):
        return ()
    asked = (variable for named in _parsed(text).analyze().globals.values() for variable in named)
    in_order = sorted(asked, key=lambda variable: variable.span.index)
    return tuple(dict.fromkeys(tuple(map(str, takewhile(_is_name, each.segments))) for each in in_order))


def _is_name(part: object) -> bool:
    return isinstance(part, str)


def _has_blanks(text: str) -> bool:
    return "{{" in text or "{%" in text


def _said(text: str, values: Mapping[str, object]) -> str:
    """What a text says; empty where that is only white space."""
    said = _parsed(text).render(**values)
    if len(said) > LONGEST:
        raise _Unfit(f"says more than {LONGEST} characters")
    return said if said.strip() else ""


@lru_cache(maxsize=1024)
def _parsed(text: str) -> BoundTemplate:
    template = _environment().from_string(text)
    if _levels(template) > _MOST_LEVELS:
        raise _Unfit("is nested too deeply")
    for name in template.analyze().filters:
        if name not in _FILTERS:
            raise _Unfit(f"there is no filter {name!r}; there are {', '.join(sorted(_FILTERS))}")
    return template


@cache
def _environment() -> Environment:
    from liquid import Environment  # noqa: PLC0415

    class Limited(Environment):
        """Liquid with limits."""

        output_stream_limit = _MOST_BYTES
        loop_iteration_limit = _MOST_ITERATIONS
        local_namespace_limit = _MOST_BYTES

        def setup_tags_and_filters(self, *, extra: bool = False) -> None:
            super().setup_tags_and_filters(extra=extra)
            self.tags = {name: tag for name, tag in self.tags.items() if name in _TAGS}

    return Limited()


def _levels(template: BoundTemplate) -> int:
    """How deeply a template is nested."""
    from liquid import RenderContext  # noqa: PLC0415
    from liquid.builtin.expressions.primitive import RangeLiteral  # noqa: PLC0415

    context = RenderContext(template)
    nodes: list[tuple[int, Node]] = [(1, node) for node in template.nodes]
    expressions: list[tuple[int, Expression]] = []
    deepest = 0
    while nodes:
        level, node = nodes.pop()
        deepest = max(deepest, level)
        nodes += [(level + 1, child) for child in node.children(context, include_partials=False)]
        expressions += [(level + 1, expression) for expression in node.expressions()]
    while expressions:
        level, expression = expressions.pop()
        deepest = max(deepest, level)
        if isinstance(expression, RangeLiteral):
            raise _Unfit("has a range, and ranges are not supported")
        expressions += [(level + 1, child) for child in expression.children()]
    return deepest
