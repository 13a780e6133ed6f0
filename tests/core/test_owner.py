"""lifecycle.md, 1, 2.1, 2.8 and 2.9: who may speak for the business, and how that changes."""

from itertools import product
from typing import get_args

import pytest

from handoff_sdk.core.lifecycle import OWNER, OwnerEvent
from handoff_sdk.errors import Forbidden, InvalidRequest, MessagingOff
from handoff_sdk.models.conversation import Owner

from .desk import Desk, told, types

CHANGES = {
    ("bot", "hand_off"): "human",
    ("bot", "take_over"): "human",
    ("bot", "pass"): "bot",
    ("nobody", "hand_off"): "human",
    ("nobody", "take_over"): "human",
    ("human", "return_to_bot"): "bot",
    ("human", "return_to_nobody"): "nobody",
}


@pytest.mark.parametrize(("owner", "event"), list(product(get_args(Owner), get_args(OwnerEvent))))
def test_the_owner_changes_as_the_law_says_and_no_other_way(owner, event):
    assert CHANGES.get((owner, event)) == OWNER[owner].get(event)


def facts(desk: Desk) -> tuple[str, int, str]:
    return (desk.conversation.owner, desk.conversation.epoch, desk.conversation.session)


def test_a_conversation_starts_with_its_brands_bot_in_epoch_1_without_a_session_or_ticket():
    desk = Desk()
    assert ["conversation.created"] == types(desk.starts())
    assert ("bot", 1, "none") == facts(desk)
    assert ("ada", None) == (desk.conversation.bot, desk.thread.latest)


@pytest.mark.parametrize("bot", ["none", None])
def test_without_a_bot_a_conversation_starts_with_nobody(bot):
    desk = Desk(brand={"bot": bot})
    desk.starts()
    assert ("nobody", 1, "none") == facts(desk)


def test_a_conversation_may_start_with_the_customers_first_message():
    desk = Desk()
    decision = desk.starts(says="Hello", metadata={"page": "/cart"})
    assert ["conversation.created", "session.started", "message.created"] == types(decision)
    assert ("bot", 1, "active") == facts(desk)
    assert {"page": "/cart"} == desk.conversation.metadata


def test_while_nobody_owns_each_customer_message_is_handed_off_at_once():
    desk = Desk(brand={"bot": "none"})
    decision = desk.customer_says()
    assert [
        "conversation.created",
        "session.started",
        "message.created",
        "ticket.created",
        "control.passed",
        "ticket.queued",
    ] == types(decision)
    assert ("human", 2, "active") == facts(desk)
    assert desk.ticket.id == told(decision, "message.created")["message"]["ticket_id"]
    desk.ends("customer")
    assert ("nobody", 3, "ended") == facts(desk)
    desk.customer_says()
    assert ("human", 4, "active") == facts(desk)
    assert 2 == desk.ticket.number


def test_a_conversation_of_an_unknown_brand_is_refused_with_the_nearest_name():
    desk = Desk(brands={"acme": {}})
    with desk.refused(InvalidRequest) as refused:
        desk.starts(brand="acne")
    assert "'acme'" in refused.value.detail


def test_a_brand_without_messaging_takes_no_conversations():
    desk = Desk(brand={"messaging": False})
    with desk.refused(MessagingOff):
        desk.starts()


@pytest.mark.parametrize("bot", ["ada", "none"])
def test_an_agents_public_message_takes_over_from_the_bot_and_from_nobody(bot):
    desk = Desk(brand={"bot": bot})
    desk.starts()
    decision = desk.agent_says("Ana here.")
    assert [
        "session.started",
        "message.created",
        "ticket.created",
        "control.taken_over",
        "ticket.assigned",
        "ticket.opened",
        "ticket.updated",
    ] == types(decision)
    assert ("human", 2, "active") == facts(desk)
    ticket = desk.ticket
    assert ("open", "ana", True, True) == (ticket.status, ticket.assignee, ticket.live, ticket.taken_over)
    assert [desk.now] * 3 == [ticket.accepted_at, ticket.assigned_at, ticket.first_reply_at]
    assert 2 == told(decision, "message.created")["message"]["epoch"]


def test_a_take_over_has_the_brands_style_and_group():
    desk = Desk(brand={"style": "social", "group": "support"}, groups={"support": {}})
    desk.customer_says()
    desk.agent_says()
    assert ("social", "support") == (desk.ticket.style, desk.ticket.group)


