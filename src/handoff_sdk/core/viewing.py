"""What a saved view shows: which tickets, and in which order.

Source: config.md (``views``).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from handoff_sdk.core.facts import Asked, View, instant_of
from handoff_sdk.core.rulebook import rulebook
from handoff_sdk.models.condition import TIMED
from handoff_sdk.models.ticket import CATEGORIES, PRIORITIES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from handoff_sdk.core.thread import Thread
    from handoff_sdk.models.config import DeskConfig
    from handoff_sdk.models.ticket import Ticket
    from handoff_sdk.models.view import SavedView

__all__ = ["shown", "statuses_of"]

_RANK: Final[dict[object, int]] = {priority: rank for rank, priority in enumerate(PRIORITIES)}
_NEVER: Final = datetime.max.replace(tzinfo=UTC)


def statuses_of(view: SavedView) -> tuple[str, ...]:
    """The statuses that tickets of a view may have; closed ones are only in a view that asks for them."""
    asked = [
        frozenset(map(str, condition.value if isinstance(condition.value, tuple) else (condition.value,)))
        for condition in view.all
        if condition.field == "status" and condition.op in {"is", "in"}
    ]
    return tuple(sorted(frozenset.intersection(*asked) if asked else CATEGORIES - {"closed"}))


def shown(
    view: SavedView, tickets: Iterable[tuple[Thread, Ticket]], *, now: datetime, config: DeskConfig
) -> list[Ticket]:
    """The tickets of which the view's conditions hold, in its order.

    Args:
        view: One of the configuration's.
        tickets: Tickets with their conversations, the newest first.
        now: The present instant, UTC.
        config: The configuration in force.
    """
    holds = rulebook(config).views[view.name]
    found = []
    for thread, ticket in tickets:
        seen = View(thread.conversation, thread.customer, ticket, thread.clocks, now, config)
        facts = Asked(seen)
        if holds(facts):
            found.append((tuple(_place(field, facts, seen) for field in view.sort), ticket))
    return [ticket for _, ticket in sorted(found, key=_by_place)]


def _place(field: str, facts: Asked, seen: View) -> tuple[Any, ...]:
    """Where a field puts a ticket: the emptiness, then what is compared, each kind with its own."""
    if field in TIMED:
        return (instant_of(field, seen) or _NEVER,)
    value = facts.now(field)
    if field == "priority":
        return (_RANK[value],)
    if isinstance(value, (int, float)):
        return (0, "", value)
    return (value is None, "" if value is None else str(value).casefold(), 0)


def _by_place(entry: tuple[tuple[tuple[Any, ...], ...], Ticket]) -> tuple[tuple[Any, ...], ...]:
    return entry[0]
