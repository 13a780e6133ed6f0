"""Everybody at once in one conversation: fences hold, one hand-off wins, and numbers have no gaps."""

from __future__ import annotations

import asyncio
import random
from collections import Counter

import pytest
from tests.effort import EFFORT

TEXT = {"type": "text", "text": "Hello"}
ROUNDS = 25 * EFFORT


async def all_events(api, conversation):
    path = f"/v1/events?after=0&limit=500&conversation={conversation['id']}"
    events, cursor = [], "0"
    while (page := await api.done("GET", path.replace("after=0", f"after={cursor}")))["items"]:
        events += page["items"]
        cursor = page["cursor"]
    return events


async def test_of_many_hand_offs_at_once_one_wins(api):
    conversation = await api.conversation(message={"content": TEXT})
    path = f"/v1/conversations/{conversation['id']}/handoff"

    answers = await asyncio.gather(
        *(api.post(path, {"epoch": 1, "key": f"try {number}"}, by="bot") for number in range(20))
    )

    assert {201: 1, 409: 19} == Counter(answer.status for answer in answers)
    assert {"control_lost": 19} == Counter(answer.code for answer in answers if answer.status == 409)
    events = await all_events(api, conversation)
    assert 1 == sum(event["type"] == "ticket.created" for event in events)


async def test_one_hand_off_asked_for_many_times_at_once_is_one(api):
    conversation = await api.conversation(message={"content": TEXT})
    path = f"/v1/conversations/{conversation['id']}/handoff"

    answers = await asyncio.gather(*(api.post(path, {"epoch": 1, "key": "one"}, by="bot") for _ in range(20)))

    assert {201: 20} == Counter(answer.status for answer in answers)
    assert 1 == len({answer.json["ticket"]["id"] for answer in answers})


class Crowd:
    """What people and bots send without waiting for each other, all of them having read the same."""

    def __init__(self, api, conversation):
        self.api = api
        self.at = f"/v1/conversations/{conversation['id']}"
        self.refused = Counter()
        self.said = []
        self.named = {}

    async def sends(self, path, body=None, *, method="POST", **by):
        answer = await self.api.call(method, path, body, **by)
        assert answer.status < 500, answer.body
        if answer.status >= 400:
            self.refused[answer.code] += 1
        return answer

    async def bot_writes(self, epoch):
        author = {"type": "bot", "id": "acme-bot"}
        answer = await self.sends(f"{self.at}/messages", {"author": author, "content": TEXT, "epoch": epoch}, by="bot")
        if answer.status == 201:
            self.named[answer.json["id"]] = epoch

    async def bot_hands_off(self, epoch, key):
        body = {"epoch": epoch, "key": key, "say": "A moment."}
        await self.sends(f"{self.at}/handoff", body, by="bot")

    async def customer_writes(self, key):
        answer = await self.sends(f"{self.at}/messages", {"content": TEXT}, key=key)
        self.said.append(answer.json["id"])

    async def agent_writes(self, **named):
        body = {"author": {"type": "agent", "id": "ana"}, "content": TEXT, **named}
        await self.sends(f"{self.at}/messages", body, agent="ana")

    async def agent_changes(self, ticket, **changes):
        await self.sends(f"/v1/tickets/{ticket['id']}", changes, method="PATCH", agent="ana")

    async def agent_takes(self, ticket):
        await self.sends(f"/v1/tickets/{ticket['id']}/take", agent="ana")

    async def agent_hands_back(self, ticket):
        await self.sends(f"/v1/tickets/{ticket['id']}/hand_back", agent="ana")

    async def somebody_ends_the_session(self):
        await self.sends(f"{self.at}/end_session")

    async def round(self, number, chance):
        """Everybody acts on what they have just read, in any order and all at once."""
        read = await self.api.done("GET", self.at)
        epoch, ticket = read["epoch"], read["ticket"]
        acts = [
            *(self.bot_writes(epoch) for _ in range(4)),
            self.bot_writes(max(epoch - 1, 1)),
            *(self.bot_hands_off(epoch, f"{number} {key}") for key in "ab"),
            *(self.customer_writes(f"{number} {key}") for key in "aabc"),
            self.agent_writes(epoch=epoch),
            self.api.desk.rest(),
        ]
        if chance.random() < 0.3:
            acts.append(self.agent_writes())
        if ticket is not None:
            others = [
                lambda: self.agent_takes(ticket),
                lambda: self.agent_changes(ticket, status="solved"),
                lambda: self.agent_changes(ticket, status="pending"),
                lambda: self.agent_hands_back(ticket),
                self.somebody_ends_the_session,
            ]
            acts += [act() for act in chance.sample(others, 3)]
        chance.shuffle(acts)
        await asyncio.gather(*acts)


@pytest.mark.parametrize("seed", range(3))
async def test_nothing_stale_is_stored_however_they_race(api, seed):
    conversation = await api.conversation(message={"content": TEXT})
    await api.done("PUT", "/v1/agents/ana/status", {"status": "online"}, agent="ana")
    crowd, chance = Crowd(api, conversation), random.Random(seed if EFFORT == 1 else None)  # noqa: S311 - a race, no secret
    for number in range(ROUNDS):
        await crowd.round(number, chance)

    events = await all_events(api, conversation)
    assert list(range(1, len(events) + 1)) == [event["seq"] for event in events]
    public = [event["public_seq"] for event in events if event["public_seq"] is not None]
    assert list(range(1, len(public) + 1)) == public
    stored = Counter(event["data"]["message"]["id"] for event in events if event["type"] == "message.created")
    assert {1} == set(stored.values())
    assert set(crowd.said) <= set(stored)
    assert 3 * ROUNDS == len(set(crowd.said))
    follow(events, crowd.named)
    assert {"control_lost", "already_open"} <= set(crowd.refused)


def follow(events, named):
    """Go through the events with who may speak: bots only as the owner, in the epoch that they named."""
    owner, epoch, live = "bot", 1, None
    for event in events:
        data = event["data"]
        if event["type"] == "message.created" and data["message"]["author"]["type"] == "bot":
            assert ("bot", epoch) == (owner, named.get(data["message"]["id"], epoch))
        elif event["type"] == "ticket.created":
            assert live is None
            live = event["ticket_id"]
        elif event["type"].startswith("control."):
            assert epoch + 1 == data["epoch"]
            owner, epoch = data["owner"], data["epoch"]
            assert event["ticket_id"] == live
            live = live if owner == "human" else None
