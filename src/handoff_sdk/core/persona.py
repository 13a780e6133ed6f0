"""The persona: whoever speaks for the engine. It speaks as the brand's bot and never takes or keeps ownership.

Source: lifecycle.md, 7 (what they say is authored by the bot persona); config.md (``bot_name``, ``language``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff_sdk.core.blanks import blanks
from handoff_sdk.core.say import say
from handoff_sdk.core.status import eligible
from handoff_sdk.core.texts import rendered
from handoff_sdk.models.message import Author, TemplateContent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff_sdk.core.draft import Draft
    from handoff_sdk.models.message import Via
    from handoff_sdk.models.noun import JsonObject
    from handoff_sdk.models.ticket import Ticket

__all__ = ["note", "speak", "tell"]


def speak(draft: Draft, words: Mapping[str, str] | TemplateContent, via: Via) -> JsonObject:
    """Say a text (by language, Liquid) or a template to the customer; answers the message."""
    content = words if isinstance(words, TemplateContent) else _filled(draft, words)
    return say(draft, _persona(draft), content, via=via, ticket=draft.live)


def note(draft: Draft, words: Mapping[str, str], ticket: Ticket | None) -> None:
    """Write an internal note, for those who work with the ticket."""
    say(draft, _persona(draft), _filled(draft, words), visibility="internal", via="rule", ticket=ticket)


def tell(draft: Draft, line: str, words: Mapping[str, str]) -> None:
    """Tell the customer something on the engine's own behalf."""
    say(draft, Author(type="system"), _filled(draft, words), metadata={"line": line})


def _persona(draft: Draft) -> Author:
    brand = draft.config.brand(draft.conversation.brand)
    return Author(type="bot", id=draft.conversation.bot, name=brand.bot_name)


def _filled(draft: Draft, words: Mapping[str, str]) -> str:
    brand = draft.config.brand(draft.conversation.brand)
    return rendered(words, _values(draft), draft.before.customer.language, brand.language)


def _values(draft: Draft) -> dict[str, object]:
    ticket = draft.live
    waits = ticket is not None and eligible(ticket)
    place_of = draft.beside.place_of
    place = place_of(ticket) if ticket is not None and waits and place_of is not None else None
    agent_id = ticket.assignee if ticket else None
    return blanks(draft.before.customer, ticket, place, draft.config, agent_id=agent_id)
