"""Triggers: rules that run on what a transaction did, inside it.

They are gone through in their order, and again from the first after each that fired, until none is left that would.

Source: lifecycle.md, 7 (triggers); config.md.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from handoff_sdk.core.facts import Asked, View, view_of
from handoff_sdk.core.firing import fire
from handoff_sdk.core.rulebook import Rulebook, rulebook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from handoff_sdk.core.draft import Draft
    from handoff_sdk.models.noun import JsonObject
    from handoff_sdk.models.ticket import Ticket

__all__ = ["Triggers"]


class Triggers:
    """The triggers of one transaction; each fires at most once in it."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._book = rulebook(draft.config) if draft.config.triggers else None
        self._done: set[int] = set()

    def run(self) -> bool:
        """Fire triggers until none is left that would; whether one fired."""
        fired = False
        while self._book is not None and self._fire_next(self._book):
            fired = True
        return fired

    def _fire_next(self, book: Rulebook) -> bool:
        draft = self._draft
        happened: dict[str, dict[str, JsonObject | None]] = defaultdict(dict)
        for event_type, ticket_id, message in _happened(draft):
            happened[event_type].setdefault(ticket_id or "", message)
        listed: dict[int, dict[tuple[str, str], Asked]] = defaultdict(dict)
        for event_type, messages in happened.items():
            if (shortlist := book.listening.get(event_type)) is None:
                continue
            for ticket_id, message in messages.items():
                facts = _asked(draft, event_type, ticket_id, message)
                for index in shortlist.of(facts):
                    listed[index][event_type, ticket_id] = facts
        for index in sorted(listed.keys() - self._done):
            trigger, test = book.triggers[index]
            found = listed[index]
            for event_type, ticket_id in sorted(found, key=lambda event: trigger.on.index(event[0])):
                if index not in self._done and test(found[event_type, ticket_id]):
                    self._done.add(index)
                    if fire(draft, trigger, _subject(draft, ticket_id), event_type):
                        return True
        return False


def _happened(draft: Draft) -> Iterator[tuple[str, str | None, JsonObject | None]]:
    """What happened so far, but for what rules say: type, ticket's id and message."""
    for event_type, ticket_id, data in draft.told:
        message = data["message"] if event_type == "message.created" else None
        if message is None or message["via"] != "rule":
            yield event_type, ticket_id, message
    for ticket_id in draft.changed:
        yield "ticket.updated", ticket_id, None


def _subject(draft: Draft, ticket_id: str) -> Ticket | None:
    """The ticket that an event is about; where it names none, the live one."""
    return draft.tickets.get(ticket_id) or draft.live


def _asked(draft: Draft, event_type: str, ticket_id: str, message: JsonObject | None) -> Asked:
    ticket = _subject(draft, ticket_id)
    before = draft.before
    earlier = View(
        before.conversation,
        before.customer,
        before.ticket(ticket.id) if ticket else None,
        before.clocks,
        draft.now,
        draft.config,
        event_type,
        message,
    )
    return Asked(view_of(draft, ticket, event_type, message or draft.message), earlier)
