"""Promises to a ticket's customer: how soon the first reply, each next one and the solution come.

They are settled from what a decision told, after the fact: nothing that moves a ticket knows of them. Bot time never
counts, because only a ticket has promises.

Source: lifecycle.md, 8.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from handoff_sdk.core.facts import Asked, view_of
from handoff_sdk.core.hours import after_working, schedule_of, worked
from handoff_sdk.core.rulebook import rulebook
from handoff_sdk.models.promise import METRICS, Promise

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from handoff_sdk.core.draft import Draft
    from handoff_sdk.models.config import DeskConfig
    from handoff_sdk.models.noun import JsonObject
    from handoff_sdk.models.promise import Metric
    from handoff_sdk.models.sla import Policy
    from handoff_sdk.models.ticket import Ticket

__all__ = ["Promises", "breaches", "break_promise", "warn", "warnings"]

_REPLIES: Final[tuple[Metric, ...]] = ("first_reply", "next_reply")


class Promises:
    """The promises of one transaction; ``settle`` takes in what was told since the last time."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._seen = 0

    def settle(self) -> None:
        """End what was answered, begin what is asked, and promise anew where the targets are others now."""
        draft = self._draft
        if not draft.config.sla and not any(ticket.sla for ticket in draft.tickets.values()):
            return
        told = tuple(draft.told)
        for event_type, ticket_id, data in told[self._seen :]:
            ticket = draft.tickets.get(ticket_id or "") or draft.live
            if ticket is not None and event_type in _AFTER:
                _AFTER[event_type](draft, ticket, data)
        for ticket in tuple(draft.tickets.values()):
            if ticket.status != "closed" and not ticket.abandoned:
                _promise(draft, ticket)
        self._seen = sum(1 for _ in draft.told)


def breaches(ticket: Ticket) -> list[tuple[datetime, Metric]]:
    """When promises of a ticket are broken if they are not kept."""
    return [(promise.due, metric) for metric, promise in ticket.sla.items() if _runs(promise)]


def warnings(ticket: Ticket, config: DeskConfig) -> list[tuple[datetime, Metric]]:
    """When it is warned of that; not where the warning was given, or would come before the promise."""
    found: list[tuple[datetime, Metric]] = []
    for metric, promise in ticket.sla.items():
        policy = _named(promise.policy, config)
        if policy is None or promise.warned or not _runs(promise):
            continue
        if timedelta(0) < policy.warn <= promise.target:
            found.append((promise.due - policy.warn, metric))
    return found


def break_promise(draft: Draft, ticket: Ticket) -> None:
    """Tell that a promise is broken whose time has come."""
    _, metric = min(breaches(ticket), key=_first)
    promise = _set(draft, ticket, metric, state="breached")
    draft.tell("sla.breached", _facts(metric, promise), ticket)


def warn(draft: Draft, ticket: Ticket) -> None:
    """Warn of a promise that is about to be broken."""
    _, metric = min(warnings(ticket, draft.config), key=_first)
    promise = _set(draft, ticket, metric, warned=True)
    draft.tell("sla.warning", _facts(metric, promise), ticket)


def _promise(draft: Draft, ticket: Ticket) -> None:
    """Make each promise that is asked for, by the policy that counts now; one that runs may be due at another time."""
    policy = _policy_of(draft, ticket)
    targets = policy.targets.get(ticket.priority) if policy and ticket.priority else None
    for metric in METRICS:
        promise = draft.tickets[ticket.id].sla.get(metric)
        since = _asked_at(draft, ticket, metric) if promise is None or promise.ended_at else promise.started_at
        target: timedelta | None = getattr(targets, metric) if targets else None
        if since is None or (metric != "next_reply" and promise is not None and promise.ended_at is not None):
            continue
        if policy is None or target is None:
            if promise is not None and _runs(promise):
                _set(draft, ticket, metric, state="stopped", ended_at=draft.now)
        elif promise is None or promise.ended_at or (_runs(promise) and _differs(promise, policy, target)):
            due = _due(draft, ticket, policy, since, target)
            made = Promise(policy=policy.name, target=target, started_at=since, due=due)
            draft.set_ticket(ticket, sla=draft.tickets[ticket.id].sla | {metric: made})
            draft.tell("sla.started", _facts(metric, made), ticket)


def _asked_at(draft: Draft, ticket: Ticket, metric: Metric) -> datetime | None:
    """Since when the customer waits for a reply or the solution; ``None`` where they do not."""
    if metric == "next_reply":
        return draft.clocks.unanswered_customer_at if ticket.live else None
    if metric == "first_reply":
        waits = ticket.live and not ticket.taken_over and ticket.first_reply_at is None
        return ticket.created_at if waits and _session_runs(draft) else None
    return ticket.created_at if ticket.status != "solved" else None


