"""Handlers: what a bot does when something happens, and which of them is meant.

The first in the order they were written whose filters all hold answers. A handler has a name, its function's, by which
a dialogue that waits finds it again.

Source: sdk.md, A bot (other handlers, match order).
"""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast, overload

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable

    from handoff_sdk.bot.chat import Chat

__all__ = ["ErrorHandler", "Filter", "Handler", "Handlers", "Rule"]

Handler: TypeAlias = "Callable[[Chat], Coroutine[Any, Any, None]]"
ErrorHandler: TypeAlias = "Callable[[Chat, Exception], Coroutine[Any, Any, None]]"
Filter: TypeAlias = "Callable[[Chat], bool]"

H = TypeVar("H", bound=Handler)
E = TypeVar("E", bound=ErrorHandler)


@dataclass(frozen=True, slots=True)
class Rule:
    """A handler, its name, and what must hold for it. One that ``interrupts`` is asked even while a dialogue waits."""

    name: str
    handler: Handler
    filters: tuple[Filter, ...] = ()
    interrupts: bool = False

    def matches(self, chat: Chat) -> bool:
        """Whether all filters hold."""
        return all(holds(chat) for holds in self.filters)


class Handlers:
    """The handlers of one version of a bot."""

    def __init__(self) -> None:
        self._rules: dict[str, list[Rule]] = {"message": [], "started": [], "returned": [], "standby": []}
        self._names: dict[str, Rule] = {}
        self._on_error: ErrorHandler | None = None
        self._idle_filters: list[Filter] = []

    @overload
    def on_message(self, handler: H, /) -> H: ...

    @overload
    def on_message(
        self,
        filter_: Filter | None = None,
        /,
        *,
        contains: str | Iterable[str] | None = None,
        matches: str | re.Pattern[str] | None = None,
        payload: str | None = None,
        when: Filter | None = None,
        interrupts: bool = False,
    ) -> Callable[[H], H]: ...

    def on_message(
        self,
        given: H | Filter | None = None,
        /,
        *,
        contains: str | Iterable[str] | None = None,
        matches: str | re.Pattern[str] | None = None,
        payload: str | None = None,
        when: Filter | None = None,
        interrupts: bool = False,
    ) -> H | Callable[[H], H]:
        """Answer messages of customers whom the bot serves: all, or those for which all filters given hold.

        Args:
            given: The handler, where the decorator is written without parentheses; or a condition, as ``when``.
            contains: The text has this word or phrase, or one of these, somewhere, in capitals or not.
            matches: The text has a match of this regular expression; one given as text takes no notice of capitals.
            payload: The customer tapped the quick reply with this payload.
            when: Any condition of your own.
            interrupts: Whether it also answers while a dialogue waits for an answer, which ends that dialogue.

        Raises:
            TypeError: The handler is not a coroutine function, or a filter is one.
            ValueError: A filter makes no sense.
        """
        if given is not None and _is_coroutine_function(given):
            self._add("message", cast("H", given))
            return cast("H", given)
        condition = cast("Filter | None", given)
        chosen = filters(contains, matches, payload, [one for one in (condition, when) if one is not None])
        if condition is not None:
            self._idle_filters.append(condition)

        def decorate(handler: H) -> H:
            self._add("message", handler, chosen, interrupts=interrupts)
            if condition in self._idle_filters:
                self._idle_filters.remove(condition)
            return handler

        return decorate

    def on_started(self, handler: H, /) -> H:
        """Greet: act when a conversation of the bot begins, before its first message is answered. It cannot wait.

        Raises:
            TypeError: The handler is not a coroutine function.
        """
        self._add("started", handler)
        return handler

    def on_returned(self, handler: H, /) -> H:
        """Act when people give a conversation back; ``chat.returned`` says what happened. Without it the bot is silent.

        It is not called where the handler that handed off goes on itself.

        Raises:
            TypeError: The handler is not a coroutine function.
        """
        self._add("returned", handler)
        return handler

    def on_standby(self, handler: H, /) -> H:
        """Read along while people own the conversation: each message, in every process of the bot. Nothing can be said.

        The engine's own lines are left out.

        Raises:
            TypeError: The handler is not a coroutine function.
        """
        self._add("standby", handler)
        return handler

    def on_error(self, handler: E, /) -> E:
        """Act when a handler raised, instead of handing off: ``async def failed(chat, error)``. It cannot wait.

        Raises:
            TypeError: The handler is not a coroutine function.
        """
        if not _is_coroutine_function(handler):
            raise TypeError(f"A handler is a coroutine function: write 'async def', not {handler!r}.")
        self._on_error = handler
        return handler

    def check(self) -> None:
        """Let only handlers be served that are whole.

        Raises:
            TypeError: A handler was written without ``async``, and so was taken for a condition of no handler.
        """
        if self._idle_filters:
            raise TypeError(f"A handler is a coroutine function: write 'async def', not {self._idle_filters[0]!r}.")

    @property
    def error_handler(self) -> ErrorHandler | None:
        """What acts when a handler raised."""
        return self._on_error

    def rules(self, event: str) -> tuple[Rule, ...]:
        """The rules for ``message``, ``started``, ``returned`` or ``standby``, in order."""
        return tuple(self._rules[event])

    def first(self, event: str, chat: Chat, *, interrupting: bool = False) -> Rule | None:
        """The first rule that matches; with ``interrupting`` only of those that interrupt."""
        rules = [rule for rule in self._rules[event] if rule.interrupts or not interrupting]
        return next((rule for rule in rules if rule.matches(chat)), None)

    def named(self, name: str) -> Rule | None:
        """The rule of this name."""
        return self._names.get(name)

    def _add(self, event: str, handler: Handler, filters: tuple[Filter, ...] = (), *, interrupts: bool = False) -> None:
        if not _is_coroutine_function(handler):
            raise TypeError(f"A handler is a coroutine function: write 'async def', not {handler!r}.")
        name = first = f"{event}:{getattr(handler, '__qualname__', type(handler).__qualname__)}"
        number = 1
        while name in self._names:
            number += 1
            name = f"{first}#{number}"
        rule = Rule(name, handler, filters, interrupts)
        self._names[name] = rule
        self._rules[event].append(rule)


def filters(
    contains: str | Iterable[str] | None = None,
    matches: str | re.Pattern[str] | None = None,
    payload: str | None = None,
    conditions: Iterable[Filter] = (),
) -> tuple[Filter, ...]:
    """The filters that a decorator's arguments mean.

    Raises:
        ValueError: ``matches`` is not a regular expression, or ``contains`` is empty.
        TypeError: A condition is a coroutine function.
    """
    found: list[Filter] = []
    if contains is not None:
        found.append(_contains([contains] if isinstance(contains, str) else contains))
    if matches is not None:
        found.append(_matches(matches))
    if payload is not None:
        found.append(lambda chat: chat.payload == payload)
    for condition in conditions:
        if _is_coroutine_function(condition):
            raise TypeError("A filter answers at once; it cannot be a coroutine function.")
        if not callable(condition):
            raise TypeError(f"A filter is a function that takes a chat, not {condition!r}.")
        found.append(condition)
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


def _is_coroutine_function(function: object) -> bool:
    called = getattr(function, "__call__", None)  # noqa: B004 - asks whether the call is a coroutine
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(called)
