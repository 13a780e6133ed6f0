"""The report as one HTML page: no script, nothing loaded from elsewhere, and every text escaped.

Source: sdk.md, Command line (``handoff report --html``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from xml.etree.ElementTree import Element, SubElement, tostring

from .charts import COUNTS, TIMES, Series, lying, standing
from .outline import COLUMNS, SECTIONS, amount, named, period

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handoff_sdk.models.report import Report, Row

__all__ = ["PARTS", "Sheet", "page"]

PARTS: Final = ("brand", "channel", "style", "group")
"""What the page shows the summary's parts of, each in a table; one that has a single part says nothing."""

_MOST_DAYS: Final = 400

_STYLE: Final = """
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --line: #d9dee6; --paper: #fff; --card: #f5f7fa;
  --first: #2563a8; --second: #e08a1e }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --soft: #9aa6b5; --line: #333d4a; --paper: #12171e;
  --card: #1b222c; --first: #6ca8e8; --second: #f0ad4e } }
body { margin: 0 auto; padding: 2rem 1rem; max-width: 70rem; font: 16px/1.5 system-ui, sans-serif; color: var(--ink);
  background: var(--paper) }
h1 { margin: 0 } h2 { margin: 2.5rem 0 .5rem; font-size: 1.2rem } p { margin: .2rem 0; color: var(--soft) }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .75rem; margin: 1.5rem 0 }
.card { padding: .75rem 1rem; border-radius: .5rem; background: var(--card) }
.card b { display: block; font-size: 1.6rem } .card span { color: var(--soft); font-size: .85rem }
.parts { display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); gap: 0 2rem }
.wide { overflow-x: auto }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { padding: .3rem .5rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap }
th:first-child, td:first-child { text-align: left } th { color: var(--soft); font-weight: 500 }
svg { width: 100%; height: auto } svg text { fill: var(--soft); font-size: 12px } .grid { stroke: var(--line) }
rect.first { fill: var(--first) } rect.second { fill: var(--second) }
i { display: inline-block; width: .8em; height: .8em; margin: 0 .3em 0 1em; border-radius: 2px }
i.first { background: var(--first) } i.second { background: var(--second) }
"""

