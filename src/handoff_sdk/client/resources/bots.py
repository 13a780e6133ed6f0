"""Bots: registering, and the turns they have to do.

Source: api.md, bots; lifecycle.md, 2.3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff_sdk.client.answer import noun_of
from handoff_sdk.client.request import body_of, command, given, path
from handoff_sdk.models.bot import RegisteredBot
from handoff_sdk.models.command import CompleteTurn, ExtendTurn, RegisterBot
from handoff_sdk.models.noun import Noun
from handoff_sdk.models.turn import Turn

from .resource import Resource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from handoff_sdk.models.noun import JsonObject

__all__ = ["Bots"]

_IN_THE_PATH = ("bot", "turn_id")


class _Turns(Noun):
    items: list[Turn]


class Bots(Resource):
    """``client.bots``."""

    async def register(
        self, bot: str, *, brands: Sequence[str] = ("default",), version: str | None = None
    ) -> RegisteredBot:
        """Register a bot for brands; the first one of a brand without a configured bot owns its new conversations."""
        asked = command(RegisterBot, given(bot=bot, brands=tuple(brands), version=version))
        return noun_of(RegisteredBot, await self._send("PUT", path("bots", bot), body_of(asked, "bot")))

    async def turns(
        self,
        bot: str,
        *,
        consumer: str,
        conversation: str | None = None,
        max: int = 50,  # noqa: A002 - the API's name
        wait: float = 25.0,
    ) -> list[Turn]:
        """Lease up to ``max`` turns to the process ``consumer``, at most one a conversation, the oldest first.

        With ``conversation`` only that of this conversation. Waits up to ``wait`` seconds for the first one; empty
        where there is none by then, or another process has it.
        """
        where = path("bots", bot, "turns")
        turns = await self._get(
            _Turns, where, held_for=wait, consumer=consumer, conversation=conversation, max=max, wait=f"{wait:g}s"
        )
        return turns.items

    async def done(
        self,
        bot: str,
        turn_id: str,
        *,
        consumer: str,
        state: JsonObject | None = None,
        timers: Mapping[str, datetime | None] | None = None,
    ) -> None:
        """Acknowledge a turn. ``state`` and ``timers`` are merged into what is kept; ``None`` removes one.

        Raises:
            ControlLost: The turn is void, or another process has it; nothing was kept.
        """
        kept = given(state=state, timers=None if timers is None else dict(timers))
        asked = command(CompleteTurn, {"bot": bot, "turn_id": turn_id, "consumer": consumer, **kept})
        await self._send("POST", path("bots", bot, "turns", turn_id, "done"), body_of(asked, *_IN_THE_PATH))

    async def extend(self, bot: str, turn_id: str, *, consumer: str) -> None:
        """Keep a turn for another 30 seconds.

        Raises:
            ControlLost: The turn is void, or another process has it.
        """
        asked = command(ExtendTurn, {"bot": bot, "turn_id": turn_id, "consumer": consumer})
        await self._send("POST", path("bots", bot, "turns", turn_id, "extend"), body_of(asked, *_IN_THE_PATH))
