"""lifecycle.md, 2.6: what is an acceptance, and until when people have time for it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from .desk import Desk

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


def test_a_ticket_is_accepted_once_whoever_gets_it_later():
    desk = answered()
    accepted_at = desk.now
    desk.advance("1m")
    desk.takes("ben")
    assert accepted_at == desk.ticket.accepted_at


@pytest.mark.parametrize(
    "accept",
    [
        lambda desk: desk.takes("ana"),
        lambda desk: desk.agent_says(),
        lambda desk: desk.status("ana", "online") or desk.accepts("ana"),
    ],
    ids=["taken by hand", "an agent's public message", "offer accepted"],
)
def test_an_accepted_ticket_does_not_return_for_want_of_people(accept):
    desk = handed_off(accept_within="2m")
    accept(desk)
    assert desk.now == desk.ticket.accepted_at
    assert [] == desk.advance("2m")


def test_an_active_ticket_that_is_assigned_at_once_is_accepted():
    desk = Desk(routing={"accept": "auto"})
    desk.status("ana", "online")
    desk.customer_says()
    desk.hand_off(accept_within="2m")
    assert desk.now == desk.ticket.accepted_at


def test_an_offer_is_not_an_acceptance():
    desk = Desk(routing={"offer_timeout": "10m"})
    desk.status("ana", "online")
    desk.customer_says()
    desk.hand_off(accept_within="2m")
    assert [] == desk.advance("1m59s")
    assert ["ticket.offer_withdrawn", "control.returned", UPDATED] == desk.advance("1s")
    assert 0 == desk.used("ana")


def test_the_time_to_accept_counts_from_the_hand_off_whatever_the_customer_does():
    desk = handed_off(accept_within="9m")
    desk.advance("8m")
    desk.customer_says()
    desk.connects()
    assert desk.ticket.created_at + timedelta(minutes=9) == desk.due.at
