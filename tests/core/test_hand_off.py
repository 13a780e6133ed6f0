"""lifecycle.md, 2.4: the hand-off, its key and its names."""

from datetime import timedelta

import pytest

from handoff_sdk.errors import (
    AlreadyOpen,
    ControlLost,
    MissingFields,
    UnknownGroup,
    UnknownLadder,
    UnknownSkill,
)
from handoff_sdk.models.event import Actor

from .desk import Desk, told, types


def talking(**config: object) -> Desk:
    desk = Desk(**config)
    desk.customer_says()
    return desk


def test_a_hand_off_is_a_new_queued_ticket_and_the_next_epoch():
    desk = talking()
    decision = desk.hand_off()
    assert ["ticket.created", "control.passed", "ticket.queued"] == types(decision)
    assert ("human", 2, "active") == (desk.conversation.owner, desk.conversation.epoch, desk.conversation.session)
    assert ("new", None, True, 1) == (desk.ticket.status, desk.ticket.assignee, desk.ticket.live, desk.ticket.number)
    assert {"owner": "human", "epoch": 2, "bot": "ada", "handoff_id": desk.ticket.handoff_id} == told(
        decision, "control.passed"
    )
    assert desk.ticket.id == decision.ticket_id


def test_the_ticket_has_what_the_hand_off_says():
    desk = talking(groups={"billing": {}})
    said = {
        "priority": "high",
        "fields": {"order": "4711"},
        "tags": ("parcel",),
        "group": "billing",
        "style": "social",
        "subject": "Parcel",
        "summary": "Where is it?",
        "reason": "asked for a person",
        "transcript_from": "msg_1",
        "key": "h1",
    }
    desk.hand_off(**said, accept_within="2m")
    ticket = desk.ticket.model_dump()
    assert said | {"accept_within": timedelta(minutes=2), "handoff_key": "h1"} == {
        "key": ticket["handoff_key"],
        **{name: ticket[name] for name in (*said, "accept_within", "handoff_key") if name in ticket},
    }


def test_the_ticket_of_a_plain_hand_off_has_its_brands_style_and_group_and_no_priority():
    desk = talking(brand={"style": "live_chat", "group": "support"}, groups={"support": {}})
    desk.hand_off()
    assert ("live_chat", "support", None) == (desk.ticket.style, desk.ticket.group, desk.ticket.priority)


def test_the_bots_last_words_are_said_before_the_hand_off():
    desk = talking()
    decision = desk.hand_off(say="A colleague will help.")
    assert ["message.created", "ticket.created", "control.passed", "ticket.queued"] == types(decision)
    message = told(decision, "message.created")["message"]
    assert ({"type": "bot", "id": "ada", "name": None}, 1) == (message["author"], message["epoch"])


@pytest.mark.parametrize(
    ("session", "event"),
    [("none", "session.started"), ("ended", "session.started"), ("inactive", "session.active")],
)
def test_a_hand_off_makes_the_session_active(session, event):
    desk = Desk()
    desk.starts()
    if session == "ended":
        desk.customer_says()
        desk.ends("customer")
    elif session == "inactive":
        desk.hand_off(accept_within="20m")
        desk.advance("20m")
    assert session == desk.conversation.session
    assert event == types(desk.hand_off())[0]
    assert "active" == desk.conversation.session


def test_the_next_hand_off_always_makes_a_new_ticket():
    desk = talking(brand={"style": "social"})
    for number in (1, 2, 3):
        desk.hand_off()
        assert (number, "new", number) == (desk.ticket.number, desk.ticket.status, desk.conversation.tickets)
        desk.agent_says()
        desk.hands_back(status="pending")
    assert ["pending"] * 3 == [ticket.status for ticket in desk.thread.tickets]


@pytest.mark.parametrize("state", ["queued", "accepted", "solved", "returned", "closed", "later"])
@pytest.mark.parametrize("epoch", [1, 2])
def test_the_same_key_answers_the_same_ticket_whatever_its_state(state, epoch):
    desk = talking(brand={"style": "live_chat" if state == "closed" else "social"})
    desk.hand_off(key="h1")
    ticket = desk.ticket
    if state != "queued":
        desk.agent_says()
    if state in {"solved", "closed"}:
        desk.sets(status="solved")
    if state in {"returned", "later"}:
        desk.hands_back()
    if state == "later":
        desk.hand_off(key="h2")
    before = desk.thread
    again = desk.hand_off(key="h1", epoch=epoch, priority="urgent")
    assert ([], ticket.id) == (types(again), again.ticket_id)
    assert before is desk.thread


