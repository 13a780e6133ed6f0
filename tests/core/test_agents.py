"""lifecycle.md, 6.5, 6.7 and 6.12: an agent's status, and what offers do to it."""

from __future__ import annotations

from itertools import count

import pytest

from handoff_sdk.core.agents import after, set_status, tick
from handoff_sdk.core.draft import SYSTEM, AgentFact
from handoff_sdk.errors import InvalidRequest
from handoff_sdk.models.agent import Agent
from handoff_sdk.models.config import DeskConfig, Lapses
from handoff_sdk.models.event import Actor
from handoff_sdk.models.prompt import GiveTicketBack

from .desk import MONDAY, Desk

ANA = Actor(type="agent", id="ana")


def counting() -> object:
    numbers = count(1)
    return lambda prefix: f"{prefix}_{next(numbers)}"


def statuses(desk: Desk) -> list[tuple[str, str]]:
    return [(event.data["from"], event.data["status"]) for event in desk.events if event.type == "agent.status"]


def offered(**routing: object) -> Desk:
    desk = Desk(routing=routing)
    desk.status("ana", "online")
    desk.customer_says()
    desk.hand_off()
    return desk


def test_agents_start_offline():
    assert "offline" == Agent(id="ana").status


@pytest.mark.parametrize("status", ["online", "away", "transfers_only", "offline"])
def test_setting_a_status_connects_the_agent_and_starts_the_row_of_lapses_anew(status):
    before = Agent(id="ana", status="away", lapses=2)
    agent, events = set_status(before, status, actor=ANA, now=MONDAY, new_id=counting(), config=DeskConfig())
    assert (status, True, 0) == (agent.status, agent.connected, agent.lapses)
    (event,) = events
    if status == "away":
        assert ("agent.connected", before.status_at) == (event.type, agent.status_at)
    else:
        assert ("agent.status", ANA, MONDAY) == (event.type, event.actor, agent.status_at)
        assert {"agent_id": "ana", "status": status, "from": "away", "lapses": 2} == event.data


def test_an_unknown_status_is_refused_with_the_nearest_name():
    with pytest.raises(InvalidRequest, match="did you mean 'online'"):
        set_status(Agent(id="ana"), "onlin", actor=ANA, now=MONDAY, new_id=counting(), config=DeskConfig())


def test_a_status_of_ones_own_says_what_the_engine_gives():
    desk = Desk(statuses={"chats_only": {"messaging": True}, "lunch": {}})
    desk.customer_says()
    desk.hand_off()
    desk.status("ana", "lunch")
    assert None is desk.ticket.offered_to
    desk.status("ana", "chats_only")
    assert "ana" == desk.ticket.offered_to


def test_three_lapses_in_a_row_make_an_agent_away_and_the_ticket_waits():
    desk = offered()
    assert 3 == desk.advance("90s").count("ticket.offer_lapsed")
    assert ("away", None, ["mia"]) == (desk.people["ana"].status, desk.ticket.offered_to, desk.queue)
    assert [("offline", "online"), ("online", "away")] == statuses(desk)
    assert "system" == desk.events[-1].actor.type


def test_the_row_and_the_status_are_configured():
    desk = offered(lapses={"count": 1, "status": "offline"})
    desk.advance("30s")
    assert "offline" == desk.people["ana"].status


def test_a_count_of_0_never_sets_a_status():
    desk = offered(lapses={"count": 0})
    assert 20 == desk.advance("10m").count("ticket.offer_lapsed")
    assert "online" == desk.people["ana"].status


def accepts_another(desk: Desk) -> None:
    desk.accepts("ana")
    desk.customer_says(to="tom")
    desk.hand_off()


def declines_and_gets_it_again(desk: Desk) -> None:
    desk.declines("ana")
    desk.advance("30s")


def sets_a_status(desk: Desk) -> None:
    desk.status("ana", "online")


