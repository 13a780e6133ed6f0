"""lifecycle.md, 7: why a ladder and one-offs are given up, and which reason is told where several fall together."""

from __future__ import annotations

import pytest

from handoff_sdk.models.followup import STOP_REASONS
from handoff_sdk.models.prompt import Tick

from .nudged import BOT, Desk, told, types

BOTH = {"while": ["bot", "human"]}


def armed(**options) -> Desk:
    """Ana waits for an answer."""
    desk = Desk(**options).talk_with_ana()
    desk.agent_says()
    return desk


def bots(ladder=None, **options) -> Desk:
    """The bot waits for an answer."""
    desk = Desk(BOTH | (ladder or {}), **options)
    desk.customer_says()
    desk.bot_says()
    assert desk.next is not None
    return desk


def test_the_reasons_and_their_strength():
    assert (
        "closed",
        "handed_off",
        "taken_over",
        "session_ended",
        "unassigned",
        "solved",
        "on_hold",
        "customer_replied",
        "cancelled",
    ) == STOP_REASONS


@pytest.mark.parametrize(
    ("reason", "do"),
    [
        ("session_ended", lambda desk: desk.ends()),
        ("session_ended", lambda desk: desk.ends("customer")),
        ("session_ended", lambda desk: desk.hands_back()),
        ("unassigned", lambda desk: desk.sets(assignee=None)),
        ("solved", lambda desk: desk.sets(status="solved")),
        ("on_hold", lambda desk: desk.sets(status="on_hold")),
        ("customer_replied", lambda desk: desk.customer_says()),
        ("cancelled", lambda desk: desk.cancels(followup_id=desk.listed()[-1].id)),
    ],
)
def test_a_ladder_of_people_is_stopped_once_with_the_reason(reason, do):
    desk = armed()
    decision = do(desk)
    assert {"reason": reason, "kind": "ladder", "step": 1, "ladder": "nudge"}.items() <= told(
        decision, "followup.stopped"
    ).items()
    assert None is desk.next
    desk.advance("3d")
    assert (0, [reason]) == (desk.sent, desk.stopped)


@pytest.mark.parametrize(
    ("reason", "do"),
    [
        ("handed_off", lambda desk: desk.hands_off()),
        ("handed_off", lambda desk: desk.passes()),
        ("taken_over", lambda desk: desk.agent_says()),
        ("session_ended", lambda desk: desk.ends("bot")),
        ("customer_replied", lambda desk: desk.customer_says()),
    ],
)
def test_a_ladder_of_the_bot_is_stopped_once_with_the_reason(reason, do):
    desk = bots()
    assert reason == told(do(desk), "followup.stopped")["reason"]


def test_the_ticket_stays_pending_and_the_ladder_goes_on():
    desk = armed()
    assert "followup.stopped" not in types(desk.sets(status="pending"))
    assert "followup.stopped" not in types(desk.sets(assignee="ben"))
    assert desk.next is not None


def test_a_live_chat_that_is_solved_closes_and_closed_is_the_stronger_reason():
    desk = armed(brand={"style": "live_chat"})
    decision = desk.sets(status="solved")
    assert {"ticket.solved", "ticket.closed", "session.ended", "control.returned"} <= set(types(decision))
    assert ["closed"] == desk.stopped


def test_handing_back_is_stronger_than_the_solving_in_it():
    desk = armed()
    assert {"ticket.solved", "session.ended"} <= set(types(desk.hands_back()))
    assert ["session_ended"] == desk.stopped


def test_a_customer_who_is_handed_off_at_once():
    desk = Desk(BOTH, brand={"bot": "none"})
    desk.starts()
    desk.follows_up(after="1h", by=BOT.model_copy(update={"type": "integrator"}))
    desk.customer_says()
    assert ["customer_replied"] == desk.stopped


def test_a_reply_to_a_taken_over_conversation_stops_what_the_message_armed():
    desk = bots()
    desk.agent_says()
    desk.customer_says()
    assert ["taken_over", "customer_replied"] == desk.stopped