def _session_runs(draft: Draft) -> bool:
    return draft.conversation.session in {"active", "inactive"}


def _policy_of(draft: Draft, ticket: Ticket) -> Policy | None:
    facts = Asked(view_of(draft, ticket))
    tests = rulebook(draft.config).policies
    return next((policy for policy, test in zip(draft.config.sla, tests, strict=True) if test(facts)), None)


def _named(name: str, config: DeskConfig) -> Policy | None:
    return next((policy for policy in config.sla if policy.name == name), None)


def _differs(promise: Promise, policy: Policy, target: timedelta) -> bool:
    return promise.policy != policy.name or promise.target != target


def _due(draft: Draft, ticket: Ticket, policy: Policy, since: datetime, target: timedelta) -> datetime:
    schedule = schedule_of(ticket.brand, draft.config) if policy.hours == "business" else None
    due = after_working(schedule, since, target)
    return since + target if due is None else due


def _customer_or_agent(draft: Draft, ticket: Ticket, data: JsonObject) -> None:
    message = data["message"]
    if message["visibility"] == "public" and message["author"]["type"] == "agent":
        _end(draft, ticket, "fulfilled", *_REPLIES)


def _solved(draft: Draft, ticket: Ticket, _: JsonObject) -> None:
    if ticket.live:
        draft.set_clocks(unanswered_customer_at=None)
    _end(draft, ticket, "fulfilled", *METRICS)


def _moved(draft: Draft, ticket: Ticket, data: JsonObject) -> None:
    """A solved ticket that is not solved any more: the time it was does not count."""
    promise = ticket.sla.get("resolution")
    if data.get("from") != "solved" or promise is None or promise.ended_at is None:
        return
    policy = _named(promise.policy, draft.config)
    business = policy is not None and policy.hours == "business"
    schedule = schedule_of(ticket.brand, draft.config) if business else None
    if promise.state == "breached":
        _set(draft, ticket, "resolution", ended_at=None)
        return
    left = worked(schedule, promise.ended_at, promise.due)
    due = after_working(schedule, draft.now, left)
    made = _set(draft, ticket, "resolution", state="active", ended_at=None, due=due or draft.now + left, warned=False)
    draft.tell("sla.started", _facts("resolution", made), ticket)


def _over(draft: Draft, ticket: Ticket, _: JsonObject) -> None:
    _end(draft, ticket, "stopped", *METRICS)


def _returned(draft: Draft, ticket: Ticket, data: JsonObject) -> None:
    _end(draft, ticket, "stopped", *(METRICS if data["returned"]["outcome"] == "abandoned" else _REPLIES))


def _end(draft: Draft, ticket: Ticket, state: str, *metrics: Metric) -> None:
    """End promises that run; one that is broken stays so."""
    for metric in metrics:
        promise = draft.tickets[ticket.id].sla.get(metric)
        if promise is None or promise.ended_at is not None:
            continue
        kept = promise.state if promise.state == "breached" else state
        promise = _set(draft, ticket, metric, state=kept, ended_at=draft.now)
        if promise.state == "fulfilled":
            draft.tell("sla.fulfilled", _facts(metric, promise), ticket)


def _set(draft: Draft, ticket: Ticket, metric: Metric, **changes: Any) -> Promise:
    sla = draft.tickets[ticket.id].sla
    promise: Promise = sla[metric].model_copy(update=changes)
    draft.set_ticket(ticket, sla=sla | {metric: promise})
    return promise


def _runs(promise: Promise) -> bool:
    return promise.state == "active" and promise.ended_at is None


def _first(item: tuple[datetime, Metric]) -> tuple[datetime, int]:
    return item[0], METRICS.index(item[1])


def _facts(metric: Metric, promise: Promise) -> JsonObject:
    facts = promise.model_dump(mode="json", include={"policy", "state", "started_at", "due"})
    return {"metric": metric, **facts, "target_seconds": promise.target.total_seconds()}


_AFTER: Final[dict[str, Callable[[Draft, Ticket, JsonObject], None]]] = {
    "message.created": _customer_or_agent,
    "ticket.solved": _solved,
    "ticket.opened": _moved,
    "ticket.pending": _moved,
    "ticket.on_hold": _moved,
    "ticket.closed": _over,
    "control.returned": _returned,
}
"""What ends promises, or makes one run again."""
