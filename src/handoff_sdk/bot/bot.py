"""A bot: handlers for what customers write, and the loop that serves them.

Source: sdk.md, A bot.
"""

from __future__ import annotations

import asyncio
import inspect
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar, overload

from handoff_sdk.client.client import HandoffClient

from .handlers import Handler, Rule, filters, first_match
from .runtime import Runtime

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable, Iterator

    from .chat import Chat
    from .handlers import Filter

__all__ = ["Bot"]

H = TypeVar("H", bound=Handler)


class Bot:
    """A bot of one name. Handlers are tried in the order they were written; the first that matches answers.

    ::

        bot = Bot("acme-bot")

        @bot.on_message(contains="refund")
        async def refund(chat: Chat) -> None:
            await chat.handoff(priority="high", say="I am getting a colleague.")

        bot.run("http://localhost:8080", api_key="hk_...")

    A message that no handler matches is handed off with the tag ``bot_no_answer``, one whose handler raises with
    ``bot_error``: nobody is left in silence.

    Args:
        name: The bot's name, as the desk's configuration has it for a brand.
        at_once: How many conversations may be answered at the same time; others wait.
        grace: How many seconds running handlers have to finish when the bot stops.

    Raises:
        ValueError: A setting makes no sense.
    """

    def __init__(self, name: str, *, at_once: int = 50, grace: float = 10.0) -> None:
        if not name or at_once < 1 or grace < 0:
            raise ValueError("A bot needs a name, at_once of 1 or more, and a grace of 0 seconds or more.")
        self.name = name
        self._at_once = at_once
        self._grace = grace
        self._on_message: list[Rule] = []
        self._on_returned: list[Rule] = []
        self._runtimes: set[Runtime] = set()

    @overload
    def on_message(self, handler: H, /) -> H: ...

    @overload
    def on_message(
        self,
        /,
        *,
        contains: str | Iterable[str] | None = None,
        matches: str | re.Pattern[str] | None = None,
        payload: str | None = None,
        when: Filter | None = None,
    ) -> Callable[[H], H]: ...

    def on_message(
        self,
        handler: H | None = None,
        /,
        *,
        contains: str | Iterable[str] | None = None,
        matches: str | re.Pattern[str] | None = None,
        payload: str | None = None,
        when: Filter | None = None,
    ) -> H | Callable[[H], H]:
        """Answer messages of customers whom the bot serves: all, or those for which all filters given hold.

        Args:
            handler: The handler, where the decorator is written without parentheses.
            contains: The text has this word or phrase, or one of these, somewhere, in capitals or not.
            matches: The text has a match of this regular expression; one given as text takes no notice of capitals.
            payload: The customer tapped the quick reply with this payload.
            when: Any condition of your own.

        Raises:
            TypeError: The handler is not a coroutine function.
            ValueError: A filter makes no sense.
        """
        chosen = filters(contains, matches, payload, when)

        def decorate(handler: H) -> H:
            self._on_message.append(Rule(_checked(handler), chosen))
            return handler

        return decorate if handler is None else decorate(handler)

    def on_returned(self, handler: H, /) -> H:
        """Act when people give a conversation back; ``chat.returned`` says what happened. Without it the bot is silent.

        Raises:
            TypeError: The handler is not a coroutine function.
        """
        self._on_returned.append(Rule(_checked(handler)))
        return handler

    async def serve(self, client: HandoffClient, *, cursor: int | None = None) -> None:
        """Answer until stopped or cancelled. Waits for an engine that is not up (yet, or for a while).

        Args:
            client: A client with a key of the role ``bot``.
            cursor: The last event that was answered; without it only what happens from now on is.

        Raises:
            HandoffError: The engine does not let this client follow its events.
        """
        runtime = Runtime(self.name, self._handler, client, at_once=self._at_once, grace=self._grace)
        self._runtimes.add(runtime)
        try:
            await runtime.run(cursor)
        finally:
            self._runtimes.discard(runtime)

    def stop(self) -> None:
        """Take no more turns; ``serve`` returns when the running ones are through. Called again, they are cancelled."""
        for runtime in self._runtimes:
            runtime.stop()

    def run(self, url: str, *, api_key: str) -> None:
        """Serve until the process is told to stop (SIGINT or SIGTERM; a second one does not wait for running handlers).

        Args:
            url: Where the engine is.
            api_key: A key of the role ``bot``.

        Raises:
            HandoffError: The engine does not let this key follow its events.
        """
        asyncio.run(self._run(url, api_key))

    async def _run(self, url: str, api_key: str) -> None:
        async with HandoffClient(url, api_key=api_key) as client:
            with _signals(self.stop):
                await self.serve(client)

    def _handler(self, chat: Chat) -> Handler | None:
        return first_match(self._on_returned if chat.message is None else self._on_message, chat)


def _checked(handler: H) -> H:
    if not inspect.iscoroutinefunction(handler) and not inspect.iscoroutinefunction(
        getattr(handler, "__call__", None)  # noqa: B004 - asks whether the call is a coroutine, not whether there is one
    ):
        raise TypeError(f"A handler is a coroutine function: write 'async def', not {handler!r}.")
    return handler


@contextmanager
def _signals(stop: Callable[[], None]) -> Iterator[None]:
    """Call ``stop`` at SIGINT and SIGTERM, where this thread and system can."""
    loop = asyncio.get_running_loop()
    taken = []
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop)
        except (NotImplementedError, RuntimeError, ValueError):
            break
        taken.append(number)
    try:
        yield
    finally:
        for number in taken:
            loop.remove_signal_handler(number)
