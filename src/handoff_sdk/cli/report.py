"""``handoff report``: the figures of a period, for people, for programs or as a page.

Source: sdk.md, Command line; docs/reports.md.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .outline import COLUMNS, SECTIONS, amount, named, period
from .remote import URL, EngineUrl, StaffKey
from .tail import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from handoff_sdk.models.report import Report

    from .sheet import Sheet

__all__ = ["report"]


def report(
    *,
    api_key: StaffKey,
    url: EngineUrl = URL,
    from_: Annotated[
        str | None,
        typer.Option("--from", metavar="WHEN", help="Its beginning: a day in UTC, or an instant.  [default: 30 days]"),
    ] = None,
    to: Annotated[
        str | None, typer.Option(metavar="WHEN", help="Its end, which does not belong to it.  [default: now]")
    ] = None,
    brand: Annotated[str | None, typer.Option(metavar="BRAND", help="Only this brand's figures.")] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page with charts instead; it needs nothing else.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="All figures as JSON.")] = False,
) -> None:
    """Tell what happened in a period, in figures.

    Tickets, waiting, replies, agents, queues, bots. Times are medians; in the second column stands what nine of ten
    stay under. What each figure counts is in docs/reports.md.

    \b
    Examples:
      HANDOFF_API_KEY=hk_... handoff report
      handoff report --from 2026-01-01 --to 2026-02-01 --brand acme --html january.html
    """  # noqa: D301 - typer keeps the lines after a real \b as they are
    if html is not None and json:
        raise typer.BadParameter("write a page or JSON, not both", param_hint="'--json'")
    sheet = asyncio.run(_read(url, api_key, from_, to, brand))
    if html is not None:
        from .sheet import page

        html.write_text(page(sheet), encoding="utf-8")
        typer.echo(f"{html}: {period(sheet.summary)}")
    elif json:
        typer.echo(sheet.summary.model_dump_json(indent=2, exclude={"group_by", "groups"}))
    else:
        for line in _lines(sheet):
            typer.echo(line)


async def _read(url: str, api_key: str, from_: str | None, to: str | None, brand: str | None) -> Sheet:
    """The reports of the period, all with the same ends."""
    from handoff_sdk.client.client import HandoffClient
    from handoff_sdk.client.retries import Retries

    from .sheet import PARTS, Sheet

    async with HandoffClient(url, api_key=api_key, retries=Retries(total=0)) as client:
        reports = client.reports
        summary = await reports.summary(from_=from_, to=to, brand=brand, group_by="day")
        since, until = summary.from_, summary.to
        return Sheet(
            summary=summary,
            agents=await reports.agents(from_=since, to=until, brand=brand),
            queues=await reports.queues(from_=since, to=until, brand=brand),
            sla=await reports.sla(from_=since, to=until, brand=brand),
            staffing=await reports.staffing(from_=since, to=until, brand=brand),
            parts=tuple([await reports.summary(from_=since, to=until, brand=brand, group_by=each) for each in PARTS]),
        )


def _lines(sheet: Sheet) -> Iterator[str]:
    yield period(sheet.summary)
    for title, names in SECTIONS.items():
        yield ""
        yield title
        for label, value, p90 in named(sheet.summary, names):
            yield f"  {label:<24}{value:>10}" + ("" if p90 is None else f"{p90:>12}")
    for title, told in (("Agents", sheet.agents), ("Queues", sheet.queues), ("Promises", sheet.sla)):
        if told.groups:
            yield ""
            yield from _table(title, told)


def _table(title: str, told: Report) -> Iterator[str]:
    """The parts of a report, a line each."""
    columns = COLUMNS[told.report]
    rows = [[title, *columns.values()]]
    for row in told.groups:
        (part,) = row.by.values()
        rows.append([printable(part or "-"), *(amount(name, getattr(row, name)) for name in columns)])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for cells in rows:
        yield _aligned(cells, widths)


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = zip(cells, widths, strict=True)
    return "  ".join((f"{first[0]:<{first[1]}}", *(f"{cell:>{width}}" for cell, width in others)))
