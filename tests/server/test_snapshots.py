"""api.md, ``GET /v1/conversations/{id}/snapshot``: a snapshot, and the events after its cursor, are the state."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.effort import searched

from handoff_sdk.ports import TicketFilter

from .conftest import CONFIG
from .reader import apply, apply_for_customer, known

READERS = {
    "integrator": {"by": "integrator"},
    "agent": {"by": "admin", "agent": "ana"},
    "bot": {"by": "bot"},
    "customer": {},
}
STATUS = st.sampled_from(["open", "pending", "on_hold", "solved"])
AGENTS = st.sampled_from(["ana", "cyd"])
DEEDS = st.one_of(
    st.just(("customer says",)),
    st.just(("customer reads",)),
    st.tuples(st.just("customer answers the survey"), st.sampled_from(["good", "bad"])),
    st.just(("bot says",)),
    st.just(("bot follows up",)),
    st.just(("bot passes",)),
    st.just(("bot hands off",)),
    st.just(("bot hands off",)),
    st.tuples(st.just("agent says"), AGENTS),
    st.tuples(st.just("agent notes"), AGENTS),
    st.tuples(st.just("agent reads"), AGENTS),
    st.tuples(st.just("integrator redacts"), st.integers(0, 5)),
    st.tuples(st.just("agent takes"), AGENTS),
    st.tuples(st.just("agent answers the offer"), st.sampled_from(["accept", "decline"])),
    st.tuples(st.just("agent is"), AGENTS, st.sampled_from(["online", "offline"])),
    st.tuples(
        st.just("agent sets"),
        st.one_of(
            st.fixed_dictionaries({"status": STATUS}),
            st.fixed_dictionaries({"assignee": st.sampled_from(["ana", "cyd", None])}),
            st.just({"priority": "high", "add_tags": ["vip"], "fields": {"order": "4711"}, "subject": "Parcel"}),
            st.just({"style": "live_chat"}),
            st.just({"close_after": "5m", "group": "support"}),
        ),
        st.integers(1, 3),
    ),
    st.tuples(st.just("agent hands back"), st.sampled_from([None, "open", "pending"])),
    st.tuples(st.just("session ends"), st.sampled_from(["customer", "agent", "bot"])),
    st.just(("customer leaves the queue",)),
    st.tuples(st.just("time passes"), st.sampled_from([31, 601, 4_000, 400_000])),
)
names = count()


class Story:
    """One conversation, and people who do what they are told; what is refused moves nothing."""

    def __init__(self, api, name):
        self.api = api
        self.name = name
        self.conversation = {}

    @property
    def at(self):
        return f"/v1/conversations/{self.conversation['id']}"

    async def begin(self):
        self.conversation = await self.api.conversation(self.name)
        return self

    async def does(self, deed, *what):
        self.conversation = await self.api.done("GET", self.at)
        await getattr(self, "_" + deed.replace(" ", "_"))(*what)
        await self.api.desk.rest()

    async def snapshot(self, who):
        return await self.api.done("GET", f"{self.at}/snapshot", **self.credential(who))

    async def events(self, who, after):
        path = f"/v1/events?after={after}&conversation={self.conversation['id']}&limit=500"
        return (await self.api.done("GET", path, **self.credential(who)))["items"]

    def credential(self, who):
        return READERS[who] or {"by": self.api.token(self.name)}

    async def _post(self, path, body=None, **by):
        answer = await self.api.post(path, body, **by)
        assert answer.status < 500, answer.body

    async def _say(self, author, **by):
        message = {"author": author, "content": {"type": "text", "text": "Hello"}, **by.pop("more", {})}
        await self._post(f"{self.at}/messages", message, **by)

    async def _customer_says(self):
        await self._say({"type": "customer"})

    async def _customer_reads(self):
        await self._post(f"{self.at}/activity", {"type": "read"}, **self.credential("customer"))

    async def _customer_answers_the_survey(self, rating):
        await self._post(f"{self.at}/survey", {"rating": rating}, **self.credential("customer"))

    async def _agent_reads(self, agent):
        await self._post(f"{self.at}/activity", {"type": "read"}, agent=agent)

    async def _bot_says(self):
        more = {"epoch": self.conversation["epoch"]}
        await self._say({"type": "bot", "id": self.conversation["bot"]}, by="bot", more=more)

    async def _bot_follows_up(self):
        await self._post(f"{self.at}/followups", {"after": "10m", "say": "Still there?"}, by="bot")

    async def _bot_passes(self):
        other = {"acme-bot": "night-bot", "night-bot": "acme-bot"}[self.conversation["bot"]]
        await self._post(f"{self.at}/pass", {"bot": other, "epoch": self.conversation["epoch"]}, by="bot")

    async def _bot_hands_off(self):
        body = {"epoch": self.conversation["epoch"], "say": "A moment.", "followups": "gentle", "tags": ["bot"]}
        await self._post(f"{self.at}/handoff", body, by="bot")

    async def _agent_says(self, agent):
        await self._say({"type": "agent", "id": agent}, agent=agent)

    async def _agent_notes(self, agent):
        await self._say({"type": "agent", "id": agent}, agent=agent, more={"visibility": "internal"})

    async def _integrator_redacts(self, number):
        said = (await self.api.done("GET", f"{self.at}/messages?limit=100"))["items"]
        if number < len(said):
            await self._post(f"{self.at}/messages/{said[number]['id']}/redact")

    async def _agent_takes(self, agent):
        if ticket := self.conversation["ticket"]:
            await self._post(f"/v1/tickets/{ticket['id']}/take", agent=agent)

    async def _agent_answers_the_offer(self, answer):
        if (ticket := self.conversation["ticket"]) and (offer := ticket["offer"]):
            await self._post(f"/v1/offers/{offer['id']}/{answer}", agent=offer["agent_id"])

    async def _agent_is(self, agent, status):
        await self.api.done("PUT", f"/v1/agents/{agent}/status", {"status": status}, agent=agent)

    async def _agent_sets(self, changes, number):
        which = TicketFilter(conversation_id=self.conversation["id"])
        tickets = await self.api.desk.store.tickets(which, before=None, limit=100)
        for ticket in tickets:
            if ticket.number == min(number, len(tickets)):
                answer = await self.api.call("PATCH", f"/v1/tickets/{ticket.id}", changes, agent="ana")
                assert answer.status < 500, answer.body

    async def _agent_hands_back(self, status):
        if ticket := self.conversation["ticket"]:
            body = {} if status is None else {"status": status}
            await self._post(f"/v1/tickets/{ticket['id']}/hand_back", body, agent="ana")

    async def _session_ends(self, who):
        await self._post(f"{self.at}/end_session", **self.credential(who))

    async def _customer_leaves_the_queue(self):
        await self._post(f"{self.at}/leave_queue", **self.credential("customer"))

    async def _time_passes(self, seconds):
        desk, clock = self.api.desk, self.api.clock
        target = clock.now() + timedelta(seconds=seconds)
        while (due := await desk.next_due()) is not None and due <= target:
            clock.advance_to(max(due, clock.now()))
            await desk.rest()
        clock.advance_to(target)


@pytest.fixture
def config():
    agents = CONFIG["agents"] | {"cyd": {"name": "Cyd", "groups": ["support"], "brands": ["acme"]}}
    brands = CONFIG["brands"] | {"acme": CONFIG["brands"]["acme"] | {"survey": True}}
    return CONFIG | {"agents": agents, "brands": brands}


ASKED = [("agent says", "ana"), ("agent hands back", None), ("customer answers the survey", "good")]
"""A story that few others come by."""


@searched(40)
@example(deeds=ASKED)
@given(deeds=st.lists(DEEDS, min_size=1, max_size=30))
async def test_a_snapshot_and_the_events_after_it_are_the_next_snapshot(api, deeds):
    story = await Story(api, f"customer-{next(names)}").begin()
    before = {who: await story.snapshot(who) for who in READERS}
    for deed in deeds:
        await story.does(*deed)
        for who in READERS:
            now = await story.snapshot(who)
            state = known(before[who])
            for event in await story.events(who, before[who]["cursor"]):
                state = (apply_for_customer if who == "customer" else apply)(state, event)
            assert known(now) == state, (who, deed)
            before[who] = now
