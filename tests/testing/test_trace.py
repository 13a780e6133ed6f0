from datetime import UTC, datetime

from handoff_sdk.models.event import Actor, Event
from handoff_sdk.testing import Happened, play, trace_lines

STEPS = [
    {"agent": "ana", "status": "online"},
    {"customer": "mia", "says": "Where is\nmy parcel?"},
    {"bot": "hands_off", "priority": "high", "tags": ["parcel"]},
    {"advance": "5s"},
    {"agent": "ana", "accepts": "mia"},
    {"agent": "ana", "notes": "Late.", "to": "mia"},
    {"agent": "ana", "hands_back": {"note": "By phone."}},
]

TRACE = """\
2026-01-05T09:00:00Z  -    agent.status          ana: offline -> online
2026-01-05T09:00:00Z  mia  conversation.created  brand default, channel web, owner bot, bot ada
2026-01-05T09:00:00Z  mia  session.started       session active
2026-01-05T09:00:00Z  mia  message.created       customer: Where is my parcel?
2026-01-05T09:00:00Z  mia  message.created       system: You are in line at position 1; a person will answer you here.
2026-01-05T09:00:00Z  mia  ticket.created        number 1, priority high, style social, tags ['parcel']
2026-01-05T09:00:00Z  mia  control.passed        owner human, epoch 2
2026-01-05T09:00:00Z  mia  ticket.queued         queue standard
2026-01-05T09:00:00Z  mia  ticket.offered        ana, until 2026-01-05T09:00:30Z
2026-01-05T09:00:05Z  mia  message.created       system: ana is with you now.
2026-01-05T09:00:05Z  mia  ticket.assigned       ana, by offer
2026-01-05T09:00:05Z  mia  ticket.opened         status open, from new, by assignment
2026-01-05T09:00:05Z  mia  ticket.updated        status new -> open, assignee null -> ana
2026-01-05T09:00:05Z  mia  message.created       agent ana (note): Late.
2026-01-05T09:00:05Z  mia  message.created       system: Our team has handed you back to the assistant.
2026-01-05T09:00:05Z  mia  ticket.solved         status solved, from open, by agent, business_seconds 5.0
2026-01-05T09:00:05Z  mia  session.ended         session ended, reason agent
2026-01-05T09:00:05Z  mia  control.returned      owner bot, epoch 3, reason handed_back, outcome solved, note By phone.
2026-01-05T09:00:05Z  mia  ticket.updated        status open -> solved, live true -> false
"""


def test_a_trace_says_what_happened_when_and_where() -> None:
    report = play(
        {"config": {"brands": {"default": {"bot": "ada", "style": "social"}}, "agents": {"ana": {}}}, "steps": STEPS}
    )
    assert report.ok
    assert TRACE.splitlines() == list(trace_lines(report.events))


def test_parts_of_seconds_are_shown_where_there_are_any() -> None:
    event = Event(
        id="1", type="config.changed", at=datetime(2026, 1, 5, 9, 0, 0, 500, tzinfo=UTC), actor=Actor(type="system")
    )
    assert ["2026-01-05T09:00:00.000500Z  -  config.changed"] == list(trace_lines([Happened(None, event)]))


def test_nothing_happened_is_no_lines() -> None:
    assert [] == list(trace_lines([]))
