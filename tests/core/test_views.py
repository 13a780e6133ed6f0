"""api.md, Events: a customer's feed holds only the public projection."""

from __future__ import annotations

import json
from typing import Any

import pytest

from handoff_sdk.core.views import (
    Audience,
    agents_for,
    conversation_for_customer,
    for_customer,
    is_public,
    message_for_customer,
)
from handoff_sdk.models.event import Actor, Event
from handoff_sdk.models.message import Message

from .desk import MONDAY, Desk

PUBLIC = {
    "conversation": "created",
    "message": "created delivered failed read redacted",
    "typing": "started stopped",
    "session": "started active inactive ended",
    "control": "passed taken_over returned",
    "ticket": "assigned unassigned",
}
STAFF = {
    "ticket": "created updated opened pending on_hold solved reopened closed queued offered offer_declined "
    "offer_lapsed offer_withdrawn transferred",
    "followup": "scheduled sent skipped stopped",
    "rule": "fired stopped",
    "sla": "started warning breached fulfilled",
    "turn": "started done",
    "agent": "status connected disconnected",
    "config": "changed",
    "webhook": "failing disabled",
    "something": "new",
}
SECRET = "staff only"
SECRETS = (
    "ticket ticket_id handoff_id agent_id assignee group queue priority tags fields subject summary note returned",
    "changes version offer_id offered_at expires_at rule policy metric due lapses from status reopens state metadata",
    "reason",
)


def types_of(groups: dict[str, str]) -> list[str]:
    return [f"{noun}.{verb}" for noun, verbs in groups.items() for verb in verbs.split()]


def message(author: str = "agent", visibility: str = "public") -> dict[str, Any]:
    return {
        "id": "msg_1",
        "conversation_id": "cnv_1",
        "author": {"type": author, "id": SECRET if author != "customer" else "cus_1", "name": "Ana"},
        "content": {"type": "text", "text": "Hello"},
        "visibility": visibility,
        "via": None,
        "ticket_id": SECRET,
        "epoch": 2,
        "seq": 17,
        "public_seq": 5 if visibility == "public" else None,
        "at": "2026-01-05T09:00:00Z",
        "metadata": {"note": SECRET} if author != "customer" else {"page": "/cart"},
    }


def data(**more: Any) -> dict[str, Any]:
    """Data of an event that has everything that any staff event has, and then some."""
    secrets = {name: SECRET for names in SECRETS for name in names.split()}
    conversation = {
        "id": "cnv_1",
        "customer_id": "cus_1",
        "brand": "default",
        "channel": "web",
        "bot": SECRET,
        "owner": "bot",
        "epoch": 1,
        "session": "none",
        "tickets": SECRET,
        "metadata": {"crm": SECRET},
        "state": {"notes": SECRET},
        "ticket": {"tags": [SECRET]},
        "last_author": SECRET,
    }
    return secrets | {"message": message(), "conversation": conversation, "live": True, "visibility": "public"} | more


def event(event_type: str, actor: Actor | None = None, **more: Any) -> Event:
    return Event(
        id="evt_1",
        seq=17,
        public_seq=5,
        type=event_type,
        at=MONDAY,
        conversation_id="cnv_1",
        ticket_id=SECRET,
        actor=actor or Actor(type="agent", id=SECRET),
        standby=True,
        data=data(**more),
    )


@pytest.mark.parametrize("event_type", types_of(PUBLIC))
def test_what_customers_see_of_an_event_has_nothing_of_the_staffs(event_type):
    told = {"reason": "agent"} if event_type == "session.ended" else {}
    shown = for_customer(event(event_type, **told))
    assert shown is not None
    assert SECRET not in shown.model_dump_json()
    assert (5, None, False) == (shown.seq, shown.ticket_id, shown.standby)


@pytest.mark.parametrize("event_type", types_of(STAFF))
def test_what_is_the_staffs_is_not_shown_at_all(event_type):
    assert None is for_customer(event(event_type))
    assert not is_public(event_type, data())


