import pytest

from handoff_sdk.errors import Conflict
from handoff_sdk.models.event import Actor
from handoff_sdk.ports import Change, KeptConfig

from .builders import SYSTEM, at, changed, due, handed_off, kept, started, thread, ticket


def version(number, source="file", **written):
    return KeptConfig(number, at(number), source, SYSTEM, written)


async def test_a_fresh_store_has_no_configuration(store):
    assert await store.config() is None
    assert await store.config("file") is None


async def test_the_last_version_is_told_and_the_last_of_a_source(store):
    by = Actor(type="admin", id="key_1")
    changed_since = KeptConfig(2, at(60), "api", by, {"agents": {"ana": None}, "queues": [{"name": "vip"}]})
    for kept_config in (version(1, agents={}), changed_since):
        await store.submit(Change(config=kept_config))

    assert changed_since == await store.config()
    assert version(1, agents={}) == await store.config("file")


async def test_a_version_is_kept_once(store):
    await store.submit(Change(config=version(1)))

    with pytest.raises(Conflict):
        await store.submit(Change(config=version(1, agents={})))
    assert version(1) == await store.config()


async def test_behind_is_what_an_earlier_version_decided_as_long_as_it_has_work_left(store):
    idle, timed, at_work, closed = (thread(name) for name in ("1", "2", "3", "4"))
    await store.submit(started(idle))
    await store.submit(started(timed, due=due(timed, 10)))
    before = await kept(store, started(at_work))
    await store.submit(handed_off(before))
    before = await kept(store, started(closed))
    done = ticket("cnv_4", status="closed", live=False)
    await store.submit(changed(before, "ticket.created", "ticket.closed", tickets=(done,)))

    assert ["cnv_2", "cnv_3"] == await store.behind(1, after="", limit=10)
    assert ["cnv_2"] == await store.behind(1, after="", limit=1)
    assert ["cnv_3"] == await store.behind(1, after="cnv_2", limit=10)
    assert [] == await store.behind(0, after="", limit=10)


async def test_a_conversation_in_line_is_not_behind(store):
    new = thread("1").model_copy(update={"config_version": 3})
    before = await kept(store, started(new, due=due(new, 10)))
    assert [] == await store.behind(3, after="", limit=10)
    assert ["cnv_1"] == await store.behind(4, after="", limit=10)

    later = changed(before, due=due(new, 20))
    in_line = later.after.model_copy(update={"config_version": 4})
    await store.submit(Change(before=before, after=in_line, due=later.due))
    assert [] == await store.behind(4, after="", limit=10)
    assert 4 == (await store.thread("cnv_1")).config_version
