"""Automations: rules that fire when time has made their conditions hold, and again only after they did not.

Between two decisions time alone moves: the clocks that conditions ask for, and whether people are there.

Source: lifecycle.md, 7 (automations), 10; config.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from handoff_sdk.core.conditions import counts_down
from handoff_sdk.core.facts import Asked, View, instant_of, view_of
from handoff_sdk.core.firing import fire, memory_of, remember
from handoff_sdk.core.hours import comings_and_goings, schedule_of
from handoff_sdk.core.rulebook import rulebook

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from handoff_sdk.core.draft import Draft
    from handoff_sdk.core.rulebook import CompiledAutomation
    from handoff_sdk.core.thread import Thread
    from handoff_sdk.models.config import DeskConfig
    from handoff_sdk.models.ticket import Ticket

__all__ = ["DueRule", "due_rules", "forget_what_ceased", "run_automation"]


@dataclass(frozen=True, slots=True)
class DueRule:
    """An automation that time will make fire: when, which one, by its place, and for which ticket, by its number."""

    at: datetime
    index: int
    number: int


def due_rules(thread: Thread, config: DeskConfig) -> Iterator[DueRule]:
    """When each automation fires next for each ticket that is not closed, if nothing else happens before."""
    if not config.automations:
        return
    book = rulebook(config)
    for ticket in thread.tickets:
        if ticket.status == "closed":
            continue
        memory = memory_of(thread.rules, ticket.id)
        for index, automation in enumerate(book.automations):
            if automation.name in memory.stopped:
                continue
            at = _fires_at(thread, ticket, automation, config, again=automation.name in memory.holding)
            if at is not None:
                yield DueRule(at, index, ticket.number)


def run_automation(draft: Draft, index: int, ticket: Ticket) -> None:
    """Fire the automation at this place for a ticket, and remember that its conditions hold."""
    automation = draft.config.automations[index]
    memory = memory_of(draft.rules, ticket.id)
    holding = tuple(dict.fromkeys((*memory.holding, automation.name)))
    remember(draft, ticket.id, memory.model_copy(update={"holding": holding}))
    fire(draft, automation, ticket, None)


def forget_what_ceased(draft: Draft) -> None:
    """Forget of automations that they fired whose conditions do not hold any more: they may fire again."""
    for ticket_id, memory in tuple(draft.rules.items()):
        ticket = draft.tickets.get(ticket_id)
        if not memory.holding or ticket is None:
            continue
        facts = Asked(view_of(draft, ticket))
        tests = {one.name: one.test for one in rulebook(draft.config).automations}
        holding = tuple(name for name in memory.holding if name in tests and tests[name](facts))
        if holding != memory.holding:
            remember(draft, ticket_id, memory.model_copy(update={"holding": holding}))


def _fires_at(
    thread: Thread, ticket: Ticket, automation: CompiledAutomation, config: DeskConfig, *, again: bool
) -> datetime | None:
    """The first instant since the last decision at which an automation's conditions hold; past ones count too.

    With ``again`` they hold already, and have to fail before.
    """
    decided_at = thread.decided_at or ticket.created_at
    view = View(thread.conversation, thread.customer, ticket, thread.clocks, decided_at, config)
    if not automation.steady(Asked(view)):
        return None
    for at in sorted({decided_at, *_turns(automation, view)}):
        holds = automation.test(Asked(replace(view, now=at)))
        if holds and not again:
            return at
        again = again and holds
    return None


def _turns(automation: CompiledAutomation, view: View) -> set[datetime]:
    """The instants after the view's at which time may make conditions hold, or fail."""
    turns = set()
    for field, span in automation.moments:
        since = instant_of(field, view)
        if since is not None:
            turns.add(since - span if counts_down(field) else since + span)
    turns = {at for at in turns if at > view.now}
    if automation.by_hours:
        schedule = schedule_of(view.conversation.brand, view.config)
        turns |= {turn for at in (view.now, *turns) for turn in comings_and_goings(schedule, at)}
    return turns
