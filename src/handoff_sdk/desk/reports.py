"""Reports: reads what is new in the feed into facts, and makes figures of facts.

The books follow the feed: what they have not read yet is read before a report is made, so it is never late, and by and
by meanwhile, so it is never long. Each page is one transaction together with the position it moves, so nothing counts
twice, whatever stops in between.

Source: docs/reports.md; api.md, Resources (reports).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from handoff_sdk.core.bookkeeping import asked_for, enter
from handoff_sdk.core.books import Books
from handoff_sdk.core.reporting import report
from handoff_sdk.errors import Unavailable
from handoff_sdk.models.report import Crew, Live, LiveCounts
from handoff_sdk.ports import BookChange, Change, EventFilter, FactFilter, StaleVersion

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from handoff_sdk.core.accounts import Account
    from handoff_sdk.desk.roster import Roster
    from handoff_sdk.models.event import Event
    from handoff_sdk.models.report import Report, ReportName
    from handoff_sdk.models.ticket import Ticket
    from handoff_sdk.ports import Clock, Store

__all__ = ["READER", "Reports"]

READER: Final = "figures"
"""Under which name the store keeps how far the books are."""
_PAGE: Final = 500
_EVERY: Final = timedelta(seconds=30)
_PAUSE: Final = timedelta(milliseconds=250)
_REST: Final = 8
"""How many times as long as it took to read a page the others have the time to themselves."""
_TRIES: Final = 100
_TRY_AGAIN_AFTER: Final = 0.05
"""Seconds."""


class Reports:
    """The desk's figures."""

    def __init__(self, store: Store, roster: Roster, clock: Clock) -> None:
        self._store = store
        self._roster = roster
        self._clock = clock
        self._reading = asyncio.Lock()

    async def run(self) -> None:
        """Follow the feed until cancelled, at a pace that leaves the time to those who write."""
        while True:
            begun = self._clock.now()
            async with self._reading:
                more = await self._read_on()
            ended = self._clock.now()
            pause = max(_PAUSE, (ended - begun) * _REST) if more else _EVERY
            await self._clock.sleep_until(ended + pause)

    async def catch_up(self) -> None:
        """Read what is new in the feed into the books, up to its present end."""
        async with self._reading:
            while await self._read_on():
                pass

    async def catch_up_to(self, cursor: int) -> None:
        """Read the feed into the books until they have what happened up to ``cursor``.

        Raises:
            Unavailable: Others are still writing what comes before it.
        """
        for _ in range(_TRIES):
            await self.catch_up()
            if await self._store.position(READER) >= cursor:
                return
            await asyncio.sleep(_TRY_AGAIN_AFTER)
        raise Unavailable("The reports have not read all of the feed yet; try again.", retry_after=5)

    async def report(
        self,
        name: ReportName,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        brand: str | None = None,
        group_by: Sequence[str] = (),
        brands: Collection[str] | None = None,
    ) -> Report:
        """The figures of a period.

        Args:
            name: Which report.
            since: Where the period begins; ``None``: with the first event.
            until: Where it ends, itself excluded; ``None``: after the present instant.
            brand: The only brand that counts.
            group_by: Dimensions, as ``core.reporting.checked_dimensions`` gives them.
            brands: Those that whoever asks may see; ``None``: all.
        """
        await self.catch_up()
        now = self._clock.now()
        seen = None if brands is None else set(brands)
        if brand is not None:
            seen = {brand} if seen is None else seen & {brand}
        which = FactFilter(
            since=since,
            until=now + timedelta(microseconds=1) if until is None else until,
            brands=None if seen is None else tuple(sorted(seen)),
        )
        told = await self._store.facts(which)
        return await asyncio.to_thread(
            report, name, told, since=since, until=until or now, brand=brand, group_by=group_by
        )

    async def live(self, brands: Collection[str] | None = None) -> Live:
        """How things stand now, of some brands or of all."""
        now = self._clock.now()
        tickets = [each for each in await self._store.live() if brands is None or each[0].brand in brands]
        waiting = [ticket for ticket, _ in tickets if ticket.assignee is None]
        since = min((_waits_since(ticket) for ticket in waiting), default=None)
        agents = [
            Crew(
                agent_id=agent.id,
                name=agent.name,
                status=agent.status,
                capacity=agent.capacity,
                used=agent.used,
                inactive=agent.inactive,
            )
            for agent in self._roster.all()
            if brands is None or agent.brands is None or set(agent.brands) & set(brands)
        ]
        return Live(
            at=now,
            active=_counts([ticket for ticket, session in tickets if session == "active"]),
            inactive=_counts([ticket for ticket, session in tickets if session != "active"]),
            longest_wait=(now - since).total_seconds() if since else None,
            queues=dict(sorted(Counter(ticket.queue for ticket in waiting).items())),
            statuses=dict(sorted(Counter(agent.status for agent in agents).items())),
            agents=tuple(agents),
        )

    async def _read_on(self) -> bool:
        """Read one page; whether there may be more."""
        was = await self._store.position(READER)
        events = await self._store.events(EventFilter(), after=was, limit=_PAGE)
        if not events:
            return False
        books = Books(await self._accounts(events))
        for event in events:
            enter(books, event)
        change = BookChange(READER, was, events[-1].cursor, tuple(books.facts), tuple(books.changed))
        try:
            await self._store.submit(Change(books=change))
        except StaleVersion:  # another engine on this store was first: go on where it is
            return True
        return len(events) == _PAGE

    async def _accounts(self, events: Sequence[Event]) -> list[Account]:
        """The accounts that events are about, and those of the live tickets of their conversations."""
        asked = asked_for(events)
        found = list(await self._store.accounts(asked))
        live = {account.ticket_id for account in found if account.kind == "conversation" and account.ticket_id}
        return [*found, *await self._store.accounts(live - asked)]


def _counts(tickets: Sequence[Ticket]) -> LiveCounts:
    waiting = sum(ticket.assignee is None for ticket in tickets)
    return LiveCounts(assigned=len(tickets) - waiting, waiting=waiting)


def _waits_since(ticket: Ticket) -> datetime:
    return ticket.unassigned_at or ticket.created_at
