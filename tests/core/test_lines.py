"""docs/lines.md: what the engine tells customers by itself, and that it says nothing twice."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from handoff_sdk.core.deadlines import Rank
from handoff_sdk.core.texts import LINES
from handoff_sdk.models.command import HandOff
from handoff_sdk.models.template import problem_of

from .desk import BOT, MONDAY, Desk, lines, told

if TYPE_CHECKING:
    from collections.abc import Callable

    from handoff_sdk.core.draft import Decision
    from handoff_sdk.models.conversation import ReturnReason

STYLES = ("live_chat", "live_chat_returning", "social")
LANGUAGES = {"en", "de", "fr", "es", "pt"}
SPOKEN = ("queued", "accepted", "left", "nobody_available")


def desk(**config: Any) -> Desk:
    """A desk whose lines are all on, but for what ``brand`` says."""
    brand = config.pop("brand", {})
    return Desk(brand={**brand, "lines": dict.fromkeys(SPOKEN) | brand.get("lines", {})}, **config)


def handed_off(**config: Any) -> Desk:
    one = desk(**config)
    one.customer_says()
    if one.conversation.owner == "bot":
        one.hand_off()
    return one


def said(one: Desk) -> list[str]:
    """The lines of the conversation touched last, in order."""
    return [name for name, _ in spoken(one)]


def spoken(one: Desk) -> list[tuple[str, str]]:
    messages = (
        event.data["message"]
        for event in one.events
        if event.type == "message.created" and event.conversation_id == one.conversation.id
    )
    return [(message["metadata"]["line"], message["content"]["text"]) for message in messages if message["metadata"]]


def by_offer(one: Desk, agent: str = "ana") -> Decision:
    one.status(agent, "online")
    return one.accepts(agent)


class TestQueued:
    def test_who_is_handed_off_hears_where_they_stand(self):
        one = desk()
        one.history = [timedelta(seconds=70)] * 3
        one.customer_says()
        one.hand_off()
        one.customer_says(to="tom")
        one.hand_off()
        assert [
            (
                "queued",
                "You are in line at position 2; a person will answer you here. It should take no more than 3 min.",
            )
        ] == spoken(one)

    def test_it_stands_beside_what_the_bot_says_and_after_it(self):
        one = desk()
        one.customer_says()
        decision = one.hand_off(say="I am getting a colleague.")
        messages = [event.data["message"] for event in decision.events if event.type == "message.created"]
        assert ["bot", "system"] == [message["author"]["type"] for message in messages]

    def test_outside_of_the_hours_the_brands_words_stand_in_its_place(self):
        office = {"office": {"timezone": "UTC", "hours": {"mon-fri": ["13:00-17:00"]}}}
        one = handed_off(schedules=office, brand={"schedule": "office", "closed_text": {"en": "Back at one."}})
        assert [("closed", "Back at one.")] == spoken(one)

    def test_without_the_brands_words_the_engine_has_some(self):
        office = {"office": {"timezone": "UTC", "hours": {"mon-fri": ["13:00-17:00"]}}}
        assert ["closed"] == said(handed_off(schedules=office, brand={"schedule": "office"}))

    def test_who_goes_straight_to_people_hears_it_with_their_first_message_only(self):
        one = handed_off(brand={"bot": "none"})
        one.customer_says("Anybody there?")
        assert ["queued"] == said(one)

    @pytest.mark.parametrize(
        "requeued",
        [
            lambda one: one.advance("30s"),
            lambda one: one.declines(),
            lambda one: one.sets(assignee=None),
            lambda one: one.transfers(to={"queue": "standard"}),
        ],
        ids=["lapsed", "declined", "unassigned", "transferred"],
    )
    def test_waiting_again_says_nothing(self, requeued):
        one = handed_off()
        one.status("ana", "online")
        before = said(one)
        if one.ticket.offer is None:
            one.accepts()
        requeued(one)
        assert before == said(one)

    def test_a_rule_that_parks_the_ticket_leaves_nobody_in_line(self):
        park = {"name": "park", "on": ["ticket.created"], "actions": [{"set": {"status": "on_hold"}}]}
        assert [] == said(handed_off(triggers=[park]))


class TestAccepted:
    @pytest.mark.parametrize("takes", [by_offer, lambda one: one.takes("ana")], ids=["offer", "hand"])
    def test_who_took_it_is_named(self, takes):
        one = handed_off(agents={"ana": {"name": "Ana Silva"}})
        takes(one)
        assert ("accepted", "Ana Silva is with you now.") == spoken(one)[-1]

    def test_it_comes_again_only_with_another_person(self):
        one = handed_off()
        by_offer(one, "ana")
        one.transfers("ana", to={"queue": "standard"})
        one.takes("ana")
        assert ["queued", "accepted"] == said(one)
        one.status("ben", "online")
        one.transfers("ana", to={"agent": "ben"})
        assert ["queued", "accepted"] == said(one)
        one.accepts("ben")
        assert ("accepted", "ben is with you now.") == spoken(one)[-1]

    def test_an_agent_who_writes_needs_no_introduction(self):
        one = handed_off()
        one.agent_says("Ana here.", agent="ana")
        one.sets(assignee=None)
        one.takes("ana")
        assert ["queued"] == said(one)

    def test_whom_the_engine_chose_alone_is_heard_of_when_they_write(self):
        one = desk(routing={"accept": "auto"})
        one.status("ana", "online")
        one.customer_says()
        one.hand_off()
        assert ("ana", ["queued"]) == (one.ticket.assignee, said(one))

    def test_a_take_over_says_nothing(self):
        one = desk()
        one.customer_says()
        one.agent_says()
        assert [] == said(one)

    def test_a_reopened_ticket_that_its_agent_still_has_says_nothing(self):
        one = handed_off()
        by_offer(one)
        one.sets(status="solved")
        one.customer_says("One more thing.")
        assert ("open", "ana", ["queued", "accepted"]) == (one.ticket.status, one.ticket.assignee, said(one))


def _returns(one: Desk, reason: ReturnReason) -> Decision:
    """Let control return."""
    acts: dict[ReturnReason, Callable[[], Any]] = {
        "closed": lambda: _solved_to_the_end(one),
        "session_ended": lambda: (by_offer(one), one.ends("agent"))[-1],
        "handed_back": lambda: (by_offer(one), one.hands_back())[-1],
        "nobody_available": lambda: one.advance("2m"),
        "customer_left": one.leaves_queue,
        "cancelled": lambda: one.leaves_queue("bot"),
    }
    return acts[reason]()


def _solved_to_the_end(one: Desk) -> None:
    by_offer(one)
    one.sets(status="solved")
    one.advance("4d")


ENDS: dict[ReturnReason, list[str]] = {
    "closed": ["accepted", "session_ended"],
    "session_ended": ["accepted", "session_ended"],
    "handed_back": ["accepted", "back"],
    "nobody_available": ["nobody_available"],
    "customer_left": ["left"],
    "cancelled": ["left"],
}


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("reason", ENDS)
def test_whatever_brings_control_back_one_line_says_it(reason, style):
    one = desk(brand={"style": style})
    one.customer_says()
    one.hand_off(accept_within="2m")
    _returns(one, reason)
    (returned,) = [event for event in one.events if event.type == "control.returned"]
    assert (reason, ["queued", *ENDS[reason]]) == (returned.data["returned"]["reason"], said(one))


@pytest.mark.parametrize("muted", [*ENDS, "all"])
def test_a_muted_line_is_not_said_and_nothing_stands_in_its_place(muted):
    mute = [*ENDS[muted], "queued"] if muted in ENDS else [*LINES]
    silent = {name: False for name in mute if not name.startswith("survey")}
    for reason in ENDS if muted == "all" else [muted]:
        one = desk(brand={"lines": silent})
        one.customer_says()
        one.hand_off(accept_within="2m")
        _returns(one, reason)
        assert [] == said(one)


def test_a_session_that_ends_in_the_queue_is_told_as_that():
    one = handed_off()
    assert ["session_ended"] == lines(one.ends("customer"))


def test_there_is_no_going_back_to_a_bot_that_is_not_there():
    one = handed_off(brand={"bot": "none"})
    by_offer(one)
    assert ["session_ended"] == lines(one.hands_back())


def test_taking_and_handing_back_at_once_is_one_line():
    one = handed_off()
    assert ["back"] == lines(one.hands_back("ana"))


class TestWords:
    @pytest.mark.parametrize("line", LINES)
    def test_the_engine_has_every_line_in_every_language(self, line):
        assert LANGUAGES == set(LINES[line])
        assert [] == [problem for text in LINES[line].values() if (problem := problem_of(text))]

    def test_they_are_the_brands_own_where_it_has_some_in_the_customers_language(self):
        one = desk(brand={"lines": {"queued": {"en": "Hold on.", "de": "Platz {{ queue.position }}, bitte warten."}}})
        one.profiles["mia"] = {"language": "de-AT"}
        one.customer_says()
        one.hand_off()
        assert [("queued", "Platz 1, bitte warten.")] == spoken(one)

    def test_own_words_of_the_line_go_before_the_closed_text(self):
        office = {"office": {"timezone": "UTC", "hours": {"mon-fri": ["13:00-17:00"]}}}
        brand = {"schedule": "office", "closed_text": {"en": "Back at one."}, "lines": {"closed": {"en": "Closed."}}}
        assert [("closed", "Closed.")] == spoken(handed_off(schedules=office, brand=brand))


class TestNobodysWords:
    def test_they_make_no_rule_fire(self):
        rule = {"name": "count", "on": ["message.created"], "actions": [{"add_tags": ["seen"]}]}
        one = desk(triggers=[rule])
        one.customer_says()
        decision = one.hand_off()
        assert (["queued"], ()) == (lines(decision), one.ticket.tags)

    def test_they_are_no_owners_words_and_no_last_ones(self):
        ladder = {"steps": [{"after": "5m", "say": {"en": "Still there?"}}]}
        one = handed_off(brand={"followups": "nudge"}, followups={"nudge": ladder})
        by_offer(one)
        assert ("customer", None) == (one.conversation.last_author, one.thread.followups.ladder)
        assert (None, None) == (one.ticket.first_reply_at, one.thread.clocks.unanswered_agent_at)

    def test_the_returned_record_has_none(self):
        one = handed_off()
        by_offer(one)
        one.agent_says("Done.")
        assert ["Done."] == one.stretch(one.hands_back())

    def test_a_closed_window_keeps_them_unsaid_and_stops_nothing(self):
        one = desk(brand={"style": "social"}, channels={"whatsapp": {"window": "24h"}})
        one.starts(says="Hello", channel="whatsapp")
        one.hand_off()
        by_offer(one)
        one.sets(status="solved")
        one.advance("4d")
        assert ("closed", ["queued", "accepted"]) == (one.ticket.status, said(one))

    def test_there_are_none_by_email(self):
        one = desk()
        one.starts(says="Hello", channel="email")
        one.does(HandOff(conversation_id=one.conversation.id, epoch=1), BOT)
        one.takes()
        one.ends()
        assert [] == said(one)


class TestSlipped:
    def waiting(self, minutes: int = 2, **fields: Any) -> Desk:
        one = desk()
        one.history = [timedelta(minutes=minutes)] * 3
        one.customer_says()
        one.hand_off(**fields)
        return one

    def test_what_was_estimated_is_kept_with_the_ticket_and_told_to_the_staff(self):
        one = self.waiting()
        promise = one.ticket.promised_wait
        assert (120, 120, MONDAY) == (promise.low_seconds, promise.high_seconds, promise.at)
        (queued,) = [event for event in one.events if event.type == "ticket.queued"]
        assert {"low_seconds": 120, "high_seconds": 120} == queued.data["wait"]

    def test_to_the_second_and_once(self):
        one = self.waiting()
        assert [] == one.advance("1m59s")
        assert ["message.created"] == one.advance("1s")
        assert (
            "slipped",
            "It takes longer than we said. You are still in line at position 1.",
        ) == spoken(one)[-1]
        assert [] == [event for event in one.advance("1m") if event == "message.created"]

    def test_the_minutes_that_were_said_count(self):
        one = desk()
        one.history = [timedelta(seconds=61)] * 3
        one.customer_says()
        one.hand_off()
        assert MONDAY + timedelta(minutes=2) == one.due.at

    def test_nobody_is_promised_no_time_at_all(self):
        one = desk()
        one.history = [timedelta(0)] * 3
        one.customer_says()
        one.hand_off()
        assert MONDAY + timedelta(minutes=1) == one.due.at

    def test_without_an_estimate_there_is_no_promise(self):
        one = handed_off()
        assert (None, ["queued"]) == (one.ticket.promised_wait, said(one))
        assert Rank.SLIP not in {item[1] for item in one.due_items()}

    def test_who_is_attended_to_in_time_hears_nothing(self):
        one = self.waiting()
        one.takes()
        one.advance("9m")
        assert ["queued", "accepted"] == said(one)

    def test_who_is_only_offered_still_waits(self):
        one = self.waiting(minutes=1)
        one.advance("45s")
        one.status("ana", "online")
        one.advance("15s")
        assert ("ana", ["queued", "slipped"]) == (one.ticket.offered_to, said(one))

    @pytest.mark.parametrize("within", ["1m", "2m"])
    def test_an_accept_within_that_falls_first_wins(self, within):
        one = self.waiting(accept_within=within)
        one.advance("5m")
        assert ["queued", "nobody_available"] == said(one)

    def test_who_queues_again_is_promised_anew(self):
        one = self.waiting()
        one.advance("3m")
        one.takes()
        one.history = [timedelta(minutes=4)] * 3
        one.transfers(to={"queue": "standard"})
        assert (240, False) == (one.ticket.promised_wait.high_seconds, one.ticket.promised_wait.slipped)
        one.advance("4m")
        assert ["queued", "slipped", "accepted", "slipped"] == said(one)

    def test_muted_it_is_not_said_and_falls_due_once_all_the_same(self):
        one = desk(brand={"lines": {"slipped": False}})
        one.history = [timedelta(minutes=2)] * 3
        one.customer_says()
        one.hand_off()
        one.advance("3m")
        assert (True, ["queued"]) == (one.ticket.promised_wait.slipped, said(one))


def test_the_wait_is_a_part_of_the_event_only_where_it_is_known():
    one = desk()
    one.customer_says()
    assert {"queue": "standard"} == told(one.hand_off(), "ticket.queued")
