"""Follow-ups as state: which ladder counts, what falls due next, and how it is told.

Nothing is a timer: a ladder's next step and every one-off are due at an instant that follows from the thread.

Source: lifecycle.md, 7, 10; house page, decision 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff_sdk.models.followup import Followup, WaitingFollowup

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from handoff_sdk.core.draft import Draft
    from handoff_sdk.core.thread import Thread
    from handoff_sdk.models.config import DeskConfig
    from handoff_sdk.models.followup import Followups, LadderRun
    from handoff_sdk.models.ladder import Ladder, Step
    from handoff_sdk.models.noun import JsonObject

__all__ = [
    "DueFollowup",
    "NextStep",
    "brand_budget",
    "budget_of",
    "drop",
    "due_followups",
    "first_due",
    "ladder_of",
    "next_at",
    "next_step",
    "shown",
    "step_shown",
    "waiting_facts",
]


@dataclass(frozen=True, slots=True)
class NextStep:
    """The step that a ladder at work takes next; ``number`` counts from 1."""

    run: LadderRun
    ladder: Ladder
    step: Step

    @property
    def number(self) -> int:
        """Its place in the ladder, from 1."""
        return self.run.step + 1

    @property
    def at(self) -> datetime:
        """When it is due."""
        return self.run.held_until or self.run.since + self.step.after

    @property
    def facts(self) -> JsonObject:
        """What events say about it."""
        run, number = self.run, self.number
        return {"followup_id": f"{run.id}.{number}", "kind": "ladder", "ladder": run.ladder, "step": number}


@dataclass(frozen=True, slots=True)
class DueFollowup:
    """A follow-up and when it is due: the ladder's next step, or one that waits."""

    at: datetime
    what: NextStep | WaitingFollowup

    @property
    def order(self) -> tuple[datetime, bool, str]:
        """At one instant the ladder comes first, then the others by key."""
        if isinstance(self.what, NextStep):
            return (self.at, False, "")
        return (self.at, True, self.what.key or self.what.id)


def ladder_of(where: Thread | Draft, config: DeskConfig) -> tuple[str, Ladder] | None:
    """The ladder of a conversation and its name: the live ticket's, else the brand's; ``None`` where there is none."""
    ticket = where.live
    name = (ticket.followups if ticket else None) or config.brand(where.conversation.brand).followups
    ladder = config.ladder(name)
    return None if name is None or ladder is None else (name, ladder)


def budget_of(thread: Thread, config: DeskConfig) -> int | None:
    """How many follow-ups may reach the customer in a day; ``None``: any number, and nobody needs to count."""
    run = thread.followups.ladder
    found = ladder_of(thread, config)
    ladders = (config.ladder(run.ladder) if run else None, found[1] if found else None)
    return min((ladder.max_per_day for ladder in ladders if ladder and ladder.max_per_day is not None), default=None)


def brand_budget(brand: str, config: DeskConfig) -> int | None:
    """The same where a conversation of a brand is only about to start."""
    known = config.brands.get(brand)
    ladder = config.ladder(known.followups) if known else None
    return ladder.max_per_day if ladder else None


def next_step(followups: Followups, config: DeskConfig) -> NextStep | None:
    """The ladder's next step; ``None`` where none is at work, it is through, or it is not configured any more."""
    run = followups.ladder
    ladder = config.ladder(run.ladder) if run else None
    if run is None or ladder is None or run.step >= len(ladder.steps):
        return None
    return NextStep(run, ladder, ladder.steps[run.step])


def first_due(thread: Thread, config: DeskConfig) -> DueFollowup | None:
    """The conversation's follow-up that falls due first; ``None`` where none will as things stand."""
    return min(due_followups(thread, config), key=lambda due: due.order, default=None)


def next_at(thread: Thread, config: DeskConfig) -> datetime | None:
    """When the next step of the ladder or the next one-off is due; proactive messages are not looked at."""
    due = due_followups(thread, config)
    return min((one.at for one in due if isinstance(one.what, NextStep) or one.what.kind == "oneoff"), default=None)


def due_followups(thread: Thread, config: DeskConfig) -> Iterator[DueFollowup]:
    """Everything that falls due as things stand, in no order."""
    followups = thread.followups
    step = next_step(followups, config)
    if step is not None:
        yield DueFollowup(step.at, step)
    for waiting in followups.waiting:
        at = _waiting_at(followups, waiting)
        if at is not None:
            yield DueFollowup(at, waiting)


def drop(draft: Draft, waiting: WaitingFollowup) -> None:
    """Let one not wait any more."""
    draft.set_followups(waiting=tuple(one for one in draft.followups.waiting if one.id != waiting.id))


def waiting_facts(waiting: WaitingFollowup) -> JsonObject:
    """What events say about a one-off or a proactive message."""
    return {"followup_id": waiting.id, "kind": waiting.kind, "key": waiting.key}


def shown(followups: Followups, waiting: WaitingFollowup) -> Followup:
    """A waiting follow-up as it is listed."""
    return Followup(
        id=waiting.id,
        kind=waiting.kind,
        key=waiting.key,
        state="held" if waiting.held_until else "pending",
        next_at=_waiting_at(followups, waiting),
        text=next(iter(waiting.texts.values()), None),
        why_not_sent="quiet" if waiting.held_until else None,
    )


def step_shown(step: NextStep) -> Followup:
    """The next step of a ladder as it is listed."""
    held = step.run.held_until is not None
    return Followup(
        id=step.facts["followup_id"],
        kind="ladder",
        state="held" if held else "pending",
        next_at=step.at,
        ladder=step.run.ladder,
        step=step.number,
        text=next(iter((step.step.say or {}).values()), None),
        why_not_sent="quiet" if held else None,
    )


def _waiting_at(followups: Followups, waiting: WaitingFollowup) -> datetime | None:
    """When a waiting one is due; ``None`` while every owner message is answered and it waits for silence."""
    at = waiting.held_until or waiting.due_at
    if at is None and waiting.when_silent_for is not None and followups.unanswered_at is not None:
        at = followups.unanswered_at + waiting.when_silent_for
    return at
