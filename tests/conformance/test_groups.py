"""Many changes at once: what one of them meets is its own business."""

import asyncio
import random

import pytest

from handoff_sdk.ports import Change, EventFilter, IdentityTaken, StaleVersion

from .builders import at, customer, said, started, starts, thread


async def test_one_bad_change_among_many_fails_alone(store):
    threads = [await starts(store, f"{n}") for n in range(5)]
    changes = [said(one, f"in {n}") for n, one in enumerate(threads)]
    stale = threads[2].model_copy(update={"version": 99})
    changes[2] = Change(before=stale, after=changes[2].after, events=changes[2].events)

    outcomes = await asyncio.gather(*(store.submit(change) for change in changes), return_exceptions=True)

    assert [False, False, True, False, False] == [isinstance(outcome, StaleVersion) for outcome in outcomes]
    assert [1, 1, 0, 1, 1] == [len(await store.messages(one.conversation.id)) for one in threads]


async def test_many_bad_changes_among_many_fail_alone(store):
    threads = [await starts(store, f"{n:02}") for n in range(30)]
    changes = [said(one) for one in threads]
    for n in range(0, 30, 3):
        stale = threads[n].model_copy(update={"version": 99})
        changes[n] = Change(before=stale, after=changes[n].after, events=changes[n].events)

    outcomes = await asyncio.gather(*(store.submit(change) for change in changes), return_exceptions=True)

    assert [n % 3 == 0 for n in range(30)] == [isinstance(outcome, StaleVersion) for outcome in outcomes]
    assert [n % 3 != 0 for n in range(30)] == [bool(await store.messages(one.conversation.id)) for one in threads]


async def test_a_change_that_follows_a_refused_one_is_decided_on_what_is_there(store):
    before = await starts(store)
    refused, good = said(before, "refused"), said(before, "good")
    refused = Change(before=before.model_copy(update={"version": 99}), after=refused.after, events=refused.events)

    outcomes = await asyncio.gather(
        *(store.submit(change) for change in (refused, good, refused, said(good.after, "next"))),
        return_exceptions=True,
    )

    assert [True, False, True, False] == [isinstance(outcome, StaleVersion) for outcome in outcomes]
    assert ["good", "next"] == [message.text for message in await store.messages("cnv_1")]


async def test_nothing_of_a_refused_change_is_kept(store):
    before = await starts(store)
    taken = customer("ben", external_id="42")
    await store.submit(Change(customer=taken))
    change = said(before)
    refused = Change(
        before=before, after=change.after, events=change.events, customer=customer("cleo", external_id="42")
    )

    with pytest.raises(IdentityTaken):
        await store.submit(refused)

    assert before == await store.thread("cnv_1")
    assert [] == await store.messages("cnv_1")
    assert await store.customer("cus_cleo") is None


async def test_outcomes_come_in_the_order_of_submission(store):
    before = await starts(store)
    done: list[int] = []
    futures = []
    for n in range(20):
        change = said(before, f"{n}")
        if n == 7:
            change = Change(before=before.model_copy(update={"version": 99}), after=change.after)
        else:
            before = change.after
        future = store.submit(change)
        future.add_done_callback(lambda _, n=n: done.append(n))
        futures.append(future)

    await asyncio.gather(*futures, return_exceptions=True)
    await asyncio.sleep(0)

    assert list(range(20)) == done


async def test_changes_of_one_thread_may_be_submitted_without_waiting(store):
    change = started(thread())
    futures = [store.submit(change)]
    for n in range(50):
        change = said(change.after, f"{n}")
        futures.append(store.submit(change))
    events = [event for batch in await asyncio.gather(*futures) for event in batch]

    assert list(range(1, 52)) == [event.cursor for event in events]
    assert change.after == await store.thread("cnv_1")


async def test_a_value_that_cannot_be_written_fails_its_own_change_only(store):
    before, other = await starts(store, "1"), await starts(store, "2")
    huge = said(before)
    huge = Change(before=before, after=huge.after.model_copy(update={"version": 2**70}), events=huge.events)
    half = tuple(one.model_copy(update={"data": {"text": "\ud800"}}) for one in said(before).events)
    unprintable = Change(before=before, after=said(before).after, events=half)

    outcomes = await asyncio.gather(
        store.submit(huge), store.submit(unprintable), store.submit(said(other)), return_exceptions=True
    )

    assert [True, True, False] == [isinstance(outcome, Exception) for outcome in outcomes]
    assert 1 == len(await store.messages("cnv_2"))
    store.check()


async def test_many_writers_at_once_leave_no_gap_and_no_repeat(store):
    chance = random.Random(1)  # noqa: S311 - the same turns every time
    count, length = 40, 15
    cursors: list[int] = []

    async def talk(name: str) -> None:
        change = started(thread(name))
        cursors.append((await store.submit(change))[-1].cursor)
        for n in range(length):
            for _ in range(chance.randrange(3)):
                await asyncio.sleep(0)
            change = said(change.after, f"{n}", public=chance.random() < 0.7)
            cursors.append((await store.submit(change))[-1].cursor)

    await asyncio.gather(*(talk(f"{n:02}") for n in range(count)))

    assert cursors == sorted(cursors)
    feed = await store.events(EventFilter(), after=0, limit=10_000)
    assert cursors == [event.cursor for event in feed]
    for n in range(count):
        events = [event for event in feed if event.conversation_id == f"cnv_{n:02}"]
        public = [event.public_seq for event in events if event.public_seq is not None]
        assert list(range(1, length + 2)) == [event.seq for event in events]
        assert list(range(1, len(public) + 1)) == public
        assert length + 1 == (await store.thread(f"cnv_{n:02}")).version


async def test_a_change_is_written_though_its_waiter_went_away(store):
    before = await starts(store)
    future = store.submit(said(before))
    future.cancel()
    await store.submit(Change(customer=customer("ben")))

    assert 1 == len(await store.messages("cnv_1"))


async def test_what_was_committed_is_seen_by_the_next_read(store):
    before = await starts(store)
    for n in range(30):
        change = said(before, f"{n}")
        await store.submit(change)
        before = change.after
        assert before == await store.thread("cnv_1")
    assert at(31) == before.conversation.last_message_at
