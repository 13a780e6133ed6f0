import pytest

from handoff_sdk.models.event import Actor, Event
from handoff_sdk.ports import Change, EventFilter

from .builders import SYSTEM, at, changed, customer, kept, said, starts


@pytest.fixture
async def feed(store):
    """Two customers with three conversations, in turns, and an agent's status between them."""
    first = await starts(store, "1")
    second = await starts(store, "2", customer("ben"))
    first = await kept(store, said(first, "a note", public=False))
    told = Event(id="evt_status", type="agent.status", at=at(5), actor=Actor(type="agent", id="ana"), data={"to": "x"})
    await store.submit(Change(events=(told,)))
    await starts(store, "3")
    await store.submit(said(first, "hello"))
    await store.submit(said(second, "hi"))
    return store


async def cursors(store, which, after=0, limit=100):
    return [event.cursor for event in await store.events(which, after=after, limit=limit)]


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        (EventFilter(), [1, 2, 3, 4, 5, 6, 7]),
        (EventFilter(public=True), [1, 2, 5, 6, 7]),
        (EventFilter(conversation_id="cnv_1"), [1, 3, 6]),
        (EventFilter(conversation_id="cnv_1", public=True), [1, 6]),
        (EventFilter(customer_id="cus_mia"), [1, 3, 5, 6]),
        (EventFilter(customer_id="cus_mia", public=True), [1, 5, 6]),
        (EventFilter(customer_id="cus_mia", conversation_id="cnv_1"), [1, 3, 6]),
        (EventFilter(customer_id="cus_mia", conversation_id="cnv_2"), []),
        (EventFilter(customer_id="cus_nobody"), []),
    ],
)
async def test_events_come_in_the_order_of_the_feed_to_whom_they_concern(feed, which, expected):
    assert expected == await cursors(feed, which)
    assert [cursor for cursor in expected if cursor > 3] == await cursors(feed, which, after=3)
    assert expected[:2] == await cursors(feed, which, limit=2)


async def test_an_event_is_read_back_as_it_was_written(store):
    before = await starts(store)
    change = changed(
        before,
        "ticket.updated",
        about={
            "ticket_id": "tkt_1",
            "actor": Actor(type="agent", id="ana"),
            "standby": True,
            "at": at(0.000001),
            "data": {"changes": {"priority": [None, "high"]}, "n": [1.5, 2**60, "ß\u2028\x00"]},
        },
        public=False,
    )
    written = await store.submit(change)

    assert written == tuple(await store.events(EventFilter(), after=1, limit=10))


async def test_an_event_of_the_system_has_an_actor_without_id(store):
    await starts(store)
    (event,) = await store.events(EventFilter(), after=0, limit=10)
    assert SYSTEM == event.actor


async def test_the_cursor_is_that_of_the_last_event(store):
    assert 0 == await store.cursor()
    await store.submit(said(await starts(store)))
    assert 2 == await store.cursor()


async def test_the_last_event_of_a_type_is_found(store):
    before = await starts(store)
    for seconds, actor, ticket_id in ((1, "customer", "tkt_1"), (2, "agent", "tkt_1"), (3, "customer", "tkt_2")):
        about = {"actor": Actor(type=actor, id="x"), "ticket_id": ticket_id, "at": at(seconds)}
        before = await kept(store, changed(before, "message.read", "ticket.updated", about=about))

    assert at(3) == (await store.last_event("cnv_1", "message.read")).at
    assert at(2) == (await store.last_event("cnv_1", "message.read", ticket_id="tkt_1")).at
    assert at(2) == (await store.last_event("cnv_1", "message.read", actor_type="agent")).at
    assert at(1) == (await store.last_event("cnv_1", "message.read", ticket_id="tkt_1", actor_type="customer")).at
    assert await store.last_event("cnv_1", "ticket.closed") is None
    assert await store.last_event("cnv_2", "message.read") is None
