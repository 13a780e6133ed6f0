"""What a decision told, and that its events stand in the law's order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from handoff_sdk.core.draft import Decision

EVENT_ORDER = (
    "conversation.created",
    "session.started session.active session.inactive",
    "followup.scheduled",
    "message.created",
    "message.failed message.delivered message.read message.redacted",
    "followup.sent followup.skipped",
    "followup.stopped",
    "ticket.created",
    "control.passed control.taken_over",
    "ticket.transferred",
    "ticket.reopened",
    "ticket.unassigned",
    "ticket.offer_declined ticket.offer_lapsed ticket.offer_withdrawn",
    "ticket.queued",
    "ticket.offered ticket.assigned",
    "ticket.opened ticket.pending ticket.on_hold",
    "ticket.solved",
    "ticket.closed",
    "session.ended",
    "control.returned",
    "ticket.updated",
)
"""lifecycle.md, 10, without what rules do, and what this version does not have."""


def types(decision: Decision) -> list[str]:
    """The types of a decision's events."""
    return [event.type for event in decision.events]


def told(decision: Decision, event_type: str) -> dict[str, Any]:
    """The data of the one event of this type."""
    (event,) = [event for event in decision.events if event.type == event_type]
    return event.data


def lines(decision: Decision) -> list[str]:
    """The names of the lines that a decision says; surveys ask, and are none."""
    messages = (event.data["message"] for event in decision.events if event.type == "message.created")
    named = (message["metadata"].get("line") for message in messages if message["author"]["type"] == "system")
    return [name for name in named if name != "survey"]


def in_the_laws_order(decision: Decision) -> None:
    """Assert that events stand in the law's order, but for those of rules, which follow what they are about."""
    ranks = [_RANK[event.type] for event in decision.events if event.type in _RANK and event.actor.type != "rule"]
    assert sorted(ranks) == ranks


_RANK = {event_type: rank for rank, group in enumerate(EVENT_ORDER) for event_type in group.split()}
