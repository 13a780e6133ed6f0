"""The fuse of a channel: follow-ups that mostly fail are not sent on and on.

It opens when 25 of the last 50 follow-ups that were sent on the channel were reported failed; then nothing is said
until a person resumes it, and it counts anew.

Source: lifecycle.md, 7 (breaker).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from handoff_sdk.models.followup import Breaker

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from handoff_sdk.models.event import Event

__all__ = ["after", "after_failed", "after_sent", "resumed"]

_WINDOW: Final = 50
_TOO_MANY: Final = 25


def after(breaker: Breaker, events: Iterable[Event]) -> Breaker:
    """The breaker after what happened in a conversation on its channel; itself where none of it counts."""
    for event in events:
        if event.type == "followup.sent":
            breaker = after_sent(breaker, event.data["message_id"])
        elif event.type == "message.failed":
            breaker = after_failed(breaker, event.data["message_id"], now=event.at)
    return breaker


def after_sent(breaker: Breaker, message_id: str) -> Breaker:
    """The breaker after a follow-up was sent."""
    sent = (*breaker.sent, message_id)[-_WINDOW:]
    failed = tuple(one for one in breaker.failed if one in sent)
    return breaker.model_copy(update={"sent": sent, "failed": failed})


def after_failed(breaker: Breaker, message_id: str, *, now: datetime) -> Breaker:
    """The breaker after a message was reported failed; other messages than its follow-ups do not count."""
    if message_id not in breaker.sent or message_id in breaker.failed:
        return breaker
    failed = (*breaker.failed, message_id)
    blown = {"open": True, "opened_at": now} if len(failed) >= _TOO_MANY and not breaker.open else {}
    return breaker.model_copy(update={"failed": failed, **blown})


def resumed(breaker: Breaker) -> Breaker:
    """The breaker after a person resumed the channel: closed, and counting anew; itself where it was not open."""
    return Breaker(channel=breaker.channel) if breaker.open else breaker
