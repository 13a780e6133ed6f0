"""config.md: what another configuration means for a conversation that was decided by the one before."""

from __future__ import annotations

import pytest

from handoff_sdk.core.draft import SYSTEM
from handoff_sdk.models.config import DeskConfig
from handoff_sdk.models.prompt import Reconfigure

from .desk import Desk, types

BRANDS = {"default": {"bot": "ada", "bot_answer_within": "never", "group": "support"}}
BEFORE = {
    "brands": BRANDS,
    "agents": {"ana": {"groups": ["billing", "support"]}, "ben": {}},
    "groups": {"billing": {}, "support": {}},
    "queues": [{"name": "returns", "groups": ["support"]}],
    "ticket_statuses": {"waiting_for_parts": "on_hold"},
}


def in_hand(**hand_off) -> Desk:
    """Ana has a ticket."""
    desk = Desk(**BEFORE)
    desk.customer_says()
    desk.hand_off(**hand_off)
    desk.takes("ana")
    return desk


def reloads(desk: Desk, **change: object):
    """Another configuration is in force, and the conversation is brought in line with it."""
    desk.config = DeskConfig.parse(BEFORE | change)
    return desk.does(Reconfigure(conversation_id=desk.conversation.id, config_version=2), SYSTEM)


def test_what_both_have_stays():
    desk = in_hand(group="billing")
    before = desk.ticket
    decision = reloads(desk)
    assert ((), before, 2) == (decision.events, desk.ticket, desk.thread.config_version)


def test_a_ticket_whose_group_is_gone_goes_to_its_brands():
    desk = in_hand(group="billing")
    reloads(desk, groups={"support": {}}, agents={"ana": {}, "ben": {}})
    assert ("support", "ana") == (desk.ticket.group, desk.ticket.assignee)


def test_a_queue_and_a_custom_status_that_are_gone_are_left():
    desk = in_hand()
    desk.transfers(to={"queue": "returns"})
    desk.takes("ana")
    desk.sets(status="waiting_for_parts")
    assert ("returns", "waiting_for_parts") == (desk.ticket.put_into, desk.ticket.custom_status)
    reloads(desk, queues=[], ticket_statuses={})
    assert (None, None, "on_hold") == (desk.ticket.put_into, desk.ticket.custom_status, desk.ticket.status)


@pytest.mark.parametrize(("status", "keeps"), [("open", False), ("solved", True)])
def test_who_is_gone_keeps_only_what_is_solved(status, keeps):
    desk = in_hand()
    desk.sets(status=status)
    decision = reloads(desk, agents={"ben": {}})
    assert ("ana" if keeps else None, not keeps) == (desk.ticket.assignee, "ticket.unassigned" in types(decision))


def test_a_closed_ticket_stays_as_it_was():
    desk = in_hand(group="billing", style="live_chat")
    desk.sets(status="solved")
    assert "closed" == desk.ticket.status
    reloads(desk, groups={"support": {}}, agents={"ben": {}})
    assert ("billing", "ana") == (desk.ticket.group, desk.ticket.assignee)
