"""The figures counted the slow way: from the list of all events, each figure by itself, with nothing remembered.

It knows docs/reports.md and the events, and none of the code that counts.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from handoff_sdk.models.event import Event

ABANDONED = {"nobody_available", "customer_left", "cancelled"}


class Recount:
    """All events of a desk, in the order of the feed.

    Args:
        events: The events.
        working: Whether people of a brand are there in the minute that begins at an instant.
    """

    def __init__(self, events: Iterable[Event], working: Callable[[str, datetime], bool]) -> None:
        self.events = list(events)
        self.working = working

    def figures(self) -> dict[str, Any]:
        """The figures, by name."""
        times = {
            "first_reply_time": self.replies_after("first"),
            "next_reply_time": self.replies_after("next"),
            "customer_reply_time": self.answers(),
            "resolution_time": self.resolutions(lambda _brand, start, end: (end - start).total_seconds()),
            "business_resolution_time": self.resolutions(self.worked),
            "queue_wait_time": self.queue_waits(),
        }
        online = sum(seconds for _, status, seconds in self.statuses() if status == "online")
        return {
            "conversations": self.count("conversation.created"),
            "handed_off": self.count("control.passed", lambda event: event.data["owner"] == "human"),
            "taken_over": self.count("control.taken_over"),
            "tickets_created": self.count("ticket.created"),
            "tickets_solved": len({event.ticket_id for event in self.of("ticket.solved")}),
            "tickets_closed": self.count("ticket.closed"),
            "reopens": self.count("ticket.reopened"),
            "abandoned": self.count("control.returned", lambda event: event.data["returned"]["reason"] in ABANDONED),
            "offers": self.count("ticket.offered"),
            "offers_declined": self.count("ticket.offer_declined"),
            "offers_lapsed": self.count("ticket.offer_lapsed"),
            "replies": sum(_says(event) == "agent" for event in self.events),
            "arrivals": self.count("ticket.queued"),
            "followups_sent": self.count("followup.sent", lambda event: event.data["kind"] != "proactive"),
            "promises_broken": self.count("sla.breached"),
            "online_time": online,
            "status_time": self.by_status(),
        } | {name: round(median(values), 3) if values else None for name, values in times.items()}

    def of(self, *types: str) -> list[Event]:
        """The events of some types."""
        return [event for event in self.events if event.type in types]

    def count(self, event_type: str, holds: Callable[[Event], bool] = lambda _: True) -> int:
        """How many events of a type there are of which something holds."""
        return sum(holds(event) for event in self.of(event_type))

    def stretches(self) -> list[tuple[Event, list[Event]]]:
        """Each ticket's making, and the events of its conversation from then until control returns."""
        found = []
        for made in self.of("ticket.created"):
            later = self.events[self.events.index(made) :]
            of_it = [event for event in later if event.conversation_id == made.conversation_id]
            end = next((i for i, event in enumerate(of_it) if event.type == "control.returned"), len(of_it))
            found.append((made, of_it[:end]))
        return found

    def replies_after(self, which: str) -> list[float]:
        """How long customers waited for the first reply, or for each next one."""
        waits = []
        for made, events in self.stretches():
            taken_over = made.data["ticket"]["taken_over"]
            waits_since = None if taken_over else made.at
            replies = int(taken_over)
            for event in events:
                if _says(event) == "customer":
                    waits_since = waits_since or event.at
                elif _says(event) == "agent":
                    if waits_since is not None and (replies == 0) == (which == "first"):
                        waits.append((event.at - waits_since).total_seconds())
                    waits_since, replies = None, replies + 1
        return waits

    def answers(self) -> list[float]:
        """How long agents waited for customers."""
        waits = []
        for made, events in self.stretches():
            asked = made.at if made.data["ticket"]["taken_over"] else None
            for event in events:
                if _says(event) == "agent":
                    asked = asked or event.at
                elif _says(event) == "customer":
                    if asked is not None:
                        waits.append((event.at - asked).total_seconds())
                    asked = None
        return waits

    def resolutions(self, between: Callable[[str, datetime, datetime], float]) -> list[float]:
        """How long each ticket took until it was solved the last time."""
        made = {event.ticket_id: event for event in self.of("ticket.created")}
        solved = {event.ticket_id: event for event in self.of("ticket.solved")}
        return [
            between(made[ticket_id].data["ticket"]["brand"], made[ticket_id].at, last.at)
            for ticket_id, last in solved.items()
        ]

    def worked(self, brand: str, start: datetime, end: datetime) -> float:
        """The working seconds between two instants, a second at a time."""
        seconds = int((end - start).total_seconds())
        return sum(self.working(brand, start + timedelta(seconds=each)) for each in range(seconds))

    def queue_waits(self) -> list[float]:
        """How long tickets waited, each time they were queued and an agent got them."""
        waits = []
        queued: dict[str | None, datetime] = {}
        for event in self.events:
            if event.type == "ticket.queued":
                queued[event.ticket_id] = event.at
            elif event.type == "ticket.assigned" and event.ticket_id in queued:
                waits.append((event.at - queued.pop(event.ticket_id)).total_seconds())
            elif event.type in {"ticket.pending", "ticket.on_hold", "control.returned"}:
                queued.pop(event.ticket_id, None)
        return waits

    def statuses(self) -> list[tuple[str, str, float]]:
        """Which agent had which status for how many seconds, but for ``offline``."""
        told = self.of("agent.status")
        found = []
        for number, event in enumerate(told):
            agent = event.data["agent_id"]
            after = next((each for each in told[number + 1 :] if each.data["agent_id"] == agent), None)
            if after is not None and event.data["status"] != "offline":
                found.append((agent, event.data["status"], (after.at - event.at).total_seconds()))
        return found

    def by_status(self) -> dict[str, float]:
        """The seconds of each status, of all agents."""
        sums: defaultdict[str, float] = defaultdict(float)
        for _, status, seconds in self.statuses():
            sums[status] += seconds
        return {status: seconds for status, seconds in sorted(sums.items()) if seconds}


def office_hours(brand: str, at: datetime) -> bool:
    """The schedule of the stories: mornings from ten and afternoons until three, in Berlin, for one brand only."""
    hour = at.astimezone(ZoneInfo("Europe/Berlin")).hour
    return brand != "default" or 10 <= hour < 12 or 13 <= hour < 15


def _says(event: Event) -> str | None:
    """Who says something for everybody to read with an event."""
    if event.type != "message.created" or event.data["message"]["visibility"] != "public":
        return None
    author: str = event.data["message"]["author"]["type"]
    return author if author in {"customer", "agent"} else None
