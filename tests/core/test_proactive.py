"""lifecycle.md, 7: proactive messages."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from handoff_sdk.errors import InvalidRequest, MessagingOff, TemplateError, WindowClosed
from handoff_sdk.models.command import SendProactive
from handoff_sdk.models.message import TemplateContent

from .nudged import Desk, told, types

TEMPLATE = TemplateContent(type="template", name="parcel", language="en")
EVENING = datetime(2026, 1, 5, 22, tzinfo=UTC)


def test_it_starts_a_conversation_without_a_customers_message():
    desk = Desk(brand={"bot_name": "Ada"})
    decision = desk.sends("Your parcel is ready.", key="parcel-9")
    assert ["conversation.created", "followup.scheduled", "message.created", "followup.sent"] == types(decision)
    conversation = decision.thread.conversation
    assert ("bot", 1, "none", 0) == (
        conversation.owner,
        conversation.epoch,
        conversation.session,
        conversation.tickets,
    )
    message = told(decision, "message.created")["message"]
    assert ("proactive", {"type": "bot", "id": "ada", "name": "Ada"}) == (message["via"], message["author"])
    assert ("proactive", "sent", "Your parcel is ready.") == (
        decision.followup.kind,
        decision.followup.state,
        decision.followup.text,
    )
    assert desk.next is None


def test_a_conversation_that_there_is_goes_on():
    desk = Desk().talk_with_ana()
    desk.agent_says()
    decision = desk.sends({"en": "Your parcel is ready.", "de": "Ihr Paket ist da."})
    assert ["followup.scheduled", "message.created", "followup.sent"] == types(decision)
    assert ("human", 1, 2) == (
        desk.thread.conversation.owner,
        len(desk.threads),
        desk.thread.conversation.epoch,
    )
    assert [] == desk.stopped


def test_an_answer_to_it_is_a_customers_message_like_any_other():
    desk = Desk(brand={"bot": "none"})
    desk.sends()
    desk.customer_says("Thanks!")
    assert ("human", "active") == (desk.thread.conversation.owner, desk.thread.conversation.session)


def test_under_one_key_a_customer_gets_it_once_wherever_it_was():
    desk = Desk(brands={"other": {"bot": "ada"}})
    first = desk.sends(key="parcel-9")
    desk.sends(brand="other", key="news")
    again = desk.sends("Again?", brand="other", key="parcel-9")
    assert ([], first.followup.id, "sent") == (types(again), again.followup.id, again.followup.state)
    assert first.thread.conversation.id == desk.thread.conversation.id
    assert 2 == len(desk.threads)


def test_it_goes_to_the_latest_conversation_with_the_brand_on_the_channel_or_to_the_one_named():
    desk = Desk(brands={"other": {"bot": "ada"}})
    for name, options in {
        "first": {},
        "second": {},
        "on another channel": {"channel": "whatsapp"},
        "of another brand": {"brand": "other"},
    }.items():
        desk.starts(name, customer="mia", **options)
        desk.advance("1m")
    desk.sends()
    assert "second" == desk.name
    desk.sends(conversation_id=desk.threads["first"].conversation.id)
    assert "first" == desk.name
    desk.sends(channel="whatsapp")
    assert "on another channel" == desk.name
    desk.sends(channel="sms")
    assert 5 == len(desk.threads)


def test_the_same_checks():
    desk = Desk({"max_per_day": 1, "while": ["bot"]})
    desk.customer_says()
    assert "last_author" == desk.sends().followup.why_not_sent
    desk.hands_off()
    desk.takes()
    desk.agent_says()
    desk.sets(status="on_hold")
    assert "status" == desk.sends().followup.why_not_sent
    desk.sets(status="open")
    assert "sent" == desk.sends().followup.state
    assert "budget" == desk.sends().followup.why_not_sent
    assert ["last_author", "status", "budget"] == desk.skipped


def test_in_quiet_hours_it_is_held_also_in_a_new_conversation():
    desk = Desk({"quiet": "20:00-08:00"})
    desk.now = EVENING
    decision = desk.sends()
    assert ["conversation.created", "followup.scheduled"] == types(decision)
    morning = datetime(2026, 1, 6, 8, tzinfo=UTC)
    assert ("held", "quiet", morning) == (
        decision.followup.state,
        decision.followup.why_not_sent,
        decision.followup.next_at,
    )
    assert (morning, 1) == (desk.thread.followups.waiting[0].held_until, len(desk.slots))
    assert desk.next is None  # proactive messages are not the conversation's follow-ups
    desk.advance_to(morning)
    assert ["Your parcel is ready."] == desk.said()


def test_what_is_held_is_not_stopped_but_checked_again():
    desk = Desk({"quiet": "20:00-08:00"})
    desk.now = EVENING
    desk.sends(key="k")
    desk.customer_says()
    desk.ends("customer")
    assert [] == desk.stopped
    desk.advance("1d")
    assert (["last_author"], 0) == (desk.skipped, desk.sent)


def test_a_held_one_can_be_cancelled_and_answers_its_key():
    desk = Desk({"quiet": "20:00-08:00"})
    desk.now = EVENING
    first = desk.sends(key="k")
    again = desk.sends(key="k")
    assert ([], first.followup) == (types(again), again.followup)
    desk.cancels(key="k")
    desk.advance("1d")
    assert (["cancelled"], 0) == (desk.stopped, desk.sent)


def test_a_skipped_one_starts_no_conversation():
    desk = Desk({"max_per_day": 1})
    desk.sends(channel="sms")
    decision = desk.sends()
    assert ("skipped", "budget", ()) == (
        decision.followup.state,
        decision.followup.why_not_sent,
        decision.events,
    )
    assert 1 == len(desk.threads)


def test_a_dry_run_tells_what_would_be_and_changes_nothing():
    desk = Desk({"quiet": "20:00-08:00", "max_per_day": 1})
    new = desk.sends(dry_run=True)
    assert ("sent", (), {}) == (new.followup.state, new.events, desk.threads)
    desk.sends()
    before = desk.thread
    there = desk.sends(dry_run=True)
    assert ("skipped", "budget", ()) == (there.followup.state, there.followup.why_not_sent, there.events)
    desk.now = EVENING
    quiet = desk.sends(dry_run=True)
    assert ("held", "quiet", datetime(2026, 1, 6, 8, tzinfo=UTC)) == (
        quiet.followup.state,
        quiet.followup.why_not_sent,
        quiet.followup.next_at,
    )
    assert (before, []) == (desk.thread, desk.slots)


def test_a_closed_window_takes_only_a_template():
    desk = Desk(channels={"whatsapp": {"window": "24h"}})
    with desk.refused(WindowClosed):
        desk.sends(channel="whatsapp", dry_run=True)
    decision = desk.sends(channel="whatsapp", template=TEMPLATE)
    assert "template" == told(decision, "message.created")["message"]["content"]["type"]


def test_what_cannot_be_started_or_said_is_refused():
    desk = Desk(brands={"off": {"messaging": False}})
    for error, fields in (
        (MessagingOff, {"brand": "off"}),
        (InvalidRequest, {"brand": "of"}),
        (TemplateError, {"text": "{{"}),
    ):
        with desk.refused(error):
            desk.sends(**fields)


def test_a_customer_may_be_named_by_the_external_id():
    assert "42" == SendProactive(customer="42", text="Hi").customer.external_id
    assert "Mia" == SendProactive(customer={"external_id": "42", "name": "Mia"}, text="Hi").customer.name
    with pytest.raises(ValidationError, match="there is nothing to say; give 'text' or 'template'"):
        SendProactive(customer="42")
