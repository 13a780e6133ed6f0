"""lifecycle.md, 3, 6.13 and 6.14; api.md (``If-Match``): what people change of a ticket by hand."""

from __future__ import annotations

import pytest

from handoff_sdk.core.draft import SYSTEM
from handoff_sdk.errors import (
    Conflict,
    Forbidden,
    InvalidRequest,
    InvalidTransition,
    NotFound,
    SessionEnded,
    UnknownGroup,
)
from handoff_sdk.models.command import RecordActivity, TakeTicket, UpdateConversation, UpdateTicket
from handoff_sdk.models.event import Actor

from .desk import Desk, told, types


def handed_off(**config: object) -> Desk:
    desk = Desk(**config)
    desk.customer_says()
    desk.hand_off()
    return desk


def closed() -> Desk:
    desk = handed_off(brand={"style": "live_chat"}, groups={"billing": {}})
    desk.sets(assignee="ana", status="solved", tags=("parcel",))
    return desk


def test_of_a_closed_ticket_tags_and_subject_change():
    desk = closed()
    assert ["ticket.updated"] == types(desk.sets(subject="Parcel", add_tags=("late",), remove_tags=("parcel",)))
    assert ("Parcel", ("late",), "closed") == (desk.ticket.subject, desk.ticket.tags, desk.ticket.status)


@pytest.mark.parametrize(
    "change",
    [
        {"priority": "high"},
        {"group": "billing"},
        {"assignee": "ben"},
        {"assignee": None},
        {"style": "social"},
        {"close_after": "1d"},
        {"summary": "Lost"},
        {"fields": {"order": "4711"}},
        {"subject": "Parcel", "priority": "high"},
    ],
    ids=str,
)
def test_of_a_closed_ticket_nothing_else_changes(change):
    desk = closed()
    with desk.refused(Conflict):
        desk.sets(**change)


@pytest.mark.parametrize("status", ["new", "open", "pending", "on_hold", "solved"])
def test_a_closed_ticket_never_opens_again(status):
    desk = closed()
    with desk.refused(InvalidTransition) as refused:
        desk.sets(status=status)
    assert "'closed'" in refused.value.detail
    assert repr(status) in refused.value.detail


def test_a_closed_ticket_is_neither_taken_nor_handed_back():
    desk = closed()
    with desk.refused(Conflict):
        desk.takes("ben")
    with desk.refused(SessionEnded):
        desk.hands_back()


def test_also_an_old_closed_ticket_is_changed_by_its_id():
    desk = closed()
    first = desk.ticket.id
    desk.customer_says()
    desk.hand_off()
    desk.customer_says()
    desk.sets(ticket_id=first, subject="Parcel")
    assert ("Parcel", None) == (desk.tickets[first].subject, desk.ticket.subject)


def test_a_priority_may_start_empty_and_is_never_emptied():
    desk = handed_off()
    desk.sets(priority=None)
    desk.sets(priority="low")
    with desk.refused(InvalidRequest):
        desk.sets(priority=None)
    assert "low" == desk.ticket.priority


def test_an_unknown_group_is_refused_with_the_nearest_name():
    desk = handed_off(groups={"billing": {}})
    with desk.refused(UnknownGroup) as refused:
        desk.sets(group="biling")
    assert "'billing'" in refused.value.detail
    desk.sets(group="billing")
    desk.sets(group=None)
    assert None is desk.ticket.group


def test_assigning_by_hand_asks_nobody_may_exceed_the_maximum_and_opens_a_new_ticket():
    desk = handed_off(agents={"ana": {"capacity": {"messaging": 0}}})
    decision = desk.sets(assignee="ana", agent="ben")
    assert ["ticket.assigned", "ticket.opened", "ticket.updated"] == types(decision)
    assert ("open", "ana", 1) == (desk.ticket.status, desk.ticket.assignee, desk.used("ana"))


@pytest.mark.parametrize("status", ["open", "pending", "on_hold", "solved"])
def test_assigning_by_hand_leaves_every_other_status(status):
    desk = handed_off(brand={"style": "social"})
    desk.sets(assignee="ana")
    desk.sets(status=status)
    desk.sets(assignee="ben")
    assert (status, "ben") == (desk.ticket.status, desk.ticket.assignee)


def test_only_agents_of_the_tickets_brand_can_be_assigned():
    desk = handed_off(brands={"acme": {}}, agents={"ana": {"brands": ["acme"]}})
    with desk.refused(InvalidRequest):
        desk.sets(assignee="ana")
    with desk.refused(InvalidRequest) as refused:
        desk.sets(assignee="benn")
    assert "'ben'" in refused.value.detail


def test_a_solved_ticket_keeps_its_assignee():
    desk = handed_off()
    desk.sets(assignee="ana", status="solved")
    with desk.refused(InvalidTransition):
        desk.sets(assignee=None)


def test_an_agent_takes_any_ticket_that_their_groups_and_brands_may_see():
    desk = handed_off(groups={"billing": {}}, agents={"ana": {"groups": ["billing"]}})
    desk.sets(group="billing")
    with desk.refused(Forbidden):
        desk.takes("ben")
    assert ["ticket.assigned", "ticket.opened", "ticket.updated"] == types(desk.takes("ana"))
    assert desk.now == desk.ticket.accepted_at


