"""Steps that other code may call where there is nothing to do: then they do nothing."""

from __future__ import annotations

from handoff_sdk.core.draft import SYSTEM, Draft
from handoff_sdk.core.offers import lapse
from handoff_sdk.core.session import end

from .desk import Desk


def draft_of(desk: Desk) -> Draft:
    return Draft(desk.thread, actor=SYSTEM, now=desk.now, config=desk.config, new_id=lambda prefix: prefix)


def test_a_session_that_is_not_running_has_nothing_to_end():
    desk = Desk()
    desk.starts()
    draft = draft_of(desk)
    end(draft, "agent")
    assert desk.thread is draft.finished().thread


def test_a_ticket_that_is_not_on_offer_has_nothing_to_lapse():
    desk = Desk()
    desk.starts()
    desk.hand_off()
    draft = draft_of(desk)
    lapse(draft, desk.ticket)
    assert desk.thread is draft.finished().thread
