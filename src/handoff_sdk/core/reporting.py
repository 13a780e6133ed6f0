"""Reports of figures: which report has which, and how it is split into parts.

Source: docs/reports.md; api.md, Resources (reports).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from handoff_sdk.core.accounts import TicketAccount
from handoff_sdk.core.figures import FIGURES, Sample
from handoff_sdk.errors import FieldError, InvalidRequest
from handoff_sdk.models.nearest import did_you_mean
from handoff_sdk.models.report import DIMENSIONS, FIELD, Report, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from handoff_sdk.core.figures import Told
    from handoff_sdk.models.report import ReportName

__all__ = ["checked_dimensions", "dimensions_of", "report"]

_MOST_DIMENSIONS: Final = 4

_OFFERS = tuple(name for name in FIGURES if name.startswith("offers"))
_BOT = tuple(FIGURES)[: tuple(FIGURES).index("abandoned")]
_WAITS = tuple(name for name in FIGURES if name.startswith("waits"))
_SLA = ("promises_kept", "promises_broken", "sla_attainment")
_SURVEY = ("surveys_asked", "surveys_answered", "satisfaction")
_WORK = ("handled_time", "busy_time", "concurrency", "online_time", "occupancy")


def _with_p90(*figures: str) -> tuple[str, ...]:
    return tuple(name for figure in figures for name in (figure, f"{figure}_p90"))


_REPLIES = _with_p90("first_reply_time", "next_reply_time", "handle_time")


class _Layout(NamedTuple):
    """A report: its figures, and what it is split by if nothing else is asked."""

    figures: tuple[str, ...]
    split: str | None = None


_LAYOUTS: Final[Mapping[ReportName, _Layout]] = {
    "summary": _Layout(tuple(FIGURES)),
    "agents": _Layout(
        (
            *("tickets_solved", "one_touch", "reassigned", *_OFFERS, "acceptance_rate", "replies"),
            *(*_REPLIES, *_WORK, "status_time", "sla_attainment", *_SURVEY),
        ),
        "agent",
    ),
    "queues": _Layout(
        (
            *("tickets_created", "arrivals", "waiting", "tickets_solved", "unreplied", "unassigned", "abandoned"),
            *(*_OFFERS, "acceptance_rate"),
            *_with_p90("queue_wait_time", "assignment_time", "abandonment_time"),
            *_with_p90("resolution_time", "business_resolution_time"),
            *(*_WAITS, *_with_p90("estimated_wait", "actual_wait", "wait_error")),
            *(*_REPLIES, *_SLA),
        ),
        "queue",
    ),
    "bot": _Layout((*_BOT, "followups_sent", "followups_answered", "followups_skipped")),
    "sla": _Layout(_SLA, "metric"),
    "staffing": _Layout(
        (
            *("tickets_created", "arrivals", "abandoned", "offers", "offers_lapsed"),
            *(*_with_p90("assignment_time"), *_REPLIES, *_WORK),
        ),
        "hour",
    ),
}


def checked_dimensions(asked: Sequence[str]) -> tuple[str, ...]:
    """The dimensions somebody asks for, each once.

    Raises:
        InvalidRequest: There is no such dimension, and the text says which there are; or they are too many.
    """
    for name in asked:
        if name not in DIMENSIONS and not (name.startswith(FIELD) and len(name) > len(FIELD)):
            problem = (
                f"there is no dimension {name!r}{did_you_mean(name, DIMENSIONS)}; there are {', '.join(DIMENSIONS)}"
            )
            raise InvalidRequest(f"group_by: {problem} and field:<name>.", [FieldError("group_by", problem)])
    if len(wanted := tuple(dict.fromkeys(asked))) > _MOST_DIMENSIONS:
        problem = f"at most {_MOST_DIMENSIONS} dimensions at once"
        raise InvalidRequest(f"group_by: {problem}.", [FieldError("group_by", problem)])
    return wanted


def dimensions_of(name: ReportName, group_by: Sequence[str]) -> tuple[str, ...]:
    """What a report is split by: its own dimension, then those that are asked for."""
    own = _LAYOUTS[name].split
    return tuple(dict.fromkeys((own, *group_by) if own else group_by))


def report(
    name: ReportName,
    told: Sequence[Told],
    *,
    since: datetime | None,
    until: datetime,
    brand: str | None = None,
    group_by: Sequence[str] = (),
) -> Report:
    """A report of facts, which stand in the order of the feed.

    Args:
        name: Which report.
        told: The facts of the period that somebody may see.
        since: Where the period begins; ``None``: with the first fact.
        until: Where it ends.
        brand: The one brand that the facts are of.
        group_by: Dimensions, as ``checked_dimensions`` gives them.
    """
    dimensions = dimensions_of(name, group_by)
    parts: defaultdict[tuple[str | None, ...], list[Told]] = defaultdict(list)
    if dimensions:
        for each in told:
            for key in _keys(each, dimensions):
                parts[key].append(each)
    own = _LAYOUTS[name].split
    rows = (
        Row(by=dict(zip(dimensions, key, strict=True)), **_figures(name, part))
        for key, part in sorted(parts.items(), key=_in_order)
        if own is None or key[0] is not None
    )
    return Report(
        report=name,
        from_=since,
        to=until,
        brand=brand,
        group_by=dimensions,
        groups=tuple(rows),
        **_figures(name, told),
    )


def _figures(name: ReportName, told: Iterable[Told]) -> dict[str, Any]:
    sample = Sample(told)
    return {figure: FIGURES[figure](sample) for figure in _LAYOUTS[name].figures}


def _in_order(part: tuple[tuple[str | None, ...], object]) -> tuple[tuple[bool, str], ...]:
    """Parts by name, those without one last."""
    return tuple((each is None, each or "") for each in part[0])


def _keys(told: Told, dimensions: Sequence[str]) -> list[tuple[str | None, ...]]:
    """The parts a fact belongs to: one, or one for each of its ticket's tags."""
    keys: list[tuple[str | None, ...]] = [()]
    for dimension in dimensions:
        values = _values_of(told, dimension)
        keys = [(*key, value) for key in keys for value in values]
    return keys


def _values_of(told: Told, dimension: str) -> tuple[str | None, ...]:
    account = told.account
    if dimension == "tag":
        return (account.tags or (None,)) if isinstance(account, TicketAccount) else (None,)
    if dimension.startswith(FIELD):
        value = account.fields.get(dimension.removeprefix(FIELD)) if isinstance(account, TicketAccount) else None
        return (None if value is None else str(value),)
    if (of_fact := _OF_FACT.get(dimension)) is not None:
        return (of_fact(told),)
    return (getattr(account, dimension, None),)


_OF_A_QUEUE: Final = frozenset({"arrival", "queue_wait"})
"""The facts that stay with the queue in which they happened."""

_OF_FACT: Final[Mapping[str, Callable[[Told], str | None]]] = {
    "agent": lambda told: told.fact.agent or getattr(told.account, "assignee", None),
    "metric": lambda told: told.fact.detail if told.fact.name == "promise" else None,
    "queue": lambda told: told.fact.detail if told.fact.name in _OF_A_QUEUE else getattr(told.account, "queue", None),
    "day": lambda told: f"{told.fact.at:%Y-%m-%d}",
    "hour": lambda told: f"{told.fact.at:%H}",
}
"""Dimensions that the account does not simply have. Days and hours are in UTC."""
