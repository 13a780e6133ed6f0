"""Reports: what happened in a period, and how things stand now.

Source: api.md, Resources (reports); docs/reports.md says what each figure means.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeAlias, TypedDict

from handoff_sdk.client.request import path
from handoff_sdk.models.report import Live, Report

from .resource import Resource

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

    from handoff_sdk.models.report import ReportName

__all__ = ["ReportQuery", "Reports"]

When: TypeAlias = datetime | date | str
"""An instant with a time zone, or a day in UTC."""


class ReportQuery(TypedDict, total=False):
    """What a report is asked for.

    ``from_`` is included and 30 days before ``to`` by default, ``to`` is excluded and now by default. ``brand`` is the
    only one that counts. ``group_by`` splits into parts by one dimension or several: ``brand`` ``style`` ``channel``
    ``group`` ``queue`` ``agent`` ``priority`` ``reason`` ``tag`` ``day`` ``hour`` ``field:<name>``.
    """

    from_: When | None
    to: When | None
    brand: str | None
    group_by: str | Sequence[str]


class Reports(Resource):
    """``client.reports``. A figure that a report does not have is ``None``."""

    async def summary(self, **asked: Unpack[ReportQuery]) -> Report:
        """All figures."""
        return await self._report("summary", **asked)

    async def agents(self, **asked: Unpack[ReportQuery]) -> Report:
        """What each agent did."""
        return await self._report("agents", **asked)

    async def queues(self, **asked: Unpack[ReportQuery]) -> Report:
        """What came into each queue, and how soon it was dealt with."""
        return await self._report("queues", **asked)

    async def bot(self, **asked: Unpack[ReportQuery]) -> Report:
        """How bots did."""
        return await self._report("bot", **asked)

    async def sla(self, **asked: Unpack[ReportQuery]) -> Report:
        """Which promises were kept, by their metric."""
        return await self._report("sla", **asked)

    async def staffing(self, **asked: Unpack[ReportQuery]) -> Report:
        """What came in and who was there, by the hour of the day in UTC."""
        return await self._report("staffing", **asked)

    async def live(self) -> Live:
        """How things stand now."""
        return await self._get(Live, path("reports", "live"))

    async def _report(
        self,
        name: ReportName,
        *,
        from_: When | None = None,
        to: When | None = None,
        brand: str | None = None,
        group_by: str | Sequence[str] = (),
    ) -> Report:
        dimensions = group_by if isinstance(group_by, str) else ",".join(group_by)
        asked: dict[str, Any] = {"from": _text(from_), "to": _text(to), "brand": brand, "group_by": dimensions or None}
        return await self._get(Report, path("reports", name), **asked)


def _text(when: When | None) -> str | None:
    return when.isoformat() if isinstance(when, date) else when
