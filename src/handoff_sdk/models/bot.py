"""Bots that have registered.

Source: config.md (``bot``); api.md, bots.
"""

from __future__ import annotations

from .noun import Identifier, Instant, Noun

__all__ = ["RegisteredBot"]


class RegisteredBot(Noun):
    """A bot and the brands it registered for; the first one of a brand owns its new conversations.

    ``registered_at`` has the instant by brand; ``version`` is what the bot said of itself last.
    """

    id: Identifier
    registered_at: dict[str, Instant]
    version: str | None = None
