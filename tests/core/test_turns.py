"""lifecycle.md, 2.3: turns, their leases, and what follows when nobody does them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handoff_sdk.core.turns import LEASE, conversation_of
from handoff_sdk.errors import ControlLost, InvalidRequest
from handoff_sdk.models.command import CompleteTurn, ExtendTurn, PassControl, ReleaseTurn
from handoff_sdk.models.event import Actor
from handoff_sdk.models.prompt import LeaseTurn, RenewTurns, StayWithTurn

from .desk import Desk, types

BOT = Actor(type="bot", id="ada")
SYSTEM = Actor(type="system")


def desk(within: str = "60s") -> Desk:
    return Desk(brand={"bot_answer_within": within})


def kinds(of: Desk) -> list[str]:
    return [turn.kind for turn in of.thread.turns]


def leased(of: Desk, consumer: str = "one") -> str | None:
    command = LeaseTurn(conversation_id=of.conversation.id, bot=of.conversation.bot or "", consumer=consumer)
    return of.does(command, SYSTEM).turn_id


def done(of: Desk, turn_id: str, consumer: str = "one", **kept: object) -> None:
    of.does(CompleteTurn(bot="ada", turn_id=turn_id, consumer=consumer, **kept), BOT)


def test_a_customers_message_is_a_turn_of_the_bot_that_owns_the_conversation():
    mia = desk()
    mia.customer_says()
    assert (["message"], mia.conversation.id) == (kinds(mia), conversation_of(mia.thread.turns[0].id))


def test_while_a_human_owns_the_conversation_the_bot_gets_no_turns():
    mia = desk()
    mia.customer_says()
    mia.hand_off()
    mia.customer_says("Still there?")
    assert [] == kinds(mia)


def test_a_return_is_a_turn_and_waits_for_as_long_as_it_takes():
    mia = desk()
    mia.customer_says()
    mia.hand_off()
    mia.agent_says()
    mia.hands_back()
    mia.advance("3d")
    assert ("bot", ["returned"]) == (mia.conversation.owner, kinds(mia))


def test_ending_the_session_voids_open_turns():
    mia = desk()
    mia.customer_says()
    mia.ends("customer")
    assert ([], None) == (kinds(mia), mia.due)


def test_one_process_has_a_conversation_at_a_time():
    mia = desk()
    mia.customer_says("one")
    mia.customer_says("two")
    first, second = leased(mia), leased(mia, "two")
    assert (mia.thread.turns[0].id, None) == (first, second)


def test_a_lease_that_runs_out_gives_the_same_turn_to_another_process():
    mia = desk("never")
    mia.customer_says()
    first = leased(mia)
    mia.sleeps("30s")
    assert (first, 2) == (leased(mia, "two"), mia.thread.turns[0].attempt)


def test_a_turn_that_another_process_got_meanwhile_cannot_be_acknowledged():
    mia = desk("never")
    mia.customer_says()
    turn_id = leased(mia) or ""
    mia.sleeps("30s")
    leased(mia, "two")
    with mia.refused(ControlLost):
        done(mia, turn_id, "one")


@pytest.mark.parametrize("command", ["post", "typing", "extend"])
def test_a_post_typing_and_asking_for_it_extend_the_lease(command):
    mia = desk()
    mia.customer_says()
    turn_id = leased(mia) or ""
    mia.sleeps("20s")
    if command == "post":
        mia.bot_says()
    elif command == "typing":
        mia.does(StayWithTurn(conversation_id=mia.conversation.id), SYSTEM)
    else:
        mia.does(ExtendTurn(bot="ada", turn_id=turn_id, consumer="one"), BOT)
    assert mia.now + LEASE == mia.thread.turns[0].leased_until


def test_a_customers_turn_that_nobody_acknowledges_is_handed_off_with_a_tag():
    mia = desk()
    mia.customer_says()
    mia.advance("59s")
    assert "bot" == mia.conversation.owner
    mia.advance("1s")
    assert ("human", ("bot_silent",), []) == (mia.conversation.owner, mia.ticket.tags, kinds(mia))


def test_the_time_to_answer_counts_from_the_bots_latest_post():
    mia = desk()
    mia.customer_says()
    mia.advance("40s")
    mia.bot_says("One moment.")
    mia.advance("59s")
    assert "bot" == mia.conversation.owner
    mia.advance("1s")
    assert "human" == mia.conversation.owner


def test_a_turn_acknowledged_without_a_post_is_answered():
    mia = desk()
    mia.customer_says()
    done(mia, leased(mia) or "")
    mia.advance("1h")
    assert ("bot", []) == (mia.conversation.owner, kinds(mia))


def test_with_never_the_bot_may_take_its_time():
    mia = desk("never")
    mia.customer_says()
    mia.advance("3d")
    assert ("bot", ["message"]) == (mia.conversation.owner, kinds(mia))


def test_acknowledging_keeps_the_bots_notes_and_null_removes_one():
    mia = desk()
    mia.customer_says()
    done(mia, leased(mia) or "", state={"step": 1, "old": True})
    mia.customer_says()
    done(mia, leased(mia) or "", state={"step": 2, "old": None})
    assert {"step": 2} == mia.conversation.state


def test_a_timer_becomes_a_turn_when_its_instant_has_come():
    mia = desk()
    mia.customer_says()
    at = mia.now + timedelta(days=3)
    done(mia, leased(mia) or "", timers={"wake": at})
    mia.advance("2d23h59m59s")
    assert [] == kinds(mia)
    mia.advance("1s")
    assert (["timer"], "wake", {}) == (kinds(mia), mia.thread.turns[0].about, mia.thread.timers)


def test_timers_ring_each_at_its_own_instant():
    mia = desk()
    mia.customer_says()
    first, second = mia.now + timedelta(days=1), mia.now + timedelta(days=2)
    done(mia, leased(mia) or "", timers={"later": second, "soon": first})
    mia.advance("1d")
    assert (["soon"], {"later": second}) == ([turn.about for turn in mia.thread.turns], mia.thread.timers)


def test_a_change_of_owner_takes_the_bots_timers_with_it():
    mia = desk()
    mia.customer_says()
    done(mia, leased(mia) or "", timers={"wake": mia.now + timedelta(days=3)})
    mia.agent_says()
    assert {} == mia.thread.timers


def test_a_conversation_has_at_most_fifty_timers():
    mia = desk()
    mia.customer_says()
    turn_id = leased(mia) or ""
    done(mia, turn_id, timers={f"t{number}": mia.now + timedelta(days=1) for number in range(50)})
    mia.customer_says()
    turn_id = leased(mia) or ""
    with mia.refused(InvalidRequest):
        done(mia, turn_id, timers={"one more": mia.now + timedelta(days=1)})


def test_passing_gives_the_open_turns_to_the_other_bot_with_a_new_deadline():
    mia = desk()
    mia.customer_says()
    leased(mia)
    mia.sleeps("50s")
    passed = mia.does(PassControl(conversation_id=mia.conversation.id, bot="eve", epoch=1), BOT)
    assert (["control.passed"], "eve", 2) == (types(passed), mia.conversation.bot, mia.conversation.epoch)
    mia.advance("59s")
    assert ("bot", ["message"]) == (mia.conversation.owner, kinds(mia))
    mia.advance("1s")
    assert "human" == mia.conversation.owner


def test_a_bot_that_lost_control_passes_nothing():
    mia = desk()
    mia.customer_says()
    mia.agent_says()
    with mia.refused(ControlLost):
        mia.does(PassControl(conversation_id=mia.conversation.id, bot="eve", epoch=1), BOT)


def test_releasing_acknowledges_without_a_word():
    mia = desk()
    mia.customer_says()
    mia.does(ReleaseTurn(conversation_id=mia.conversation.id, epoch=1), BOT)
    assert ([], None) == (kinds(mia), mia.due)


def test_a_start_of_the_engine_gives_turns_and_leases_their_full_time_anew():
    mia = desk()
    mia.customer_says()
    leased(mia)
    mia.sleeps("59s")
    mia.does(RenewTurns(conversation_id=mia.conversation.id), SYSTEM)
    assert (mia.now + LEASE, mia.now + timedelta(seconds=60)) == (mia.thread.turns[0].leased_until, mia.due.at)
