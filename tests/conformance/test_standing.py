from handoff_sdk.core.thread import Clocks
from handoff_sdk.ports import Change, Standing

from .builders import changed, handed_off, kept, offer, starts

CONNECTED = Clocks(connected=True)


async def names(store):
    return [thread.conversation.id.removeprefix("cnv_") for thread in (await store.standing()).threads]


async def test_a_new_store_stands_nowhere(store):
    assert Standing() == await store.standing()


async def test_the_desk_begins_with_waiting_tickets_running_offers_and_connected_customers(store):
    waiting = await kept(store, handed_off(await starts(store, "waiting")))
    offered = await kept(store, handed_off(await starts(store, "offered"), offer=offer()))
    await store.submit(handed_off(await starts(store, "assigned"), status="open", assignee="ana"))
    await store.submit(handed_off(await starts(store, "parked"), status="pending"))
    await store.submit(handed_off(await starts(store, "solved"), status="solved", live=False))
    mine = await kept(store, handed_off(await starts(store, "connected"), status="open", assignee="ana"))
    connected = await kept(store, changed(mine, "session.active", clocks=CONNECTED))
    await store.submit(changed(await starts(store, "with_bot"), "session.active", clocks=CONNECTED))

    assert (connected, offered, waiting) == (await store.standing()).threads


async def test_a_ticket_waits_while_it_is_live_new_or_open_and_nobodys(store):
    before = await kept(store, handed_off(await starts(store)))
    assert ["1"] == await names(store)

    for facts, expected in (
        ({"status": "open"}, ["1"]),
        ({"assignee": "ana"}, []),
        ({"assignee": None, "status": "on_hold"}, []),
        ({"status": "open"}, ["1"]),
        ({"live": False}, []),
    ):
        now = before.tickets[0].model_copy(update=facts)
        before = await kept(store, changed(before, "ticket.updated", tickets=(now,)))
        assert expected == await names(store)


async def test_load_is_counted_from_conversations_with_a_live_ticket(store):
    for name, agent in (("1", "ana"), ("2", "ana"), ("3", "ben"), ("4", None)):
        change = handed_off(await starts(store, name), status="open", assignee="ana")
        await store.submit(Change(before=change.before, after=change.after, events=change.events, load_agent=agent))

    assert {"ana": 2, "ben": 1} == (await store.standing()).used
