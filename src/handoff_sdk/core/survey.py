"""The survey: asking the customer once whether a solved ticket was solved well, and taking the answer.

Source: lifecycle.md, 9.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, get_args

from handoff_sdk.core.say import say
from handoff_sdk.core.texts import LINES, in_language
from handoff_sdk.errors import Conflict
from handoff_sdk.models.message import Author, Reply, TextContent
from handoff_sdk.models.ticket import Rating

if TYPE_CHECKING:
    from handoff_sdk.core.draft import Draft
    from handoff_sdk.models.command import AnswerSurvey
    from handoff_sdk.models.ticket import Ticket

__all__ = ["answer", "ask_if_solved"]

_BY_PEOPLE: Final = frozenset({"agent", "rule"})
_RATINGS: Final = get_args(Rating)


def ask_if_solved(draft: Draft, ticket: Ticket) -> None:
    """Ask once, when an agent or a rule has solved a ticket in which an agent has written."""
    brand = draft.config.brand(ticket.brand)
    if not brand.survey or ticket.survey is not None or ticket.abandoned or ticket.first_reply_at is None:
        return
    if ticket.status != "solved" or not any(
        event_type == "ticket.solved" and ticket_id == ticket.id and data["by"] in _BY_PEOPLE
        for event_type, ticket_id, data in draft.told
    ):
        return
    languages = (draft.before.customer.language, brand.language)
    replies = (Reply(text=in_language(LINES[f"survey_{rating}"], *languages), payload=rating) for rating in _RATINGS)
    question = TextContent(text=in_language(LINES["survey"], *languages), replies=tuple(replies))
    message = say(draft, Author(type="system"), question, via="survey", ticket=ticket, metadata={"line": "survey"})
    draft.set_ticket(ticket, survey="asked")
    draft.tell("survey.asked", {"message_id": message["id"]}, ticket)


def answer(draft: Draft, command: AnswerSurvey) -> None:
    """Take the customer's answer; a later one replaces it.

    Raises:
        Conflict: The customer was not asked.
    """
    asked = [ticket for ticket in draft.tickets.values() if ticket.survey is not None]
    if command.ticket_id is not None:
        asked = [ticket for ticket in asked if ticket.id == command.ticket_id]
    if not asked:
        raise Conflict("The customer was not asked how it went; there is nothing to answer.")
    ticket = draft.set_ticket(asked[-1], survey="answered", rating=command.rating, rating_comment=command.comment)
    draft.ticket_id = ticket.id
    draft.tell("survey.answered", {"rating": command.rating, "comment": command.comment}, ticket)
