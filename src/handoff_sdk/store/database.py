"""A database as a store speaks to it.

It says three things of its own: how it reads, how it writes one step, and how it carries a procedure out.

Source: house page, decisions 4 and 8.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from handoff_sdk.store.pages import Pages
    from handoff_sdk.store.procedures import Asked, Procedure
    from handoff_sdk.store.statement import Row, Statement
    from handoff_sdk.store.statements import Statements
    from handoff_sdk.store.step import Step

__all__ = ["Database"]

T = TypeVar("T")


class Database(ABC):
    """The database that ``statements`` and ``pages`` are written for."""

    def __init__(self, statements: Statements, pages: Pages) -> None:
        self._sql = statements
        self._pages = pages

    @abstractmethod
    async def _read(self, asked: Asked, take: Callable[[Iterable[Row]], T]) -> T:
        """What ``take`` makes of the rows of a statement that only reads."""

    async def _read_each(self, asked: Sequence[Asked], take: Callable[[Iterable[Row]], T]) -> list[T]:
        """What ``take`` makes of the rows of each of these statements."""
        return [await self._read(each, take) for each in asked]

    @abstractmethod
    async def _write(self, step: Step) -> None:
        """Do one step, durably."""

    @abstractmethod
    async def _do(self, procedure: Procedure[T]) -> T:
        """Carry a procedure out in one transaction, durably."""

    async def _all(self, asked: Asked, read: Callable[[Row], T]) -> list[T]:
        """What ``read`` makes of each row."""
        return await self._read(asked, lambda found: [read(row) for row in found])

    async def _one(self, asked: Statement, this: str, read: Callable[[Any], T]) -> T | None:
        """The first column of the first row."""
        row = asked.row({"this": this})
        return await self._read((asked.sql, row), lambda found: next((read(first) for first, *_ in found), None))
