import asyncio
from dataclasses import replace

import pytest

from handoff_sdk.models.agent import Agent, Capacity
from handoff_sdk.ports import AgentChange, CapacityReached, Change, Due

from .builders import at, changed, handed_off, kept, offer, said, starts

ANA = Agent(id="ana", name="Ana", status="online", status_at=at(), capacity=Capacity(messaging=2))


def offered(before, load=1, limit=2):
    """The change that offers a new ticket to Ana."""
    name = before.conversation.id
    change = handed_off(before, offer=offer("ana", f"ofr_{name}"))
    return Change(
        before=before,
        after=change.after,
        events=change.events,
        load_agent="ana",
        agents=(AgentChange(ANA, load, limit),),
    )


async def used(store):
    return (await store.standing()).used


async def test_an_agent_is_kept_as_they_were_last(store):
    await store.submit(Change(agents=(AgentChange(ANA),)))
    away = ANA.model_copy(update={"status": "away", "lapses": 2, "given_at": at(9)})
    await store.submit(Change(agents=(AgentChange(away), AgentChange(Agent(id="ben")))))

    assert (away, Agent(id="ben")) == (await store.standing()).agents


async def test_work_is_given_up_to_the_limit(store):
    for name in "12":
        await store.submit(offered(await starts(store, name)))
    third = await starts(store, "3")

    with pytest.raises(CapacityReached):
        await store.submit(offered(third))

    assert third == await store.thread("cnv_3")
    assert {"ana": 2} == await used(store)


async def test_work_given_at_once_does_not_exceed_the_limit(store):
    threads = [await starts(store, f"{n}") for n in range(6)]
    outcomes = await asyncio.gather(*(store.submit(offered(one)) for one in threads), return_exceptions=True)

    assert 4 == sum(isinstance(outcome, CapacityReached) for outcome in outcomes)
    assert {"ana": 2} == await used(store)


async def test_an_agent_nobody_has_heard_of_is_given_no_more_than_the_limit(store):
    with pytest.raises(CapacityReached):
        await store.submit(offered(await starts(store), limit=0))

    assert () == (await store.standing()).agents


async def test_without_a_limit_work_may_exceed_the_maximum(store):
    for name in "123":
        await store.submit(offered(await starts(store, name), limit=None))

    assert {"ana": 3} == await used(store)


async def test_work_that_is_done_makes_room(store):
    first = await kept(store, offered(await starts(store, "1"), limit=1))
    solved = first.live.model_copy(update={"offer": None, "status": "solved", "live": False, "assignee": "ana"})
    change = changed(first, "ticket.solved", tickets=(solved,))
    await store.submit(
        Change(before=first, after=change.after, events=change.events, agents=(AgentChange(ANA, load=-1),))
    )
    await store.submit(offered(await starts(store, "2"), limit=1))

    assert {"ana": 1} == await used(store)


async def test_a_wrong_count_is_put_right_at_the_start(store):
    """A count that drifted, as after a change of the rules, would keep an agent from work for ever."""
    await store.submit(offered(await starts(store, "1"), load=5, limit=None))
    assert {"ana": 1} == await used(store)

    await store.submit(offered(await starts(store, "2"), limit=2))
    with pytest.raises(CapacityReached):
        await store.submit(offered(await starts(store, "3"), limit=2))


async def test_an_agents_due_instant_is_that_of_the_last_change(store):
    grace = Due("agent", "ana", at(30), 6)
    await store.submit(Change(agents=(AgentChange(ANA, due=grace),)))
    assert [grace] == await store.due(at(99), 10)

    await store.submit(offered(await starts(store)))
    assert [] == await store.due(at(99), 10)


async def test_work_is_given_together_with_an_instant(store):
    change = offered(await starts(store))
    later = Due("agent", "ana", at(60), 6)
    for item in change.agents:
        await store.submit(replace(change, agents=(replace(item, due=later),)))

    assert [later] == await store.due(at(99), 10)


async def test_a_conversations_instant_is_nothing_to_an_agent(store):
    before = await starts(store)
    change = said(before, due=Due("conversation", "cnv_1", at(5), 1))
    await store.submit(Change(before=before, after=change.after, due=change.due, agents=(AgentChange(ANA),)))

    assert [change.due] == await store.due(at(99), 10)
