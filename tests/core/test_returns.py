"""lifecycle.md, 2.6 and 2.7: how control returns, once for every live ticket, and what the bot learns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from handoff_sdk.errors import ClosedByRuleOnly, Conflict, InvalidTransition, NotFound, SessionEnded
from handoff_sdk.models.command import HandBack

from .desk import MONDAY, Desk, told, types

if TYPE_CHECKING:
    from collections.abc import Callable

    from handoff_sdk.core.draft import Decision

LINE = "message.created"  # the system line that tells the customer of the session's end
UPDATED = "ticket.updated"


def handed_off(*, style: str = "live_chat_returning", bot: str = "ada", **fields: object) -> Desk:
    desk = Desk(brand={"style": style, "bot": bot})
    desk.customer_says()
    if bot != "none":
        desk.hand_off(**fields)
    return desk


def answered(*, style: str = "live_chat_returning", bot: str = "ada") -> Desk:
    desk = handed_off(style=style, bot=bot)
    desk.agent_says()
    return desk


def fallen_silent() -> Desk:
    desk = handed_off(accept_within="20m")
    desk.advance("10m")
    return desk


def solved_an_hour_ago() -> Desk:
    desk = answered()
    desk.sets(status="solved")
    desk.advance("59m")
    desk.sleeps("1m")
    return desk


def waited() -> Desk:
    desk = handed_off(accept_within="9m")
    desk.sleeps("9m")
    return desk


@dataclass(frozen=True)
class Return:
    """A row of the page's table: how it comes to it, and what is so afterwards."""

    desk: Callable[[], Desk]
    act: Callable[[Desk], Decision]
    reason: str
    status: str
    session: str
    ended_by: str | None
    events: list[str]
    tags: tuple[str, ...] = ()
    solved_then: bool = False
    """Whether it closed only after it had returned as solved."""

    @property
    def abandoned(self) -> bool:
        return self.reason in {"nobody_available", "customer_left", "cancelled"}


RETURNS = {
    "a live chat closes when it is solved": Return(
        desk=lambda: answered(style="live_chat"),
        act=lambda desk: desk.sets(status="solved"),
        reason="closed",
        status="closed",
        session="ended",
        ended_by="closed",
        events=[LINE, "ticket.solved", "ticket.closed", "session.ended", "control.returned", UPDATED],
    ),
    "the live ticket closes by its style": Return(
        desk=solved_an_hour_ago,
        act=lambda desk: desk.ticks(),
        reason="closed",
        status="closed",
        session="ended",
        ended_by="closed",
        events=[LINE, "ticket.closed", "session.ended", "control.returned", UPDATED],
    ),
    **{
        f"the {who} ends the session of an agent's ticket": Return(
            desk=answered,
            act=lambda desk, who=who: desk.ends(who),
            reason="session_ended",
            status="open",
            session="ended",
            ended_by=who,
            events=[LINE, "session.ended", "control.returned", UPDATED],
        )
        for who in ("agent", "customer", "bot")
    },
    "the agent hands back": Return(
        desk=answered,
        act=lambda desk: desk.hands_back(note="All done."),
        reason="handed_back",
        status="solved",
        session="ended",
        ended_by="agent",
        events=[LINE, "ticket.solved", "session.ended", "control.returned", UPDATED],
    ),
    "the agent hands back with a status": Return(
        desk=answered,
        act=lambda desk: desk.hands_back(status="pending"),
        reason="handed_back",
        status="pending",
        session="ended",
        ended_by="agent",
        events=[LINE, "ticket.pending", "session.ended", "control.returned", UPDATED],
    ),
    "the agent hands back a live chat": Return(
        desk=lambda: answered(style="live_chat"),
        act=lambda desk: desk.hands_back(),
        reason="handed_back",
        status="closed",
        session="ended",
        ended_by="agent",
        events=[LINE, "ticket.solved", "ticket.closed", "session.ended", "control.returned", UPDATED],
        solved_then=True,
    ),
    "nobody accepts in time": Return(
        desk=waited,
        act=lambda desk: desk.ticks(),
        reason="nobody_available",
        status="solved",
        session="active",
        ended_by=None,
        events=["control.returned", UPDATED],
        tags=("nobody_available",),
    ),
    "nobody accepts in time and the customer is silent": Return(
        desk=fallen_silent,
        act=lambda desk: desk.sleeps("10m") or desk.ticks(),
        reason="nobody_available",
        status="solved",
        session="inactive",
        ended_by=None,
        events=["control.returned", UPDATED],
        tags=("nobody_available",),
    ),
    "the customer leaves the queue": Return(
        desk=handed_off,
        act=lambda desk: desk.leaves_queue("customer"),
        reason="customer_left",
        status="solved",
        session="active",
        ended_by=None,
        events=["control.returned", UPDATED],
        tags=("customer_left",),
    ),
    **{
        f"the {who} ends the session while no agent has it": Return(
            desk=handed_off,
            act=lambda desk, who=who: desk.ends(who),
            reason="customer_left",
            status="solved",
            session="ended",
            ended_by=who,
            events=[LINE, "session.ended", "control.returned", UPDATED],
            tags=("customer_left",),
        )
        for who in ("agent", "customer", "bot")
    },
    "the bot cancels": Return(
        desk=handed_off,
        act=lambda desk: desk.leaves_queue("bot"),
        reason="cancelled",
        status="solved",
        session="active",
        ended_by=None,
        events=["control.returned", UPDATED],
        tags=("cancelled",),
    ),
}


