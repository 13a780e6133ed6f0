"""Reports: figures about what happened, and how things stand now. Every figure is defined in ``docs/reports.md``.

Source: api.md, Resources (reports).
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import ConfigDict, Field

from .agent import Capacity
from .noun import Identifier, Instant, Noun

__all__ = ["DIMENSIONS", "FIELD", "REPORTS", "Crew", "Figures", "Live", "LiveCounts", "Report", "ReportName", "Row"]

ReportName: TypeAlias = Literal["summary", "agents", "queues", "bot", "sla", "staffing"]
REPORTS: tuple[ReportName, ...] = ("summary", "agents", "queues", "bot", "sla", "staffing")

DIMENSIONS = ("brand", "style", "channel", "group", "queue", "agent", "priority", "reason", "tag", "day", "hour")
"""What figures can be split by, beside ``field:<name>``."""

FIELD = "field:"


class Figures(Noun):
    """Figures; a report has those that belong to it. Times are in seconds, shares from 0 to 1.

    A time ``x`` is a median and ``x_p90`` the 90th percentile; they and shares are ``None`` where nothing was measured.
    """

    conversations: int | None = None
    bot_conversations: int | None = None
    bot_contained: int | None = None
    containment: float | None = None
    handed_off: int | None = None
    handed_off_by_reason: dict[str, int] | None = None
    handed_off_by_field: dict[str, dict[str, int]] | None = None
    bot_silent: int | None = None
    taken_over: int | None = None
    returned: dict[str, int] | None = None
    abandoned: int | None = None
    abandonment_time: float | None = None
    abandonment_time_p90: float | None = None

    tickets_created: int | None = None
    tickets_solved: int | None = None
    tickets_closed: int | None = None
    reopens: int | None = None
    reassigned: int | None = None
    transferred: int | None = None
    unreplied: int | None = None
    unassigned: int | None = None
    one_touch: int | None = None

    offers: int | None = None
    offers_accepted: int | None = None
    offers_declined: int | None = None
    offers_lapsed: int | None = None
    offers_withdrawn: int | None = None
    acceptance_rate: float | None = None
    replies: int | None = None

    arrivals: int | None = None
    waiting: int | None = None
    queue_wait_time: float | None = None
    queue_wait_time_p90: float | None = None

    assignment_time: float | None = None
    assignment_time_p90: float | None = None
    first_reply_time: float | None = None
    first_reply_time_p90: float | None = None
    next_reply_time: float | None = None
    next_reply_time_p90: float | None = None
    requester_wait_time: float | None = None
    requester_wait_time_p90: float | None = None
    customer_reply_time: float | None = None
    customer_reply_time_p90: float | None = None
    handle_time: float | None = None
    handle_time_p90: float | None = None
    resolution_time: float | None = None
    resolution_time_p90: float | None = None
    business_resolution_time: float | None = None
    business_resolution_time_p90: float | None = None
    handled_time: float | None = None
    busy_time: float | None = None
    concurrency: float | None = None
    online_time: float | None = None
    status_time: dict[str, float] | None = None
    occupancy: float | None = None

    followups_sent: int | None = None
    followups_answered: int | None = None
    followups_skipped: int | None = None
    proactive_sent: int | None = None
    proactive_answered: int | None = None

    waits_promised: int | None = None
    waits_kept: int | None = None
    waits_slipped: int | None = None
    estimated_wait: float | None = None
    estimated_wait_p90: float | None = None
    actual_wait: float | None = None
    actual_wait_p90: float | None = None
    wait_error: float | None = None
    wait_error_p90: float | None = None

    promises_kept: int | None = None
    promises_broken: int | None = None
    sla_attainment: float | None = None

    surveys_asked: int | None = None
    surveys_answered: int | None = None
    satisfaction: float | None = None


class Row(Figures):
    """The figures of a part; ``by`` says which: each dimension with its value, ``None`` for what has none."""

    by: dict[str, str | None]


class Report(Figures):
    """The figures of a period, ``from`` (included) to ``to`` (excluded), and the same of each part of it.

    ``group_by`` has the dimensions of the parts. With ``tag`` a ticket counts in the part of each of its tags.
    """

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    report: ReportName
    from_: Instant | None = Field(default=None, alias="from")
    to: Instant
    brand: str | None = None
    group_by: tuple[str, ...] = ()
    groups: tuple[Row, ...] = ()


class LiveCounts(Noun):
    """How many live tickets somebody has, and how many nobody has yet."""

    assigned: int = 0
    waiting: int = 0


class Crew(Noun):
    """An agent at work: status, load, and the silent conversations they hold."""

    agent_id: Identifier
    name: str | None = None
    status: str
    capacity: Capacity
    used: Capacity
    inactive: int = 0


class Live(Noun):
    """How things stand at an instant.

    ``active`` and ``inactive`` are the live tickets by whether their customer is there; ``longest_wait`` is that of the
    ticket that has waited longest for an agent, in seconds, ``None`` where none waits. ``queues`` and ``statuses``
    count waiting tickets and agents.
    """

    at: Instant
    active: LiveCounts
    inactive: LiveCounts
    longest_wait: float | None = None
    queues: dict[str, int] = Field(default_factory=dict)
    statuses: dict[str, int] = Field(default_factory=dict)
    agents: tuple[Crew, ...] = ()