_CARDS: Final = {
    "tickets_created": "tickets created",
    "tickets_solved": "tickets solved",
    "first_reply_time": "to the first reply",
    "resolution_time": "to the solution",
    "containment": "contained by the bot",
    "sla_attainment": "promises kept",
    "satisfaction": "satisfied",
    "abandoned": "abandoned",
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """The reports that the page shows, all of one period; ``summary`` is split by ``day``, ``parts`` by ``PARTS``."""

    summary: Report
    agents: Report
    queues: Report
    sla: Report
    staffing: Report
    parts: tuple[Report, ...] = ()


def page(sheet: Sheet) -> str:
    """The page, whole."""
    html = Element("html", lang="en")
    head = SubElement(html, "head")
    SubElement(head, "meta", charset="utf-8")
    SubElement(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    SubElement(head, "title").text = f"Handoff report, {period(sheet.summary)}"
    SubElement(head, "style").text = _STYLE
    body = SubElement(html, "body")
    SubElement(body, "h1").text = "Handoff report"
    SubElement(body, "p").text = f"{period(sheet.summary)}. Times are medians; nine of ten stay under the one behind."
    _cards(body, sheet.summary)
    _days(body, sheet.summary)
    _hours(body, sheet.staffing)
    _reasons(body, "Why control came back from people", sheet.summary.returned)
    _reasons(body, "Why bots handed off", sheet.summary.handed_off_by_reason)
    for field, values in (sheet.summary.handed_off_by_field or {}).items():
        _reasons(body, f"What was handed off, by {field}", values)
    _table(body, "Agents", sheet.agents, "agent")
    _statuses(body, sheet.agents)
    _table(body, "Queues", sheet.queues, "queue")
    _table(body, "Promises", sheet.sla, "metric")
    for each in sheet.parts:
        if len(each.groups) > 1:
            (dimension,) = each.group_by
            _table(body, f"By {dimension}", each, dimension)
    _figures(body, sheet.summary)
    return "<!doctype html>\n" + tostring(html, encoding="unicode", method="html") + "\n"


def _cards(body: Element, summary: Report) -> None:
    cards = SubElement(body, "div", {"class": "cards"})
    for name, (label, value, p90) in zip(_CARDS, named(summary, _CARDS), strict=True):
        card = SubElement(cards, "div", {"class": "card"})
        SubElement(card, "b").text = value
        SubElement(card, "span").text = label if p90 is None else f"{label}, 90 %: {p90}"
        card.set("title", name)


def _days(body: Element, summary: Report) -> None:
    rows = {row.by["day"] or "": row for row in summary.groups}
    days = _every_day(summary, sorted(rows))
    labels = [day[5:] for day in days]
    _heading(body, "Tickets by day", {"first": "created", "second": "solved"})
    body.append(
        standing(
            "Tickets created and solved on each day",
            labels,
            [
                Series("created", "first", _values(rows, days, "tickets_created")),
                Series("solved", "second", _values(rows, days, "tickets_solved")),
            ],
            _count,
            COUNTS,
        )
    )
    _heading(body, "Time to the first reply by day", {"first": "median", "second": "90 %"})
    body.append(
        standing(
            "Time to the first reply on each day",
            labels,
            [
                Series("median", "first", _values(rows, days, "first_reply_time")),
                Series("90 %", "second", _values(rows, days, "first_reply_time_p90")),
            ],
            _time,
            TIMES,
        )
    )


def _hours(body: Element, staffing: Report) -> None:
    rows = {row.by["hour"] or "": row for row in staffing.groups}
    hours = [f"{hour:02}" for hour in range(24)]
    _heading(body, "Tickets created by hour of the day (UTC)", {})
    created = Series("created", "first", _values(rows, hours, "tickets_created"))
    body.append(standing("Tickets created in each hour of the day", hours, [created], _count, COUNTS))
    _heading(body, "Time in hand and online by hour of the day (UTC)", {"first": "in hand", "second": "online"})
    work = [
        Series("in hand", "first", _values(rows, hours, "handled_time")),
        Series("online", "second", _values(rows, hours, "online_time")),
    ]
    body.append(standing("Time that tickets were in hand and agents online", hours, work, _time, TIMES))


def _reasons(body: Element, title: str, counted: dict[str, int] | None) -> None:
    there = {name.replace("_", " "): float(count) for name, count in (counted or {}).items() if count}
    if there:
        _heading(body, title, {})
        body.append(lying(title, dict(sorted(there.items(), key=lambda each: -each[1])), _count))


def _table(body: Element, title: str, report: Report, dimension: str) -> None:
    if not report.groups:
        return
    _heading(body, title, {})
    columns = COLUMNS[report.report]
    table = SubElement(SubElement(body, "div", {"class": "wide"}), "table")
    head = SubElement(table, "tr")
    for label in (dimension, *columns.values()):
        SubElement(head, "th").text = label
    for row in report.groups:
        line = SubElement(table, "tr")
        SubElement(line, "td").text = row.by[dimension] or "-"
        for name in columns:
            SubElement(line, "td").text = amount(name, getattr(row, name))


def _statuses(body: Element, agents: Report) -> None:
    """How long each agent had each status."""
    times = {row.by["agent"]: row.status_time for row in agents.groups if row.status_time}
    if not times:
        return
    statuses = sorted({status for time in times.values() for status in time})
    _heading(body, "Time in each status", {})
    table = SubElement(SubElement(body, "div", {"class": "wide"}), "table")
    head = SubElement(table, "tr")
    for label in ("agent", *statuses):
        SubElement(head, "th").text = label
    for agent, time in times.items():
        line = SubElement(table, "tr")
        for text in (agent, *(amount("status_time", time.get(status)) for status in statuses)):
            SubElement(line, "td").text = text


def _figures(body: Element, summary: Report) -> None:
    _heading(body, "All figures", {})
    parts = SubElement(body, "div", {"class": "parts"})
    for title, names in SECTIONS.items():
        table = SubElement(SubElement(parts, "div", {"class": "wide"}), "table")
        head = SubElement(table, "tr")
        for label in (title, "", "90 %" if title == "Times" else ""):
            SubElement(head, "th").text = label
        for label, value, p90 in named(summary, names):
            line = SubElement(table, "tr")
            for text in (label, value, p90 or ""):
                SubElement(line, "td").text = text


def _heading(body: Element, title: str, legend: dict[str, str]) -> None:
    heading = SubElement(body, "h2")
    heading.text = title
    for tone, name in legend.items():
        SubElement(heading, "i", {"class": tone}).tail = name


def _every_day(report: Report, there: Sequence[str]) -> list[str]:
    """All days of the period, also those on which nothing happened; where there are too many, only the others."""
    if report.from_ is None or (days := (report.to - report.from_).days) > _MOST_DAYS:
        return list(there)
    first = report.from_.date()
    all_days = (f"{first + timedelta(days=number):%Y-%m-%d}" for number in range(days + 2))
    last = f"{report.to - timedelta(microseconds=1):%Y-%m-%d}"
    return [day for day in all_days if day <= last]


def _values(rows: dict[str, Row], places: Sequence[str], figure: str) -> list[float | None]:
    return [getattr(rows[place], figure) if place in rows else None for place in places]


def _count(value: float) -> str:
    return f"{value:g}"


def _time(value: float) -> str:
    return amount("_time", value)
