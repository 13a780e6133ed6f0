"""How figures are called and written for people.

Source: docs/reports.md.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from handoff_sdk.models.report import Figures, Report

__all__ = ["COLUMNS", "SECTIONS", "amount", "named", "period"]

SECTIONS: Final = {
    "Conversations": {
        "conversations": "began",
        "bot_conversations": "with a bot",
        "bot_contained": "contained by the bot",
        "containment": "share contained",
        "handed_off": "handed off",
        "bot_silent": "bot was silent",
        "taken_over": "taken over",
    },
    "Tickets": {
        "tickets_created": "created",
        "tickets_solved": "solved",
        "one_touch": "solved in one touch",
        "tickets_closed": "closed",
        "reopens": "reopened",
        "reassigned": "reassigned",
        "replies": "replies by agents",
        "abandoned": "abandoned",
        "unreplied": "without a reply yet",
        "unassigned": "without an agent now",
    },
    "Times": {
        "assignment_time": "to an agent",
        "queue_wait_time": "in the queue",
        "first_reply_time": "to the first reply",
        "next_reply_time": "to each next reply",
        "requester_wait_time": "customer waited in all",
        "customer_reply_time": "to the customer's reply",
        "handle_time": "in hand",
        "resolution_time": "to the solution",
        "business_resolution_time": "the same, working time",
        "abandonment_time": "to giving up",
    },
    "Offers": {
        "offers": "made",
        "offers_accepted": "accepted",
        "offers_declined": "declined",
        "offers_lapsed": "lapsed",
        "offers_withdrawn": "withdrawn",
        "acceptance_rate": "share accepted",
    },
    "Follow-ups": {
        "followups_sent": "sent",
        "followups_answered": "answered within a day",
        "followups_skipped": "skipped",
        "proactive_sent": "proactive messages",
        "proactive_answered": "answered within a day",
    },
    "Promises and surveys": {
        "promises_kept": "promises kept",
        "promises_broken": "promises broken",
        "sla_attainment": "share kept",
        "surveys_asked": "surveys asked",
        "surveys_answered": "answered",
        "satisfaction": "satisfied",
    },
}
"""The figures of a summary by what they are about, with what they are called there."""

COLUMNS: Final = {
    "agents": {
        "tickets_solved": "solved",
        "replies": "replies",
        "first_reply_time": "first reply",
        "next_reply_time": "next reply",
        "handle_time": "in hand",
        "offers": "offers",
        "offers_declined": "declined",
        "offers_lapsed": "lapsed",
        "acceptance_rate": "accepted",
        "online_time": "online",
        "occupancy": "occupancy",
        "concurrency": "at once",
        "satisfaction": "satisfied",
    },
    "queues": {
        "arrivals": "arrivals",
        "waiting": "waiting",
        "queue_wait_time": "wait",
        "queue_wait_time_p90": "wait, 90 %",
        "abandoned": "abandoned",
        "tickets_solved": "solved",
        "first_reply_time": "first reply",
        "resolution_time": "to the solution",
        "sla_attainment": "promises kept",
    },
    "sla": {"promises_kept": "kept", "promises_broken": "broken", "sla_attainment": "share kept"},
    "summary": {
        "conversations": "conversations",
        "tickets_created": "created",
        "tickets_solved": "solved",
        "abandoned": "abandoned",
        "first_reply_time": "first reply",
        "resolution_time": "to the solution",
        "satisfaction": "satisfied",
    },
}
"""The figures that the table of a report's parts has."""

_GRAINS: Final = ((86_400, 3_600), (3_600, 60), (0, 1))
"""From how many seconds on a time is told in which steps."""
_SHARES: Final = frozenset({"containment", "acceptance_rate", "sla_attainment", "satisfaction", "occupancy"})


def amount(name: str, value: object) -> str:
    """A figure as people write it: ``1m30s``, ``87 %``, ``12``; ``-`` where nothing was measured.

    Of hours no seconds are told, of days no minutes.

    >>> amount("first_reply_time", 90.4), amount("containment", 0.5), amount("offers", None)
    ('1m30s', '50 %', '-')
    >>> amount("handle_time", 3_725), amount("resolution_time_p90", 180_000)
    ('1h2m', '2d2h')
    """
    from handoff_sdk.models.duration import format_duration

    if not isinstance(value, int | float):
        return "-"
    if name in _SHARES:
        return f"{value:.0%}".replace("%", " %")
    if name.removesuffix("_p90").endswith("_time"):
        grain = next(grain for least, grain in _GRAINS if value >= least)
        return format_duration(timedelta(seconds=round(value / grain) * grain))
    return f"{value:,}"


def named(figures: Figures, names: dict[str, str]) -> Iterator[tuple[str, str, str | None]]:
    """What each figure is called, what it is, and what nine tenths do not exceed where it is a time."""
    for name, label in names.items():
        p90 = getattr(figures, f"{name}_p90", None)
        yield label, amount(name, getattr(figures, name)), None if p90 is None else amount(name, p90)


def period(report: Report) -> str:
    """From when to when a report is, in UTC."""
    since = f"{report.from_:%Y-%m-%d %H:%M}" if report.from_ else "the beginning"
    brand = f", brand {report.brand}" if report.brand else ""
    return f"{since} to {report.to:%Y-%m-%d %H:%M} UTC{brand}"