@pytest.mark.parametrize("row", RETURNS.values(), ids=RETURNS)
def test_control_returns_as_the_table_says(row):
    desk = row.desk()
    epoch, assignee = desk.conversation.epoch, desk.ticket.assignee
    decision = row.act(desk)

    assert row.events == types(decision)
    returned = told(decision, "control.returned")
    assert {"owner": "bot", "epoch": epoch + 1, "bot": "ada", "returned": returned["returned"]} == returned
    outcome = "abandoned" if row.abandoned else "solved" if row.solved_then else row.status
    assert (row.reason, outcome) == (returned["returned"]["reason"], returned["returned"]["outcome"])

    conversation, ticket = desk.conversation, desk.ticket
    assert ("bot", epoch + 1) == (conversation.owner, conversation.epoch)
    assert (row.session, row.ended_by) == (conversation.session, conversation.ended_by)
    assert (False, row.status, row.abandoned, row.tags) == (ticket.live, ticket.status, ticket.abandoned, ticket.tags)
    assert (None if row.abandoned else assignee) == ticket.assignee
    if "session.ended" in row.events:
        assert row.ended_by == told(decision, "session.ended")["reason"]
        assert "system" == told(decision, "message.created")["message"]["author"]["type"]


@pytest.mark.parametrize("row", RETURNS.values(), ids=RETURNS)
def test_a_ticket_returns_once_and_closes_later_without_a_second_return(row):
    desk = row.desk()
    row.act(desk)
    if desk.ticket.status not in {"solved", "closed"}:
        desk.sets(status="solved")
    expected = [] if desk.ticket.status == "closed" else ["ticket.closed", UPDATED]
    assert expected == desk.advance("28d")
    assert "closed" == desk.ticket.status
    assert 1 == sum(event.type == "control.returned" for event in desk.events)


@pytest.mark.parametrize("row", [row for row in RETURNS.values() if row.abandoned])
def test_an_abandoned_ticket_is_never_told_to_be_solved(row):
    desk = row.desk()
    row.act(desk)
    desk.advance("28d")
    assert [] == [event for event in desk.events if event.type == "ticket.solved"]


@pytest.mark.parametrize(
    ("act", "reason"), [(lambda desk: desk.ends("customer"), "session_ended"), (Desk.hands_back, "handed_back")]
)
def test_control_returns_to_nobody_where_there_is_no_bot(act, reason):
    desk = answered(bot="none")
    returned = told(act(desk), "control.returned")
    assert ("nobody", None, reason) == (returned["owner"], returned["bot"], returned["returned"]["reason"])
    assert "nobody" == desk.conversation.owner


def test_the_record_tells_all_of_the_human_stretch():
    desk = Desk(brand={"style": "live_chat"})
    desk.customer_says("Hello")
    desk.bot_says("What is your order number?")
    desk.hand_off(fields={"order": "4711"}, tags=("parcel",), say="One moment.")
    desk.sleeps("1m")
    desk.customer_says("Hurry!")
    desk.takes("ana")
    desk.sleeps("1m")
    desk.agent_says("It arrives today.")
    desk.agent_says("VIP", visibility="internal")
    desk.customer_says("Thanks")
    desk.sleeps("1m")
    decision = desk.sets(status="solved", fields={"courier": "DHL"})
    minute = timedelta(minutes=1)
    assert {
        "reason": "closed",
        "outcome": "closed",
        "ticket_id": desk.ticket.id,
        "number": 1,
        "agent": "ana",
        "messages": [],
        "fields": {"order": "4711", "courier": "DHL"},
        "tags": ["parcel"],
        "note": None,
        "handed_off_at": "2026-01-05T09:00:00Z",
        "accepted_at": "2026-01-05T09:01:00Z",
        "first_reply_at": "2026-01-05T09:02:00Z",
        "solved_at": "2026-01-05T09:03:00Z",
    } == told(decision, "control.returned")["returned"]
    assert MONDAY + 3 * minute == desk.ticket.closed_at
    assert ["Hurry!", "It arrives today.", "Thanks"] == desk.stretch(decision)


