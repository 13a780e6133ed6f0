from handoff_sdk.models.agent import Agent
from handoff_sdk.ports import AgentChange, Change, Due

from .builders import at, changed, due, kept, said, started, starts, thread


async def test_nothing_is_due_in_an_empty_store(store):
    assert [] == await store.due(at(10**6), 10)
    assert await store.next_due() is None


async def test_what_is_due_comes_by_instant_then_rank_then_id(store):
    for name, seconds, rank in (("1", 20, 1), ("2", 10, 3), ("3", 10, 2), ("4", 10, 2), ("5", 30, 1)):
        new = thread(name)
        await store.submit(started(new, due=due(new, seconds, rank)))
    await store.submit(Change(agents=(AgentChange(Agent(id="ana"), due=Due("agent", "ana", at(20), 0)),)))

    found = await store.due(at(20), 10)

    assert ["cnv_3", "cnv_4", "cnv_2", "ana", "cnv_1"] == [item.id for item in found]
    assert Due("agent", "ana", at(20), 0) == found[3]
    assert due(thread("3"), 10, 2) == found[0]
    assert found[:2] == await store.due(at(20), 2)


async def test_an_instant_is_due_when_it_has_come_to_the_microsecond(store):
    new = thread()
    await store.submit(started(new, due=due(new, 10.000001)))

    assert [] == await store.due(at(10), 10)
    assert [due(new, 10.000001)] == await store.due(at(10.000001), 10)


async def test_the_next_instant_is_the_earliest_of_conversations_and_agents(store):
    for name, seconds in (("1", 40), ("2", 30)):
        new = thread(name)
        await store.submit(started(new, due=due(new, seconds)))
    assert at(30) == await store.next_due()

    await store.submit(Change(agents=(AgentChange(Agent(id="ana"), due=Due("agent", "ana", at(20), 6)),)))
    assert at(20) == await store.next_due()


async def test_a_change_replaces_the_instant_of_its_conversation(store):
    new = thread()
    before = await kept(store, started(new, due=due(new, 10)))
    before = await kept(store, said(before, due=due(new, 50, 4)))
    assert [due(new, 50, 4)] == await store.due(at(99), 10)

    await store.submit(changed(before, "session.ended"))
    assert [] == await store.due(at(99), 10)
    assert await store.next_due() is None


async def test_a_change_without_conversation_leaves_instants_alone(store):
    new = thread()
    await store.submit(started(new, due=due(new, 10)))
    await starts(store, "2")
    await store.submit(Change(due=due(new, 99)))

    assert [due(new, 10)] == await store.due(at(99), 10)
