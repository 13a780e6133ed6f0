"""Taking stock: what the desk has at hand of the store, read at its start, and anew where a change was in doubt.

What turns out to be written then is told to who listens, as if it had just happened: nothing more was decided about its
conversation since.

Source: house page, decisions 5 to 8 (losing what is at hand costs a rebuild; the event table is the truth).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff_sdk.models.event import UNSTORED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handoff_sdk.desk.doubts import Doubts
    from handoff_sdk.desk.hub import Hub
    from handoff_sdk.desk.in_force import InForce
    from handoff_sdk.desk.outreach import Outreach
    from handoff_sdk.desk.roster import Roster
    from handoff_sdk.desk.router import Router
    from handoff_sdk.desk.threads import Threads
    from handoff_sdk.desk.ticker import Ticker
    from handoff_sdk.desk.turns import Turns
    from handoff_sdk.models.event import Event
    from handoff_sdk.ports import Change, Standing, Store

__all__ = ["Stock"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stock:
    """Everything at hand that follows the store."""

    store: Store
    rules: InForce
    doubts: Doubts
    hub: Hub
    roster: Roster
    outreach: Outreach
    threads: Threads
    router: Router
    turns: Turns
    ticker: Ticker

    def show(self, standing: Standing, *, at_start: bool = False) -> None:
        """Have at hand what stands in the store, and nothing else."""
        self.roster.load(self.rules.config, standing, at_start=at_start)
        self.outreach.load(standing.breakers, standing.slots)
        self.threads.clear()
        self.router.clear()
        self.turns.clear()
        for thread in standing.threads:
            self.threads.put(thread)
            self.router.note(None, thread)
            self.turns.note(None, thread)
        self.router.tidy()

    async def run(self) -> None:
        """Find out, for as long as it runs, what became of changes in doubt."""
        while True:
            await self.doubts.raised.wait()
            changes = await self.doubts.all_in()
            standing = await self.store.standing()
            written = [(change, await self._written(change)) for change in changes]
            # From here on nothing waits: whatever is decided next is decided on what is shown now.
            self.show(standing)
            for change, events in written:
                self.hub.tell_late(events, change.after.customer.id if change.after else None)
            self.doubts.settle()
            self.ticker.look_again()
            self.router.wake.set()
            _log.warning("changes in doubt: %d; written: %d", len(changes), sum(bool(events) for _, events in written))

    async def _written(self, change: Change) -> Sequence[Event]:
        """The events of a change, where it was written."""
        found = [await self.store.event(event.id) for event in change.events if event.type not in UNSTORED]
        return [event for event in found if event is not None]
