"""The list of a conversation's follow-ups: what was sent, skipped and stopped, by its events, and what is to come.

Source: api.md, ``GET /conversations/{id}/followups``; lifecycle.md, 7 and 9 (receipts).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff_sdk.core.followups import next_step, shown, step_shown
from handoff_sdk.models.followup import Followup

if TYPE_CHECKING:
    from collections.abc import Iterable

    from handoff_sdk.core.thread import Thread
    from handoff_sdk.models.config import DeskConfig
    from handoff_sdk.models.event import Event

__all__ = ["LISTED_FROM", "followups_of"]

LISTED_FROM: frozenset[str] = frozenset(
    {
        *("followup.scheduled", "followup.sent", "followup.skipped", "followup.stopped"),
        *("message.created", "message.delivered", "message.failed", "message.read"),
    }
)
"""The types of events that a list is made from."""


def followups_of(thread: Thread, config: DeskConfig, events: Iterable[Event]) -> tuple[Followup, ...]:
    """Every follow-up of a conversation, in the order they came up.

    Args:
        thread: The conversation; what is pending or held comes from here.
        config: The configuration in force.
        events: The conversation's events in their order; without the older ones, older follow-ups are missing.
    """
    listed: dict[str, Followup] = {}
    texts: dict[str, str | None] = {}
    for event in events:
        if event.type == "message.created":
            message = event.data["message"]
            texts[message["id"]] = message["content"].get("text")
        elif event.type.startswith("followup."):
            known = listed.get(event.data["followup_id"])
            listed[event.data["followup_id"]] = _after(event, known or _new(event), texts)
        elif event.type in LISTED_FROM:
            listed = {name: _received(event, followup) for name, followup in listed.items()}
    for waiting in thread.followups.waiting:
        listed[waiting.id] = shown(thread.followups, waiting)
    step = next_step(thread.followups, config)
    if step is not None:
        listed[step.facts["followup_id"]] = step_shown(step)
    return tuple(listed.values())


def _new(event: Event) -> Followup:
    data = event.data
    return Followup(
        id=data["followup_id"],
        kind=data["kind"],
        key=data.get("key"),
        state="pending",
        ladder=data.get("ladder"),
        step=data.get("step"),
    )


def _after(event: Event, followup: Followup, texts: dict[str, str | None]) -> Followup:
    data = event.data
    if event.type == "followup.sent":
        message_id = data["message_id"]
        sent = {"state": "sent", "sent_at": event.at, "message_id": message_id, "text": texts.get(message_id)}
        return followup.model_copy(update=sent)
    if event.type == "followup.skipped" and followup.state != "sent":  # what was sent may skip an action
        return followup.model_copy(update={"state": "skipped", "why_not_sent": data["reason"]})
    if event.type == "followup.stopped":
        return followup.model_copy(update={"state": "stopped", "why_not_sent": data["reason"]})
    return followup


def _received(event: Event, followup: Followup) -> Followup:
    """The follow-up after a receipt: one names the message, and who reads has read everything before it."""
    data, message_id = event.data, followup.message_id
    if message_id is None:
        return followup
    if event.type == "message.read":
        if data["by"] != "customer" or data["up_to"] < message_id or followup.receipts.read_at is not None:
            return followup
        changes = {"read_at": event.at}
    elif data["message_id"] != message_id:
        return followup
    elif event.type == "message.delivered":
        changes = {"delivered_at": event.at}
    else:
        changes = {"failed_at": event.at, "failure": data["reason"]}
    return followup.model_copy(update={"receipts": followup.receipts.model_copy(update=changes)})