@pytest.mark.parametrize("breaks", [accepts_another, declines_and_gets_it_again, sets_a_status])
def test_accepting_declining_and_setting_a_status_start_the_row_anew(breaks):
    desk = offered()
    desk.advance("60s")
    assert 2 == desk.people["ana"].lapses
    breaks(desk)
    assert 0 == desk.people["ana"].lapses
    desk.advance("60s")
    assert "online" == desk.people["ana"].status
    desk.advance("30s")
    assert "away" == desk.people["ana"].status


def test_after_the_status_was_set_the_row_starts_anew():
    desk = offered()
    desk.advance("90s")
    desk.status("ana", "online")
    desk.advance("60s")
    assert "online" == desk.people["ana"].status


def test_a_withdrawn_offer_is_no_lapse():
    desk = offered(lapses={"count": 1, "status": "away"})
    desk.leaves_queue()
    assert (0, "online") == (desk.people["ana"].lapses, desk.people["ana"].status)


def test_each_agent_has_a_row_of_their_own():
    desk = offered()
    desk.status("ben", "online")
    desk.advance("2m")
    assert [2, 2] == [desk.people[name].lapses for name in ("ana", "ben")]
    assert ["online", "online"] == [desk.people[name].status for name in ("ana", "ben")]


@pytest.mark.parametrize("row", [2, 3, 7])
def test_a_row_that_is_long_enough_sets_the_status_also_where_the_count_was_lowered_meanwhile(row):
    agent, events = after(
        Agent(id="ana", status="online", lapses=row),
        AgentFact("ana", "lapsed"),
        lapses=Lapses(count=3),
        now=MONDAY,
        new_id=counting(),
    )
    assert ("away", 0, 1) == (agent.status, agent.lapses, len(events))


def test_who_has_the_status_already_is_told_nothing():
    agent, events = after(
        Agent(id="ana", status="away", lapses=2),
        AgentFact("ana", "lapsed"),
        lapses=Lapses(count=3),
        now=MONDAY,
        new_id=counting(),
    )
    assert ("away", ()) == (agent.status, events)


@pytest.mark.parametrize("accept", ["offer", "auto"])
def test_an_offer_or_an_engine_assignment_is_the_agents_turn(accept):
    desk = offered(accept=accept)
    assert desk.now == desk.people["ana"].given_at
    assert None is desk.people["ben"].given_at


class TestConnection:
    def test_a_lost_one_sets_a_status_after_a_while(self):
        desk = Desk()
        desk.status("ana", "online")
        desk.at_console("ana", connected=True)
        desk.at_console("ana", connected=False)
        assert [] == desk.advance("29s")
        assert ["agent.status"] == desk.advance("1s")
        assert ("offline", False) == (desk.people["ana"].status, desk.people["ana"].connected)

    @pytest.mark.parametrize("back", ["console", "status"])
    def test_who_comes_back_keeps_the_status(self, back):
        desk = Desk()
        desk.status("ana", "away")
        desk.at_console("ana", connected=True)
        desk.at_console("ana", connected=False)
        desk.advance("29s")
        if back == "console":
            desk.at_console("ana", connected=True)
        else:
            desk.status("ana", "away")
        assert ([], "away") == (desk.advance("1h"), desk.people["ana"].status)

    def test_it_is_told_when_it_changes(self):
        desk = Desk()
        desk.at_console("ana", connected=True)
        desk.status("ana", "online")
        desk.at_console("ana", connected=False)
        assert ["agent.connected", "agent.status", "agent.disconnected"] == [event.type for event in desk.events]

    @pytest.mark.parametrize(("status", "after"), [("keep", "online"), ("lunch", "lunch"), ("online", "online")])
    def test_the_status_is_configured(self, status, after):
        desk = Desk(statuses={"lunch": {}}, routing={"on_disconnect": status, "disconnect_grace": "1m"})
        desk.status("ana", "online")
        desk.at_console("ana", connected=False)
        desk.advance("1m")
        assert after == desk.people["ana"].status

    def test_an_offer_runs_until_the_status_changes(self):
        desk = offered(offer_timeout="5m")
        desk.at_console("ana", connected=False)
        assert "ana" == desk.ticket.offered_to
        assert ["agent.status", "ticket.offer_withdrawn"] == desk.advance("30s")


