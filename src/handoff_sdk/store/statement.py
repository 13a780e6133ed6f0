"""A statement as SQL text for one database, and the parameters that it is written with.

What comes out is text and the order of its parameters: the hot path never touches SQLAlchemy.

Source: house page, Rooms (store) and decision 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from sqlalchemy import BigInteger, Text, bindparam

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy.engine import Dialect
    from sqlalchemy.sql.compiler import SQLCompiler
    from sqlalchemy.sql.elements import BindParameter, ClauseElement

__all__ = ["Row", "Statement", "compiled", "number", "text"]

Row: TypeAlias = tuple[Any, ...]
"""Values in the order of a statement's parameters."""


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL text for one database; ``row`` puts named values, among others, into the order of its parameters."""

    sql: str
    row: Callable[[Mapping[str, Any]], Row]


def compiled(statement: ClauseElement, dialect: Dialect) -> Statement:
    """A statement as SQL text. Values that SQLAlchemy made parameters of by itself are filled in by ``row``."""
    result = cast("SQLCompiler", statement.compile(dialect=dialect))
    names = tuple(result.positiontup or ())
    fixed = {name: value for name, value in result.params.items() if value is not None}
    if not names:
        return Statement(result.string, lambda _: ())
    picked = itemgetter(*names) if len(names) > 1 else lambda values: (values[names[0]],)
    if fixed:
        return Statement(result.string, lambda values: picked({**fixed, **values}))
    return Statement(result.string, picked)


@cache
def text(name: str) -> BindParameter[str]:
    """A parameter that is text."""
    return bindparam(name, type_=Text)


@cache
def number(name: str) -> BindParameter[int]:
    """A parameter that is a number, or an instant."""
    return bindparam(name, type_=BigInteger)
