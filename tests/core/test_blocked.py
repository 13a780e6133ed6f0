"""api.md, ``POST /v1/customers/{id}/block``: who is blocked writes nothing and starts nothing."""

from __future__ import annotations

import pytest

from handoff_sdk.errors import Forbidden

from .desk import Desk


def blocked(desk: Desk, *, now: bool = True) -> None:
    thread = desk.thread
    customer = thread.customer.model_copy(update={"blocked": now})
    desk.threads[desk.name] = thread.model_copy(update={"customer": customer})


def test_a_blocked_customer_writes_nothing_until_they_may_again():
    desk = Desk()
    desk.customer_says()
    blocked(desk)
    with desk.refused(Forbidden):
        desk.customer_says()
    blocked(desk, now=False)
    desk.customer_says("Sorry")
    assert ["Hello", "Sorry"] == desk.texts()


def test_bots_and_people_may_still_write_to_them():
    desk = Desk()
    desk.customer_says()
    blocked(desk)
    desk.bot_says("Please be kind.")
    desk.hand_off()
    desk.agent_says("We have closed your case.")
    assert ["Hello", "Please be kind.", "We have closed your case."] == desk.texts()


def test_a_blocked_customer_starts_no_conversation():
    desk = Desk()
    desk.profiles["mia"] = {"blocked": True}
    with pytest.raises(Forbidden, match="blocked"):
        desk.starts("mia", says="Hello")
    assert {} == desk.threads
