"""A bot: handlers for what customers write, and the two ways to serve them: a loop, and webhooks.

Source: sdk.md, A bot.
"""

from __future__ import annotations

import asyncio
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

from handoff_sdk.bot.beside import Beside
from handoff_sdk.bot.handlers import Handlers
from handoff_sdk.bot.runner import Runner
from handoff_sdk.bot.runtime import Runtime
from handoff_sdk.bot.webhook import Woken, aiohttp_handler, secret_of
from handoff_sdk.client.client import HandoffClient
from handoff_sdk.client.webhooks import verify_webhook
from handoff_sdk.models.command import BOT_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from handoff_sdk.bot.webhook import WebHandler
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
        brands: str | Iterable[str] = ("default",),
        version: str = "1",
        at_once: int = 50,
        grace: float = 10.0,
    ) -> None:
        super().__init__()
        if not name or at_once < 1 or grace < 0:
            raise ValueError("A bot needs a name, at_once of 1 or more, and a grace of 0 seconds or more.")
        if not BOT_NAME.fullmatch(name):
            raise ValueError(f"A bot's name has at most 64 letters, digits and '_.@-', not {name!r}.")
        self._name = name
        self._current = version
        self._brands = (brands,) if isinstance(brands, str) else tuple(brands)
        self._at_once = at_once
        self._grace = grace
        self._versions: dict[str, Handlers] = {}
        self._runtimes: set[Runtime] = set()
        self._woken = Woken(self, at_once=at_once)

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

    def check(self) -> None:
        """As ``Handlers.check``, of all versions."""
        super().check()
        for earlier in self._versions.values():
            earlier.check()

    async def take(self, turn: Turn, client: HandoffClient, *, consumer: str) -> None:
        """Play one turn to its end. ``serve`` does so with every turn it leases.

        Args:
            turn: The turn.
            client: A client with a key of the role ``bot``.
            consumer: For whom the turn was leased.

        Raises:
            TypeError: A handler was written without ``async``.
        """
        self.check()
        await Runner(self, turn, client, consumer=consumer).play()

    async def hear(self, event: Event, client: HandoffClient) -> None:
        """Let the handlers of ``on_started`` and ``on_standby`` have an event. ``serve`` does so with all it reads.

        Args:
            event: The event, as staff read it.
            client: A client with a key of the role ``bot``.
        """
        await Beside(self).hear(event, client)

    def webhook_handler(self, client: HandoffClient | None = None, *, secret: str | None = None) -> WebHandler:
        """A handler of aiohttp's server that serves the bot from signed webhooks, without a loop of its own.

        ::

            app.router.add_post("/hook", bot.webhook_handler(client, secret="whsec_..."))

        and in the configuration of the engine::

            brands: {default: {bot: acme-bot}}   # or: await client.bots.register("acme-bot")
            webhooks: [{url: "https://bot.example.com/hook", events: [turn.started], secret: "whsec_..."}]

        ``turn.started`` is all it takes. It comes for every turn, also for returns and the end of a ``sleep``, and
        comes again (after 5 s, 30 s, 2 min, then every 10 min) until a process has acknowledged the turn. A webhook
        only wakes: turns are leased from the engine, so duplicates, late ones and several processes are harmless. More
        types are of use beside it: ``conversation.created`` for ``on_started`` at once and not only at the first
        message, ``message.created`` for ``on_standby``, ``control.taken_over`` and ``control.passed`` to cancel a
        running handler sooner.

        It answers 204 when the turns are played, 202 after 10 seconds while they still are (they are leased, and
        safe), 401 or 400 where nothing is signed right, 503 where the engine cannot be reached or ``at_once``
        conversations are answered already. What is still played when the server stops is played again, from where it
        was, when its lease is over.

        Args:
            client: A client with a key of the role ``bot``. Without one each webhook makes one for the time, of
                ``HANDOFF_URL`` (by default ``http://127.0.0.1:8080``) and ``HANDOFF_API_KEY`` in the environment.
            secret: The webhook's: ``whsec_...``; by default ``HANDOFF_HOOK_SECRET`` of the environment.

        Raises:
            ConfigError: There is no such secret.
        """
        return aiohttp_handler(self._woken, client, secret_of(secret))

    async def handle(
        self,
        headers: Mapping[str, str],
        body: bytes | str,
        *,
        client: HandoffClient | None = None,
        secret: str | None = None,
    ) -> None:
        """Serve one signed webhook, in whatever framework; see ``webhook_handler``. All its turns are played after it.

        Answer with a 2xx then, else with the error's ``status``, or 503 where it has none::

            try:
                await bot.handle(request.headers, await request.body())
            except HandoffError as error:
                return Response(status_code=error.status or 503)

        Where it is cancelled, or the process dies, the turn is called for again when its lease is over.

        Args:
            headers: Of the request, in whatever case.
            body: As it came, not parsed and written again.
            client: As in ``webhook_handler``.
            secret: As in ``webhook_handler``.

        Raises:
            Unauthenticated: A header is missing, it is too old or from the future, or no signature is right.
            InvalidRequest: It is signed, and not an event.
            ConfigError: There is no secret, or no key of a client.
            HandoffError: The turns could not be taken; they wait.
        """
        event = verify_webhook(body, headers, secret_of(secret))
        await self._woken.by(event, client)

    async def serve(self, client: HandoffClient, *, cursor: int | None = None) -> None:
        """Answer until stopped or cancelled. Waits for an engine that is not up (yet, or for a while).

        Args:
            client: A client with a key of the role ``bot``.
            cursor: Where the reading of events begins (``on_started``, ``on_standby``); turns wait in any case.

        Raises:
            HandoffError: The engine does not let this client be the bot.
            TypeError: A handler was written without ``async``.
        """
        self.check()
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
