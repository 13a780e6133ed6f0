"""What the console knows: a snapshot of a workplace and the events after it are the next snapshot."""

import json
import random

import pytest
from tests.web.test_node import HERE as WEB
from tests.web.test_node import node

from .conftest import CONFIG
from .test_snapshots import Story
from .test_state_in_node import DEEDS, LATEST

CUSTOMERS = 4
LENGTH = 200
MORE = [
    *[("agent sets", {"group": group}, LATEST) for group in ("support", "night")],
    *[("agent sets", {"assignee": agent}, LATEST) for agent in ("ana", "cyd")],
    ("agent sets", {"add_tags": ["vip"], "fields": {"order": "4711"}, "subject": "Parcel"}, LATEST),
    *[("agent sets", {"priority": "urgent"}, LATEST)] * 4,
    *[("customer answers the survey", "good"), ("agent answers the offer", "decline")] * 5,
    *[("time passes", 450)] * 3,
    ("agent sets", {"routing_channel": "email"}, LATEST),
    *[("agent says", "ana"), ("agent takes", "ana"), ("agent answers the offer", "accept")] * 3,
    *[("agent transfers", where) for where in ({"agent": "ana"}, {"agent": "cyd"}, {"group": "support"})],
    ("agent is", "cyd", "online"),
]
SHOWN = {
    *("ticket.created", "ticket.updated", "ticket.opened", "ticket.pending", "ticket.solved", "ticket.closed"),
    *("ticket.offered", "ticket.offer_declined", "ticket.offer_lapsed", "ticket.offer_withdrawn", "ticket.assigned"),
    *("ticket.unassigned", "ticket.queued", "ticket.transferred", "sla.started", "sla.warning", "sla.breached"),
    *("sla.fulfilled", "message.created", "session.inactive", "session.ended", "control.passed", "control.returned"),
    "agent.status",
}
SLA = [
    {
        "name": "urgent",
        "warn": "2m",
        "targets": {"urgent": {"first_reply": "10m", "next_reply": "5m", "resolution": "1h"}},
    }
]


@pytest.fixture
def config():
    agents = {
        "ana": {"name": "Ana", "groups": ["support"], "brands": ["acme"]},
        "cyd": {"name": "Cyd", "groups": ["support", "night"], "brands": ["acme"], "role": "lead"},
    }
    return CONFIG | {"agents": agents, "groups": {"support": {}, "night": {}}, "sla": SLA}


class Transferring(Story):
    async def _agent_transfers(self, where):
        if ticket := self.conversation["ticket"]:
            await self._post(f"/v1/tickets/{ticket['id']}/transfer", where, agent="cyd")


async def read(api, story):
    """What the console reads of a conversation that it has to show and does not know."""
    conversation = await api.done("GET", story.at)
    tickets = await api.done("GET", f"/v1/tickets?conversation={conversation['id']}&limit=100")
    customer = await api.done("GET", f"/v1/customers/{conversation['customer_id']}")
    return {"conversation": conversation, "tickets": tickets["items"], "customer": customer}


async def told(api, agent, chance):
    stories = [await Transferring(api, f"{agent}-{number}").begin() for number in range(CUSTOMERS)]
    steps = []
    cursor = (await api.done("GET", f"/v1/agents/{agent}/snapshot", agent=agent))["cursor"]
    for deed in chance.choices([*DEEDS, *MORE], k=LENGTH):
        story = chance.choice(stories)
        await story.does(*deed)
        events = (await api.done("GET", f"/v1/events?after={cursor}&limit=500", agent=agent))["items"]
        snapshot = await api.done("GET", f"/v1/agents/{agent}/snapshot", agent=agent)
        cursor = snapshot["cursor"]
        reads = [await read(api, one) for one in stories]
        messages = (await api.done("GET", f"{stories[0].at}/snapshot", agent=agent))["messages"]
        reads = {one["conversation"]["id"]: one for one in reads}
        steps.append({"deed": deed, "events": events, "snapshot": snapshot, "reads": reads, "messages": messages})
    return steps


async def test_a_workplace_and_the_events_after_it_are_the_next_workplace_in_node(api, tmp_path):
    chance = random.Random(0)  # noqa: S311 - the same stories each time
    stories = {agent: await told(api, agent, chance) for agent in ("ana", "cyd")}
    types = {event["type"] for steps in stories.values() for step in steps for event in step["events"]}
    assert set() == SHOWN - types
    log = tmp_path / "log.json"
    log.write_text(json.dumps(stories))
    done = node("--test", "--test-reporter=spec", WEB / "node" / "workplace.mjs", HANDOFF_LOG=str(log))
    assert (0, "") == (done.returncode, done.stderr), done.stdout
