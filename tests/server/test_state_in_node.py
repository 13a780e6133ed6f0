"""What a customer's side in JavaScript knows: a snapshot and the events after it are the next snapshot there too."""

import json
import random

from tests.web.test_node import HERE as WEB
from tests.web.test_node import node

from .test_snapshots import Story, config

__all__ = ["config"]

LATEST = 1_000
DEEDS = [
    *[("customer says",)] * 5,
    *[("customer reads",)] * 2,
    *[("customer answers the survey", rating) for rating in ("good", "bad")],
    *[("bot says",)] * 3,
    *[("integrator redacts", number) for number in (0, 3, 40)],
    ("bot passes",),
    *[("bot hands off",)] * 4,
    *[("agent says", agent) for agent in ("ana", "ana", "ana", "cyd")],
    *[("agent notes", "ana"), ("agent reads", "ana"), ("agent takes", "cyd")],
    *[("agent answers the offer", answer) for answer in ("accept", "accept", "decline")],
    *[("agent is", "ana", status) for status in ("online", "online", "offline")],
    *[("agent sets", {"status": status}, LATEST) for status in ("open", "pending", "solved", "solved")],
    ("agent sets", {"assignee": None}, LATEST),
    ("agent hands back", None),
    *[("session ends", who) for who in ("customer", "agent", "bot")],
    ("customer leaves the queue",),
    *[("time passes", seconds) for seconds in (31, 601, 4_000)],
]
SHOWN = {
    *(
        "message.created",
        "message.read",
        "message.redacted",
        "session.started",
        "session.ended",
        "session.inactive",
        "session.active",
    ),
    *("control.passed", "control.taken_over", "control.returned", "ticket.assigned", "ticket.unassigned"),
    *("survey.asked", "survey.answered"),
}
STORIES = 3
LENGTH = 150


async def told(api, name, chance):
    """A story step by step: the deed, the events it led to, and what a new snapshot tells then."""
    story = await Story(api, name).begin()
    before = await story.snapshot("customer")
    steps = []
    for deed in chance.choices(DEEDS, k=LENGTH):
        await story.does(*deed)
        events = await story.events("customer", before["cursor"])
        before = await story.snapshot("customer")
        steps.append({"deed": deed, "events": events, "snapshot": before})
    return steps


async def test_a_snapshot_and_the_events_after_it_are_the_next_snapshot_in_node(api, tmp_path):
    chance = random.Random(0)  # noqa: S311 - the same stories each time
    stories = [await told(api, f"customer-{number}", chance) for number in range(STORIES)]
    types = {event["type"] for steps in stories for step in steps for event in step["events"]}
    assert set() == SHOWN - types
    log = tmp_path / "log.json"
    log.write_text(json.dumps(stories))
    done = node("--test", "--test-reporter=spec", WEB / "node" / "log.mjs", HANDOFF_LOG=str(log))
    assert (0, "") == (done.returncode, done.stderr), done.stdout