class TestGivingBack:
    def given(self, *names, agent="ana", **routing):
        desk = Desk(routing={"reassign_on": ["away"]} | routing)
        for name in names:
            desk.customer_says(to=name)
            desk.hand_off()
            desk.takes(agent)
        desk.status(agent, "online")
        return desk

    def test_open_active_tickets_go_back_to_the_queue_after_a_minute(self):
        desk = self.given("a", "b")
        desk.sets(to="a", status="pending")
        desk.status("ana", "away")
        assert [] == desk.advance("59s")
        assert ["ticket.unassigned", "ticket.queued", "ticket.updated"] == desk.advance("1s")
        assert {"a": "ana", "b": None} == {name: thread.live.assignee for name, thread in desk.threads.items()}

    def test_all_of_them_one_by_one_as_the_conversations_began(self):
        desk = self.given("b", "a")
        desk.status("ana", "away")
        happened = len(desk.events)
        desk.advance("1m")
        went = [event.conversation_id for event in desk.events[happened:] if event.type == "ticket.unassigned"]
        assert [desk.threads[name].conversation.id for name in ("b", "a")] == went

    def test_inactive_ones_stay(self):
        desk = self.given("a", inactive_after="10s")
        desk.agent_says()
        desk.advance("10s")
        desk.status("ana", "away")
        desk.advance("1m")
        assert "ana" == desk.ticket.assignee

    def test_who_leaves_the_status_before_keeps_them_and_what_comes_later_too(self):
        desk = self.given("a")
        desk.status("ana", "away")
        desk.advance("59s")
        desk.status("ana", "online")
        assert [] == desk.advance("5m")
        desk.status("ana", "away")
        desk.advance("1m")
        desk.takes("ana")
        assert [] == desk.advance("5m")

    def test_a_status_that_lapses_or_a_lost_connection_set_counts_too(self):
        desk = self.given("a", reassign_on=["offline"])
        desk.at_console("ana", connected=False)
        assert ["agent.status"] == desk.advance("30s")
        assert "ticket.unassigned" in desk.advance("1m")

    def test_what_falls_due_first_at_one_instant_is_the_status_of_a_lost_connection(self):
        desk = self.given("a", disconnect_grace="1m")
        desk.at_console("ana", connected=False)
        desk.status("ana", "away")
        desk.at_console("ana", connected=False)
        assert ["agent.status"] == desk.advance("1m")


class TestReopening:
    def reopened(self, status, agent_status):
        desk = Desk(brand={"style": "social"}, routing={"reopen_elsewhere": ["offline"]})
        desk.customer_says()
        desk.hand_off()
        desk.takes("ana")
        desk.sets(status=status)
        desk.status("ana", agent_status)
        decision = desk.customer_says()
        return desk, [event.type for event in decision.events]

    @pytest.mark.parametrize("status", ["pending", "on_hold", "solved"])
    def test_the_ticket_queues_where_the_assignee_has_such_a_status(self, status):
        desk, happened = self.reopened(status, "offline")
        assert (None, "open", ["mia"]) == (desk.ticket.assignee, desk.ticket.status, desk.queue)
        assert ["ticket.unassigned", "ticket.queued", "ticket.opened", "ticket.updated"] == happened[-4:]

    def test_with_another_status_the_assignee_keeps_it(self):
        desk, _ = self.reopened("pending", "away")
        assert "ana" == desk.ticket.assignee


def test_a_tick_does_nothing_where_nothing_is_due():
    ana = Desk().people["ana"]
    assert (ana, ()) == tick(ana, now=MONDAY, new_id=counting(), config=Desk().config)


def test_what_an_agent_has_no_more_is_not_given_back():
    desk = Desk()
    desk.customer_says()
    desk.hand_off()
    desk.takes("ben")
    decision = desk.does(GiveTicketBack(conversation_id=desk.conversation.id, agent_id="ana"), SYSTEM)
    assert ((), "ben") == (decision.events, desk.ticket.assignee)
