"""lifecycle.md, 10: the order of what is due at one instant, and of the events of one transaction."""

from __future__ import annotations

from datetime import timedelta

from handoff_sdk.core.deadlines import DueItem, Rank, next_due

from .desk import MONDAY, Desk, told, types

RETURNED = ["control.returned", "ticket.updated"]


def test_the_kinds_of_one_instant_run_in_the_order_of_the_page():
    assert [
        "CLOSE",
        "ACCEPT_WITHIN",
        "BOT_ANSWER",
        "BOT_TIMER",
        "OFFER",
        "SILENCE_ASSIGNED",
        "SILENCE_UNASSIGNED",
        "SKILL",
        "AGENT",
        "SLA_BREACH",
        "SLA_WARNING",
        "SLIP",
        "AUTOMATION",
        "FOLLOWUP",
    ] == [rank.name for rank in sorted(Rank)]


def test_the_instant_comes_first_then_the_kind_then_the_ticket():
    items = [
        DueItem(MONDAY, Rank.SKILL, 0, 9),
        DueItem(MONDAY + timedelta(seconds=1), Rank.CLOSE, 0, 1),
        DueItem(MONDAY + timedelta(seconds=1), Rank.CLOSE, 0, 2),
        DueItem(MONDAY + timedelta(seconds=1), Rank.OFFER, 0, 1),
        DueItem(MONDAY + timedelta(seconds=1), Rank.AUTOMATION, 0, 2),
        DueItem(MONDAY + timedelta(seconds=1), Rank.AUTOMATION, 1, 1),
    ]
    assert items == sorted([items[2], items[5], items[3], items[0], items[4], items[1]])
    assert [item.order for item in items[1:]] == sorted(item.order for item in items[1:])


def all_at_once(**handoff: object) -> Desk:
    """In ten minutes: ticket 1 closes, the offer of ticket 2 lapses, its customer has been silent long enough."""
    desk = Desk(brand={"close_after": "10m"}, routing={"offer_timeout": "10m"}, agents={"ana": {}})
    desk.customer_says()
    desk.agent_says()
    desk.hands_back()
    desk.customer_says()
    desk.hand_off(**handoff)
    desk.status("ana", "online")
    assert "ana" == desk.ticket.offered_to
    desk.sleeps("10m")
    return desk


def test_a_close_runs_before_a_lapse_before_silence_one_transaction_each():
    desk = all_at_once()
    assert ["ticket.closed", "ticket.updated"] == types(desk.ticks())
    assert ["ticket.offer_lapsed"] == types(desk.ticks())
    assert ["session.inactive"] == types(desk.ticks())
    assert [] == types(desk.ticks())


def test_what_an_earlier_item_made_void_does_not_run():
    desk = all_at_once(accept_within="10m")
    assert ["ticket.closed", "ticket.updated"] == types(desk.ticks())
    assert ["ticket.offer_withdrawn", *RETURNED] == types(desk.ticks())
    assert [] == types(desk.ticks())


def test_the_queue_is_pulled_between_two_items_of_one_instant():
    desk = all_at_once()
    desk.run_due()
    assert ["ticket.offer_lapsed", "ticket.offered", "session.inactive"] == [event.type for event in desk.events[-3:]]


def test_silence_runs_before_the_wait_after_a_decline():
    desk = Desk(routing={"offer_timeout": "10m"})
    desk.status("ana", "online")
    desk.customer_says()
    desk.hand_off()
    desk.declines("ana")
    desk.sleeps("10m")
    assert ["session.inactive"] == types(desk.ticks())
    assert None is not desk.ticket.retry_at
    assert [] == types(desk.ticks())
    assert None is desk.ticket.retry_at
    desk.pull()
    assert "ana" == desk.ticket.assignee


def test_tickets_of_one_conversation_that_close_together_do_so_by_number():
    desk = Desk(brand={"style": "social"})
    for _ in range(3):
        desk.customer_says()
        desk.agent_says()
        desk.hands_back()
    numbers = {ticket.id: ticket.number for ticket in desk.thread.tickets}
    desk.sleeps("4d")
    closed = [desk.ticks().events[0] for _ in range(3)]
    assert [("ticket.closed", 1), ("ticket.closed", 2), ("ticket.closed", 3)] == [
        (event.type, numbers[event.ticket_id]) for event in closed
    ]


def test_conversations_whose_items_fall_together_go_by_their_creation_within_a_kind():
    desk = Desk(routing={"offer_timeout": "10m"})
    desk.status("ana", "online")
    for name in ("mia", "tom"):
        desk.customer_says(to=name)
        desk.hand_off()
    happened = len(desk.events)
    desk.advance("10m")
    names = {thread.conversation.id: name for name, thread in desk.threads.items()}
    assert [
        ("ticket.offer_lapsed", "mia"),
        ("ticket.offered", "mia"),
        ("ticket.offer_lapsed", "tom"),
        ("ticket.offered", "tom"),
        ("session.inactive", "mia"),
        ("session.inactive", "tom"),
    ] == [(event.type, names[event.conversation_id]) for event in desk.events[happened:]]


