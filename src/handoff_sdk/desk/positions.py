"""Positions: tells connected customers who wait how far they have come.

What is told is stored nowhere, and coalesced: of what changed within a second only the last is told.

Source: lifecycle.md, 6.15; api.md, ``ticket.position``.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from handoff_sdk.core.draft import SYSTEM
from handoff_sdk.models.event import Event

if TYPE_CHECKING:
    from collections.abc import Callable

    from handoff_sdk.desk.hub import Hub
    from handoff_sdk.desk.in_force import InForce
    from handoff_sdk.desk.router import Router
    from handoff_sdk.models.wait import Place
    from handoff_sdk.ports import Clock

__all__ = ["Positions"]

_AT_MOST_EVERY: Final = 1.0
"""Seconds between two tellings."""


class Positions:
    """Knows what each customer was told last."""

    def __init__(self, router: Router, hub: Hub, clock: Clock, new_id: Callable[[str], str], rules: InForce) -> None:
        self._rules = rules
        self._router = router
        self._hub = hub
        self._clock = clock
        self._new_id = new_id
        self._told: dict[str, Place] = {}

    def tell(self) -> None:
        """Tell everybody who is connected and waits their place, where it is another than they were told.

        Brands that have muted it are left out.
        """
        self._router.moved.clear()
        config = self._rules.config
        watched = [one for one in self._router.watched() if config.brand(one[1].brand).lines.position]
        for customer_id, ticket, place in watched:
            if self._told.get(ticket.id) != place:
                event = Event(
                    id=self._new_id("evt"),
                    type="ticket.position",
                    at=self._clock.now(),
                    conversation_id=ticket.conversation_id,
                    ticket_id=ticket.id,
                    actor=SYSTEM,
                    standby=True,
                    data=place.model_dump(mode="json"),
                )
                self._hub.publish((event,), customer_id)
        self._told = {ticket.id: place for _, ticket, place in watched}

    async def run(self) -> None:
        """Tell whenever the queue has moved."""
        while True:
            await self._router.moved.wait()
            self.tell()
            await asyncio.sleep(_AT_MOST_EVERY)
