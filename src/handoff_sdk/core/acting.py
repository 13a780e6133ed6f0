"""What rules do to a conversation and its ticket. What cannot be done is recorded with the rule and stops nothing else.

Source: config.md, Actions; lifecycle.md, 7 (``say`` needs a live ticket in automations; who speaks), 2.6 and 3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from handoff_sdk.core.closing import leave
from handoff_sdk.core.persona import note, speak
from handoff_sdk.core.work import change, give_back_to_bot
from handoff_sdk.errors import Conflict, HandoffError, SessionEnded
from handoff_sdk.models.command import UpdateTicket
from handoff_sdk.models.rule import HandBackAction

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from handoff_sdk.core.draft import Draft
    from handoff_sdk.models.event import Actor
    from handoff_sdk.models.noun import JsonObject
    from handoff_sdk.models.rule import Rule, TicketChange
    from handoff_sdk.models.ticket import Ticket

__all__ = ["act"]


def act(draft: Draft, rule: Rule, ticket: Ticket | None, facts: JsonObject, actor: Actor) -> None:
    """Do the actions of a rule in their order, and tell of it; ``refused`` names what could not be done, and why."""
    refused: list[JsonObject] = []
    notify = [action.notify for action in rule.actions if action.notify]
    told = facts | ({"notify": notify} if notify else {}) | {"refused": refused}
    with draft.as_rule(actor):
        draft.tell("rule.fired", told, ticket)
        for action in rule.actions:
            for name, do in _DOES.items():
                given = getattr(action, name)
                if not given:
                    continue
                try:
                    do(draft, ticket, given)
                except HandoffError as error:
                    refused.append({"action": name, "code": error.code, "detail": str(error)})


def _set(draft: Draft, ticket: Ticket | None, asked: TicketChange) -> None:
    _update(draft, ticket, **{name: getattr(asked, name) for name in asked.model_fields_set})


def _add_tags(draft: Draft, ticket: Ticket | None, tags: tuple[str, ...]) -> None:
    _update(draft, ticket, add_tags=tags)


def _remove_tags(draft: Draft, ticket: Ticket | None, tags: tuple[str, ...]) -> None:
    _update(draft, ticket, remove_tags=tags)


def _require_skills(draft: Draft, ticket: Ticket | None, skills: tuple[str, ...]) -> None:
    now = _open(draft, ticket)
    draft.set_ticket(now, skills=tuple(dict.fromkeys((*now.skills, *skills))))


def _prefer_skills(draft: Draft, ticket: Ticket | None, skills: tuple[str, ...]) -> None:
    now = _open(draft, ticket)
    draft.set_ticket(now, prefer_skills=tuple(dict.fromkeys((*now.prefer_skills, *skills))))


def _follow_up(draft: Draft, ticket: Ticket | None, ladder: str) -> None:
    draft.set_ticket(_open(draft, ticket), followups=ladder)


def _say(draft: Draft, ticket: Ticket | None, words: Mapping[str, str]) -> None:
    if ticket is not None and not draft.tickets[ticket.id].live:
        raise SessionEnded("The ticket is not live; nothing is said for it any more.")
    speak(draft, words, "rule")


def _note(draft: Draft, ticket: Ticket | None, words: Mapping[str, str]) -> None:
    note(draft, words, ticket)


def _hand_back(draft: Draft, ticket: Ticket | None, asked: HandBackAction | Literal[True]) -> None:
    how = HandBackAction() if asked is True else asked
    give_back_to_bot(draft, _open(draft, ticket), status=how.status, note=how.note, cause="rule")


def _end_session(draft: Draft, _ticket: Ticket | None, _asked: Literal[True]) -> None:
    if draft.conversation.session not in {"active", "inactive"}:
        raise SessionEnded("There is no session to end.")
    leave(draft, "rule")


def _update(draft: Draft, ticket: Ticket | None, **changes: Any) -> None:
    if ticket is None:
        raise Conflict("There is no ticket to change.")
    change(draft, draft.tickets[ticket.id], UpdateTicket(ticket_id=ticket.id, **changes), "rule")


def _open(draft: Draft, ticket: Ticket | None) -> Ticket:
    """The ticket as it is by now, which is not closed."""
    now = None if ticket is None else draft.tickets[ticket.id]
    if now is None or now.status == "closed":
        raise Conflict("There is no ticket that is not closed.")
    return now


_DOES: Final[dict[str, Callable[[Draft, Ticket | None, Any], None]]] = {
    "set": _set,
    "add_tags": _add_tags,
    "remove_tags": _remove_tags,
    "require_skills": _require_skills,
    "prefer_skills": _prefer_skills,
    "followups": _follow_up,
    "say": _say,
    "note": _note,
    "hand_back": _hand_back,
    "end_session": _end_session,
}
"""What an action's key does, with what the rule gives it."""
