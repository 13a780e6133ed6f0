"""From facts to figures: what each figure is, which report has it, and how a report is split into parts.

Source: docs/reports.md, which says the same in words; api.md (the names that ``summary`` has).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from math import ceil
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias, get_args

from handoff_sdk.core.accounts import ConversationAccount, TicketAccount
from handoff_sdk.errors import FieldError, InvalidRequest
from handoff_sdk.models.conversation import ReturnReason
from handoff_sdk.models.nearest import did_you_mean
from handoff_sdk.models.report import DIMENSIONS, FIELD, Report, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from handoff_sdk.core.accounts import Account, Fact
    from handoff_sdk.models.report import ReportName

__all__ = ["Told", "checked_dimensions", "dimensions_of", "report"]

_NO_REASON: Final = "none"
_MOST_DIMENSIONS: Final = 4


class Told(NamedTuple):
    """A fact, and the account it is about as it stands now; there is none for what is not of a brand."""

    fact: Fact
    account: Account | None


class _Sample:
    """The facts of a period or of a part of it, by name; of those with the same key the last one."""

    def __init__(self, told: Iterable[Told]) -> None:
        self._by_name: defaultdict[str, dict[str, Told]] = defaultdict(dict)
        for each in told:
            self._by_name[each.fact.name][each.fact.key] = each

    def of(self, *names: str) -> list[Told]:
        return [each for name in names for each in self._by_name.get(name, {}).values()]

    def tickets(self, name: str) -> list[TicketAccount]:
        accounts = (each.account for each in self.of(name))
        return [account for account in accounts if isinstance(account, TicketAccount)]

    def values(self, *names: str) -> list[float]:
        return [each.fact.value for each in self.of(*names) if each.fact.value is not None]

    def sums(self, *names: str) -> list[float]:
        """The sum of the values of each subject."""
        sums: defaultdict[str, float] = defaultdict(float)
        for each in self.of(*names):
            sums[each.fact.subject] += each.fact.value or 0.0
        return list(sums.values())


_Value: TypeAlias = "int | float | dict[str, int] | None"
_Formula: TypeAlias = "Callable[[_Sample], _Value]"


def _rounded(value: float) -> float:
    return round(value, 3)


def _median(values: Sequence[float]) -> float | None:
    """The middle one, or the mean of the two in the middle."""
    if not values:
        return None
    ordered, half = sorted(values), len(values) // 2
    return _rounded(ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2)


def _p90(values: Sequence[float]) -> float | None:
    """The smallest of the values that nine tenths of them do not exceed."""
    return _rounded(sorted(values)[ceil(len(values) * 0.9) - 1]) if values else None


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 4) if values else None


def _count(name: str) -> _Formula:
    return lambda sample: len(sample.of(name))


def _tickets(name: str, holds: Callable[[TicketAccount], bool]) -> _Formula:
    return lambda sample: sum(holds(ticket) for ticket in sample.tickets(name))


def _by_detail(name: str, known: Iterable[str] = ()) -> _Formula:
    def formula(sample: _Sample) -> _Value:
        counted = Counter(each.fact.detail or _NO_REASON for each in sample.of(name))
        return dict.fromkeys(known, 0) | dict(sorted(counted.items()))

    return formula


def _times(figure: str, values: Callable[[_Sample], list[float]]) -> dict[str, _Formula]:
    return {figure: lambda sample: _median(values(sample)), f"{figure}_p90": lambda sample: _p90(values(sample))}


def _handled(sample: _Sample) -> list[float]:
    """The time each ticket was in hand; a ticket in which no agent wrote does not count."""
    sums: defaultdict[str, float] = defaultdict(float)
    for fact, account in sample.of("handled"):
        if isinstance(account, TicketAccount) and account.replies:
            sums[fact.subject] += fact.value or 0.0
    return list(sums.values())


def _kept(sample: _Sample, value: float) -> int:
    return sum(each == value for each in sample.values("promise"))


def _contained(sample: _Sample) -> int:
    accounts = [each.account for each in sample.of("bot_conversation")]
    return sum(isinstance(account, ConversationAccount) and account.tickets == 0 for account in accounts)


def _containment(sample: _Sample) -> float | None:
    talks = len(sample.of("bot_conversation"))
    return round(_contained(sample) / talks, 4) if talks else None


def _occupancy(sample: _Sample) -> float | None:
    online = sum(sample.values("online"))
    return round(sum(sample.values("handled")) / online, 4) if online else None


def _one_touch(ticket: TicketAccount) -> bool:
    return ticket.replies > 0 and ticket.reopens == 0 and not ticket.parked


FIGURES: Final[Mapping[str, _Formula]] = {
    "conversations": _count("conversation"),
    "bot_conversations": _count("bot_conversation"),
    "bot_contained": _contained,
    "containment": _containment,
    "handed_off": _count("handed_off"),
    "handed_off_by_reason": _by_detail("handed_off"),
    "bot_silent": _count("bot_silent"),
    "taken_over": _count("taken_over"),
    "returned": _by_detail("returned", get_args(ReturnReason)),
    "abandoned": _count("abandoned"),
    **_times("abandonment_time", lambda sample: sample.values("abandoned")),
    "tickets_created": _count("ticket_created"),
    "tickets_solved": _count("ticket_solved"),
    "tickets_closed": _count("ticket_closed"),
    "reopens": _count("reopened"),
    "reassigned": _count("reassigned"),
    "transferred": _count("transferred"),
    "unreplied": _tickets("ticket_created", lambda ticket: ticket.replies == 0),
    "unassigned": _tickets("ticket_created", lambda ticket: ticket.assignee is None),
    "one_touch": _tickets("ticket_solved", _one_touch),
    "offers": _count("offer"),
    "offers_accepted": _count("offer_accepted"),
    "offers_declined": _count("offer_declined"),
    "offers_lapsed": _count("offer_lapsed"),
    "offers_withdrawn": _count("offer_withdrawn"),
    **_times("assignment_time", lambda sample: sample.values("assigned")),
    **_times("first_reply_time", lambda sample: sample.values("first_reply")),
    **_times("next_reply_time", lambda sample: sample.values("next_reply")),
    **_times("requester_wait_time", lambda sample: sample.sums("first_reply", "next_reply")),
    **_times("customer_reply_time", lambda sample: sample.values("customer_reply")),
    **_times("handle_time", _handled),
    **_times("resolution_time", lambda sample: sample.values("ticket_solved")),
    "handled_time": lambda sample: _rounded(sum(sample.values("handled"))),
    "online_time": lambda sample: _rounded(sum(sample.values("online"))),
    "occupancy": _occupancy,
    "followups_sent": _count("followup_sent"),
    "followups_answered": _count("followup_answered"),
    "followups_skipped": _count("followup_skipped"),
    "proactive_sent": _count("proactive_sent"),
    "proactive_answered": _count("proactive_answered"),
    "waits_promised": _count("wait_promised"),
    "waits_kept": _count("wait_kept"),
    "waits_slipped": _count("wait_slipped"),
    **_times("estimated_wait", lambda sample: sample.values("wait_estimated")),
    **_times("actual_wait", lambda sample: sample.values("wait_happened")),
    **_times("wait_error", lambda sample: sample.values("wait_error")),
    "promises_kept": lambda sample: _kept(sample, 1.0),
    "promises_broken": lambda sample: _kept(sample, 0.0),
    "sla_attainment": lambda sample: _mean(sample.values("promise")),
    "surveys_asked": _count("survey_asked"),
    "surveys_answered": _count("survey_answered"),
    "satisfaction": lambda sample: _mean(sample.values("survey_answered")),
}
"""Each figure by its name."""

_OFFERS = tuple(name for name in FIGURES if name.startswith("offers"))
_BOT = tuple(FIGURES)[: tuple(FIGURES).index("abandoned")]
_WAITS = tuple(name for name in FIGURES if name.startswith("waits"))
_SLA = ("promises_kept", "promises_broken", "sla_attainment")
_SURVEY = ("surveys_asked", "surveys_answered", "satisfaction")
_WORK = ("handled_time", "online_time", "occupancy")


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
        ("tickets_solved", "one_touch", "reassigned", *_OFFERS, *_REPLIES, *_WORK, "sla_attainment", *_SURVEY), "agent"
    ),
    "queues": _Layout(
        (
            *("tickets_created", "tickets_solved", "unreplied", "unassigned", "abandoned", *_OFFERS),
            *_with_p90("assignment_time", "abandonment_time", "resolution_time"),
            *(*_WAITS, *_with_p90("estimated_wait", "actual_wait", "wait_error")),
            *(*_REPLIES, *_SLA),
        ),
        "queue",
    ),
    "bot": _Layout((*_BOT, "followups_sent", "followups_answered", "followups_skipped")),
    "sla": _Layout(_SLA, "metric"),
    "staffing": _Layout(
        (
            *("tickets_created", "abandoned", "offers", "offers_lapsed"),
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
    sample = _Sample(told)
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


_OF_FACT: Final[Mapping[str, Callable[[Told], str | None]]] = {
    "agent": lambda told: told.fact.agent or getattr(told.account, "assignee", None),
    "metric": lambda told: told.fact.detail if told.fact.name == "promise" else None,
    "day": lambda told: f"{told.fact.at:%Y-%m-%d}",
    "hour": lambda told: f"{told.fact.at:%H}",
}
"""Dimensions that the account does not simply have. Days and hours are in UTC."""
