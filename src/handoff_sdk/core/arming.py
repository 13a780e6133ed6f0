"""What arms a ladder, and what stops it and the one-offs beside it.

A ladder is armed by the first owner message that the customer does not answer, and belongs to that epoch. Whatever
stops it, only the next owner message arms it again, from its first step. One-offs are stopped by less.

Source: lifecycle.md, 7 (stop reasons, strongest first), 2.4 and 2.8 (follow-ups of a bot).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from handoff_sdk.core.followups import drop, ladder_of, next_step, waiting_facts
from handoff_sdk.models.followup import STOP_REASONS, LadderRun

if TYPE_CHECKING:
    from collections.abc import Iterator

    from handoff_sdk.core.draft import Draft
    from handoff_sdk.models.followup import StopReason, WaitingFollowup
    from handoff_sdk.models.noun import JsonObject

__all__ = ["give_up", "settle"]

_STOPS: Final[dict[str, StopReason]] = {
    "ticket.closed": "closed",
    "session.ended": "session_ended",
    "ticket.unassigned": "unassigned",
    "ticket.solved": "solved",
    "ticket.on_hold": "on_hold",
}
"""What stops a ladder, beside messages and changes of owner; of tickets only the live one counts."""

_STOPS_ONEOFF: Final[frozenset[StopReason]] = frozenset({"closed", "session_ended", "customer_replied"})
_STOPS_BOTS_ONEOFF: Final[frozenset[StopReason]] = _STOPS_ONEOFF | {"handed_off", "taken_over"}
_CANCELLED: Final[frozenset[StopReason]] = frozenset({"cancelled"})
_PASSED: Final[frozenset[StopReason]] = frozenset({"handed_off"})
"""Passing to another bot moves the epoch on, and a ladder belongs to one."""

_ENGINE: Final = frozenset({"followup", "rule", "proactive", "survey"})
"""Messages that came this way are no owner's."""


def settle(draft: Draft) -> None:
    """Stop what this decision gives reason to stop, then take in who spoke: an owner's message arms the ladder."""
    reasons = frozenset(_reasons(draft))
    _stop_ladder(draft, reasons)
    _stop_waiting(draft, reasons)
    for event_type, _, data in tuple(draft.told):
        if event_type == "message.created":
            _hear(draft, data["message"])


def give_up(draft: Draft, followup_id: str | None, key: str | None) -> bool:
    """Give up the follow-up of this id or key, with a step its whole ladder; whether there was one."""
    run = draft.followups.ladder
    if run is not None and followup_id is not None and followup_id.partition(".")[0] == run.id:
        running = next_step(draft.followups, draft.config) is not None
        _stop_ladder(draft, _CANCELLED)
        return running
    for waiting in draft.followups.waiting:
        if followup_id == waiting.id or (key is not None and key == waiting.key):
            _tell_stop(draft, waiting_facts(waiting), _CANCELLED)
            drop(draft, waiting)
            return True
    return False


def _reasons(draft: Draft) -> Iterator[StopReason]:
    live = draft.before.live
    for event_type, ticket_id, data in draft.told:
        if event_type == "message.created" and data["message"]["author"]["type"] == "customer":
            yield "customer_replied"
        elif event_type == "control.passed" and data["owner"] == "human":
            yield "handed_off"
        elif event_type in _STOPS and (ticket_id is None or (live is not None and ticket_id == live.id)):
            yield _STOPS[event_type]
        elif event_type == "control.taken_over":
            yield "taken_over"


def _stop_ladder(draft: Draft, reasons: frozenset[StopReason]) -> None:
    run = draft.followups.ladder
    if run is None or not (reasons or run.epoch != draft.conversation.epoch):
        return
    step = next_step(draft.followups, draft.config)
    if step is not None:  # one that is through has nothing left to stop
        _tell_stop(draft, step.facts, reasons or _PASSED)
    draft.set_followups(ladder=None)


def _stop_waiting(draft: Draft, reasons: frozenset[StopReason]) -> None:
    if not reasons:
        return
    for waiting in sorted(draft.followups.waiting, key=lambda one: one.key or one.id):
        own = reasons & _stops_of(waiting)
        if own:
            _tell_stop(draft, waiting_facts(waiting), own)
            drop(draft, waiting)


def _stops_of(waiting: WaitingFollowup) -> frozenset[StopReason]:
    if waiting.kind == "proactive":
        return frozenset()
    return _STOPS_BOTS_ONEOFF if waiting.by == "bot" else _STOPS_ONEOFF


def _tell_stop(draft: Draft, facts: JsonObject, reasons: frozenset[StopReason]) -> None:
    strongest = min(reasons, key=STOP_REASONS.index)
    draft.tell("followup.stopped", facts | {"reason": strongest}, draft.before.live)


def _hear(draft: Draft, message: JsonObject) -> None:
    author = message["author"]["type"]
    if message["visibility"] != "public" or author == "system" or message["via"] in _ENGINE:
        return
    if author == "customer":
        if draft.followups.unanswered_at is not None:
            draft.set_followups(unanswered_at=None)
        return
    if draft.followups.unanswered_at is None:
        draft.set_followups(unanswered_at=draft.now)
    _arm(draft, "human" if author == "agent" else "bot")


def _arm(draft: Draft, owner: str) -> None:
    found = ladder_of(draft, draft.config)
    if found is None or draft.followups.ladder is not None or draft.conversation.owner != owner:
        return
    name, ladder = found
    ticket = draft.live
    if owner in ladder.owners and (ticket is None or ticket.status not in {"solved", "on_hold"}):
        run = LadderRun(id=draft.new_id("fup"), ladder=name, epoch=draft.conversation.epoch, since=draft.now)
        draft.set_followups(ladder=run)
