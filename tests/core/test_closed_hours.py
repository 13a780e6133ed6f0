"""Schedules where they count: the text at a hand-off, quiet hours, closing, conditions and previews."""

from __future__ import annotations

from .desk import Desk, told

OFFICE = {"office": {"timezone": "UTC", "hours": {"mon-fri": ["09:00-12:00", "13:00-17:00"]}}}
CLOSED = {"en": "Back tomorrow, {{ customer.name }}.", "de": "Bis morgen."}


def desk(**config):
    brand = {"schedule": "office", "closed_text": CLOSED, **config.pop("brand", {})}
    return Desk(schedules=OFFICE, brand=brand, **config)


def lines(one):
    messages = [event.data["message"] for event in one.events if event.type == "message.created"]
    return [message["content"]["text"] for message in messages if message["metadata"].get("line") == "closed"]


def test_who_is_handed_off_while_nobody_is_there_is_told():
    one = desk()
    one.customer_says()
    one.hand_off()
    assert [] == lines(one)
    one.advance("8h")
    one.customer_says(to="tom")
    one.hand_off()
    assert ["Back tomorrow, ."] == lines(one)


def test_the_engines_own_hand_off_tells_it_too_and_a_running_chat_goes_on():
    one = desk(brand={"bot": "none"})
    one.customer_says()
    one.takes()
    one.agent_says()
    one.advance("9h")
    one.customer_says("Still here?")
    assert ([], "ana") == (lines(one), one.ticket.assignee)
    one.customer_says(to="tom")
    assert 1 == len(lines(one))


def test_a_brand_may_close_by_its_own_hours():
    one = desk(brand={"style": "social", "close_after": "4h", "close_hours": "business"})
    one.customer_says()
    one.hand_off()
    one.takes()
    one.sets(status="solved")
    assert "ticket.closed" not in one.advance("4h59m59s")
    assert "ticket.closed" in one.advance("1s")


def test_at_once_is_at_once_whatever_the_hours():
    one = desk(brand={"style": "live_chat", "close_hours": "business"})
    one.advance("10h")
    one.customer_says()
    one.hand_off()
    one.takes()
    one.sets(status="solved")
    assert "closed" == one.ticket.status


def test_a_rule_may_ask_whether_people_are_there():
    asked = {"field": "hours", "op": "is", "value": "closed"}
    night = {"name": "night", "on": ["ticket.created"], "all": [asked], "actions": [{"add_tags": ["night"]}]}
    one = desk(triggers=[night])
    one.customer_says()
    one.hand_off()
    assert () == one.ticket.tags
    one.advance("8h")
    one.customer_says(to="tom")
    assert ["night"] == told(one.hand_off(), "ticket.updated")["changes"]["tags"][1]
