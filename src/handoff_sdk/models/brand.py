"""Brands and groups as a configuration writes them, and how long solved tickets wait to be closed.

Source: config.md (``brands``, ``groups``); lifecycle.md, 4 (styles).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import AfterValidator, Field

from .auth import Origin
from .duration import DurationOrNever, format_duration
from .ladder import Texts
from .lines import Lines
from .section import FROM_LIST, LanguageTag, Section, refusal
from .ticket import Style

__all__ = ["CLOSE_LIMIT", "DEFAULT_BRAND", "NO_BOT", "STYLE_CLOSE_AFTER", "Brand", "CloseAfter", "Group"]

DEFAULT_BRAND: Final = "default"
NO_BOT: Final = "none"
"""A brand's ``bot`` that means: straight to people."""

STYLE_CLOSE_AFTER: Final[Mapping[Style, timedelta]] = {
    "live_chat": timedelta(0),
    "live_chat_returning": timedelta(hours=1),
    "social": timedelta(days=4),
}
"""How long a solved ticket of each style waits before it closes."""

CLOSE_LIMIT: Final = timedelta(days=28)
"""How long after it was last solved a ticket closes, whatever is configured."""


def _before_close_limit(close_after: timedelta | Literal["never"]) -> timedelta | Literal["never"]:
    if isinstance(close_after, timedelta) and close_after > CLOSE_LIMIT:
        limit = format_duration(CLOSE_LIMIT)
        raise refusal(f"is beyond {limit}, when every solved ticket closes; write at most {limit!r}, or 'never'")
    return close_after


CloseAfter: TypeAlias = Annotated[DurationOrNever, AfterValidator(_before_close_limit)]
"""How long a solved ticket waits to be closed."""


class Brand(Section):
    """A brand: ``close_after`` overrides its style's delay, ``group`` is the one its tickets start in.

    ``bot`` owns new conversations; ``None`` is the first bot that registers for the brand, ``"none"`` nobody.
    Follow-ups and rules speak as ``bot_name``, in ``language`` where the customer's is not known;
    ``followups`` is the ladder of hand-offs that name none, and of the bot's own stretch. People are there by its
    ``schedule``, always where it has none; ``closed_text`` is said at a hand-off while they are not, and
    ``close_hours`` says whose time ``close_after`` counts. With ``survey`` customers are asked how it went. ``lines``
    are what the engine tells customers by itself; the words of ``lines.closed`` go before ``closed_text``.
    Its widget stands on the sites of ``origins``; ``None`` are those of ``auth``.
    """

    name: str | None = None
    style: Style = "live_chat_returning"
    close_after: CloseAfter | None = None
    close_hours: Literal["calendar", "business"] = "calendar"
    schedule: str | None = None
    closed_text: Texts | None = None
    lines: Lines = Lines()
    survey: bool = False
    bot: str | None = None
    bot_answer_within: DurationOrNever = timedelta(seconds=60)
    bot_name: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    language: LanguageTag | None = None
    messaging: bool = True
    group: str | None = None
    followups: str | None = None
    origins: Annotated[tuple[Origin, ...], FROM_LIST] | None = None


class Group(Section):
    """A group of agents."""

    name: str | None = None
