"""api.md, privacy: what is to be erased is closed in silence first."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handoff_sdk.core.draft import SYSTEM
from handoff_sdk.models.command import CompleteTurn
from handoff_sdk.models.prompt import CloseInSilence, LeaseTurn

from .desk import BOT, Desk, types


def closes(desk: Desk):
    return desk.does(CloseInSilence(conversation_id=desk.conversation.id), SYSTEM)


@pytest.mark.parametrize("status", ["new", "offered", "open", "pending", "on_hold", "solved"])
def test_a_ticket_closes_from_wherever_it_stands_and_nothing_is_due_any_more(status):
    desk = Desk(brand={"survey": True})
    desk.customer_says()
    desk.hand_off()
    if status == "offered":
        desk.status("ana", "online")
    elif status != "new":
        desk.takes("ana")
        desk.sets(status=status)

    decision = closes(desk)

    assert ("closed", False, None) == (desk.ticket.status, desk.ticket.live, desk.ticket.offer)
    assert 0 == desk.used("ana")
    assert "message.created" not in types(decision)
    assert ("ended", ()) == (desk.conversation.session, desk.thread.turns)
    assert None is desk.due
    assert [] == desk.queue


def test_a_conversation_that_its_bot_has_ends_too():
    desk = Desk()
    desk.customer_says()
    closes(desk)
    assert ("ended", (), None) == (desk.conversation.session, desk.thread.turns, desk.due)


def test_again_nothing_follows():
    desk = Desk()
    desk.customer_says()
    desk.hand_off()
    closes(desk)
    before = desk.thread
    assert (before, ()) == ((again := closes(desk)).thread, again.events)


def test_what_was_to_come_does_not_come():
    ladder = {"while": ["bot"], "steps": [{"after": "5m", "say": {"en": "Hm?"}}]}
    desk = Desk(brand={"followups": "nudge"}, followups={"nudge": ladder})
    desk.customer_says()
    lease = LeaseTurn(conversation_id=desk.conversation.id, bot="ada", consumer="one")
    turn_id = desk.does(lease, SYSTEM).turn_id
    timers = {"wake": desk.now + timedelta(days=1)}
    desk.does(CompleteTurn(bot="ada", turn_id=turn_id, consumer="one", timers=timers), BOT)
    desk.bot_says()
    assert (timers, True) == (desk.thread.timers, desk.thread.followups.ladder is not None)
    closes(desk)
    assert ({}, None, None) == (desk.thread.timers, desk.thread.followups.ladder, desk.due)
