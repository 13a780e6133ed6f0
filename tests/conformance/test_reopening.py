import asyncio

import pytest

from handoff_sdk.core.views import STAFF
from handoff_sdk.desk.hub import Hub
from handoff_sdk.errors import Unavailable
from handoff_sdk.models.agent import Agent
from handoff_sdk.ports import AgentChange, ApiKey, Change

from .builders import answer, at, due, handed_off, kept, offer, said, starts, thread


async def test_everything_is_there_when_a_store_is_opened_again(closed_store):
    key, ana = ApiKey("key_1", "bot", b"hash", at()), Agent(id="ana", status="online")
    first = closed_store()
    await first.open()
    before = await kept(first, handed_off(await starts(first), offer=offer(), due=due(thread(), 30)))
    expected = await kept(
        first, said(before, "Hello", answer=answer(), agents=(AgentChange(ana, 1),), load_agent="ana")
    )
    await first.add_key(key)
    secret = await first.secret("tokens")
    await first.close()

    again = closed_store()
    await again.open()
    try:
        assert expected == await again.thread("cnv_1")
        assert answer() == await again.answer("key:bot", "key-1")
        assert ["Hello"] == [message.text for message in await again.messages("cnv_1")]
        assert 3 == await again.cursor()
        assert [key] == await again.keys()
        assert secret == await again.secret("tokens")
        standing = await again.standing()
        assert ((expected,), (ana,), {"ana": 1}) == (standing.threads, standing.agents, standing.used)
        (event,) = await again.submit(said(expected, "again"))
        assert 4 == event.cursor
    finally:
        await again.close()


async def test_a_store_writes_what_was_submitted_before_it_closes(closed_store):
    first = closed_store()
    await first.open()
    futures = [first.submit(Change(answer=answer(f"key-{n}"))) for n in range(100)]
    await first.close()
    assert [()] * 100 == await asyncio.gather(*futures)

    again = closed_store()
    await again.open()
    assert answer("key-99") == await again.answer("key:bot", "key-99")
    await again.close()


async def test_a_closed_store_refuses_everything(closed_store):
    store = closed_store()
    await store.open()
    await store.close()

    with pytest.raises(Unavailable, match="not open"):
        await store.submit(Change(answer=answer()))
    with pytest.raises(Unavailable, match="not open"):
        await store.thread("cnv_1")
    with pytest.raises(Unavailable, match="not open"):
        store.check()


async def test_an_open_store_can_write(store):
    store.check()


async def test_closing_twice_does_nothing(closed_store):
    store = closed_store()
    await store.open()
    await store.close()
    await store.close()


async def test_what_was_committed_and_not_told_is_in_the_feed_after_a_restart(closed_store):
    """As after a crash between the commit and the telling of it: who listens again gets it once."""
    first = closed_store()
    await first.open()
    before = await starts(first)
    first.submit(said(before)).cancel()  # whoever waited is gone, and was told nothing
    while (await first.thread("cnv_1")).version == before.version:
        pass
    await first.close()

    again = closed_store()
    await again.open()
    try:
        hub = Hub(again)
        hub.cursor = await again.cursor()
        async with hub.follow(STAFF, after=1) as listener:
            told = await listener.next(timeout=5)
            assert [2] == [one.cursor for one in told]
            assert () == await listener.next(timeout=0)
    finally:
        await again.close()