def test_notes_are_not_shown_at_all():
    note = event("message.created", message=message(visibility="internal"))
    assert None is for_customer(note)
    assert not is_public(note.type, note.data)


@pytest.mark.parametrize("event_type", ["ticket.assigned", "ticket.unassigned"])
def test_who_has_a_ticket_that_is_not_live_is_not_shown(event_type):
    assert None is for_customer(event(event_type, live=False))


def test_customers_are_not_told_who_takes_a_ticket_that_has_returned():
    desk = Desk()
    desk.customer_says()
    desk.hand_off()
    desk.takes("ana")
    desk.ends("customer")
    assert [None] == [one.public_seq for one in desk.takes("ben").events if one.type == "ticket.assigned"]


@pytest.mark.parametrize(
    ("actor", "expected"),
    [
        (Actor(type="customer", id="cus_1"), Actor(type="customer", id="cus_1")),
        (Actor(type="bot", id="ada"), Actor(type="bot", id="ada")),
        (Actor(type="agent", id="ana"), Actor(type="agent")),
        (Actor(type="system"), Actor(type="system")),
        (Actor(type="integrator", id="crm"), Actor(type="system")),
        (Actor(type="admin", id="root"), Actor(type="system")),
        (Actor(type="rule", id="vip"), Actor(type="system")),
        (Actor(type="followup", id="gentle"), Actor(type="system")),
    ],
)
def test_people_and_machines_of_the_business_are_not_named(actor, expected):
    assert expected == for_customer(event("session.ended", actor)).actor


@pytest.mark.parametrize(
    ("author", "metadata", "shown"),
    [
        ("system", {"line": "queued", "note": SECRET}, {"line": "queued"}),
        ("system", {}, {}),
        ("agent", {"line": SECRET}, {}),
        ("bot", {"line": SECRET}, {}),
    ],
)
def test_a_widget_learns_which_line_of_the_engines_a_message_is(author, metadata, shown):
    told = event("message.created", message=message(author) | {"metadata": metadata})
    assert shown == for_customer(told).data["message"]["metadata"]


def test_a_customer_sees_all_of_their_own_message_and_of_others_what_was_said():
    own = message("customer")
    shown = for_customer(event("message.created", message=own)).data["message"]
    assert {"type": "customer", "id": "cus_1", "name": "Ana"} == shown["author"]
    assert {"page": "/cart"} == shown["metadata"]
    theirs = for_customer(event("message.created")).data["message"]
    assert {
        "id": "msg_1",
        "conversation_id": "cnv_1",
        "author": {"type": "agent", "id": None, "name": "Ana"},
        "content": {"type": "text", "text": "Hello"},
        "visibility": "public",
        "epoch": 2,
        "seq": 5,
        "at": "2026-01-05T09:00:00Z",
        "metadata": {},
    } == theirs


def test_a_customer_learns_who_speaks_and_whether_the_session_lives():
    shown = {
        event_type: for_customer(
            event(event_type, owner="human", epoch=2, session="active", name="Ana", reason="agent")
        )
        for event_type in ("control.taken_over", "session.ended", "ticket.assigned")
    }
    assert {
        "control.taken_over": {"owner": "human", "epoch": 2},
        "session.ended": {"session": "active", "reason": "agent"},
        "ticket.assigned": {"name": "Ana"},
    } == {event_type: one.data for event_type, one in shown.items()}


