"""lifecycle.md, 11: what holds whatever people do, in whatever order, with whatever pauses."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from handoff_sdk.errors import HandoffError
from handoff_sdk.models.event import Actor

from .desk import Desk

if TYPE_CHECKING:
    from collections.abc import Callable

    from handoff_sdk.core.draft import Decision
    from handoff_sdk.core.thread import Thread

LIMIT = timedelta(days=28)
BRANDS = {
    "mia": "default",
    "tom": "quick",
    "eva": "people",
}
CONFIG: dict[str, Any] = {
    "brands": {
        "default": {"bot": "ada", "group": "support"},
        "quick": {"bot": "ada", "style": "live_chat"},
        "people": {"bot": "none", "style": "social", "close_after": "never"},
    },
    "groups": {"support": {}, "billing": {}},
    "agents": {
        "ana": {"groups": ["support", "billing"], "capacity": {"messaging": 2}},
        "ben": {"groups": ["support"], "capacity": {"messaging": 1}},
    },
    "routing": {"lapses": {"count": 2, "status": "away"}},
}
TOLD = """
    status priority group queue assignee style close_after subject summary tags fields live abandoned reopens
""".split()  # noqa: SIM905 - read as one line


class StrictDesk(Desk):
    """A desk that looks at every decision it makes."""

    def __init__(self, **config: Any) -> None:
        super().__init__(**config)
        self.followed: dict[str, dict[str, Any]] = {}

    def _take_in(self, before: Thread | None, decision: Decision) -> Decision:
        after = decision.thread
        if before is not None:
            self._check_owner(before, after)
            self._check_numbers(before, decision)
        for event in decision.events:
            if event.type == "message.created" and event.data["message"]["author"]["type"] == "bot":
                assert before is not None
                assert before.conversation.epoch == event.data["message"]["epoch"]
            self._follow(event.type, event.ticket_id, event.data)
        for ticket in after.tickets:
            stands = ticket.model_dump(mode="json")
            assert {name: stands[name] for name in TOLD} == {name: self.followed[ticket.id][name] for name in TOLD}
        return super()._take_in(before, decision)

    def _check_owner(self, before: Thread, after: Thread) -> None:
        old, new = before.conversation, after.conversation
        assert new.epoch - old.epoch == (old.owner != new.owner)

    def _check_numbers(self, before: Thread, decision: Decision) -> None:
        after = decision.thread
        public = [event.public_seq for event in decision.events if event.public_seq is not None]
        assert list(range(before.seq + 1, after.seq + 1)) == [event.seq for event in decision.events]
        assert list(range(before.public_seq + 1, after.public_seq + 1)) == public
        assert after.version - before.version == (after is not before)

    def _follow(self, event_type: str, ticket_id: str | None, data: dict[str, Any]) -> None:
        """Keep what somebody knows who only reads events."""
        if event_type == "ticket.created":
            self.followed[str(ticket_id)] = data["ticket"]
        elif event_type == "ticket.updated":
            known = self.followed[str(ticket_id)]
            for field, (old, new) in data["changes"].items():
                assert known[field] == old
                known[field] = new


names = st.sampled_from(list(BRANDS))
agents = st.sampled_from(["ana", "ben"])


class Chaos(RuleBasedStateMachine):
    """People do whatever comes to their mind."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = StrictDesk(**CONFIG)

    def tries(self, name: str, act: Callable[[Desk], object]) -> None:
        """Somebody tries something in a conversation; what is refused moves nothing."""
        desk = self.desk
        desk.name = name
        if name not in desk.threads:
            desk.starts(name, brand=BRANDS[name])
        desk.run_due()
        threads, happened = dict(desk.threads), len(desk.events)
        try:
            act(desk)
        except HandoffError:
            assert threads == desk.threads
            assert happened == len(desk.events)
        desk.run_due()

    def tries_with_ticket(self, name: str, act: Callable[[Desk], object]) -> None:
        if name in self.desk.threads and self.desk.threads[name].latest is not None:
            self.tries(name, act)

    @rule(name=names)
    def customer_writes(self, name: str) -> None:
        self.tries(name, lambda desk: desk.customer_says())

    @rule(name=names, behind=st.sampled_from([0, 0, 1]))
    def bot_writes(self, name: str, behind: int) -> None:
        self.tries(name, lambda desk: desk.bot_says(epoch=max(desk.conversation.epoch - behind, 1)))

    @rule(
        name=names,
        key=st.sampled_from([None, "h1", "h2"]),
        fields=st.fixed_dictionaries(
            {},
            optional={
                "accept_within": st.sampled_from(["0s", "2m"]),
                "style": st.sampled_from(["live_chat", "social"]),
                "group": st.sampled_from(["billing", "nobody"]),
                "priority": st.sampled_from(["low", "urgent"]),
                "say": st.just("One moment."),
            },
        ),
        who=st.sampled_from([Actor(type="bot", id="ada"), Actor(type="bot", id="bob"), Actor(type="integrator")]),
    )
    def bot_hands_off(self, name: str, key: str | None, fields: dict[str, Any], who: Actor) -> None:
        self.tries(name, lambda desk: desk.hand_off(actor=who, key=key, **fields))

    @rule(name=names, agent=agents, named=st.sampled_from(["nothing", "ticket", "epoch", "stale epoch"]))
    def agent_writes(self, name: str, agent: str, named: str) -> None:
        def writes(desk: Desk) -> None:
            latest, epoch = desk.thread.latest, desk.conversation.epoch
            fields = {
                "nothing": {},
                "ticket": {"ticket_id": latest and latest.id},
                "epoch": {"epoch": epoch},
                "stale epoch": {"epoch": max(epoch - 1, 1)},
            }
            desk.agent_says(agent=agent, **fields[named])

        self.tries(name, writes)

    @rule(
        name=names,
        agent=agents,
        changes=st.one_of(
            st.fixed_dictionaries(
                {"status": st.sampled_from(["new", "open", "pending", "on_hold", "solved", "solved", "closed"])}
            ),
            st.fixed_dictionaries({"assignee": st.sampled_from(["ana", "ben", None])}),
            st.fixed_dictionaries({"style": st.sampled_from(["live_chat", "live_chat_returning", "social"])}),
            st.fixed_dictionaries({"close_after": st.sampled_from(["5m", "never", None])}),
            st.fixed_dictionaries({"group": st.sampled_from(["support", "billing", None])}),
            st.fixed_dictionaries({"priority": st.sampled_from(["high", None]), "add_tags": st.just(("late",))}),
        ),
    )
    def agent_changes_the_ticket(self, name: str, agent: str, changes: dict[str, Any]) -> None:
        self.tries_with_ticket(name, lambda desk: desk.sets(agent=agent, **changes))

    @rule(name=names, agent=agents)
    def agent_takes(self, name: str, agent: str) -> None:
        self.tries_with_ticket(name, lambda desk: desk.takes(agent))

    @rule(name=names, agent=agents, status=st.sampled_from([None, "open", "pending"]))
    def agent_hands_back(self, name: str, agent: str, status: str | None) -> None:
        self.tries_with_ticket(name, lambda desk: desk.hands_back(agent, status=status))

    @rule(name=names, accepts=st.booleans())
    def agent_answers_the_offer(self, name: str, *, accepts: bool) -> None:
        def answers(desk: Desk) -> None:
            offer = desk.ticket.offer
            if offer is not None:
                (desk.accepts if accepts else desk.declines)(offer.agent_id, offer_id=offer.id)

        self.tries_with_ticket(name, answers)

    @rule(name=names, who=st.sampled_from(["agent", "customer", "bot"]))
    def somebody_ends_the_session(self, name: str, who: str) -> None:
        self.tries(name, lambda desk: desk.ends(who))

    @rule(name=names, who=st.sampled_from(["customer", "bot"]))
    def somebody_leaves_the_queue(self, name: str, who: str) -> None:
        self.tries(name, lambda desk: desk.leaves_queue(who))

    @rule(name=names, comes=st.booleans())
    def customer_comes_or_goes(self, name: str, *, comes: bool) -> None:
        self.tries(name, lambda desk: desk.connects() if comes else desk.disconnects())

    @rule(agent=agents, status=st.sampled_from(["online", "online", "away", "offline"]))
    def agent_sets_a_status(self, agent: str, status: str) -> None:
        self.desk.status(agent, status)

    @rule(pause=st.sampled_from(["1s", "30s", "2m", "10m", "1h", "4d", "28d"]))
    def time_passes(self, pause: str) -> None:
        self.desk.advance(pause)

    @rule(pause=st.sampled_from(["30s", "10m", "1d"]))
    def the_desk_stands_still(self, pause: str) -> None:
        self.desk.sleeps(pause)
        self.desk.run_due()

    @invariant()
    def a_ticket_is_live_exactly_while_a_human_owns(self) -> None:
        for thread in self.desk.threads.values():
            live = [ticket for ticket in thread.tickets if ticket.live]
            assert (thread.conversation.owner == "human") == len(live)

    @invariant()
    def every_ticket_gives_control_back_exactly_once(self) -> None:
        returns = Counter(event.ticket_id for event in self.desk.events if event.type == "control.returned")
        assert {ticket.id: int(not ticket.live) for ticket in self.desk.tickets.values()} == {
            ticket_id: returns[ticket_id] for ticket_id in self.desk.tickets
        }

    @invariant()
    def a_ticket_is_solved_with_an_assignee_or_abandoned(self) -> None:
        for ticket in self.desk.tickets.values():
            assert ticket.status not in {"solved", "closed"} or ticket.assignee is not None or ticket.abandoned

    @invariant()
    def nothing_is_solved_28_days_after_solving(self) -> None:
        for ticket in self.desk.tickets.values():
            assert ticket.status != "solved" or ticket.solved_at is None or self.desk.now < ticket.solved_at + LIMIT

    @invariant()
    def only_what_waits_is_on_offer(self) -> None:
        for ticket in self.desk.tickets.values():
            waits = ticket.live and ticket.assignee is None and ticket.status in {"new", "open"}
            assert waits or ticket.offer is None

    @invariant()
    def nothing_is_due_any_more(self) -> None:
        for at, *_ in self.desk.due_items():
            assert self.desk.now < at


TestChaos = Chaos.TestCase
TestChaos.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
