"""From facts to figures: what each figure is.

Source: docs/reports.md, which says the same in words; api.md (the names that ``summary`` has).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias, get_args

from handoff_sdk.core.accounts import ConversationAccount, TicketAccount
from handoff_sdk.models.conversation import ReturnReason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from handoff_sdk.core.accounts import Account, Fact

__all__ = ["FIGURES", "Sample", "Told"]

_NO_REASON: Final = "none"
_MOST_VALUES: Final = 10
_REPEATED: Final = 2
"""How often a value of a field has to come to be told: what comes once says nothing of what comes again."""


class Told(NamedTuple):
    """A fact, and the account it is about as it stands now; there is none for what is not of a brand."""

    fact: Fact
    account: Account | None


class Sample:
    """The facts of a period or of a part of it, by name; of those with the same key the last one."""

    def __init__(self, told: Iterable[Told]) -> None:
        self._by_name: defaultdict[str, dict[str, Told]] = defaultdict(dict)
        for each in told:
            self._by_name[each.fact.name][each.fact.key] = each

    def of(self, *names: str) -> list[Told]:
        """The facts of some names."""
        return [each for name in names for each in self._by_name.get(name, {}).values()]

    def tickets(self, name: str) -> list[TicketAccount]:
        """The tickets that facts are about, one a fact."""
        accounts = (each.account for each in self.of(name))
        return [account for account in accounts if isinstance(account, TicketAccount)]

    def values(self, *names: str) -> list[float]:
        """The values of facts that have one."""
        return [each.fact.value for each in self.of(*names) if each.fact.value is not None]

    def sums(self, *names: str) -> list[float]:
        """The sum of the values of each subject."""
        sums: defaultdict[str, float] = defaultdict(float)
        for each in self.of(*names):
            sums[each.fact.subject] += each.fact.value or 0.0
        return list(sums.values())


_Value: TypeAlias = "int | float | dict[str, int] | dict[str, float] | dict[str, dict[str, int]] | None"
_Formula: TypeAlias = "Callable[[Sample], _Value]"


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
    def formula(sample: Sample) -> _Value:
        counted = Counter(each.fact.detail or _NO_REASON for each in sample.of(name))
        return dict.fromkeys(known, 0) | dict(sorted(counted.items()))

    return formula


def _times(figure: str, values: Callable[[Sample], list[float]]) -> dict[str, _Formula]:
    return {figure: lambda sample: _median(values(sample)), f"{figure}_p90": lambda sample: _p90(values(sample))}


def _handled(sample: Sample) -> list[float]:
    """The time each ticket was in hand; a ticket in which no agent wrote does not count."""
    sums: defaultdict[str, float] = defaultdict(float)
    for fact, account in sample.of("handled"):
        if isinstance(account, TicketAccount) and account.replies:
            sums[fact.subject] += fact.value or 0.0
    return list(sums.values())


def _by_field(sample: Sample) -> _Value:
    """How often each value of a field was handed off: the most frequent of those that came more than once."""
    counted: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for ticket in sample.tickets("handed_off"):
        for name, value in ticket.fields.items():
            if isinstance(value, str | int | float):
                counted[name][str(value)] += 1
    return {
        name: told
        for name, counts in sorted(counted.items())
        if (told := {value: n for value, n in counts.most_common(_MOST_VALUES) if n >= _REPEATED})
    }


def _acceptance(sample: Sample) -> float | None:
    answered = len(sample.of("offer_accepted", "offer_declined", "offer_lapsed"))
    return round(len(sample.of("offer_accepted")) / answered, 4) if answered else None


def _waiting(sample: Sample) -> int:
    """The tickets that wait now, each in the queue it waits in."""
    arrived = ((each.fact.detail, each.account) for each in sample.of("arrival"))
    return len(
        {
            ticket.id
            for queue, ticket in arrived
            if isinstance(ticket, TicketAccount) and ticket.queued_at is not None and ticket.queue == queue
        }
    )


def _in_status(sample: Sample) -> dict[str, float]:
    sums: defaultdict[str, float] = defaultdict(float)
    for fact, _ in sample.of("in_status"):
        sums[fact.detail or ""] += fact.value or 0.0
    return {status: _rounded(seconds) for status, seconds in sorted(sums.items())}


def _online(sample: Sample) -> float:
    return _in_status(sample).get("online", 0.0)


def _busy(sample: Sample) -> float:
    """The seconds in which agents had something in hand, each second of each agent once."""
    stretches: defaultdict[str | None, list[tuple[datetime, datetime]]] = defaultdict(list)
    for fact, _ in sample.of("handled"):
        stretches[fact.agent].append((fact.at, fact.at + timedelta(seconds=fact.value or 0.0)))
    busy = timedelta()
    for each in stretches.values():
        until = min(begins for begins, _ in each)
        for begins, ends in sorted(each):
            busy += max(ends - max(begins, until), timedelta())
            until = max(ends, until)
    return busy.total_seconds()


def _concurrency(sample: Sample) -> float | None:
    busy = _busy(sample)
    return round(sum(sample.values("handled")) / busy, 4) if busy else None


def _kept(sample: Sample, value: float) -> int:
    return sum(each == value for each in sample.values("promise"))


def _contained(sample: Sample) -> int:
    accounts = [each.account for each in sample.of("bot_conversation")]
    return sum(isinstance(account, ConversationAccount) and account.tickets == 0 for account in accounts)


def _containment(sample: Sample) -> float | None:
    talks = len(sample.of("bot_conversation"))
    return round(_contained(sample) / talks, 4) if talks else None


def _occupancy(sample: Sample) -> float | None:
    online = _online(sample)
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
    "handed_off_by_field": _by_field,
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
    "acceptance_rate": _acceptance,
    "replies": _count("reply"),
    "arrivals": _count("arrival"),
    "waiting": _waiting,
    **_times("queue_wait_time", lambda sample: sample.values("queue_wait")),
    **_times("assignment_time", lambda sample: sample.values("assigned")),
    **_times("first_reply_time", lambda sample: sample.values("first_reply")),
    **_times("next_reply_time", lambda sample: sample.values("next_reply")),
    **_times("requester_wait_time", lambda sample: sample.sums("first_reply", "next_reply")),
    **_times("customer_reply_time", lambda sample: sample.values("customer_reply")),
    **_times("handle_time", _handled),
    **_times("resolution_time", lambda sample: sample.values("ticket_solved")),
    **_times("business_resolution_time", lambda sample: sample.values("worked_until_solved")),
    "handled_time": lambda sample: _rounded(sum(sample.values("handled"))),
    "busy_time": lambda sample: _rounded(_busy(sample)),
    "concurrency": _concurrency,
    "online_time": _online,
    "status_time": _in_status,
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
