"""lifecycle.md, 7: one-off follow-ups."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from pydantic import ValidationError

from handoff_sdk.errors import Conflict, ControlLost, NotFound, TemplateError, WindowClosed
from handoff_sdk.models.command import CancelFollowup, ScheduleFollowup
from handoff_sdk.models.message import TemplateContent

from .nudged import BOT, MORNING, STEPS, Desk, told, types

HOUR = timedelta(hours=1)
TEMPLATE = TemplateContent(type="template", name="nudge", language="en")


def with_bot(**options) -> Desk:
    """The bot has spoken last, and there is no ladder."""
    desk = Desk(**({"brand": {"followups": None}} | options))
    desk.customer_says()
    desk.bot_says()
    return desk


def tried(desk: Desk, **fields) -> tuple[str, str | None, datetime | None]:
    """What a dry run says there would be: the state, why it is not sent, and when it will be."""
    before = desk.thread
    decision = desk.follows_up(**fields, dry_run=True)
    assert ((), before) == (decision.events, desk.thread)
    return decision.followup.state, decision.followup.why_not_sent, decision.followup.next_at


def test_after_counts_from_scheduling():
    desk = with_bot()
    desk.advance("10m")
    decision = desk.follows_up("Still there?", after="1h", key="k")
    assert ["followup.scheduled"] == types(decision)
    scheduled = told(decision, "followup.scheduled")
    assert ("oneoff", "k", "2026-01-05T11:10:00Z") == (scheduled["kind"], scheduled["key"], scheduled["next_at"])
    assert ("pending", MORNING + HOUR + timedelta(minutes=10)) == (decision.followup.state, decision.followup.next_at)
    desk.advance("59m")
    assert 0 == desk.sent
    assert ["message.created", "followup.sent"] == desk.advance("1m")
    (sent,) = desk.happened("followup.sent")
    assert {"followup_id": decision.followup.id, "kind": "oneoff", "key": "k"}.items() <= sent.data.items()
    assert "followup" == desk.happened("message.created")[-1].data["message"]["via"]
    assert (["Still there?"], None) == (desk.said(), desk.next)


@pytest.mark.parametrize("when", [{}, {"after": "0s"}])
def test_without_a_time_it_is_now(when):
    desk = with_bot()
    decision = desk.follows_up("{{ customer.name | default: 'You' }}, still there?", **when)
    assert ["followup.scheduled", "message.created", "followup.sent"] == types(decision)
    followup = decision.followup
    assert ("sent", desk.now, None, "You, still there?", None) == (
        followup.state,
        followup.sent_at,
        followup.next_at,
        followup.text,
        followup.why_not_sent,
    )
    assert decision.message.id == followup.message_id


def test_silence_counts_from_the_first_unanswered_message_of_any_owner():
    desk = with_bot()
    desk.advance("30m")
    desk.hands_off()
    desk.agent_says()
    decision = desk.follows_up(when_silent_for="1h")
    assert MORNING + HOUR == decision.followup.next_at
    desk.advance("30m")
    assert 1 == desk.sent


def test_silence_that_is_long_enough_already_is_now():
    desk = with_bot()
    desk.advance("2h")
    assert "sent" == desk.follows_up(when_silent_for="1h").followup.state


def test_without_an_unanswered_message_it_waits_for_the_next_one():
    desk = Desk(brand={"followups": None})
    desk.customer_says()
    decision = desk.follows_up(when_silent_for="1h")
    assert ("pending", None, None) == (decision.followup.state, decision.followup.next_at, desk.next)
    assert told(decision, "followup.scheduled")["next_at"] is None
    desk.advance("1d")
    desk.bot_says()
    assert desk.now + HOUR == desk.next
    desk.advance("1h")
    assert 1 == desk.sent


def test_what_follow_ups_say_is_nobodys_message():
    desk = Desk(brand={"followups": None})
    desk.starts()
    desk.follows_up("Hello?")
    desk.follows_up(when_silent_for="1h")
    assert (1, None) == (desk.sent, desk.next)


def test_the_last_words_of_a_bot_are_an_owners_message():
    desk = Desk(brand={"followups": None})
    desk.customer_says()
    desk.hands_off(say="I am getting a colleague.")
    desk.follows_up(when_silent_for="1h")
    assert MORNING + HOUR == desk.next


def test_under_one_key_it_is_sent_at_most_once():
    desk = with_bot()
    first = desk.follows_up(after="1h", key="k")
    second = desk.follows_up(after="2h", key="k")
    assert ([], first.followup) == (types(second), second.followup)
    desk.advance("1h")
    third = desk.follows_up("Now!", key="k")
    sent = third.followup
    assert ([], first.followup.id, "sent", MORNING + HOUR) == (types(third), sent.id, sent.state, sent.sent_at)
    desk.advance("1d")
    assert ["Still there?"] == desk.said()


def test_a_key_that_was_never_sent_may_be_used_again():
    desk = with_bot()
    desk.follows_up(after="1h", key="k")
    desk.customer_says()
    assert "skipped" == desk.follows_up(key="k").followup.state
    desk.bot_says()
    assert "sent" == desk.follows_up(key="k").followup.state
    assert (["customer_replied"], ["last_author"], 1) == (desk.stopped, desk.skipped, desk.sent)


def test_without_a_key_each_is_its_own():
    desk = with_bot()
    desk.follows_up()
    desk.follows_up()
    assert 2 == desk.sent


def test_what_is_due_together_goes_by_key_after_the_ladder():
    desk = Desk({"steps": [{"after": "1h", "say": {"en": "ladder"}}]}).talk_with_ana()
    desk.agent_says()
    for key in ("c", "a", "b"):
        desk.follows_up(key, after="1h", key=key)
    desk.advance("1h")
    assert ["ladder", "a", "b", "c"] == desk.said()


def test_a_cancelled_one_is_not_sent():
    desk = with_bot()
    followup = desk.follows_up(after="1h", key="k").followup
    assert {"reason": "cancelled", "followup_id": followup.id}.items() <= told(
        desk.cancels(followup_id=followup.id), "followup.stopped"
    ).items()
    desk.advance("1d")
    assert 0 == desk.sent


def test_only_what_waits_is_cancelled():
    desk = with_bot()
    sent = desk.follows_up(key="k").followup
    for which in ({"key": "k"}, {"followup_id": sent.id}):
        with desk.refused(Conflict):
            desk.cancels(**which)
    with desk.refused(NotFound) as refused:
        desk.cancels(key="other")
    assert "No follow-up 'other' waits in this conversation." == refused.value.detail


def test_a_step_of_a_ladder_cancels_the_ladder():
    desk = Desk().talk_with_ana()
    desk.agent_says()
    desk.advance("5m")
    first, second = desk.listed()
    desk.cancels(followup_id=first.id)
    assert (["cancelled"], None) == (desk.stopped, desk.next)
    with desk.refused(NotFound):
        desk.cancels(followup_id=second.id)
    desk.agent_says()
    assert desk.next is not None


def test_a_ladder_that_is_through_cannot_be_cancelled():
    desk = Desk({"steps": STEPS[:1]}).talk_with_ana()
    desk.agent_says()
    desk.advance("1h")
    with desk.refused(NotFound):
        desk.cancels(followup_id=desk.listed()[0].id)


def test_a_bot_schedules_only_in_its_own_conversation_and_epoch():
    desk = with_bot()
    with desk.refused(ControlLost):
        desk.follows_up(by=BOT, epoch=7)
    with desk.refused(ControlLost):
        desk.follows_up(by=BOT.model_copy(update={"id": "eva"}))
    desk.follows_up(by=BOT, epoch=1)
    desk.hands_off()
    with desk.refused(ControlLost):
        desk.follows_up(by=BOT)
    assert 1 == desk.sent


@pytest.mark.parametrize(
    ("say", "path", "problem"),
    [
        ("Hello {{ customer.name", "say", "is not valid Liquid: expected '}}', found end of file"),
        ({"en": "Hi", "de": "{% nope %}"}, "say.de", "is not valid Liquid: unexpected tag 'nope'"),
        ("{{ customer.name }}", "say", "says nothing where the values are missing; give them a default"),
    ],
)
def test_a_broken_template_is_refused_with_its_place(say, path, problem):
    desk = with_bot()
    with desk.refused(TemplateError) as refused:
        desk.follows_up(say, after="1h")
    assert [(path, problem)] == [(error.path, error.message) for error in refused.value.errors]
    assert f"{path}: {problem}" == refused.value.detail


def test_a_closed_window_takes_a_template_and_nothing_else():
    desk = with_bot(channels={"web": {"window": "24h"}})
    desk.advance("24h")
    with desk.refused(WindowClosed):
        desk.follows_up(after="1h")
    desk.follows_up("Words", template=TEMPLATE)
    assert "template" == desk.happened("message.created")[-1].data["message"]["content"]["type"]
    assert desk.follows_up(None, template=TEMPLATE).followup.text is None


def test_words_go_out_while_the_window_is_open_and_the_template_after():
    desk = with_bot(channels={"web": {"window": "24h"}})
    desk.follows_up("Words", template=TEMPLATE, after="1h")
    desk.follows_up("Words", template=TEMPLATE, after="25h")
    desk.follows_up(None, template=TEMPLATE, after="1h")
    desk.advance("25h")
    assert ["Words", "(template)", "(template)"] == desk.said()


def test_a_window_that_closes_meanwhile_skips():
    desk = with_bot(channels={"web": {"window": "24h"}})
    desk.follows_up(after="24h")
    desk.advance("24h")
    assert ["window"] == desk.skipped


def test_only_so_many_wait():
    desk = with_bot()
    for number in range(50):
        desk.follows_up(after="1h", key=str(number))
    with desk.refused(Conflict):
        desk.follows_up(after="1h", key="one more")
    desk.cancels(key="7")
    desk.follows_up(after="1h", key="one more")


def test_a_dry_run_tells_what_would_be_and_changes_nothing():
    desk = Desk({"quiet": "20:00-08:00"})
    desk.customer_says()
    assert ("skipped", "last_author") == tried(desk)[:2]
    desk.bot_says()
    assert ("sent", None, None) == tried(desk)
    assert ("pending", None, MORNING + HOUR) == tried(desk, after="1h")
    desk.now = MORNING + 11 * HOUR
    assert ("held", "quiet", MORNING + 22 * HOUR) == tried(desk)
    assert (0, []) == (desk.sent, desk.slots)


def test_a_dry_run_knows_the_key():
    desk = with_bot()
    desk.follows_up(after="1h", key="waits")
    desk.follows_up(key="sent")
    assert ("pending", None, MORNING + HOUR) == tried(desk, key="waits")
    assert ("sent", None, None) == tried(desk, key="sent")


def test_a_dry_run_meets_the_same_refusals():
    desk = with_bot(channels={"web": {"window": "24h"}})
    for number in range(50):
        desk.follows_up(after="1h", key=str(number))
    with desk.refused(Conflict):
        desk.follows_up(after="1h", dry_run=True)
    with desk.refused(TemplateError):
        desk.follows_up("{{ customer.name", dry_run=True)
    desk.advance("24h")
    with desk.refused(WindowClosed):
        desk.follows_up(dry_run=True)


def test_it_starts_no_session():
    desk = with_bot()
    desk.ends("bot")
    desk.follows_up()
    assert (1, "ended") == (desk.sent, desk.thread.conversation.session)


@pytest.mark.parametrize(
    "fields",
    [
        {"say": "Hi", "after": "1h", "when_silent_for": "1h"},
        {},
        {"say": {}},
        {"say": ""},
        {"say": {"english": "Hi"}},
        {"say": "Hi", "after": "367d"},
        {"say": "Hi", "at": "1h"},
    ],
)
def test_what_makes_no_sense_is_not_a_command(fields):
    with pytest.raises(ValidationError):
        ScheduleFollowup(conversation_id="c", **fields)


@pytest.mark.parametrize("fields", [{}, {"followup_id": "f", "key": "k"}])
def test_a_cancelling_names_one(fields):
    with pytest.raises(ValidationError):
        CancelFollowup(conversation_id="c", **fields)
