"""api.md: the list of a conversation's follow-ups."""

from __future__ import annotations

from datetime import timedelta

from handoff_sdk.core.listing import LISTED_FROM, followups_of

from .nudged import MORNING, Desk

MINUTE = timedelta(minutes=1)


def test_a_list_is_made_from_few_types_of_events():
    desk = Desk().talk_with_ana()
    desk.agent_says()
    desk.advance("5m")
    desk.customer_says()
    assert desk.listed() == followups_of(desk.thread, desk.config, desk.happened(*LISTED_FROM))


def test_steps_that_were_and_the_one_to_come():
    desk = Desk().talk_with_ana()
    assert () == desk.listed()
    desk.agent_says()
    (first,) = desk.listed()
    assert ("ladder", "pending", 1, "nudge", "Are you still there?", MORNING + 5 * MINUTE, None) == (
        first.kind,
        first.state,
        first.step,
        first.ladder,
        first.text,
        first.next_at,
        first.why_not_sent,
    )
    desk.advance("10m")
    one, two, three = desk.listed()
    assert first.id == one.id
    assert ("sent", "Are you still there?", None, MORNING + 5 * MINUTE) == (
        one.state,
        one.text,
        one.next_at,
        one.sent_at,
    )
    assert ("sent", "pending") == (two.state, three.state)
    assert (None, MORNING + 11 * MINUTE) == (three.text, three.next_at)
    assert 3 == len({one.id, two.id, three.id})


def test_why_it_was_not_sent():
    desk = Desk({"max_per_day": 1, "steps": [{"after": "1m", "say": {"en": "Hi"}}]}).talk_with_ana()
    desk.agent_says()
    desk.follows_up("A", key="a")
    desk.advance("1m")
    desk.follows_up("B", key="b", after="1h")
    desk.follows_up("C", key="c", when_silent_for="2h")
    desk.customer_says()
    listed = {followup.key or followup.kind: followup for followup in desk.listed()}
    assert {"ladder": ("skipped", "budget"), "a": ("sent", None), "b": ("stopped", "customer_replied")}.items() <= {
        name: (followup.state, followup.why_not_sent) for name, followup in listed.items()
    }.items()
    assert ("stopped", "customer_replied") == (listed["c"].state, listed["c"].why_not_sent)


def test_what_waits_for_silence_has_no_instant():
    desk = Desk(brand={"followups": None})
    desk.customer_says()
    desk.follows_up(when_silent_for="1h")
    (followup,) = desk.listed()
    assert ("pending", None, "Still there?") == (followup.state, followup.next_at, followup.text)


def test_a_step_that_spoke_and_skipped_what_it_does_was_sent():
    desk = Desk({"steps": [{"after": "1m", "say": {"en": "Hi"}, "set": {"status": "on_hold"}}]}).talk_with_ana()
    desk.agent_says()
    desk.advance("1m")
    (followup,) = desk.listed()
    assert ("sent", None) == (followup.state, followup.why_not_sent)


def test_receipts():
    desk = Desk(brand={"followups": None})
    desk.customer_says()
    other = desk.bot_says().message.id
    first, second = (desk.follows_up(key=key).followup.message_id for key in ("a", "b"))
    desk.follows_up(key="c", after="1h")
    desk.reports("delivered", first)
    desk.reports("delivered", other)
    desk.advance("1m")
    desk.reports("failed", second, reason="no such number")
    desk.reads(other)
    desk.reads(first, by="agent")
    assert [None, None, None] == [followup.receipts.read_at for followup in desk.listed()]
    desk.reads(first)
    desk.advance("1m")
    desk.reads(second)
    a, b, c = (followup.receipts for followup in desk.listed())
    assert (MORNING, MORNING + MINUTE, None) == (a.delivered_at, a.read_at, a.failed_at)
    assert (None, MORNING + 2 * MINUTE, MORNING + MINUTE, "no such number") == (
        b.delivered_at,
        b.read_at,
        b.failed_at,
        b.failure,
    )
    assert (None, None, None) == (c.delivered_at, c.read_at, c.failed_at)


def test_events_that_are_not_given_are_missing():
    desk = Desk().talk_with_ana()
    desk.agent_says()
    desk.advance("5m")
    desk.events.clear()
    (followup,) = desk.listed()
    assert ("pending", 2) == (followup.state, followup.step)
    desk.follows_up("Later", key="k", after="1h")
    desk.events.clear()
    desk.customer_says()
    assert [("stopped", "ladder"), ("stopped", "oneoff")] == [
        (followup.state, followup.kind) for followup in desk.listed()
    ]
