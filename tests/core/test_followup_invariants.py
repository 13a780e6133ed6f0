"""lifecycle.md, 11.6: no follow-up is sent after a stronger stop, in quiet hours, or twice for one step or key.

A story is played by chance; what was said is then judged by the events alone, not by the code that said it.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from handoff_sdk.errors import HandoffError

from .nudged import BOT, Desk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from handoff_sdk.models.event import Event

STEPS = [
    {"after": "20m", "say": {"en": "one"}, "set": {"status": "pending"}},
    {"after": "30m", "say": {"en": "two"}},
    {"after": "10m", "set": {"status": "solved"}},
    {"after": "10m", "say": {"en": "four"}, "end_session": True},
]
DEEDS: dict[str, Callable[[Desk], Any]] = {
    "customer": lambda desk: desk.customer_says(),
    "bot": lambda desk: desk.bot_says(),
    "agent": lambda desk: desk.agent_says(),
    "hand off": lambda desk: desk.hands_off(),
    "take": lambda desk: desk.takes(),
    "give away": lambda desk: desk.sets(assignee=None),
    "open": lambda desk: desk.sets(status="open"),
    "hold": lambda desk: desk.sets(status="on_hold"),
    "solve": lambda desk: desk.sets(status="solved"),
    "hand back": lambda desk: desk.hands_back(),
    "end": lambda desk: desk.ends(),
    "pass": lambda desk: desk.passes("ada"),
    "one-off a": lambda desk: desk.follows_up(key="a", after="25m"),
    "one-off b": lambda desk: desk.follows_up(key="b", when_silent_for="40m"),
    "bot's one-off": lambda desk: desk.follows_up(key="c", after="25m", by=BOT),
    "now": lambda desk: desk.follows_up(key="d"),
    "proactive": lambda desk: desk.sends(key="p"),
    "cancel": lambda desk: desk.cancels(key="a"),
    "cancel the ladder": lambda desk: desk.cancels(followup_id=desk.listed()[-1].id),
    "wait a little": lambda desk: desk.advance("11m"),
    "wait": lambda desk: desk.advance("50m"),
    "sleep": lambda desk: desk.sleeps("30m"),
    "restart": lambda desk: desk.restarts(),
}
SOMETIMES = st.sampled_from(sorted(DEEDS))
OFTEN = st.sampled_from(["customer", "bot", "agent", "wait a little", "wait", "hand off", "one-off a"])


def play(desk: Desk, deeds: list[str]) -> None:
    """Do what can be done of it; the rest is refused and moves nothing."""
    desk.customer_says()
    for deed in deeds:
        try:
            DEEDS[deed](desk)
        except (HandoffError, LookupError):  # refused, or there is no such ticket or follow-up
            continue


@settings(max_examples=150, deadline=None)
@given(
    style=st.sampled_from(["live_chat", "social"]),
    owners=st.sampled_from([["human"], ["bot"], ["human", "bot"]]),
    zone=st.sampled_from(["UTC", "Asia/Kolkata", "America/New_York"]),
    budget=st.sampled_from([None, 3]),
    deeds=st.lists(st.one_of(SOMETIMES, OFTEN), min_size=5, max_size=40),
)
def test_no_follow_up_after_a_stop_in_quiet_hours_or_twice(style, owners, zone, budget, deeds):
    desk = Desk(
        {"steps": STEPS, "while": owners, "quiet": "13:00-15:00", "max_per_day": budget},
        brand={"style": style},
        profile={"timezone": zone},
    )
    play(desk, deeds)
    desk.advance("2d")
    events = [event for events in desk.events.values() for event in events]
    said = [event for event in events if event.type == "followup.sent"]
    assert not [event for event in said if 13 <= event.at.astimezone(ZoneInfo(zone)).hour < 15]
    assert not _twice(event.data["followup_id"] for event in said)
    assert not _twice(event.data["key"] for event in said if "key" in event.data)
    messages = [event.data["message"] for event in events if event.type == "message.created"]
    assert {message["id"] for message in messages if message["via"] in {"followup", "proactive"}} == {
        event.data["message_id"] for event in said
    }
    if budget is not None:
        days = Counter(event.at.astimezone(ZoneInfo(zone)).date() for event in said)
        assert max(days.values(), default=0) <= budget
    for happened in desk.events.values():
        _judge(happened, owners)
    assert desk.next is None or desk.next > desk.now


@settings(max_examples=100, deadline=None)
@given(style=st.sampled_from(["live_chat", "social"]), deeds=st.lists(st.one_of(SOMETIMES, OFTEN), max_size=25))
def test_the_strongest_of_the_reasons_that_fall_together_is_told(style, deeds):
    desk = Desk({"steps": STEPS, "while": ["human", "bot"]}, brand={"style": style})
    play(desk, deeds)
    for live, decision in desk.decisions:
        present = {
            event.type for event in decision.events if event.ticket_id in {None, live} or "control" in event.type
        }
        if any(_author(event) == "customer" for event in decision.events):
            present.add("customer")
        strongest = next((reason for event_type, reason in REASONS if event_type in present), "cancelled")
        for event in decision.events:
            if event.type == "followup.stopped" and event.data["kind"] == "ladder":
                assert strongest == event.data["reason"]


REASONS = (
    ("ticket.closed", "closed"),
    ("control.passed", "handed_off"),
    ("control.taken_over", "taken_over"),
    ("session.ended", "session_ended"),
    ("ticket.unassigned", "unassigned"),
    ("ticket.solved", "solved"),
    ("ticket.on_hold", "on_hold"),
    ("customer", "customer_replied"),
)


def _judge(events: list[Event], owners: list[str]) -> None:
    """Go through a conversation's events with what the law says of them, and nothing else."""
    stopped: set[str] = set()
    epochs: dict[str, int] = {}
    owner, epoch, live, status, assignee, last_author = "bot", 1, None, "new", None, None
    for event in events:
        data = event.data
        if event.type.startswith("control."):
            owner, epoch = data["owner"], data["epoch"]
            live = event.ticket_id if owner == "human" else None
        elif event.type == "ticket.created":
            status, assignee = "new", None
        elif event.ticket_id == live and event.type in {"ticket.assigned", "ticket.unassigned"}:
            assignee = data["agent_id"] if event.type == "ticket.assigned" else None
        elif event.ticket_id == live and event.type.startswith("ticket.") and "status" in data:
            status = data["status"]
        elif event.type == "followup.stopped":
            stopped.add(_run(data))
        elif event.type == "followup.sent":
            assert _run(data) not in stopped
            assert last_author != "customer"
            assert live is None or status not in {"solved", "on_hold"}
            if data["kind"] == "ladder":
                assert owner in owners
                assert owner != "human" or assignee is not None
                assert epoch == epochs.setdefault(_run(data), epoch)
        elif _author(event) not in {None, "system"} and event.data["message"]["via"] is None:
            last_author = _author(event)


def _author(event: Event) -> str | None:
    """Who said it, where something was said."""
    return event.data["message"]["author"]["type"] if event.type == "message.created" else None


def _run(data: dict[str, Any]) -> str:
    """A ladder's run, or the follow-up itself."""
    return str(data["followup_id"]).partition(".")[0]


def _twice(names: Iterable[str | None]) -> list[str]:
    """What comes more than once."""
    return [name for name, times in Counter(names).items() if times > 1 and name is not None]
