"""A bot: handlers for what customers write, and the loop that serves them.

Source: sdk.md, A bot.
"""

from __future__ import annotations

import asyncio
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

from handoff_sdk.bot.handlers import Handlers
from handoff_sdk.bot.runner import Runner
from handoff_sdk.bot.runtime import Runtime
from handoff_sdk.client.client import HandoffClient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from handoff_sdk.models.event import Event
    from handoff_sdk.models.turn import Turn

__all__ = ["Bot"]


class Bot(Handlers):
    """A bot of one name. Handlers are tried in the order they were written; the first that matches answers.

    ::

        bot = Bot("acme-bot")

        @bot.on_message(contains="refund")
        async def refund(chat: Chat) -> None:
            order = await chat.ask("What is your order number?", pattern="[0-9]{4,}")
            returned = await chat.handoff(priority="high", fields={"order": order}, say="I am getting a colleague.")
            if returned.reason == "nobody_available":
                await chat.say("Nobody was free.")

        bot.run("http://localhost:8080", api_key="hk_...")

    A handler may wait: for an answer, for people, for days. Meanwhile nothing of it is in memory; it goes on where it
    was, in this process or another, and nothing is said twice. So it runs from its top again and again, and must do the
    same each time: what is not a step of ``chat`` and may differ (time, chance, other services) goes through
    ``chat.once``.

    A message that no handler matches is handed off with the tag ``bot_no_answer``, one whose handler raises with
    ``bot_error``, and one that waited for code which is not there any more with ``dialogue_changed``: nobody is left in
    silence.

    Args:
        name: The bot's name.
        brands: The brands whose new conversations it owns where the configuration names no bot.
        version: What the handlers are called as they are now; see the method ``version``.
        at_once: How many conversations may be answered at the same time; others wait.
        grace: How many seconds running handlers have to finish when the bot stops.

    Raises:
        ValueError: A setting makes no sense.
    """

    def __init__(
        self,
        name: str,
        *,
        brands: Iterable[str] = ("default",),
        version: str = "1",
        at_once: int = 50,
        grace: float = 10.0,
    ) -> None:
        super().__init__()
        if not name or at_once < 1 or grace < 0:
            raise ValueError("A bot needs a name, at_once of 1 or more, and a grace of 0 seconds or more.")
        self._name = name
        self._current = version
        self._brands = tuple(brands)
        self._at_once = at_once
        self._grace = grace
        self._versions: dict[str, Handlers] = {}
        self._runtimes: set[Runtime] = set()

    @property
    def name(self) -> str:
        """The bot's name."""
        return self._name

    @property
    def brands(self) -> tuple[str, ...]:
        """The brands it registers for."""
        return self._brands

    @property
    def current(self) -> str:
        """The version that new dialogues begin with."""
        return self._current

    def version(self, version: str) -> Handlers:
        """The handlers of an earlier version: dialogues that began with it go on with these, and no new ones begin.

        ::

            bot = Bot("acme-bot", version="2")
            before = bot.version("1")

            @before.on_message(contains="refund")
            async def refund(chat: Chat) -> None: ...  # as it was

        """
        if version == self._current:
            return self
        return self._versions.setdefault(version, Handlers())

    def handlers(self, version: str) -> Handlers:
        """The handlers of a version; the present ones where none are kept for it."""
        return self._versions.get(version, self)

    async def take(self, turn: Turn, client: HandoffClient, *, consumer: str) -> None:
        """Play one turn to its end. ``serve`` does so with every turn it leases.

        Args:
            turn: The turn.
            client: A client with a key of the role ``bot``.
            consumer: For whom the turn was leased.
        """
        await Runner(self, turn, client, consumer=consumer).play()

    async def hear(self, event: Event, client: HandoffClient) -> None:
        """Let the handlers of ``on_started`` and ``on_standby`` have an event. ``serve`` does so with all it reads.

        Args:
            event: The event, as staff read it.
            client: A client with a key of the role ``bot``.
        """
        await Runtime(self, client, brands=self._brands, at_once=self._at_once, grace=self._grace).hear(event)

    async def serve(self, client: HandoffClient, *, cursor: int | None = None) -> None:
        """Answer until stopped or cancelled. Waits for an engine that is not up (yet, or for a while).

        Args:
            client: A client with a key of the role ``bot``.
            cursor: Where the reading of events begins (``on_started``, ``on_standby``); turns wait in any case.

        Raises:
            HandoffError: The engine does not let this client be the bot.
        """
        runtime = Runtime(self, client, brands=self._brands, at_once=self._at_once, grace=self._grace)
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
            HandoffError: The engine does not let this key be the bot.
        """
        asyncio.run(self._run(url, api_key))

    async def _run(self, url: str, api_key: str) -> None:
        async with HandoffClient(url, api_key=api_key) as client:
            with _signals(self.stop):
                await self.serve(client)


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
