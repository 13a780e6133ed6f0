"""What must not be raced is a constraint: of many who try the same thing at the same instant, one gets it."""

import asyncio

import pytest

from handoff_sdk.models.agent import Agent
from handoff_sdk.ports import AgentChange, Change, EventFilter, IdentityTaken, StaleVersion

from .builders import customer, handed_off, kept, offer, said, starts, ticket


async def outcomes(store, *changes):
    return await asyncio.gather(*(store.submit(change) for change in changes), return_exceptions=True)


def refused(what, error=StaleVersion):
    return sum(isinstance(one, error) for one in what)


async def test_a_conversation_is_handed_off_once(store):
    before = await starts(store)
    what = await outcomes(store, *(handed_off(before, id=f"tkt_{n}", priority="high") for n in range(8)))

    assert 7 == refused(what)
    assert 1 == len((await store.thread("cnv_1")).tickets)


async def test_an_offer_runs_for_one_ticket_whoever_makes_it(store):
    threads = [await starts(store, f"{n}") for n in range(8)]
    what = await outcomes(store, *(handed_off(one, offer=offer("ana", "ofr_1")) for one in threads))

    assert 7 == refused(what)
    assert 1 == len(await store.agent_tickets("ana"))


async def test_a_handoff_makes_one_ticket_wherever_it_is_asked_for(store):
    threads = [await starts(store, f"{n}") for n in range(8)]
    what = await outcomes(store, *(handed_off(one, handoff_id="hnd_1") for one in threads))

    assert 7 == refused(what)
    assert await store.ticket_of_handoff("hnd_1") is not None


async def test_two_tickets_of_different_conversations_have_not_the_same_id(store):
    threads = [await starts(store, f"{n}") for n in range(4)]
    assert 3 == refused(await outcomes(store, *(handed_off(one, id="tkt_same") for one in threads)))


async def test_an_external_id_is_taken_once(store):
    people = [customer(f"{n}", external_id="42") for n in range(8)]
    assert 7 == refused(await outcomes(store, *(Change(customer=one) for one in people)), IdentityTaken)


async def test_of_changes_decided_on_one_version_one_is_written(store):
    """The others are decided again on what is there then, until all have been written once."""
    await starts(store)
    conflicts = 0

    async def say(text):
        nonlocal conflicts
        while True:
            try:
                return await store.submit(said(await store.thread("cnv_1"), text))
            except StaleVersion:
                conflicts += 1

    await asyncio.gather(*(say(f"{n}") for n in range(12)))

    messages = await store.messages("cnv_1")
    assert sorted(f"{n}" for n in range(12)) == sorted(message.text for message in messages)
    assert list(range(2, 14)) == [message.seq for message in messages]
    assert conflicts > 0


async def test_a_merge_loses_nothing_that_is_said_meanwhile(store):
    anonymous = customer("anonymous")
    threads = [await starts(store, f"{n}", anonymous) for n in range(6)]
    await store.submit(Change(customer=customer("mia")))

    merged, *what = await asyncio.gather(
        store.merge_customers("cus_anonymous", "cus_mia"),
        *(store.submit(said(one)) for one in threads),
        return_exceptions=True,
    )

    assert [one.conversation.id for one in threads] == merged
    for one, outcome in zip(threads, what, strict=True):
        now = await store.thread(one.conversation.id)
        assert "cus_mia" == now.conversation.customer_id
        assert (0 if isinstance(outcome, StaleVersion) else 1) == len(await store.messages(one.conversation.id))


async def test_changes_that_share_agents_in_any_order_do_not_stand_in_each_others_way(store):
    ana, ben = Agent(id="ana"), Agent(id="ben")
    threads = [await starts(store, f"{n}") for n in range(20)]
    changes = []
    for n, one in enumerate(threads):
        change = said(one)
        both = (AgentChange(ana, 1), AgentChange(ben, 1))
        agents = both if n % 2 else both[::-1]
        changes.append(Change(before=one, after=change.after, events=change.events, agents=agents))

    assert [1] * 20 == [len(events) for events in await outcomes(store, *changes)]


async def test_outcomes_are_told_in_the_order_of_the_feed(store):
    threads = [await starts(store, f"{n}") for n in range(30)]
    told, futures = [], []
    for one in threads:
        change = said(one)
        if int(one.conversation.id[4:]) % 3 == 0:  # some take longer than others
            change = handed_off(one)
        futures.append(store.submit(change))
        futures[-1].add_done_callback(lambda done: told.extend(event.cursor for event in done.result()))
    await asyncio.gather(*futures)

    assert 30 == len(told)
    assert sorted(told) == told
    assert told == [event.cursor for event in await store.events(EventFilter(), after=30, limit=100)]


@pytest.mark.parametrize("which", [EventFilter(), EventFilter(customer_id="cus_mia")])
async def test_who_follows_the_feed_while_many_write_misses_nothing(store, which):
    count, length = 10, 12
    threads = [await starts(store, f"{n}") for n in range(count)]
    expected = count * (length + 1)

    async def talk(one):
        for n in range(length):
            one = await kept(store, said(one, f"{n}"))

    async def follow():
        seen, after = [], 0
        while len(seen) < expected:
            page = await store.events(which, after=after, limit=7)
            seen += page
            after = page[-1].cursor if page else after
            await asyncio.sleep(0)
        return seen

    followers = [asyncio.create_task(follow()) for _ in range(3)]
    await asyncio.gather(*(talk(one) for one in threads))
    async with asyncio.timeout(30):
        read = await asyncio.gather(*followers)

    written = [event.cursor for event in await store.events(which, after=0, limit=1_000)]
    assert expected == len(written)
    assert [written] * 3 == [[event.cursor for event in seen] for seen in read]


async def test_a_solved_ticket_makes_room_for_one_new_one(store):
    first = await kept(store, handed_off(await starts(store)))
    old = first.live.model_copy(update={"live": False, "status": "solved"})
    again = [
        Change(
            before=first,
            after=first.model_copy(
                update={"tickets": (old, ticket("cnv_1", 2, id=f"tkt_{n}")), "version": first.version + 1}
            ),
        )
        for n in range(4)
    ]

    assert 3 == refused(await outcomes(store, *again))
    assert 2 == len((await store.thread("cnv_1")).tickets)
