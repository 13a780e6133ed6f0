"""Automations: rules that fire when time has made their conditions hold, and again only after they did not.

Source: lifecycle.md, 7 (automations), 10; config.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff_sdk.core.conditions import counts_down
from handoff_sdk.core.facts import Asked, View, instant_of, view_of
from handoff_sdk.core.firing import fire, memory_of, remember
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
            if automation.name in memory.holding or automation.name in memory.stopped:
                continue
            at = _holds_at(thread, ticket, automation, config)
            if at is not None:
                yield DueRule(at, index, ticket.number)


def run_automation(draft: Draft, index: int, ticket: Ticket) -> None:
    """Fire the automation at this place for a ticket, and remember that its conditions hold."""
    automation = draft.config.automations[index]
    memory = memory_of(draft.rules, ticket.id)
    remember(draft, ticket.id, memory.model_copy(update={"holding": (*memory.holding, automation.name)}))
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


def _holds_at(thread: Thread, ticket: Ticket, automation: CompiledAutomation, config: DeskConfig) -> datetime | None:
    """The first instant at which time makes an automation's conditions hold; past ones count too."""
    conversation, customer, clocks = thread.conversation, thread.customer, thread.clocks
    view = View(conversation, customer, ticket, clocks, ticket.created_at, config)
    if not automation.steady(Asked(view)):
        return None
    instants = set()
    for field, span in automation.moments:
        since = instant_of(field, view)
        if since is not None:
            instants.add(since - span if counts_down(field) else since + span)
    for at in sorted(instants):
        if automation.test(Asked(View(conversation, customer, ticket, clocks, at, config))):
            return at
    return None
