"""The tables: what may follow what, for the status of a ticket, the owner and the session of a conversation.

Each table maps a value and what happens to the value that follows. What a table does not hold is refused and moves
nothing. The diagrams in ``docs/architecture.md`` are drawn from these tables.

Source: lifecycle.md, 2.6, 2.8 (owner), 3 (status), 5 (session).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from handoff_sdk.errors import ClosedByRuleOnly, InvalidTransition

if TYPE_CHECKING:
    from handoff_sdk.models.conversation import Owner, Session
    from handoff_sdk.models.ticket import Status

__all__ = ["OWNER", "SESSION", "STATUS", "Cause", "OwnerEvent", "SessionEvent", "checked_status"]

Cause = Literal["agent", "rule", "followup", "customer", "assignment", "style", "limit", "abandonment"]
"""What moves a status: ``style`` and ``limit`` are clocks that close, ``abandonment`` a return without assignee."""

_AGENT_RULE: frozenset[Cause] = frozenset({"agent", "rule"})
_AGENT_FOLLOWUP_RULE: frozenset[Cause] = frozenset({"agent", "followup", "rule"})
_AGENT_RULE_CUSTOMER: frozenset[Cause] = frozenset({"agent", "rule", "customer"})
_SOLVE: frozenset[Cause] = frozenset({"agent", "followup", "rule", "abandonment"})
_FOLLOWUP_RULE: frozenset[Cause] = frozenset({"followup", "rule"})

STATUS: dict[Status, dict[Status, frozenset[Cause]]] = {
    "new": {
        "open": frozenset({"assignment", "rule"}),
        "pending": _AGENT_RULE,
        "on_hold": _AGENT_RULE,
        "solved": frozenset({"agent", "rule", "abandonment"}),
        "closed": frozenset({"rule"}),
    },
    "open": {"pending": _AGENT_FOLLOWUP_RULE, "on_hold": _AGENT_RULE, "solved": _SOLVE, "closed": _FOLLOWUP_RULE},
    "pending": {
        "open": _AGENT_RULE_CUSTOMER | {"assignment"},
        "on_hold": _AGENT_RULE,
        "solved": _SOLVE,
        "closed": _FOLLOWUP_RULE,
    },
    "on_hold": {
        "open": _AGENT_RULE_CUSTOMER | {"assignment"},
        "pending": _AGENT_FOLLOWUP_RULE,
        "solved": _SOLVE,
        "closed": _FOLLOWUP_RULE,
    },
    "solved": {
        "open": _AGENT_RULE_CUSTOMER,
        "pending": frozenset({"agent"}),
        "on_hold": frozenset({"agent"}),
        "closed": frozenset({"style", "limit", "followup", "rule"}),
    },
    "closed": {},
}
"""From, to, and by what. ``solved`` also needs an assignee, unless the ticket is abandoned."""

OwnerEvent = Literal["hand_off", "take_over", "return_to_bot", "return_to_nobody", "pass"]
OWNER: dict[Owner, dict[OwnerEvent, Owner]] = {
    "bot": {"hand_off": "human", "take_over": "human", "pass": "bot"},
    "human": {"return_to_bot": "bot", "return_to_nobody": "nobody"},
    "nobody": {"hand_off": "human", "take_over": "human"},
}
"""Every entry is a change of owner and moves the epoch on by one."""

SessionEvent = Literal["customer_writes", "hand_off", "silence", "end"]
SESSION: dict[Session, dict[SessionEvent, Session]] = {
    "none": {"customer_writes": "active", "hand_off": "active"},
    "active": {"customer_writes": "active", "hand_off": "active", "silence": "inactive", "end": "ended"},
    "inactive": {"customer_writes": "active", "hand_off": "active", "end": "ended"},
    "ended": {"customer_writes": "active", "hand_off": "active"},
}
"""A take-over counts as a hand-off."""


def checked_status(old: Status, new: Status, cause: Cause) -> Status:
    """Return ``new`` where the table lets ``cause`` move a ticket from ``old`` to it.

    Raises:
        ClosedByRuleOnly: An agent asked for ``closed``.
        InvalidTransition: The table has no such change; the text names both statuses.

    >>> checked_status("open", "pending", "agent")
    'pending'
    """
    if new == "closed" and cause == "agent":
        raise ClosedByRuleOnly(
            f"A ticket is closed by its style, by rules and by follow-ups, not by an agent; it stays {old!r}. "
            "Set 'solved' instead."
        )
    causes = STATUS[old].get(new)
    if causes is None:
        allowed = ", ".join(repr(status) for status in STATUS[old]) or "none: a closed ticket stays closed"
        raise InvalidTransition(f"A ticket cannot go from {old!r} to {new!r}. From {old!r} it can go to: {allowed}.")
    if cause not in causes:
        raise InvalidTransition(f"A ticket goes from {old!r} to {new!r} by {_listed(causes)} only, not by {cause!r}.")
    return new


def _listed(causes: frozenset[Cause]) -> str:
    return " or ".join(sorted(causes))
