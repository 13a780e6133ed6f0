"""What is on its way to one webhook: a lane a conversation, and in it one event after the other.

A lane holds its first event alone; what waits behind it lies in the event table, between ``position`` and ``until``. So
a conversation that is stuck costs the same however much happens in it.

Source: api.md, Webhooks out (per-conversation order).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from handoff_sdk.models.event import Event
    from handoff_sdk.models.webhook import Delivery

__all__ = ["Lane", "Lanes"]


@dataclass(slots=True)
class Lane:
    """One conversation's way to a webhook; also that of all events of no conversation, and that of one redelivery.

    Args:
        key: The conversation's id, ``""`` for events of none, or the id of a delivery that was asked for by hand.
        delivery: The first one, which holds up the rest.
        event: What is delivered; ``None`` where it has to be read.
        position: The cursor up to which the feed was read for this lane.
        until: The cursor of the last event that waits, or one past it.
        waiting: Events that were read and follow the first one.
        busy: An attempt is under way.
    """

    key: str
    delivery: Delivery
    event: Event | None
    position: int
    until: int
    waiting: deque[Event] = field(default_factory=deque)
    busy: bool = False

    def let_go(self, delivery: Delivery) -> None:
        """Hold no more than the delivery while it waits to be tried again."""
        self.delivery, self.event = delivery, None
        self.position = delivery.cursor
        self.waiting.clear()


class Lanes:
    """The lanes of one webhook, at most ``most`` of them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lanes: dict[str, Lane] = {}

    def __iter__(self) -> Iterator[Lane]:
        return iter(tuple(self._lanes.values()))

    @property
    def full(self) -> bool:
        """Whether there is no room for another one."""
        return len(self._lanes) >= self._most

    @property
    def busy(self) -> int:
        """In how many of them an attempt is under way."""
        return sum(lane.busy for lane in self._lanes.values())

    def find(self, key: str) -> Lane | None:
        """The lane of this key."""
        return self._lanes.get(key)

    def open(self, lane: Lane) -> None:
        """Begin a lane."""
        self._lanes[lane.key] = lane

    def close(self, lane: Lane) -> None:
        """End a lane in which nothing waits."""
        if self._lanes.get(lane.key) is lane:
            del self._lanes[lane.key]

    def of(self, delivery_id: str) -> Lane | None:
        """The lane that a delivery is the first of."""
        return next((lane for lane in self._lanes.values() if lane.delivery.id == delivery_id), None)

    def due(self, now: datetime, most: int) -> list[Lane]:
        """Up to ``most`` lanes whose time has come, the one that waits longest first."""
        waits = [
            (at, lane.delivery.cursor, lane.key)
            for lane in self._lanes.values()
            if not lane.busy and (at := lane.delivery.next_at) is not None and at <= now
        ]
        return [self._lanes[key] for _, _, key in sorted(waits)[:most]]

    def next_at(self) -> datetime | None:
        """When the next lane's time comes."""
        return min(
            (at for lane in self._lanes.values() if not lane.busy and (at := lane.delivery.next_at) is not None),
            default=None,
        )
