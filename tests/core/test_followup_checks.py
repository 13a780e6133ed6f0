"""lifecycle.md, 7: what is checked again at sending, and what follows where a check fails; but for quiet hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from handoff_sdk.errors import WindowClosed
from handoff_sdk.models.event import Actor
from handoff_sdk.models.message import Author, TemplateContent

from .nudged import BOT, MORNING, STEPS, Desk

SAY = {"en": "Still there?"}
TEMPLATE = TemplateContent(type="template", name="nudge", language="en")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def armed_at(instant: str, ladder=None, **options) -> Desk:
    """Ana wrote at an instant, and waits."""
    desk = Desk(ladder, **options)
    desk.now = at(instant) - timedelta(minutes=10)
    desk.talk_with_ana()
    desk.advance_to(at(instant))
    desk.agent_says()
    return desk


# Owner, last author, status


def test_a_ladder_whose_while_does_not_name_the_owner_any_more_does_nothing():
    desk = armed_at("2026-01-05T10:00")
    desk.reloads(followups={"nudge": {"while": ["bot"]}})
    desk.advance("5m")
    assert (["owner"], ["say", "set", "add_tags"]) == (desk.skipped, desk.happened("followup.skipped")[0].data["what"])
    assert ("open", (), 0) == (desk.ticket.status, desk.ticket.tags, desk.sent)
    desk.reloads(followups={"nudge": {"while": ["human"]}})
    desk.advance("5m")
    assert ["I will close this soon."] == desk.said()


def test_a_ladder_does_nothing_for_a_ticket_of_nobody():
    """No rule leads there; a thread that another version wrote might."""
    desk = armed_at("2026-01-05T10:00")
    ticket = desk.ticket.model_copy(update={"assignee": None})
    desk.threads["mia"] = desk.thread.model_copy(update={"tickets": (ticket,)})
    desk.advance("5m")
    assert ["owner"] == desk.skipped


def test_a_one_off_of_a_bot_that_does_not_own_the_conversation_any_more_is_skipped():
    """No rule leads there either."""
    desk = Desk()
    desk.customer_says()
    desk.bot_says()
    desk.follows_up(after="1h", by=BOT)
    waiting = desk.thread.followups
    desk.hands_off()
    desk.threads["mia"] = desk.thread.model_copy(update={"followups": waiting})
    desk.advance("1h")
    assert (["owner"], 0) == (desk.skipped, desk.sent)


def test_nobody_is_nudged_whose_message_came_last():
    desk = Desk()
    desk.customer_says()
    desk.follows_up(after="10m", key="k")
    desk.advance("10m")
    assert (["last_author"], 0, None) == (desk.skipped, desk.sent, desk.next)


@pytest.mark.parametrize("status", ["solved", "on_hold"])
def test_a_one_off_is_skipped_on_a_solved_or_on_hold_ticket(status):
    desk = armed_at("2026-01-05T10:00", brand={"followups": None})
    desk.follows_up(after="10m")
    desk.sets(status=status)
    desk.advance("10m")
    assert (["status"], 0) == (desk.skipped, desk.sent)


def test_a_ticket_that_is_not_live_holds_nothing_back():
    desk = armed_at("2026-01-05T10:00", brand={"followups": None})
    desk.hands_back()
    desk.customer_says()
    desk.bot_says()
    desk.follows_up(after="10m")
    desk.advance("10m")
    assert ("solved", []) == (desk.ticket.status, desk.skipped)
    assert 1 == desk.sent


# Window


def test_a_closed_window_skips_the_words_and_not_the_actions():
    desk = Desk({"steps": [{"after": "25h", "say": SAY, "set": {"status": "pending"}}]})
    desk.reloads(channels={"web": {"window": "24h"}})
    desk.talk_with_ana().agent_says()
    desk.advance("25h")
    assert (["window"], "pending", 0) == (desk.skipped, desk.ticket.status, desk.sent)


@pytest.mark.parametrize(("after", "skipped"), [("23h59m59s", []), ("24h", ["window"])])
def test_the_windows_end_is_not_in_it(after, skipped):
    desk = Desk({"steps": [{"after": after, "say": SAY}]}, channels={"web": {"window": "24h"}})
    desk.talk_with_ana().agent_says()
    desk.advance("2d")
    assert skipped == desk.skipped


def test_other_channels_have_no_window():
    desk = Desk({"steps": [{"after": "25h", "say": SAY}]}, channels={"whatsapp": {"window": "24h"}, "web": None})
    desk.talk_with_ana().agent_says()
    desk.advance("25h")
    assert 1 == desk.sent


def test_bots_and_agents_too_say_only_templates_where_the_window_is_closed():
    desk = Desk(channels={"web": {"window": "24h"}})
    desk.starts()
    with desk.refused(WindowClosed) as refused:
        desk.bot_says()
    assert "channel 'web' is closed" in refused.value.detail
    with desk.refused(WindowClosed):
        desk.agent_says()
    template = desk._message("-", author=Author(type="agent", id="ana")).model_copy(update={"content": TEMPLATE})
    desk.does(template, Actor(type="agent", id="ana"))
    desk.customer_says()
    desk.agent_says()
    assert 3 == len(desk.happened("message.created"))


# Budget


def test_a_budget_holds_over_all_conversations_of_a_customer():
    desk = Desk({"max_per_day": 2, "steps": [{"after": "1m", "say": SAY}, {"after": "1m", "say": SAY}]})
    for name in ("one", "two"):
        desk.talk_with_ana(name, customer="mia").agent_says()
    desk.talk_with_ana("other", customer="tom").agent_says()
    desk.advance("1h")
    assert [(1, ["budget"]), (1, ["budget"])] == [(desk.sent, desk.skipped) for desk.name in ("one", "two")]
    desk.name = "other"
    assert (2, []) == (desk.sent, desk.skipped)


def test_a_budget_counts_ladders_one_offs_and_proactive_messages_of_the_customers_day():
    steps = [{"after": "1m", "say": SAY}]
    desk = Desk({"max_per_day": 3, "steps": steps}, profile={"timezone": "Asia/Tokyo"})
    desk.now = at("2026-01-05T14:00")  # 23:00 in Tokyo
    desk.talk_with_ana().agent_says()
    desk.advance("1m")
    desk.follows_up(key="a")
    desk.sends(key="b")
    desk.follows_up(key="c")
    assert (3, ["budget"]) == (desk.sent, desk.skipped)
    desk.advance_to(at("2026-01-05T15:00") - timedelta(seconds=1))
    desk.follows_up(key="c")
    assert ["budget", "budget"] == desk.skipped
    desk.advance("1s")  # midnight there
    desk.follows_up(key="c")
    assert 4 == desk.sent


def test_a_skipped_step_is_not_counted_and_the_next_waits_from_it():
    desk = Desk({"max_per_day": 1}, followups={}).talk_with_ana()
    desk.agent_says()
    desk.advance("5m")
    desk.advance("5m")
    assert (1, ["budget"], MORNING + timedelta(minutes=11)) == (desk.sent, desk.skipped, desk.next)
    assert 1 == desk.sent_today(desk.thread.customer)


# Never warned, and what the table does not allow


def test_nothing_is_ended_by_a_ladder_that_never_spoke():
    desk = Desk({"max_per_day": 1, "steps": [*STEPS[1:], {"after": "1m", "end_session": True}]}).talk_with_ana()
    desk.follows_up(by=BOT.model_copy(update={"type": "integrator"}))
    desk.agent_says()
    desk.follows_up()
    desk.advance("1h")
    assert ["last_author", "budget", "never_warned", "never_warned"] == desk.skipped
    assert [["say"], ["say"], ["set"], ["end_session"]] == [
        event.data["what"] for event in desk.happened("followup.skipped")
    ]
    assert ("open", "human", "inactive") == (
        desk.ticket.status,
        desk.thread.conversation.owner,
        desk.thread.conversation.session,
    )


def test_both_endings_of_a_step_are_skipped_together_and_its_words_too():
    step = {"after": "1m", "say": SAY, "set": {"status": "closed"}, "end_session": True, "add_tags": ["x"]}
    desk = Desk({"steps": [step]}, channels={"web": {"window": "30s"}}).talk_with_ana()
    desk.agent_says()
    desk.advance("1m")
    assert [("window", ["say"]), ("never_warned", ["set", "end_session"])] == [
        (event.data["reason"], event.data["what"]) for event in desk.happened("followup.skipped")
    ]
    assert ("open", ("x",)) == (desk.ticket.status, desk.ticket.tags)


def test_words_and_ending_in_one_step_are_warning_enough():
    desk = Desk({"steps": [{"after": "1m", "say": SAY, "set": {"status": "solved"}}]}).talk_with_ana()
    desk.agent_says()
    desk.advance("1m")
    assert ("solved", []) == (desk.ticket.status, desk.skipped)


def test_what_only_parks_the_ticket_needs_no_warning():
    desk = Desk({"steps": [{"after": "1m", "set": {"status": "pending"}}]}).talk_with_ana()
    desk.agent_says()
    desk.advance("1m")
    assert ("pending", [], 0) == (desk.ticket.status, desk.skipped, desk.sent)


@pytest.mark.parametrize("status", ["new", "open", "on_hold"])
def test_a_status_against_the_table_is_skipped_and_the_words_go_out(status):
    steps = [
        {"after": "1m", "say": SAY, "set": {"status": "pending"}},
        {"after": "1m", "say": SAY, "set": {"status": status}},
    ]
    desk = Desk({"steps": steps}).talk_with_ana()
    desk.agent_says()
    desk.advance("2m")
    assert (2, ["invalid_transition"], "pending") == (desk.sent, desk.skipped, desk.ticket.status)


def test_without_a_live_ticket_there_is_nothing_to_set_or_to_tag():
    step = {"after": "1m", "say": SAY, "set": {"status": "pending"}, "add_tags": ["x"]}
    desk = Desk({"steps": [step, {"after": "1m", "end_session": True}], "while": ["bot"]})
    desk.customer_says()
    desk.bot_says()
    desk.advance("1m")
    assert (1, ["invalid_transition"]) == (desk.sent, desk.skipped)
    desk.advance("1m")
    conversation = desk.thread.conversation
    assert ("ended", "followup", "bot") == (conversation.session, conversation.ended_by, conversation.owner)


# Breaker


def test_a_breaker_opens_when_half_of_the_last_fifty_failed_until_a_person_resumes_it():
    desk = Desk(brand={"followups": None})
    desk.customer_says()
    desk.bot_says()
    for number in range(50):
        desk.follows_up(key=f"k{number}")
    sent = [event.data["message_id"] for event in desk.happened("followup.sent")]
    for message_id in sent[:24]:
        desk.reports("failed", message_id, reason="no such number")
        desk.reports("failed", message_id, reason="again")
    assert not desk.breakers["web"].open
    desk.reports("failed", sent[40], reason="no such number")
    assert (True, desk.now) == (desk.breakers["web"].open, desk.breakers["web"].opened_at)
    desk.follows_up(key="late")
    desk.advance("1d")
    desk.follows_up(key="later")
    assert (["breaker", "breaker"], 50) == (desk.skipped, desk.sent)
    desk.resumes()
    desk.follows_up(key="late")
    assert 51 == desk.sent


def test_failures_of_other_messages_and_old_ones_do_not_count():
    desk = Desk(brand={"followups": None})
    desk.customer_says()
    other = desk.bot_says().message.id
    for number in range(60):
        desk.follows_up(key=f"k{number}")
    sent = [event.data["message_id"] for event in desk.happened("followup.sent")]
    for message_id in (other, *sent[:10], *sent[10:34]):
        desk.reports("failed", message_id, reason="no such number")
    assert (False, 24, 50) == (
        desk.breakers["web"].open,
        len(desk.breakers["web"].failed),
        len(desk.breakers["web"].sent),
    )
    desk.follows_up(key="one more")
    assert 23 == len(desk.breakers["web"].failed)


def test_a_breaker_skips_the_words_of_ladders_too():
    desk = Desk().talk_with_ana()
    desk.agent_says()
    desk.follows_up()
    desk.breakers["web"] = desk.breakers["web"].model_copy(update={"open": True})
    desk.advance("11m")
    assert ["breaker", "breaker", "never_warned"] == desk.skipped
    assert ("pending", ("reminder_1",)) == (desk.ticket.status, desk.ticket.tags)


# Order


def test_of_several_the_first_in_the_laws_order_is_told():
    desk = Desk({"quiet": "20:00-08:00", "max_per_day": 1, "while": ["bot"]}, channels={"web": {"window": "1m"}})
    desk.now = at("2026-01-05T19:59:30")
    desk.talk_with_ana()
    desk.agent_says()
    desk.follows_up(key="a")
    desk.follows_up(key="b", after="5m")
    desk.breakers["web"] = desk.breakers["web"].model_copy(update={"open": True})
    desk.advance("5m")
    assert "held" == desk.listed()[-1].state  # not skipped for the window, the budget or the breaker
    desk.advance("1d")
    assert ["window"] == desk.skipped
    desk.customer_says()
    desk.follows_up(key="c", template=TEMPLATE)
    assert "last_author" == desk.skipped[-1]