def test_the_human_stretch_of_a_second_ticket_does_not_hold_the_first_ones_words():
    desk = answered()
    assert ["Ana here."] == desk.stretch(desk.hands_back())
    desk.customer_says("Again.")
    desk.bot_says()
    desk.agent_says("Ana again.", agent="ben")
    assert ["Ana again."] == desk.stretch(desk.ends())


def test_the_words_that_were_handed_off_at_once_belong_to_the_human_stretch():
    desk = Desk(brand={"bot": "none"})
    desk.customer_says("Hello")
    assert ["Hello"] == desk.stretch(desk.ends("customer"))


def test_the_note_for_the_bot_stands_in_the_record():
    assert "By phone." == told(answered().hands_back(note="By phone."), "control.returned")["returned"]["note"]


@pytest.mark.parametrize("style", ["live_chat_returning", "social"])
def test_solving_alone_never_returns_control(style):
    desk = answered(style=style)
    assert ["ticket.solved", UPDATED] == types(desk.sets(status="solved"))
    assert ("human", True) == (desk.conversation.owner, desk.ticket.live)


@pytest.mark.parametrize("status", ["open", "pending", "on_hold", "solved"])
def test_ending_a_session_never_changes_the_status_of_an_assigned_ticket(status):
    desk = answered(style="social")
    desk.sets(status=status)
    desk.ends("agent")
    assert status == desk.ticket.status


def test_a_ticket_that_somebody_has_cannot_leave_the_queue():
    desk = answered()
    for who in ("customer", "bot"):
        with desk.refused(Conflict):
            desk.leaves_queue(who)


def test_who_waits_for_nobody_cannot_leave_a_queue():
    desk = Desk()
    desk.customer_says()
    with desk.refused(Conflict):
        desk.leaves_queue()


def test_a_bot_cancels_only_what_nobody_had_accepted():
    desk = answered()
    desk.sets(assignee=None)
    with desk.refused(Conflict):
        desk.leaves_queue("bot")
    desk.leaves_queue("customer")
    assert ("customer_left",) == desk.ticket.tags


def test_a_session_that_ends_after_the_agent_gave_the_ticket_back_ends_while_no_agent_has_it():
    desk = answered()
    desk.sets(assignee=None)
    decision = desk.ends("customer")
    assert "customer_left" == told(decision, "control.returned")["returned"]["reason"]
    assert ("solved", True, None) == (desk.ticket.status, desk.ticket.abandoned, desk.ticket.assignee)


@pytest.mark.parametrize("status", ["pending", "on_hold"])
def test_a_parked_ticket_that_nobody_has_is_abandoned_all_the_same(status):
    desk = handed_off()
    desk.sets(status=status)
    desk.leaves_queue()
    assert ("solved", True) == (desk.ticket.status, desk.ticket.abandoned)


def test_a_tag_that_is_there_already_is_not_set_twice():
    desk = handed_off(tags=("customer_left",))
    desk.leaves_queue()
    assert ("customer_left",) == desk.ticket.tags


@pytest.mark.parametrize(
    ("status", "error"), [("closed", ClosedByRuleOnly), ("new", InvalidTransition), ("open", None), ("on_hold", None)]
)
def test_a_hand_back_names_a_status_that_the_table_allows(status, error):
    desk = answered()
    if error is None:
        desk.hands_back(status=status)
        assert status == desk.ticket.status
    else:
        with desk.refused(error):
            desk.hands_back(status=status)


def test_only_a_live_ticket_is_handed_back():
    desk = answered()
    desk.hands_back()
    with desk.refused(SessionEnded):
        desk.hands_back()
    with desk.refused(NotFound):
        desk.does(HandBack(ticket_id="tkt_other"), desk.actor("agent"))


def test_a_session_that_is_not_running_does_not_end():
    desk = Desk()
    desk.starts()
    with desk.refused(SessionEnded):
        desk.ends("customer")
    desk.customer_says()
    desk.ends("customer")
    with desk.refused(SessionEnded):
        desk.ends("customer")


def test_ending_a_session_without_a_live_ticket_moves_no_owner():
    desk = Desk()
    desk.customer_says()
    assert [LINE, "session.ended"] == types(desk.ends("customer"))
    assert ("bot", 1) == (desk.conversation.owner, desk.conversation.epoch)
