"""Lists that come in pages: one iterator over all of them, or one page at a time.

Source: api.md, Resources (``{items, next}``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from handoff_sdk.errors import UnexpectedAnswer
from handoff_sdk.models.noun import Noun

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

__all__ = ["Page", "Pages", "Sheet"]

T = TypeVar("T")


class Sheet(Noun):
    """A page as it is on the wire."""

    items: list[Any]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page. ``next`` is what :meth:`Pages.page` takes for the page after it; ``None`` on the last."""

    items: tuple[T, ...]
    next: str | None = None


class Pages(Generic[T]):
    """A list on the engine. Nothing is fetched before somebody asks.

    ``async for item in pages`` goes through all of it, page by page; it may be gone through again, which fetches anew.
    """

    def __init__(self, fetch: Callable[[str | None], Awaitable[Page[T]]]) -> None:
        self._fetch = fetch

    async def page(self, after: str | None = None) -> Page[T]:
        """The first page, or the one that a page's ``next`` names."""
        return await self._fetch(after)

    async def first(self) -> T | None:
        """The first item; ``None`` where there is none."""
        page = await self._fetch(None)
        return page.items[0] if page.items else None

    async def all(self) -> list[T]:
        """All items at once."""
        return [item async for item in self]

    async def __aiter__(self) -> AsyncIterator[T]:
        async for page in self.pages():
            for item in page.items:
                yield item

    async def pages(self) -> AsyncIterator[Page[T]]:
        """All pages, one after the other."""
        after: str | None = None
        while True:
            page = await self._fetch(after)
            yield page
            if page.next is None:
                return
            if page.next == after:
                raise UnexpectedAnswer(f"The list does not end: its page after {after!r} names itself as the next one.")
            after = page.next
