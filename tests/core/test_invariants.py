"""lifecycle.md, 11: what holds whatever people, bots and the clock do, in whatever order, with whatever pauses.

One machine plays everybody. Each conversation has a witness (``witness.py``) who knows the law and hears only events;
the desk itself (``strict.py``) looks at every decision, makes it twice, and is restarted now and then.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.effort import searched

from handoff_sdk.core.draft import SYSTEM
from handoff_sdk.core.status import eligible
from handoff_sdk.errors import HandoffError
from handoff_sdk.models.command import (
    CancelFollowup,
    CompleteTurn,
    PassControl,
    RecordActivity,
    ReleaseTurn,
    ScheduleFollowup,
    SendProactive,
)
from handoff_sdk.models.config import merged
from handoff_sdk.models.duration import parse_duration
from handoff_sdk.models.event import Actor
from handoff_sdk.models.prompt import LeaseTurn, OfferTicket, StayWithTurn

from .desk import BOT, Desk
from .strict import StrictDesk

if TYPE_CHECKING:
    from collections.abc import Callable

LIMIT = timedelta(days=28)
BRANDS = {
    "mia": "default",
    "tom": "quick",
    "eva": "people",
}
STEPS: list[dict[str, Any]] = [
    {"after": "20m", "say": {"en": "one"}, "set": {"status": "pending"}},
    {"after": "30m", "say": {"en": "two"}},
    {"after": "10m", "set": {"status": "solved"}},
    {"after": "10m", "say": {"en": "four"}, "end_session": True},
]
CONFIG: dict[str, Any] = {
    "brands": {
        "default": {"bot": "ada", "group": "support", "followups": "nudge"},
        "quick": {"bot": "ada", "style": "live_chat", "bot_answer_within": "60s", "followups": "nudge"},
        "people": {"bot": "none", "style": "social", "close_after": "never", "followups": "nudge"},
    },
    "groups": {"support": {}, "billing": {}},
    "agents": {
        "ana": {"groups": ["support", "billing"], "capacity": {"messaging": 2}},
        "ben": {"groups": ["support"], "capacity": {"messaging": 1}},
    },
    "routing": {"lapses": {"count": 2, "status": "away"}},
}
INTEGRATOR = Actor(type="integrator")

names = st.sampled_from(["mia", "mia", "mia", "tom", "tom", "eva"])
agents = st.sampled_from(["ana", "ben"])
bots = st.sampled_from(["ada", "ada", "bob"])


class Chaos(RuleBasedStateMachine):
    """People, bots and the clock do whatever comes to their mind."""

    desk: StrictDesk

    @initialize(
        owners=st.sampled_from([["human"], ["bot"], ["human", "bot"]]),
        zone=st.sampled_from(["UTC", "Asia/Kolkata", "America/New_York"]),
        budget=st.sampled_from([None, 3]),
        accept=st.sampled_from(["offer", "offer", "auto"]),
    )
    def the_desk_opens(self, owners: list[str], zone: str, budget: int | None, accept: str) -> None:
        ladder = {"steps": STEPS, "while": owners, "quiet": "13:00-15:00", "max_per_day": budget}
        config = merged(CONFIG, {"followups": {"nudge": ladder}, "routing": {"accept": accept}})
        knows = {
            "owners": owners,
            "first_after": parse_duration(STEPS[0]["after"]),
            "quiet": (13, 15, zone),
            "budget": budget,
        }
        self.desk = StrictDesk(dict.fromkeys(BRANDS, knows), **config)
        self.desk.profiles = {name: {"timezone": zone} for name in BRANDS}
        self.written: list[str] = []

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
        text = f"message {len(self.written)}"
        self.tries(name, lambda desk: desk.customer_says(text))
        self.written.append(text)

    @rule(name=names, behind=st.sampled_from([0, 0, 1, 2]))
    def bot_writes(self, name: str, behind: int) -> None:
        def writes(desk: Desk) -> None:
            epoch = max(desk.conversation.epoch - behind, 1)
            desk.bot_says(epoch=epoch)
            assert epoch == desk.conversation.epoch

        self.tries(name, writes)

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

    @rule(name=names, process=st.sampled_from(["one", "two"]), timers=st.sampled_from([None, {"t": "5m"}]))
    def bot_does_its_turn(self, name: str, process: str, timers: dict[str, str] | None) -> None:
        def does(desk: Desk) -> None:
            conversation_id, bot = desk.conversation.id, desk.conversation.bot or "ada"
            leased = desk.does(LeaseTurn(conversation_id=conversation_id, bot=bot, consumer=process), SYSTEM)
            if leased.turn_id is not None:
                ring = {timer: desk.now + parse_duration(after) for timer, after in (timers or {}).items()}
                done = CompleteTurn(turn_id=leased.turn_id, bot=bot, consumer=process, timers=ring or None)
                desk.does(done, Actor(type="bot", id=bot))

        self.tries(name, does)

    @rule(name=names, process=st.sampled_from(["one", "two"]))
    def bot_leases_and_dies(self, name: str, process: str) -> None:
        self.tries(
            name,
            lambda desk: desk.does(
                LeaseTurn(conversation_id=desk.conversation.id, bot=desk.conversation.bot or "ada", consumer=process),
                SYSTEM,
            ),
        )

    @rule(name=names)
    def bot_types(self, name: str) -> None:
        self.tries(name, lambda desk: desk.does(StayWithTurn(conversation_id=desk.conversation.id), SYSTEM))

    @rule(name=names, behind=st.sampled_from([0, 1]))
    def bot_releases(self, name: str, behind: int) -> None:
        self.tries(
            name,
            lambda desk: desk.does(
                ReleaseTurn(conversation_id=desk.conversation.id, epoch=max(desk.conversation.epoch - behind, 1)), BOT
            ),
        )

    @rule(name=names, bot=bots)
    def bot_passes_to_another(self, name: str, bot: str) -> None:
        def passes(desk: Desk) -> None:
            command = PassControl(conversation_id=desk.conversation.id, bot=bot, epoch=desk.conversation.epoch)
            desk.does(command, Actor(type="bot", id=desk.conversation.bot))

        self.tries(name, passes)

    @rule(name=names, answered=st.booleans())
    def an_agent_waits_for_the_customer(self, name: str, *, answered: bool) -> None:
        """What ladders need to get anywhere, in one piece: a question, which the customer may answer, and the next."""
        self.customer_writes(name)
        self.tries(name, lambda desk: desk.hand_off())
        self.tries_with_ticket(name, lambda desk: desk.takes("ana"))
        self.tries(name, lambda desk: desk.agent_says())
        if answered:
            self.desk.advance("11m")
            self.customer_writes(name)
            self.tries(name, lambda desk: desk.agent_says())
            self.desk.advance("11m")

    @rule(
        name=names,
        key=st.sampled_from(["a", "b", None]),
        when=st.sampled_from([{}, {"after": "25m"}, {"when_silent_for": "40m"}]),
        who=st.sampled_from([INTEGRATOR, BOT]),
    )
    def somebody_follows_up(self, name: str, key: str | None, when: dict[str, str], who: Actor) -> None:
        self.tries(
            name,
            lambda desk: desk.does(
                ScheduleFollowup(conversation_id=desk.conversation.id, say="Still there?", key=key, **when), who
            ),
        )

    @rule(name=names, key=st.sampled_from(["p", "q", None]))
    def integrator_sends(self, name: str, key: str | None) -> None:
        self.tries(
            name, lambda desk: desk.does(SendProactive(customer=name, text="Your parcel is here.", key=key), INTEGRATOR)
        )

    @rule(name=names, key=st.sampled_from(["a", "b", None]))
    def somebody_cancels(self, name: str, key: str | None) -> None:
        """One-offs go by key; without one it is the ladder that is cancelled."""

        def cancels(desk: Desk) -> None:
            run = desk.thread.followups.ladder
            which = {"key": key} if key else {"followup_id": f"{run.id}.1" if run else "fup_none"}
            desk.does(CancelFollowup(conversation_id=desk.conversation.id, **which), INTEGRATOR)

        self.tries(name, cancels)

    @rule(name=names)
    def channel_fails(self, name: str) -> None:
        """The adapter reports that the latest follow-up did not arrive."""

        def fails(desk: Desk) -> None:
            told = [event for event in self.desk.told_of(desk.thread) if event.type == "followup.sent"]
            if told:
                message_id = told[-1].data["message_id"]
                command = RecordActivity(conversation_id=desk.conversation.id, type="failed", message_id=message_id)
                desk.does(command, INTEGRATOR)

        self.tries(name, fails)

    @rule()
    def the_desk_restarts(self) -> None:
        self.desk.restart()

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

    @rule(name=names, agent=agents)
    def the_router_comes_late(self, name: str, agent: str) -> None:
        """What was waiting when it looked is on offer meanwhile, or somebody's, or not live any more."""

        def comes(desk: Desk) -> None:
            ticket = desk.ticket
            if ticket.offer is not None or not eligible(ticket):
                late = OfferTicket(conversation_id=desk.conversation.id, ticket_id=ticket.id, agent_id=agent)
                assert () == desk.decided(name, late, SYSTEM).events

        self.tries_with_ticket(name, comes)

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

    @rule(pause=st.sampled_from(["1s", "30s", "2m", "11m", "25m", "25m", "50m", "50m", "1d", "28d"]))
    def time_passes(self, pause: str) -> None:
        self.desk.advance(pause)

    @rule(pause=st.sampled_from(["30s", "10m", "1d"]))
    def the_desk_stands_still(self, pause: str) -> None:
        self.desk.sleeps(pause)
        self.desk.run_due()

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

    @invariant()
    def what_customers_wrote_is_there_once(self) -> None:
        messages = (event.data["message"] for event in self.desk.events if event.type == "message.created")
        said = [one["content"]["text"] for one in messages if one["author"]["type"] == "customer"]
        assert self.written == said


TestChaos = Chaos.TestCase
TestChaos.settings = searched(200, stateful_step_count=50)
