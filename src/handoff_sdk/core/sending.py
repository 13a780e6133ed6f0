"""Sending what is due: a ladder's next step, a one-off or a proactive message.

A step's words and its actions are two things: the checks guard what is said, and what ends something needs that the
ladder has spoken. Every due follow-up moves on: it is sent, skipped or held, never left as it is.

Source: lifecycle.md, 7, 10.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from handoff_sdk.core.checks import Held, crowd, hindrance, not_its_turn
from handoff_sdk.core.closing import close, leave
from handoff_sdk.core.followups import NextStep, drop, due_followups, ladder_of, shown, waiting_facts
from handoff_sdk.core.persona import speak
from handoff_sdk.core.status import set_status
from handoff_sdk.core.window import window_open
from handoff_sdk.errors import InvalidTransition
from handoff_sdk.models.event import Actor
from handoff_sdk.models.followup import SentOnce

if TYPE_CHECKING:
    from datetime import datetime

    from handoff_sdk.core.draft import Draft
    from handoff_sdk.models.followup import Followup, SkipReason, WaitingFollowup
    from handoff_sdk.models.ladder import Step
    from handoff_sdk.models.message import TemplateContent, Via
    from handoff_sdk.models.noun import JsonObject
    from handoff_sdk.models.ticket import Status

__all__ = ["attempt", "prospect", "send_first_due"]

_FOLLOWUP: Final = Actor(type="followup")
_FINAL: Final[frozenset[Status | None]] = frozenset({"solved", "closed"})


def send_first_due(draft: Draft) -> None:
    """Send, skip or hold the follow-up that is due first."""
    first = min(due_followups(draft.before, draft.config), key=lambda due: due.order)
    draft.actor = _FOLLOWUP
    if isinstance(first.what, NextStep):
        _take(draft, first.what)
    else:
        attempt(draft, first.what)


def attempt(draft: Draft, waiting: WaitingFollowup) -> Followup:
    """Send, skip or hold a one-off or a proactive message that is due; answers how it stands then."""
    hindered = _hindrance(draft, waiting)
    facts = waiting_facts(waiting)
    if isinstance(hindered, Held):
        held = waiting.model_copy(update={"held_until": _slot(draft, hindered)})
        others = draft.followups.waiting
        draft.set_followups(waiting=tuple(held if one.id == waiting.id else one for one in others))
        return shown(draft.followups, held)
    drop(draft, waiting)
    told = shown(draft.followups, waiting).model_copy(update={"next_at": None})
    if hindered is not None:
        _skip(draft, facts, hindered, "say")
        return told.model_copy(update={"state": "skipped", "why_not_sent": hindered})
    via: Via = "proactive" if waiting.kind == "proactive" else "followup"
    message = speak(draft, _words(draft, waiting), via)
    draft.tell("followup.sent", facts | {"message_id": message["id"]}, draft.live)
    if waiting.key is not None:
        once = SentOnce(id=waiting.id, kind=waiting.kind, message_id=message["id"], at=draft.now)
        draft.set_followups(sent=draft.followups.sent | {waiting.key: once})
    said = {"message_id": message["id"], "text": message["content"].get("text")}
    return told.model_copy(update=said | {"state": "sent", "why_not_sent": None, "sent_at": draft.now})


def prospect(draft: Draft, waiting: WaitingFollowup) -> Followup:
    """How a message would stand if it were due now; nothing changes, and no place in a second is given away."""
    hindered = _hindrance(draft, waiting)
    told = shown(draft.followups, waiting)
    if isinstance(hindered, Held):
        return told.model_copy(update={"state": "held", "next_at": hindered.until, "why_not_sent": "quiet"})
    state = "sent" if hindered is None else "skipped"
    return told.model_copy(update={"state": state, "next_at": None, "why_not_sent": hindered})


def _hindrance(draft: Draft, waiting: WaitingFollowup) -> SkipReason | Held | None:
    if waiting.kind == "oneoff" and waiting.by == "bot" and draft.conversation.owner != "bot":
        return "owner"
    named = ladder_of(draft, draft.config)
    hindered = hindrance(draft, named, template=waiting.template is not None)
    return crowd(draft, named) if hindered is None and waiting.held_until else hindered


def _words(draft: Draft, waiting: WaitingFollowup) -> dict[str, str] | TemplateContent:
    """The text, unless there is only a template, or the channel takes nothing else."""
    if waiting.template is not None and not (waiting.texts and window_open(draft)):
        return waiting.template
    return waiting.texts


def _slot(draft: Draft, held: Held) -> datetime:
    """The second in which a held message leaves."""
    if draft.beside.pacer is None:
        return held.until
    draft.slot = draft.beside.pacer.free(held.ladder, held.until, held.pace)
    return draft.slot.at


def _take(draft: Draft, next_step: NextStep) -> None:
    run, ladder, step, facts = next_step.run, next_step.ladder, next_step.step, next_step.facts
    done = {"step": next_step.number, "since": draft.now, "held_until": None}
    reason = not_its_turn(draft, run, ladder)
    if reason is not None:
        _skip(draft, facts, reason, *_parts(step))
        draft.set_followups(ladder=run.model_copy(update=done))
        return
    spoken = run.spoken
    if step.say is not None:
        named = (run.ladder, ladder)
        hindered = hindrance(draft, named)
        if hindered is None and run.held_until:
            hindered = crowd(draft, named)
        if isinstance(hindered, Held):
            draft.set_followups(ladder=run.model_copy(update={"held_until": _slot(draft, hindered)}))
            return
        if hindered is None:
            message = speak(draft, step.say, "followup")
            draft.tell("followup.sent", facts | {"message_id": message["id"]}, draft.live)
            spoken = True
        else:
            _skip(draft, facts, hindered, "say")
    draft.set_followups(ladder=run.model_copy(update=done | {"spoken": spoken}))
    _act(draft, step, facts, warned=spoken)


def _parts(step: Step) -> list[str]:
    """What a step says and does, by its keys."""
    return [part for part in ("say", "set", "add_tags", "remove_tags", "end_session") if getattr(step, part)]


def _act(draft: Draft, step: Step, facts: JsonObject, *, warned: bool) -> None:
    """Do what a step does beside speaking."""
    status = step.set.status if step.set else None
    ending = [what for what, ends in (("set", status in _FINAL), ("end_session", step.end_session)) if ends]
    if ending and not warned:
        _skip(draft, facts, "never_warned", *ending)
    if draft.live is not None and (step.add_tags or step.remove_tags):
        tags = dict.fromkeys((*draft.live.tags, *step.add_tags))
        draft.set_ticket(draft.live, tags=tuple(tag for tag in tags if tag not in step.remove_tags))
    if status is not None and (warned or status not in _FINAL):
        _set(draft, status, facts)
    if step.end_session and warned:
        leave(draft, "followup")


def _set(draft: Draft, status: Status, facts: JsonObject) -> None:
    ticket = draft.live
    if ticket is None:
        _skip(draft, facts, "invalid_transition", "set")
        return
    try:
        if status == "closed":
            close(draft, ticket, "followup")
        else:
            set_status(draft, ticket, status, "followup")
    except InvalidTransition:
        _skip(draft, facts, "invalid_transition", "set")


def _skip(draft: Draft, facts: JsonObject, reason: SkipReason, *what: str) -> None:
    draft.tell("followup.skipped", facts | {"reason": reason, "what": list(what)}, draft.live)
