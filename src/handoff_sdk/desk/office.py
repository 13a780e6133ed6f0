"""What couriers work with, and how they tell of a webhook.

Source: api.md, Events (``webhook.*``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handoff_sdk.core.draft import SYSTEM
from handoff_sdk.models.event import Event

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from handoff_sdk.desk.hub import Hub
    from handoff_sdk.models.webhook import Webhook
    from handoff_sdk.ports import Change, Clock, Sender, Store

__all__ = ["Office", "event_about"]


@dataclass(frozen=True, slots=True)
class Office:
    """What all couriers share. ``write`` commits a change and publishes its events."""

    store: Store
    hub: Hub
    sender: Sender
    clock: Clock
    new_id: Callable[[str], str]
    chance: Callable[[], float]
    write: Callable[[Change], Awaitable[object]]


def event_about(webhook: Webhook, kind: str, now: datetime, new_id: Callable[[str], str], **more: Any) -> Event:
    """An event that tells of a webhook."""
    told = webhook.model_dump(mode="json", include={"url", "name", "state", "failing_since", "disabled_because"})
    return Event(id=new_id("evt"), type=kind, at=now, actor=SYSTEM, data={"webhook_id": webhook.id, **told, **more})
