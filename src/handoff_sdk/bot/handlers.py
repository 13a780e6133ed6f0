"""Which handler answers: the first, in the order they were written, whose filters all hold."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable
    from typing import Any

    from .chat import Chat

Handler: TypeAlias = "Callable[[Chat], Coroutine[Any, Any, None]]"
Filter: TypeAlias = "Callable[[Chat], bool]"

__all__ = ["Filter", "Handler", "Rule", "filters", "first_match"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A handler and what must hold for it."""

    handler: Handler
    filters: tuple[Filter, ...] = ()

    def matches(self, chat: Chat) -> bool:
        """Whether all filters hold."""
        return all(holds(chat) for holds in self.filters)


def first_match(rules: Iterable[Rule], chat: Chat) -> Handler | None:
    """The handler of the first rule that matches."""
    return next((rule.handler for rule in rules if rule.matches(chat)), None)


def filters(
    contains: str | Iterable[str] | None = None,
    matches: str | re.Pattern[str] | None = None,
    payload: str | None = None,
    when: Filter | None = None,
) -> tuple[Filter, ...]:
    """The filters that a decorator's arguments mean.

    Args:
        contains: The text has this word or phrase, or one of these, somewhere, in capitals or not.
        matches: The text has a match of this regular expression; one given as text takes no notice of capitals.
        payload: The customer tapped the quick reply with this payload.
        when: Any condition.

    Raises:
        ValueError: ``matches`` is not a regular expression, or ``contains`` is empty.
        TypeError: ``when`` is a coroutine function.
    """
    found: list[Filter] = []
    if contains is not None:
        found.append(_contains([contains] if isinstance(contains, str) else contains))
    if matches is not None:
        found.append(_matches(matches))
    if payload is not None:
        found.append(lambda chat: chat.payload == payload)
    if when is not None:
        if inspect.iscoroutinefunction(when):
            raise TypeError("'when' answers at once; it cannot be a coroutine function.")
        found.append(when)
    return tuple(found)


def _contains(parts: Iterable[str]) -> Filter:
    folded = [part.casefold() for part in parts]
    if not all(folded) or not folded:
        raise ValueError("contains: give at least one text, and none that is empty.")

    def holds(chat: Chat) -> bool:
        text = chat.text.casefold()
        return any(part in text for part in folded)

    return holds


def _matches(pattern: str | re.Pattern[str]) -> Filter:
    try:
        compiled = re.compile(pattern, re.IGNORECASE) if isinstance(pattern, str) else pattern
    except re.error as error:
        raise ValueError(f"matches: {pattern!r} is not a regular expression: {error}.") from None
    return lambda chat: compiled.search(chat.text) is not None
