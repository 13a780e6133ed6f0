"""Lists, page by page: ``{items, next}``, where ``next`` is an opaque cursor, or ``null`` on the last page.

Source: api.md, Resources.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING, Annotated, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, Field

from handoff_sdk.errors import FieldError, InvalidRequest
from handoff_sdk.models.noun import Command

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Page", "PageQuery", "cursor", "offset", "page", "page_from"]

Item = TypeVar("Item")
_LONGEST_COUNT = 9
_CURSOR = re.compile(r"[A-Za-z0-9_-]{1,400}")


class Page(BaseModel, Generic[Item]):
    """One page of a list; ``next`` goes into ``page`` for the one after it."""

    items: list[Item]
    next: str | None


def cursor(last: str) -> str:
    """The cursor of the page that begins after the item with this id.

    >>> cursor("cnv_1")
    'Y252XzE'
    """
    return urlsafe_b64encode(last.encode()).decode().rstrip("=")


def _last(text: str) -> str:
    try:
        last = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode() if _CURSOR.fullmatch(text) else ""
    except ValueError:
        last = ""
    if not last or not last.isascii() or not last.isprintable() or cursor(last) != text:
        message = "is not a cursor; give back the 'next' of the page before"
        raise ValueError(message)
    return last


class PageQuery(Command):
    """Which page of a list: ``page`` is the ``next`` of the page before."""

    limit: Annotated[int, Field(ge=1, le=100)] = 25
    page: Annotated[str, AfterValidator(_last), Field(max_length=400)] | None = None


def offset(query: PageQuery) -> int:
    """How many come before a page of a list that has an order of its own: its cursors count.

    Raises:
        InvalidRequest: It is not a cursor of such a list.
    """
    last = query.page or "0"
    if not last.isdecimal() or len(last) > _LONGEST_COUNT:
        problem = "is not a cursor; give back the 'next' of the page before"
        raise InvalidRequest(f"page: {problem}.", [FieldError("page", problem)])
    return int(last)


def page_from(found: Sequence[Item], limit: int, after: int) -> dict[str, object]:
    """A page of a list that has an order of its own; ``found`` is one more than ``limit`` where there are so many."""
    return {"items": found[:limit], "next": cursor(str(after + limit)) if len(found) > limit else None}


def page(
    found: Sequence[Item], limit: int, shown: Callable[[Item], object], key: Callable[[Item], str]
) -> dict[str, object]:
    """A page of what was found.

    Args:
        found: One more than ``limit``, where there are so many.
        limit: The most a page holds.
        shown: What the caller may see of one.
        key: The id of one.
    """
    items = found[:limit]
    return {
        "items": [shown(item) for item in items],
        "next": cursor(key(items[-1])) if len(found) > limit else None,
    }
