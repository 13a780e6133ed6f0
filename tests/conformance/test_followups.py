"""What is kept for all follow-ups: the fuses of channels, and the places in seconds."""

import asyncio

import pytest

from handoff_sdk.core.pace import Slot
from handoff_sdk.models.followup import Breaker
from handoff_sdk.ports import Change, StaleVersion

from .builders import MONDAY, at, changed, customer, kept, said, started, starts, thread

WEB = Breaker(channel="web", sent=("msg_1", "msg_2"), failed=("msg_2",), open=True, opened_at=at(3))


async def breakers(store):
    return list((await store.standing()).breakers)


async def slots(store):
    return dict((await store.standing()).slots)


async def test_a_fuse_comes_back_as_it_was_kept_last(store):
    await store.submit(Change(breaker=Breaker(channel="web", sent=("msg_1",))))
    await store.submit(Change(breaker=WEB))
    await store.submit(Change(breaker=Breaker(channel="sms")))

    assert [Breaker(channel="sms"), WEB] == await breakers(store)


async def test_a_fuse_is_kept_with_the_message_that_blew_it_or_not_at_all(store):
    before = await starts(store)
    after = await kept(store, said(before, breaker=WEB))

    with pytest.raises(StaleVersion):
        await store.submit(said(before, breaker=Breaker(channel="web"), slot=Slot("gentle", at(0))))

    assert ([WEB], {}) == (await breakers(store), await slots(store))
    assert after == await store.thread("cnv_1")


async def test_the_last_of_many_fuses_handed_in_at_once_is_kept(store):
    many = [Breaker(channel="web", sent=(f"msg_{number}",)) for number in range(20)]
    await asyncio.gather(*(store.submit(Change(breaker=each)) for each in many))

    assert [many[-1]] == await breakers(store)


async def test_places_in_seconds_are_counted_each_ladders_own(store):
    first = await starts(store, "1")
    second = await kept(store, said(first, slot=Slot("gentle", at(0))))
    await asyncio.gather(
        store.submit(said(second, slot=Slot("gentle", at(0)))),
        store.submit(started(thread("2", customer("tom")), slot=Slot("gentle", at(1)))),
        store.submit(started(thread("3", customer("eva")), slot=Slot("brisk", at(0)))),
    )

    assert {Slot("gentle", at(0)): 2, Slot("gentle", at(1)): 1, Slot("brisk", at(0)): 1} == await slots(store)


async def test_places_in_seconds_that_have_passed_are_forgotten(store):
    for second in range(3):
        await store.submit(started(thread(f"{second}", customer(f"c{second}")), slot=Slot("gentle", at(second))))

    await store.forget_slots(at(2))

    assert {Slot("gentle", at(2)): 1} == await slots(store)


async def test_follow_ups_sent_are_counted_over_all_conversations_of_a_customer_since_an_instant(store):
    mia = customer()
    for name in ("1", "2"):
        before = await starts(store, name, mia)
        await kept(store, changed(before, "followup.sent", "message.created", "followup.sent"))
    await kept(store, changed(await starts(store, "3", customer("tom")), "followup.sent"))

    assert [4, 2, 0] == [await store.followups_sent("cus_mia", since) for since in (MONDAY, at(3), at(5))]