def test_an_agent_takes_a_ticket_from_a_colleague():
    desk = handed_off()
    desk.takes("ana")
    decision = desk.takes("ben")
    assert ["ticket.assigned", "ticket.updated"] == types(decision)
    assert {"assignee": ["ana", "ben"]} == told(decision, "ticket.updated")["changes"]


def test_an_agent_takes_also_what_returned_and_it_uses_no_capacity():
    desk = handed_off()
    desk.leaves_queue()
    desk.takes("ana")
    assert ("ana", "solved", 0) == (desk.ticket.assignee, desk.ticket.status, desk.used("ana"))


def test_a_ticket_that_returned_does_not_queue_when_its_agent_gives_it_up():
    desk = handed_off()
    desk.takes("ana")
    desk.hands_back(status="open")
    assert ["ticket.unassigned", "ticket.updated"] == types(desk.sets(assignee=None))
    assert [] == desk.queue


def test_only_an_agent_takes_a_ticket():
    desk = handed_off()
    for actor in (SYSTEM, Actor(type="agent", id="anna"), desk.actor("bot")):
        with desk.refused(Forbidden):
            desk.does(TakeTicket(ticket_id=desk.ticket.id), actor)


def test_there_is_nothing_to_change_of_another_conversations_ticket():
    desk = handed_off()
    with desk.refused(NotFound):
        desk.does(UpdateTicket(ticket_id="tkt_other", status="open"), desk.actor("agent"))


def test_fields_are_merged_and_null_removes_one():
    desk = handed_off()
    desk.sets(fields={"order": "4711", "size": "L"})
    desk.sets(fields={"size": None, "colour": "red"})
    assert {"order": "4711", "colour": "red"} == desk.ticket.fields


def test_tags_are_replaced_added_and_removed():
    desk = handed_off()
    desk.sets(tags=("a", "b"))
    desk.sets(add_tags=("c", "a"), remove_tags=("b",))
    assert ("a", "c") == desk.ticket.tags


def test_what_is_set_to_what_it_is_changes_nothing():
    desk = handed_off()
    desk.sets(assignee="ana", subject="Parcel", tags=("a",), fields={"order": "4711"})
    before = desk.thread
    for change in (
        {"status": "open"},
        {"assignee": "ana", "subject": "Parcel", "add_tags": ("a",), "fields": {"order": "4711", "size": None}},
    ):
        assert [] == types(desk.sets(**change))
    assert before is desk.thread


def test_only_a_field_that_changed_since_it_was_read_is_a_conflict():
    desk = handed_off()
    read = desk.ticket.version
    desk.sets(priority="high", add_tags=("a",))
    desk.customer_says()
    desk.agent_says(visibility="internal")
    for change in ({"priority": "low"}, {"tags": ()}, {"add_tags": ("b",)}, {"remove_tags": ("a",)}):
        with desk.refused(Conflict):
            desk.sets(if_match=read, **change)
    desk.sets(if_match=read, subject="Parcel", fields={"order": "4711"})
    desk.sets(if_match=desk.ticket.version, priority="low")
    assert ("Parcel", "low") == (desk.ticket.subject, desk.ticket.priority)


def test_messages_and_receipts_never_make_a_change_of_the_ticket_conflict():
    desk = handed_off()
    desk.takes("ana")
    read = desk.ticket.version
    desk.agent_says()
    desk.customer_says()
    desk.sets(if_match=read, status="pending")
    assert "pending" == desk.ticket.status


@pytest.mark.parametrize(
    ("activity", "event", "data"),
    [
        ({"type": "read", "up_to": "msg_1"}, "message.read", {"up_to": "msg_1", "by": "customer"}),
        ({"type": "delivered", "message_id": "msg_1"}, "message.delivered", {"message_id": "msg_1"}),
        (
            {"type": "failed", "message_id": "msg_1", "reason": "no such number"},
            "message.failed",
            {"message_id": "msg_1", "reason": "no such number"},
        ),
    ],
)
def test_receipts_are_told_and_move_nothing(activity, event, data):
    desk = handed_off()
    before = desk.thread
    decision = desk.does(RecordActivity(conversation_id=desk.conversation.id, **activity), desk.actor("customer"))
    assert [(event, data)] == [(event.type, event.data) for event in decision.events]
    assert (before.tickets, before.clocks, before.conversation) == (
        desk.thread.tickets,
        desk.thread.clocks,
        desk.thread.conversation,
    )


def test_a_conversations_metadata_and_state_are_merged_and_null_removes_a_key():
    desk = handed_off()
    for metadata in ({"page": "/cart", "lang": "en"}, {"lang": None, "cart": 3}):
        command = UpdateConversation(conversation_id=desk.conversation.id, metadata=metadata, state={"step": 1})
        assert [] == types(desk.does(command, desk.actor("bot")))
    desk.does(UpdateConversation(conversation_id=desk.conversation.id, state={"step": 2}), desk.actor("bot"))
    assert ({"page": "/cart", "cart": 3}, {"step": 2}) == (desk.conversation.metadata, desk.conversation.state)
