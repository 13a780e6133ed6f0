"""One-off follow-ups: scheduled by an integrator or a bot, sent at most once under their key, or cancelled.

Source: lifecycle.md, 7; api.md, ``/conversations/{id}/followups``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from handoff_sdk.core.arming import give_up
from handoff_sdk.core.fence import check_bot
from handoff_sdk.core.followups import shown, waiting_facts
from handoff_sdk.core.sending import attempt, prospect
from handoff_sdk.core.texts import check_texts
from handoff_sdk.core.window import check_window
from handoff_sdk.errors import Conflict, NotFound
from handoff_sdk.models.followup import Followup, WaitingFollowup

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff_sdk.core.draft import Draft
    from handoff_sdk.models.command import CancelFollowup, ScheduleFollowup

__all__ = ["add", "by_language", "cancel", "known", "schedule"]

_MOST_WAITING: Final = 50


def schedule(draft: Draft, command: ScheduleFollowup) -> None:
    """Schedule a one-off; with a key that waits or was sent already, answer that one. What is due now is sent now.

    With ``dry_run`` it is only answered what would be, and nothing changes.

    Raises:
        ControlLost: A bot that does not own the conversation, or does not in this epoch any more.
        TemplateError: A text that cannot be rendered.
        WindowClosed: The channel takes only templates, and there is none.
        Conflict: Too many wait already.
    """
    if draft.actor.type == "bot":
        check_bot(draft, draft.actor.id, command.epoch or draft.conversation.epoch)
    draft.followup = known(draft, command.key)
    if draft.followup is not None:
        return
    texts = by_language(command.say)
    check_texts(texts, "say")
    check_window(draft, command.template)
    silent_for = command.when_silent_for
    waiting = WaitingFollowup(
        id=draft.new_id("fup"),
        key=command.key,
        by=draft.actor.type,
        texts=texts,
        template=command.template,
        due_at=None if silent_for is not None else draft.now + command.after if command.after else draft.now,
        when_silent_for=silent_for,
    )
    add(draft, waiting, dry_run=command.dry_run)


def add(draft: Draft, waiting: WaitingFollowup, *, dry_run: bool = False) -> None:
    """Let a follow-up wait; what is due now is sent now. A dry run answers the same, and changes nothing.

    Raises:
        Conflict: Too many wait already.
    """
    if len(draft.followups.waiting) >= _MOST_WAITING:
        raise Conflict(f"A conversation has at most {_MOST_WAITING} follow-ups that wait; cancel some of them first.")
    draft.followup = shown(draft.followups, waiting)
    at = draft.followup.next_at
    is_due = at is not None and at <= draft.now
    if dry_run:
        draft.followup = prospect(draft, waiting) if is_due else draft.followup
        return
    draft.set_followups(waiting=(*draft.followups.waiting, waiting))
    told = {"next_at": at.isoformat().replace("+00:00", "Z") if at else None}
    draft.tell("followup.scheduled", waiting_facts(waiting) | told, draft.live)
    if is_due:
        draft.followup = attempt(draft, waiting)


def cancel(draft: Draft, command: CancelFollowup) -> None:
    """Cancel what waits under an id or a key, or the ladder at work.

    Raises:
        Conflict: It was sent already.
        NotFound: Nothing of this id or key waits.
    """
    if give_up(draft, command.followup_id, command.key):
        return
    ids = {once.id for once in draft.followups.sent.values()}
    if command.key in draft.followups.sent or command.followup_id in ids:
        raise Conflict("The follow-up was sent already.")
    raise NotFound(f"No follow-up {command.followup_id or command.key!r} waits in this conversation.")


def known(draft: Draft, key: str | None) -> Followup | None:
    """The follow-up that waits or was sent under a key; ``None`` where it may be scheduled."""
    if key is None:
        return None
    once = draft.followups.sent.get(key)
    if once is not None:
        return Followup(id=once.id, kind=once.kind, key=key, state="sent", sent_at=once.at, message_id=once.message_id)
    found = (waiting for waiting in draft.followups.waiting if waiting.key == key)
    return next((shown(draft.followups, waiting) for waiting in found), None)


def by_language(say: str | Mapping[str, str] | None) -> dict[str, str]:
    """Texts by language; a single one is every language's."""
    return {"": say} if isinstance(say, str) else dict(say or {})
