"""Reports: what happened in a period, and how things stand now.

Source: api.md, Resources (reports); docs/reports.md says what each figure means.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from handoff_sdk.client.request import path
from handoff_sdk.models.report import Live, Report

from .resource import Resource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handoff_sdk.models.report import ReportName

__all__ = ["Reports"]

When: TypeAlias = datetime | date | str
"""An instant with a time zone, or a day in UTC."""


class Reports(Resource):
    """``client.reports``.

    All of them take the same: ``from_`` is included and 30 days before ``to`` by default, ``to`` is excluded and now by
    default; ``brand`` is the only one that counts; ``group_by`` splits into parts by one dimension or several:
    ``brand`` ``style`` ``channel`` ``group`` ``queue`` ``agent`` ``priority`` ``reason`` ``tag`` ``day`` ``hour``
    ``field:<name>``. A figure that a report does not have is ``None``.
    """

    async def summary(
        self,
        *,
        from_: When | None = None,
        to: When | None = None,
        brand: str | None = None,
        group_by: str | Sequence[str] = (),
    ) -> Report:
        """All figures."""
        return await self._report("summary", from_, to, brand, group_by)

    async def agents(
        self,
        *,
        from_: When | None = None,
        to: When | None = None,
        brand: str | None = None,
        group_by: str | Sequence[str] = (),
    ) -> Report:
        """What each agent did."""
        return await self._report("agents", from_, to, brand, group_by)

    async def queues(
        self,
        *,
        from_: When | None = None,
        to: When | None = None,
        brand: str | None = None,
        group_by: str | Sequence[str] = (),
    ) -> Report:
        """What came into each queue, and how soon it was dealt with."""
        return await self._report("queues", from_, to, brand, group_by)

    async def bot(
        self,
        *,
        from_: When | None = None,
        to: When | None = None,
        brand: str | None = None,
        group_by: str | Sequence[str] = (),
    ) -> Report:
        """How bots did."""
        return await self._report("bot", from_, to, brand, group_by)

    async def sla(
        self,
        *,
        from_: When | None = None,
        to: When | None = None,
        brand: str | None = None,
        group_by: str | Sequence[str] = (),
    ) -> Report:
        """Which promises were kept, by their metric."""
        return await self._report("sla", from_, to, brand, group_by)

    async def staffing(
        self,
        *,
        from_: When | None = None,
        to: When | None = None,
        brand: str | None = None,
        group_by: str | Sequence[str] = (),
    ) -> Report:
        """What came in and who was there, by the hour of the day in UTC."""
        return await self._report("staffing", from_, to, brand, group_by)

    async def live(self) -> Live:
        """How things stand now."""
        return await self._get(Live, path("reports", "live"))

    async def _report(
        self, name: ReportName, from_: When | None, to: When | None, brand: str | None, group_by: str | Sequence[str]
    ) -> Report:
        dimensions = group_by if isinstance(group_by, str) else ",".join(group_by)
        asked: dict[str, Any] = {"from": _text(from_), "to": _text(to), "brand": brand, "group_by": dimensions or None}
        return await self._get(Report, path("reports", name), **asked)


def _text(when: When | None) -> str | None:
    return when.isoformat() if isinstance(when, date) else when