@pytest.mark.parametrize(("session", "event"), [("ended", "session.started"), ("inactive", "session.active")])
def test_a_take_over_makes_the_session_active_as_a_hand_off_does(session, event):
    desk = Desk()
    desk.customer_says()
    desk.hand_off(accept_within="20m")
    if session == "ended":
        desk.ends()
    else:
        desk.advance("20m")
    assert (session, "bot") == (desk.conversation.session, desk.conversation.owner)
    assert event in types(desk.agent_says())
    assert "active" == desk.conversation.session


@pytest.mark.parametrize("status", ["open", "pending", "on_hold"])
def test_an_agents_public_message_assigns_and_opens_a_live_ticket_of_nobody(status):
    desk = Desk()
    desk.customer_says()
    desk.hand_off()
    if status != "open":
        desk.sets(status=status)
    decision = desk.agent_says(agent="ben")
    assert ["message.created", "ticket.assigned", "ticket.opened", "ticket.updated"] == types(decision)
    assert ("open", "ben") == (desk.ticket.status, desk.ticket.assignee)
    assert 1 == desk.ticket.number


@pytest.mark.parametrize("status", ["open", "pending", "on_hold", "solved"])
def test_an_agents_message_on_somebody_elses_live_ticket_changes_nothing_but_clocks(status):
    desk = Desk()
    desk.customer_says()
    desk.hand_off()
    desk.takes("ana")
    desk.sets(status=status)
    assert ["message.created"] == types(desk.agent_says(agent="ben"))
    assert (status, "ana", desk.now) == (desk.ticket.status, desk.ticket.assignee, desk.ticket.first_reply_at)


def test_a_note_takes_nothing_over_and_moves_no_clock():
    desk = Desk()
    desk.customer_says()
    desk.hand_off()
    before = desk.thread
    decision = desk.agent_says("Careful.", visibility="internal")
    assert ["message.created"] == types(decision)
    assert (before.tickets, before.clocks) == (desk.thread.tickets, desk.thread.clocks)
    assert None is decision.events[0].public_seq
    assert desk.ticket.id == told(decision, "message.created")["message"]["ticket_id"]


def test_a_customer_does_not_write_notes():
    desk = Desk()
    desk.customer_says()
    with desk.refused(InvalidRequest):
        desk.does(desk.message("psst", visibility="internal"), desk.actor("customer"))


def test_nobody_but_the_engine_writes_system_lines():
    desk = Desk()
    desk.customer_says()
    with desk.refused(Forbidden):
        desk.does(desk.message("This chat has ended.", author={"type": "system"}), desk.actor("agent"))


def test_only_agents_of_the_configuration_speak_as_agents():
    desk = Desk()
    desk.customer_says()
    with desk.refused(Forbidden):
        desk.agent_says(agent="anna")
    with desk.refused(InvalidRequest):
        desk.does(desk.message("Hi", author={"type": "agent"}), desk.actor("agent"))


def test_a_bot_may_post_while_the_session_is_ended_and_that_does_not_start_one():
    desk = Desk()
    desk.customer_says()
    desk.ends("customer")
    assert ["message.created"] == types(desk.bot_says("One more thing."))
    assert ("bot", 1, "ended") == facts(desk)


def test_bots_and_agents_speak_in_the_epoch_of_that_moment():
    desk = Desk()
    desk.customer_says()
    epochs = [told(desk.bot_says(), "message.created")["message"]["epoch"]]
    epochs.append(told(desk.hand_off(say="A colleague will help."), "message.created")["message"]["epoch"])
    epochs.append(told(desk.agent_says(), "message.created")["message"]["epoch"])
    desk.hands_back()
    epochs.append(told(desk.bot_says(), "message.created")["message"]["epoch"])
    assert [1, 1, 2, 3] == epochs


def test_standby_is_true_of_what_happens_while_the_bot_does_not_own_the_conversation():
    desk = Desk()
    decisions = [desk.customer_says(), desk.hand_off(), desk.agent_says(), desk.hands_back(), desk.customer_says()]
    assert [{False}, {True}, {True}, {False}, {False}] == [
        {event.standby for event in decision.events} for decision in decisions
    ]
