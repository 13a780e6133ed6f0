"""A bot without a loop: signed webhooks wake it, and it plays the turns that the conversation has then.

A webhook brings no work, it only says that there may be some. The turn is leased from the engine as a running bot does
it, so all that holds there holds here: one process at a time, nothing twice, nobody left in silence. Webhooks that come
again, late, in another order or to another process find nothing to lease and are harmless; of those that are lost the
engine makes another call (``turn.started``), until some process has acknowledged the turn.

Source: sdk.md, A bot (without the runtime); api.md, Webhooks out; lifecycle.md, 2.3.
"""

from __future__ import annotations

import asyncio
import logging
import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, TypeAlias
from uuid import uuid4

from handoff_sdk.bot.beside import Beside
from handoff_sdk.bot.playing import LOSSES, Playing, end
from handoff_sdk.bot.run import AWAY
from handoff_sdk.client.client import HandoffClient
from handoff_sdk.client.webhooks import verify_webhook
from handoff_sdk.errors import (
    ConfigError,
    HandoffError,
    InvalidRequest,
    RateLimited,
    Unauthenticated,
    Unavailable,
    Unreachable,
)
from handoff_sdk.models.webhook import TURN_WAITS, secret_bytes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from aiohttp import web

    from handoff_sdk.bot.runner import Playable
    from handoff_sdk.models.event import Event

__all__ = ["WebHandler", "Woken", "aiohttp_handler", "secret_of"]

WebHandler: TypeAlias = "Callable[[web.Request], Awaitable[web.StreamResponse]]"

_log = logging.getLogger("handoff_sdk.bot")

_ANSWER_WITHIN: Final = 10.0
"""Seconds; the engine waits for 15."""
_BUSY_FOR: Final = 1.0


class Woken:
    """A bot that plays when a webhook wakes it.

    Args:
        bot: The bot.
        at_once: How many conversations may be answered at once.
    """

    def __init__(self, bot: Playable, *, at_once: int) -> None:
        self._bot = bot
        self._at_once = at_once
        self._consumer = uuid4().hex
        self._playing = Playing(bot, self._consumer)
        self._beside = Beside(bot)
        self._look_again: dict[str, bool] = {}
        self._begun: set[asyncio.Task[None]] = set()

    async def by(self, event: Event, client: HandoffClient | None) -> None:
        """Do all there is to do in the conversation of an event; without a client one is made for the time.

        Raises:
            HandoffError: The turns could not be taken. They wait, and another webhook comes.
        """
        if event.type in LOSSES:
            self._playing.lose(event)
        if event.conversation_id is None or not self._concerned(event):
            return
        async with _client(client) as known:
            await self._beside.hear(event, known)
            if _may_mean_a_turn(event):
                await self._play(event.conversation_id, known)

    def begin(self, event: Event, client: HandoffClient | None) -> asyncio.Task[None]:
        """Do in a task what ``by`` does, whatever becomes of the request; where it fails, the log says so."""
        task = asyncio.create_task(self.by(event, client), name=f"{self._bot.name}: webhook {event.id}")
        self._begun.add(task)
        task.add_done_callback(self._over)
        return task

    def _over(self, task: asyncio.Task[None]) -> None:
        self._begun.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, AWAY):
            _log.warning("%s: woken by a webhook, and %s", self._bot.name, error)
        elif error is not None:
            _log.error("%s: woken by a webhook, and failed", self._bot.name, exc_info=error)

    def _concerned(self, event: Event) -> bool:
        if event.type == TURN_WAITS:
            return event.data.get("bot") == self._bot.name
        return event.type in self._beside.types or _may_mean_a_turn(event)

    async def _play(self, conversation_id: str, client: HandoffClient) -> None:
        """Play the conversation's turns, one after the other, until there is none. Who plays it already looks again."""
        if conversation_id in self._look_again:
            self._look_again[conversation_id] = True
            return
        if len(self._look_again) >= self._at_once:
            raise Unavailable(f"{self._bot.name} answers {self._at_once} conversations already.", retry_after=_BUSY_FOR)
        again = self._look_again
        again[conversation_id] = True
        try:
            while again[conversation_id]:
                again[conversation_id] = False
                for turn in await client.bots.turns(
                    self._bot.name, consumer=self._consumer, conversation=conversation_id, max=1, wait=0
                ):
                    again[conversation_id] = True
                    task = self._playing.begin(turn, client)
                    try:
                        await asyncio.wait({task})
                    finally:
                        await end({task})
        finally:
            del again[conversation_id]


def aiohttp_handler(woken: Woken, client: HandoffClient | None, secret: str) -> WebHandler:
    """See ``Bot.webhook_handler``."""
    from aiohttp import web  # noqa: PLC0415 - a bot that is served otherwise needs no HTTP server

    def answer(status: int, error: HandoffError, headers: Mapping[str, str] | None = None) -> web.Response:
        problem = {"title": error.title, "status": status, "code": error.code, "detail": error.detail}
        return web.json_response(problem, status=status, headers=headers, content_type="application/problem+json")

    async def handler(request: web.Request) -> web.StreamResponse:
        try:
            event = verify_webhook(await request.read(), request.headers, secret)
        except (Unauthenticated, InvalidRequest) as error:
            _log.warning("a webhook was refused: %s", error)
            return answer(error.status or 400, error)
        playing = woken.begin(event, client)
        await asyncio.wait({playing}, timeout=_ANSWER_WITHIN)
        if not playing.done():
            return web.Response(status=202)
        match playing.exception():
            case None:
                return web.Response(status=204)
            case Unreachable() | Unavailable() | RateLimited() as away:
                return answer(503, away, {"Retry-After": f"{away.retry_after or _BUSY_FOR:.0f}"})
            case HandoffError() as refusal:
                return answer(500, refusal)
            case fault:
                raise fault

    return handler


def secret_of(secret: str | None) -> str:
    """The secret given, or that of the environment.

    Raises:
        ConfigError: There is none, or it is not one.
    """
    found = secret if secret is not None else os.environ.get("HANDOFF_HOOK_SECRET", "")
    try:
        secret_bytes(found)
    except ValueError as error:
        raise ConfigError(f"secret, or else HANDOFF_HOOK_SECRET in the environment, {error}.") from None
    return found


@asynccontextmanager
async def _client(given: HandoffClient | None) -> AsyncIterator[HandoffClient]:
    if given is not None:
        yield given
        return
    url, key = os.environ.get("HANDOFF_URL", "http://127.0.0.1:8080"), os.environ.get("HANDOFF_API_KEY")
    if not key:
        raise ConfigError("Give a client, or a bot's key as HANDOFF_API_KEY in the environment.")
    async with HandoffClient(url, api_key=key) as made:
        yield made


def _may_mean_a_turn(event: Event) -> bool:
    """Whether the bot that owns the conversation may have something to do because of this."""
    if event.type == "message.created":
        return event.actor.type != "bot" and not event.standby
    return event.type == TURN_WAITS or (event.type in {"control.returned", "control.passed"} and not event.standby)