def test_a_ladders_own_end_before_its_last_step_is_a_stop():
    steps = [
        {"after": "1m", "say": {"en": "Bye."}, "set": {"status": "solved"}},
        {"after": "1m", "say": {"en": "Bye again."}},
    ]
    desk = Desk({"steps": steps}).talk_with_ana()
    desk.agent_says()
    assert ["message.created", "followup.sent", "followup.stopped", "ticket.solved", "ticket.updated"] == desk.advance(
        "1m"
    )
    assert (["solved"], None) == (desk.stopped, desk.next)


def test_what_happens_to_a_ticket_that_is_not_live_stops_nothing():
    desk = armed(brand={"followups": "nudge"}, followups={"nudge": BOTH})
    desk.hands_back(status="open")
    desk.customer_says()
    desk.bot_says()
    happened = len(desk.stopped)
    desk.sets(status="solved")
    assert (happened, True) == (len(desk.stopped), desk.next is not None)


def test_a_one_off_of_an_integrator_outlives_all_but_reply_close_and_session():
    desk = bots()
    desk.follows_up(after="1h", key="k")
    desk.hands_off()
    desk.takes()
    desk.agent_says()
    desk.sets(assignee=None)
    desk.sets(assignee="ana", status="solved")
    desk.sets(status="on_hold")
    desk.sets(status="open")
    assert ["handed_off", "unassigned"] == desk.stopped
    assert "oneoff" == desk.thread.followups.waiting[0].kind
    desk.advance("1h")
    assert (["Still there?"], [], ()) == (desk.said()[-1:], desk.skipped, desk.thread.followups.waiting)


@pytest.mark.parametrize(
    ("reason", "do"),
    [
        ("handed_off", lambda desk: desk.hands_off()),
        ("taken_over", lambda desk: desk.agent_says()),
        ("session_ended", lambda desk: desk.ends("bot")),
        ("customer_replied", lambda desk: desk.customer_says()),
        ("cancelled", lambda desk: desk.cancels(key="k")),
    ],
)
def test_a_one_off_of_the_bot_ends_with_the_bots_stretch(reason, do):
    desk = Desk()
    desk.customer_says()
    desk.bot_says()
    desk.follows_up(after="1h", key="k", by=BOT)
    stopped = told(do(desk), "followup.stopped")
    assert ("oneoff", "k", reason) == (stopped["kind"], stopped["key"], stopped["reason"])
    assert () == desk.thread.followups.waiting


def test_passing_to_another_bot_keeps_the_one_offs():
    desk = bots()
    desk.follows_up(after="1h", by=BOT)
    desk.passes()
    assert ["handed_off"] == desk.stopped
    assert 1 == len(desk.thread.followups.waiting)


def test_closing_stops_one_offs_too():
    desk = armed(brand={"style": "live_chat"})
    desk.follows_up(after="1h")
    desk.sets(status="solved")
    assert ["closed", "closed"] == desk.stopped


def test_one_message_stops_everything_the_ladder_first_then_by_key():
    desk = armed()
    for key in ("b", "a"):
        desk.follows_up(after="1h", key=key)
    decision = desk.customer_says()
    stopped = [event.data for event in decision.events if event.type == "followup.stopped"]
    assert [("ladder", None), ("oneoff", "a"), ("oneoff", "b")] == [(data["kind"], data.get("key")) for data in stopped]
    assert {"customer_replied"} == {data["reason"] for data in stopped}


def test_what_is_held_is_stopped_all_the_same():
    desk = Desk({"quiet": "11:00-12:00"}).talk_with_ana()
    desk.advance("58m")
    desk.agent_says()
    desk.advance("10m")
    assert desk.now.replace(hour=12, minute=0) == desk.next
    desk.customer_says()
    desk.advance("2h")
    assert (0, ["customer_replied"]) == (desk.sent, desk.stopped)


def test_a_run_of_another_epoch_is_skipped_not_sent():
    """No rule leads there; a thread that another version wrote might."""
    desk = armed()
    run = desk.thread.followups.ladder.model_copy(update={"epoch": 1})
    followups = desk.thread.followups.model_copy(update={"ladder": run})
    desk.threads["mia"] = desk.thread.model_copy(update={"followups": followups})
    desk.advance("5m")
    assert (0, ["epoch"], ()) == (desk.sent, desk.skipped, desk.ticket.tags)


def test_a_tick_with_nothing_due_changes_nothing():
    desk = armed()
    before = desk.thread
    decision = desk.does(Tick(conversation_id=before.conversation.id), BOT)
    assert before is decision.thread