def test_another_key_makes_another_ticket_once_control_is_back():
    desk = talking()
    first = desk.hand_off(key="h1").ticket_id
    desk.ends("customer")
    assert first != desk.hand_off(key="h2").ticket_id


@pytest.mark.parametrize("key", [None, "h2"])
def test_while_a_person_owns_a_hand_off_is_already_open_or_too_late(key):
    desk = talking()
    desk.hand_off(key="h1")
    with desk.refused(AlreadyOpen):
        desk.hand_off(epoch=2, key=key)
    with desk.refused(ControlLost):
        desk.hand_off(epoch=1, key=key)


def test_a_stale_hand_off_is_too_late_also_once_control_is_back():
    desk = talking()
    desk.hand_off()
    desk.ends("customer")
    with desk.refused(ControlLost):
        desk.hand_off(epoch=1)


def test_a_bots_hand_off_of_nobodys_conversation_is_refused():
    desk = Desk(brand={"bot": "none"})
    desk.starts()
    with desk.refused(ControlLost):
        desk.hand_off()


def test_a_bot_does_not_hand_off_another_bots_conversation():
    desk = talking()
    with desk.refused(ControlLost):
        desk.hand_off(actor=Actor(type="bot", id="bob"))


def test_an_integrator_hands_off_for_the_bot():
    desk = talking()
    desk.hand_off(actor=Actor(type="integrator"))
    assert "human" == desk.conversation.owner


def test_an_unknown_group_is_refused_with_the_nearest_name():
    desk = talking(groups={"billing": {}, "support": {}})
    with desk.refused(UnknownGroup) as refused:
        desk.hand_off(group="biling")
    assert "did you mean 'billing'" in refused.value.detail
    assert (422, "unknown_group") == (refused.value.status, refused.value.code)


@pytest.mark.parametrize("field", ["skills", "prefer_skills"])
def test_a_skill_that_no_agent_has_is_refused(field):
    desk = talking()
    with desk.refused(UnknownSkill) as refused:
        desk.hand_off(**{field: ("german",)})
    assert "'german'" in refused.value.detail


def test_an_unknown_ladder_is_refused():
    desk = talking()
    with desk.refused(UnknownLadder) as refused:
        desk.hand_off(followups="gentel")
    assert (422, "unknown_ladder") == (refused.value.status, refused.value.code)


def test_a_refused_hand_off_does_not_use_up_its_key():
    desk = talking(groups={"billing": {}})
    with desk.refused(UnknownGroup):
        desk.hand_off(key="h1", group="biling")
    assert "ticket.created" in types(desk.hand_off(key="h1", group="billing"))


def test_a_ticket_names_tags_and_skills_once_and_has_no_empty_fields():
    desk = talking()
    desk.hand_off(tags=("a", "b", "a"), fields={"order": "4711", "size": None})
    assert (("a", "b"), {"order": "4711"}) == (desk.ticket.tags, desk.ticket.fields)


REFUND = {"name": "Refund", "schema": {"required": ["order", "amount"]}}


def test_a_form_that_is_not_whole_is_not_handed_off():
    desk = talking()
    with desk.refused(MissingFields) as refused:
        desk.hand_off(form=REFUND, fields={"order": "4711", "amount": None})
    assert ["fields.amount"] == [error.path for error in refused.value.errors]

    desk.hand_off(form=REFUND, fields={"order": "4711", "amount": 0})
    assert {"order": "4711", "amount": 0} == desk.ticket.fields


@pytest.mark.parametrize("required", [None, 5, "order", [5, None]])
def test_a_schema_that_requires_nothing_that_can_be_read_requires_nothing(required):
    desk = talking()
    desk.hand_off(form={"name": "Refund", "schema": {"required": required}})
    assert "new" == desk.ticket.status
