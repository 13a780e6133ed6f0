"""Somebody who knows nothing but the events of one conversation, and the law: lifecycle.md, 11.

Nothing here asks the code that decides. ``hear`` takes in one transaction's events and fails where they break the law.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta

    from handoff_sdk.models.event import Event

STOPS = (
    ("ticket.closed", "closed"),
    ("control.passed", "handed_off"),
    ("control.taken_over", "taken_over"),
    ("session.ended", "session_ended"),
    ("ticket.unassigned", "unassigned"),
    ("ticket.solved", "solved"),
    ("ticket.on_hold", "on_hold"),
    ("customer", "customer_replied"),
)
"""Why ladders stop, the strongest reason first."""
OFFER_ENDS = {"ticket.offer_declined", "ticket.offer_lapsed", "ticket.offer_withdrawn"}


class Witness:
    """What follows from the events of one conversation so far.

    Args:
        owners: Whose unanswered messages arm the brand's ladder.
        first_after: How long after an unanswered message its first step comes, at the earliest.
        quiet: From which to which hour nothing may be sent, and the customer's time zone.
        budget: How many follow-ups the customer may get a day.
    """

    def __init__(
        self, owners: Iterable[str], first_after: timedelta, quiet: tuple[int, int, str] | None, budget: int | None
    ) -> None:
        self.owners = set(owners)
        self.first_after = first_after
        self.quiet = quiet
        self.budget = budget
        self.seq = self.public_seq = 0
        self.owner, self.epoch = "bot", 1
        self.live: str | None = None
        self.status: str | None = None
        self.assignee: str | None = None
        self.last_author: str | None = None
        self.armed_at: datetime | None = None
        self.offers: dict[str, str] = {}
        self.tickets: list[str] = []
        self.returned: list[str] = []
        self.said: Counter[str] = Counter()
        self.stopped: set[str] = set()
        self.epochs: dict[str, int] = {}
        self.sent: Counter[str] = Counter()
        self.keys: Counter[str] = Counter()
        self.days: Counter[object] = Counter()

    def hear(self, events: Iterable[Event]) -> None:
        """Take in what one transaction did."""
        events = list(events)
        stops = self._judge_stops(events)
        sends = any(event.type == "followup.sent" for event in events)
        if stops and not sends:
            self._disarm()
        for event in events:
            self._number(event)
            self._ticket(event)
            if event.type == "conversation.created":
                self.owner = event.data["conversation"]["owner"]
            elif event.type == "message.created":
                self._message(event.data["message"], event.at)
            elif event.type.startswith("control."):
                self._control(event)
            elif event.type == "followup.stopped":
                self.stopped.add(_run(event.data))
            elif event.type == "followup.sent":
                self._followup(event)
        if stops and sends:  # a step that ends its own ladder has spoken first
            self._disarm()
        assert (self.owner == "human") == (self.live is not None)
        assert sorted(ticket for ticket in self.tickets if ticket != self.live) == sorted(self.returned)

    def _number(self, event: Event) -> None:
        self.seq += 1
        assert self.seq == event.seq
        if event.public_seq is not None:
            self.public_seq += 1
            assert self.public_seq == event.public_seq

    def _message(self, message: dict[str, Any], at: datetime) -> None:
        author = message["author"]["type"]
        if author == "bot" and message["via"] is None:
            assert (self.owner, self.epoch) == ("bot", message["epoch"])
        if message["visibility"] == "public" and author != "system":
            self.said[message["id"]] += 1
            assert 1 == self.said[message["id"]]
            if message["via"] is None:
                self.last_author = author
                self.armed_at = None if author == "customer" else self.armed_at or at

    def _control(self, event: Event) -> None:
        assert self.epoch + 1 == event.data["epoch"]
        self.owner, self.epoch = event.data["owner"], event.data["epoch"]
        if event.type == "control.returned":
            assert self.live == event.ticket_id
            self.returned.append(str(self.live))
            self.live = None

    def _ticket(self, event: Event) -> None:
        ticket_id = str(event.ticket_id)
        if event.type == "ticket.created":
            assert self.live is None
            self.live, self.status, self.assignee = ticket_id, "new", None
            self.tickets.append(ticket_id)
        elif event.type == "ticket.offered":
            assert ticket_id not in self.offers
            self.offers[ticket_id] = event.data["agent_id"]
        elif event.type in OFFER_ENDS or (
            event.type == "ticket.assigned" and self.offers.get(ticket_id) == event.data["agent_id"]
        ):
            del self.offers[ticket_id]
        if ticket_id == self.live and event.type in {"ticket.assigned", "ticket.unassigned"}:
            self.assignee = event.data["agent_id"] if event.type == "ticket.assigned" else None
        elif ticket_id == self.live and event.type.startswith("ticket.") and "status" in event.data:
            self.status = event.data["status"]

    def _followup(self, event: Event) -> None:
        data = event.data
        assert _run(data) not in self.stopped
        assert "customer" != self.last_author
        assert self.live is None or self.status not in {"solved", "on_hold"}
        if data["kind"] == "ladder":
            assert self.owner in self.owners
            assert "human" != self.owner or self.assignee is not None
            assert self.epoch == self.epochs.setdefault(_run(data), self.epoch)
            assert self.armed_at is not None
            assert event.at >= self.armed_at + self.first_after
        self.sent[data["followup_id"]] += 1
        assert 1 == self.sent[data["followup_id"]]
        if data.get("key") is not None:
            self.keys[data["key"]] += 1
            assert 1 == self.keys[data["key"]]
        if self.quiet is not None:
            begins, ends, zone = self.quiet
            at = event.at.astimezone(ZoneInfo(zone))
            assert not begins <= at.hour < ends
            self.days[at.date()] += 1
            assert self.budget is None or self.days[at.date()] <= self.budget

    def _judge_stops(self, events: list[Event]) -> bool:
        """Whether there is reason to stop a ladder; where one is told, it is the strongest of them."""
        present = {event.type for event in events if event.ticket_id in {None, self.live} or "control" in event.type}
        if any(_author(event) == "customer" for event in events):
            present.add("customer")
        reasons = [reason for event_type, reason in STOPS if event_type in present]
        for event in events:
            if event.type == "followup.stopped" and event.data["kind"] == "ladder":
                assert event.data["reason"] == (reasons or ["cancelled"])[0]
        return bool(reasons)

    def _disarm(self) -> None:
        """No ladder that was seen speaks again; the next one begins with the next message of an owner."""
        self.stopped |= set(self.epochs)
        self.armed_at = None


def _author(event: Event) -> str | None:
    return event.data["message"]["author"]["type"] if event.type == "message.created" else None


def _run(data: dict[str, Any]) -> str:
    """A ladder's run, or the follow-up itself."""
    return str(data["followup_id"]).partition(".")[0]
