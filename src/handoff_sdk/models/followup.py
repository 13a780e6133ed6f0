"""Follow-ups: what the desk says to a customer who does not answer, or without having been asked.

What a thread keeps of them (``Followups``), what is listed (``Followup``), and the fuse of a channel (``Breaker``).

Source: lifecycle.md, 7; api.md, ``/followups`` and ``/proactive``.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

from pydantic import Field

from .duration import KeptDuration
from .event import ActorType
from .message import TemplateContent
from .noun import Identifier, Instant, Noun

__all__ = [
    "STOP_REASONS",
    "Breaker",
    "Followup",
    "FollowupKind",
    "FollowupState",
    "Followups",
    "LadderRun",
    "Receipts",
    "SentOnce",
    "SkipReason",
    "StopReason",
    "WaitingFollowup",
]

FollowupKind = Literal["ladder", "oneoff", "proactive"]
FollowupState = Literal["pending", "held", "sent", "skipped", "stopped"]

StopReason = Literal[
    "closed",
    "handed_off",
    "taken_over",
    "session_ended",
    "unassigned",
    "solved",
    "on_hold",
    "customer_replied",
    "cancelled",
]
STOP_REASONS: Final[tuple[StopReason, ...]] = get_args(StopReason)
"""Why a follow-up is given up, the strongest first."""

SkipReason = Literal[
    "owner",
    "epoch",
    "last_author",
    "status",
    "window",
    "budget",
    "breaker",
    "never_warned",
    "invalid_transition",
]
"""Why something was not said or done when its time came."""


class LadderRun(Noun):
    """A ladder at work: ``step`` of its steps were sent or skipped, the last one (or its arming) at ``since``.

    ``spoken``: at least one of them said something. ``held_until`` is when the next one, held in quiet hours, goes out.
    A run whose steps are all through stays until the customer answers: their silence is not nudged twice.
    """

    id: Identifier
    ladder: str
    epoch: int
    since: Instant
    step: int = 0
    spoken: bool = False
    held_until: Instant | None = None


class WaitingFollowup(Noun):
    """A one-off or a proactive message that was not sent yet.

    It is due at ``due_at``, or once the customer has been silent for ``when_silent_for``. ``texts`` are by language, a
    single one under ``""``; ``template`` is said instead where the channel's window is closed or there is no text.
    """

    id: Identifier
    kind: Literal["oneoff", "proactive"] = "oneoff"
    key: str | None = None
    by: ActorType
    texts: dict[str, str] = Field(default_factory=dict)
    template: TemplateContent | None = None
    due_at: Instant | None = None
    when_silent_for: KeptDuration | None = None
    held_until: Instant | None = None


class SentOnce(Noun):
    """What was sent under a key."""

    id: Identifier
    kind: Literal["oneoff", "proactive"]
    message_id: Identifier
    at: Instant


class Followups(Noun):
    """What a thread keeps of its follow-ups: the ladder at work, what waits, and what was sent under each key.

    ``unanswered_at`` is the first message of any owner that the customer has not answered.
    """

    ladder: LadderRun | None = None
    waiting: tuple[WaitingFollowup, ...] = ()
    sent: dict[str, SentOnce] = Field(default_factory=dict)
    unanswered_at: Instant | None = None


class Receipts(Noun):
    """How far a message got; ``failure`` says why it did not."""

    delivered_at: Instant | None = None
    read_at: Instant | None = None
    failed_at: Instant | None = None
    failure: str | None = None


class Followup(Noun):
    """A follow-up, as it is listed: a step of a ladder, a one-off or a proactive message.

    Args:
        id: A ladder's step is named after its run and its number; cancelling it cancels the run.
        next_at: When it is to be sent; ``None`` where it waits for a message to be unanswered, or is done.
        step: The step's number in its ladder, from 1.
        text: What was said, or is to be said; blanks are filled in when it is.
        why_not_sent: ``quiet`` where it is held, else the reason it was skipped or stopped for.
    """

    id: Identifier
    kind: FollowupKind
    key: str | None = None
    state: FollowupState
    next_at: Instant | None = None
    ladder: str | None = None
    step: int | None = None
    text: str | None = None
    why_not_sent: Literal["quiet"] | SkipReason | StopReason | None = None
    sent_at: Instant | None = None
    message_id: Identifier | None = None
    receipts: Receipts = Field(default_factory=Receipts)


class Breaker(Noun):
    """The fuse of a channel: the latest follow-ups that were sent on it, and which of them failed.

    Once ``open`` it stays so, and nothing is said, until a person resumes it.
    """

    channel: str
    sent: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    open: bool = False
    opened_at: Instant | None = None