def test_what_is_due_runs_before_what_arrives():
    desk = Desk()
    desk.customer_says()
    desk.hand_off(accept_within="2m")
    desk.sleeps("2m")
    desk.customer_says()
    assert ["control.returned", "ticket.updated", "message.created"] == [event.type for event in desk.events[-3:]]
    assert ("bot", 1) == (desk.conversation.owner, desk.ticket.number)


def test_overdue_items_run_one_by_one_in_the_order_of_their_instants_stamped_with_the_present():
    desk = Desk(brand={"close_after": "1h"})
    desk.customer_says()
    desk.agent_says()
    desk.hands_back()
    desk.customer_says()
    desk.agent_says(agent="ben")
    desk.sleeps("1d")
    happened = [desk.ticks(), desk.ticks(), desk.ticks()]
    assert [["session.inactive"], ["ticket.closed", "ticket.updated"], []] == [types(one) for one in happened]
    assert {desk.now} == {event.at for one in happened for event in one.events}


def test_an_overdue_close_is_not_done_by_a_change_of_something_else():
    desk = Desk(brand={"close_after": "1h"})
    desk.customer_says()
    desk.agent_says()
    desk.sets(status="solved")
    desk.sleeps("1d")
    assert ["session.inactive"] == types(desk.ticks())
    assert "solved" == desk.ticket.status
    desk.ticks()
    assert "closed" == desk.ticket.status


def test_a_tick_before_its_time_does_nothing():
    desk = Desk()
    desk.customer_says()
    assert None is desk.due
    assert [] == types(desk.ticks())
    desk.hand_off()
    before = desk.thread
    desk.sleeps("9m59s")
    assert [] == types(desk.ticks())
    assert before is desk.thread


def test_what_falls_due_is_a_function_of_the_state_alone():
    desk = all_at_once(accept_within="10m")
    assert [desk.due] * 3 == [next_due(desk.thread.model_copy(deep=True), desk.config) for _ in range(3)]


def test_ticket_updated_stands_last_and_once_with_all_changes():
    desk = Desk(brand={"style": "live_chat"}, groups={"billing": {}})
    desk.customer_says()
    desk.hand_off(tags=("parcel",), fields={"order": "4711"})
    decision = desk.sets(
        assignee="ana",
        status="solved",
        priority="high",
        group="billing",
        subject="Parcel",
        summary="Lost",
        add_tags=("lost",),
        fields={"order": None, "courier": "DHL"},
    )
    assert [
        "message.created",
        "ticket.assigned",
        "ticket.opened",
        "ticket.solved",
        "ticket.closed",
        "session.ended",
        "control.returned",
        "ticket.updated",
    ] == types(decision)
    assert {
        "changes": {
            "status": ["new", "closed"],
            "priority": [None, "high"],
            "group": [None, "billing"],
            "assignee": [None, "ana"],
            "subject": [None, "Parcel"],
            "summary": [None, "Lost"],
            "tags": [["parcel"], ["parcel", "lost"]],
            "fields": [{"order": "4711"}, {"courier": "DHL"}],
            "live": [True, False],
        },
        "version": 2,
    } == told(decision, "ticket.updated")


def test_a_ticket_that_changes_in_the_transaction_that_makes_it_is_told_so():
    desk = Desk()
    desk.customer_says()
    decision = desk.agent_says()
    assert ("new", None) == tuple(told(decision, "ticket.created")["ticket"][key] for key in ("status", "assignee"))
    assert {"status": ["new", "open"], "assignee": [None, "ana"]} == told(decision, "ticket.updated")["changes"]


def test_events_are_numbered_without_gaps_in_their_order():
    desk = Desk()
    desk.starts(says="Hello")
    desk.hand_off(say="One moment.")
    desk.agent_says()
    desk.agent_says("VIP", visibility="internal")
    desk.hands_back()
    assert list(range(1, len(desk.events) + 1)) == [event.seq for event in desk.events]
    public = [event.public_seq for event in desk.events if event.public_seq is not None]
    assert list(range(1, len(public) + 1)) == public
    assert (len(desk.events), len(public)) == (desk.thread.seq, desk.thread.public_seq)
    messages = [(event, event.data["message"]) for event in desk.events if event.type == "message.created"]
    assert [(event.seq, event.public_seq) for event, _ in messages] == [
        (message["seq"], message["public_seq"]) for _, message in messages
    ]


def test_every_decision_that_moves_something_is_one_version():
    desk = Desk()
    versions = []
    for act in (desk.starts, desk.customer_says, desk.hand_off, desk.connects, desk.connects, desk.hands_back):
        act()
        versions.append(desk.thread.version)
    assert [1, 2, 3, 4, 4, 5] == versions
