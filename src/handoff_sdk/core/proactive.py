"""Proactive messages: one message to a customer who did not ask, in a new conversation or one that there is.

Source: lifecycle.md, 7; api.md, ``/proactive``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff_sdk.core.oneoffs import add, by_language, known
from handoff_sdk.core.texts import check_texts
from handoff_sdk.core.window import check_window
from handoff_sdk.models.followup import WaitingFollowup

if TYPE_CHECKING:
    from collections.abc import Iterable

    from handoff_sdk.core.draft import Draft
    from handoff_sdk.core.thread import Thread
    from handoff_sdk.models.command import SendProactive

__all__ = ["continued", "send"]


def send(draft: Draft, command: SendProactive) -> None:
    """Send a proactive message, hold or skip it; with a key that waits or was sent already, answer that one.

    With ``dry_run`` it is only answered what would be, and nothing changes.

    Raises:
        TemplateError: A text that cannot be rendered.
        WindowClosed: The channel takes only templates, and there is none.
        Conflict: Too many wait already.
    """
    draft.followup = known(draft, command.key)
    if draft.followup is not None:
        return
    texts = by_language(command.text)
    check_texts(texts, "text")
    check_window(draft, command.template)
    waiting = WaitingFollowup(
        id=draft.new_id("fup"),
        kind="proactive",
        key=command.key,
        by=draft.actor.type,
        texts=texts,
        template=command.template,
        due_at=draft.now,
    )
    add(draft, waiting, dry_run=command.dry_run)


def continued(command: SendProactive, threads: Iterable[Thread]) -> Thread | None:
    """Which of a customer's conversations a proactive message continues; ``None`` where it starts a new one.

    The one that knows its key, for a key holds for all of them; else the one it names; else the latest with the brand
    on the channel.
    """
    latest = sorted(threads, key=lambda one: (one.conversation.created_at, one.conversation.id), reverse=True)
    place = (command.brand, command.channel)
    for fits in (
        lambda thread: _knows(thread, command.key),
        lambda thread: thread.conversation.id == command.conversation_id,
        lambda thread: (
            not command.conversation_id and (thread.conversation.brand, thread.conversation.channel) == place
        ),
    ):
        found = next(filter(fits, latest), None)
        if found is not None:
            return found
    return None


def _knows(thread: Thread, key: str | None) -> bool:
    kept = thread.followups
    return key is not None and (key in kept.sent or any(waiting.key == key for waiting in kept.waiting))