def whole_story() -> Desk:
    """Everything this version does to a conversation; all that is the staff's alone is marked."""
    agents = {"ana": {"name": "Ana", "groups": ["secret_group"]}, "secret_ben": {"name": "Ben"}}
    desk = Desk(agents=agents, groups={"secret_group": {}})
    desk.starts(metadata={"secret": 1}, says="Hello")
    desk.bot_says()
    desk.hand_off(
        key="secret",
        reason="secret",
        priority="urgent",
        fields={"secret": 1},
        tags=("secret",),
        group="secret_group",
        subject="secret",
        summary="secret",
        say="One moment.",
        accept_within="20m",
    )
    desk.status("ana", "online")
    desk.declines("ana")
    desk.advance("1m")
    desk.accepts("ana")
    desk.agent_says("Ana here.", metadata={"secret": 1})
    desk.agent_says("secret", visibility="internal")
    desk.advance("10m")
    desk.customer_says()
    desk.sets(status="pending", add_tags=("secret2",), fields={"secret2": 1})
    desk.customer_says()
    desk.sets(assignee="secret_ben", agent="secret_ben")
    desk.sets(status="solved", agent="secret_ben")
    desk.customer_says()
    desk.sets(assignee=None)
    desk.takes("ana")
    desk.hands_back(note="secret")
    desk.hand_off(tags=("secret",))
    desk.leaves_queue()
    desk.advance("28d")
    return desk


def test_a_whole_story_as_its_customer_sees_it_has_no_secrets_and_no_gaps():
    desk = whole_story()
    mine = [event for event in desk.events if event.conversation_id is not None]
    shown = [one for event in mine if (one := for_customer(event)) is not None]
    assert [event.id for event in mine if event.public_seq is not None] == [one.id for one in shown]
    assert list(range(1, len(shown) + 1)) == [one.seq for one in shown]
    leaks = [one for one in shown if "secret" in one.model_dump_json() or "tkt_" in one.model_dump_json()]
    assert [] == leaks
    assert {one.type for one in shown} <= set(types_of(PUBLIC))
    assert any("secret" in event.model_dump_json() for event in mine)


def test_a_conversation_as_its_customer_sees_it():
    desk = whole_story()
    assert {
        "id": desk.conversation.id,
        "customer_id": "cus_mia",
        "brand": "default",
        "channel": "web",
        "owner": "bot",
        "epoch": 5,
        "session": "active",
        "ended_by": None,
        "created_at": "2026-01-05T09:00:00Z",
    } == conversation_for_customer(desk.conversation.model_copy(update={"ticket": desk.ticket}))


def test_a_message_in_the_history_looks_as_it_does_in_the_feed():
    desk = whole_story()
    for happened in desk.events:
        if happened.type == "message.created" and happened.public_seq is not None:
            said = Message.model_validate(happened.data["message"])
            shown = json.loads(json.dumps(message_for_customer(said)))
            feed = for_customer(happened).data["message"]
            shown["content"] = {key: value for key, value in shown["content"].items() if key in feed["content"]}
            assert feed == shown


COLLEAGUES = {
    "ana": {"brands": ["acme"]},
    "ben": {"brands": ["umbra"]},
    "cyd": {"brands": ["acme", "umbra"]},
    "dan": {},
    "eve": {"brands": [], "role": "admin"},
    "lea": {"brands": ["acme"], "role": "lead"},
}


@pytest.mark.parametrize(
    ("audience", "seen"),
    [
        (Audience("agent", "ana"), "ana cyd dan lea"),
        (Audience("agent", "lea"), "ana cyd dan lea"),
        (Audience("agent", "ben"), "ben cyd dan"),
        (Audience("agent", "dan"), "ana ben cyd dan eve lea"),
        (Audience("agent", "eve"), "ana ben cyd dan eve lea"),
        (Audience("agent", "gone"), ""),
        (Audience("staff"), "ana ben cyd dan eve lea"),
        (Audience("bot"), "ana ben cyd dan eve lea"),
        (Audience("customer", "mia"), ""),
    ],
)
def test_agents_are_there_for_who_shares_a_brand_with_them(audience, seen):
    desk = Desk(brands={"acme": {}, "umbra": {}}, agents=COLLEAGUES)
    seen_agents = agents_for(audience, desk.people.values(), desk.config)
    assert seen.split() == sorted(agent.id for agent in seen_agents)
