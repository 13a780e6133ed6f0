"""Bots that have registered, and which of them owns a brand's new conversations.

Source: lifecycle.md, 2.1; api.md, bots.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff_sdk.core.fence import check_known
from handoff_sdk.errors import InvalidRequest
from handoff_sdk.models.bot import RegisteredBot

if TYPE_CHECKING:
    from handoff_sdk.desk.in_force import InForce
    from handoff_sdk.models.command import RegisterBot
    from handoff_sdk.ports import Clock, Store

__all__ = ["Bots"]


class Bots:
    """The registered bots."""

    def __init__(self, store: Store, rules: InForce, clock: Clock) -> None:
        self._store = store
        self._rules = rules
        self._clock = clock
        self._bots: dict[str, RegisteredBot] = {}

    async def load(self) -> None:
        """Read who has registered."""
        self._bots = {bot.id: bot for bot in await self._store.bots()}

    async def register(self, command: RegisterBot) -> RegisteredBot:
        """Register a bot for brands; for one it is registered for already, the first time counts.

        Raises:
            InvalidRequest: There is no such brand.
        """
        for brand in command.brands:
            check_known("brand", brand, self._rules.config.brands, InvalidRequest)
        known = self._bots.get(command.bot)
        since = known.registered_at if known else {}
        now = self._clock.now()
        bot = RegisteredBot(
            id=command.bot,
            registered_at={brand: since.get(brand, now) for brand in command.brands},
            version=command.version,
        )
        if bot != known:
            await self._store.keep_bot(bot)
            self._bots[bot.id] = bot
        return bot

    def first(self, brand: str) -> str | None:
        """The bot that registered for a brand first."""
        since = [(bot.registered_at[brand], bot.id) for bot in self._bots.values() if brand in bot.registered_at]
        return min(since)[1] if since else None
