from datetime import timedelta

import pytest

from handoff_sdk.core.thread import Clocks
from handoff_sdk.models.event import Event
from handoff_sdk.models.ticket import Form
from handoff_sdk.ports import StaleVersion

from .builders import SYSTEM, at, changed, customer, handed_off, kept, offer, said, started, starts, thread, ticket

FULL_TICKET = {
    "handoff_id": "hnd_1",
    "handoff_key": "k",
    "status": "open",
    "priority": "urgent",
    "subject": "Größe «L» fehlt 👟",
    "fields": {"order": "4711", "gone": None, "sum": 19.99, "parts": [1, {"a": True}]},
    "form": Form(name="refund", schema={"type": "object"}),
    "tags": ("vip", "refund"),
    "skills": ("german",),
    "group": "billing",
    "assignee": "ana",
    "close_after": timedelta(hours=1, minutes=59),
    "accept_within": timedelta(minutes=5),
    "offer": offer(),
    "retry_at": at(1.000001),
    "field_versions": {"status": 3},
    "eligible_at": at(3),
}


async def test_a_thread_is_read_back_as_it_was_written(store):
    mia = customer(external_id="42", name="Mia", email="mia@example.com", attributes={"plan": "gold", "none": None})
    new = thread(
        whose=mia, bot="ada", session="active", metadata={"cart": [1, 2.5, None]}, state={"step": "address", "x": None}
    )
    before = await kept(store, started(new))

    clocks = Clocks(customer_at=at(1), agent_at=at(2.5), connected=True, disconnected_at=at(3))
    change = changed(before, "ticket.created", tickets=(ticket("cnv_1", **FULL_TICKET),), clocks=clocks)
    expected = change.after.model_copy(update={"handoff_keys": {"k": "tkt_cnv_1_1"}, "stretch_from": 7})
    await store.submit(type(change)(before=before, after=expected, events=change.events))

    assert expected == await store.thread("cnv_1")


async def test_a_thread_that_is_not_there_is_none(store):
    assert await store.thread("cnv_none") is None


async def test_a_thread_without_tickets_has_none(store):
    expected = await starts(store)
    assert expected == await store.thread("cnv_1")


async def test_closed_tickets_stay_out_of_a_thread_unless_they_are_the_latest(store):
    first = await kept(store, handed_off(await starts(store)))
    closed = first.live.model_copy(update={"live": False, "status": "closed"})
    returned = await kept(store, changed(first, "ticket.closed", tickets=(closed,), facts={"owner": "bot"}))
    assert (closed,) == (await store.thread("cnv_1")).tickets

    second = ticket("cnv_1", 2)
    after = await kept(store, changed(returned, "ticket.created", tickets=(second,), facts={"owner": "human"}))

    assert after == await store.thread("cnv_1")
    assert closed == await store.ticket(closed.id)


async def test_solved_tickets_stay_in_a_thread_in_the_order_of_their_numbers(store):
    before = await starts(store)
    tickets = [ticket("cnv_1", number, live=False, status="solved") for number in range(1, 12)]
    for ready in tickets:
        before = await kept(store, changed(before, "ticket.created", tickets=(*before.tickets, ready)))

    assert tuple(tickets) == (await store.thread("cnv_1")).tickets


async def test_the_events_of_a_change_come_back_with_their_cursors(store):
    change = started(thread(), "conversation.created", "session.started")
    events = await store.submit(change)

    assert [1, 2] == [event.cursor for event in events]
    assert change.events == tuple(event.model_copy(update={"cursor": 0}) for event in events)


async def test_events_that_are_kept_nowhere_get_no_cursor(store):
    before = await starts(store)
    typing = Event(id="evt_typing", type="typing.started", at=at(), conversation_id="cnv_1", actor=SYSTEM)
    change = said(before)
    events = await store.submit(type(change)(before=before, after=change.after, events=(typing, *change.events)))

    assert [0, 2] == [event.cursor for event in events]
    assert 2 == await store.cursor()


async def test_a_change_decided_on_an_old_version_is_refused(store):
    before = await starts(store)
    after = await kept(store, said(before, "first"))

    with pytest.raises(StaleVersion):
        await store.submit(said(before, "second"))

    assert after == await store.thread("cnv_1")
    assert ["first"] == [message.text for message in await store.messages("cnv_1")]


async def test_a_conversation_cannot_be_started_twice(store):
    await starts(store)
    with pytest.raises(StaleVersion):
        await store.submit(started(thread(owner="nobody")))

    assert "bot" == (await store.thread("cnv_1")).conversation.owner


async def test_a_conversation_that_is_not_there_cannot_be_changed(store):
    with pytest.raises(StaleVersion):
        await store.submit(said(thread()))


async def test_a_seq_cannot_be_given_twice(store):
    before = await starts(store)
    change = said(before)
    twice = tuple(event.model_copy(update={"seq": 1}) for event in change.events)

    with pytest.raises(StaleVersion):
        await store.submit(type(change)(before=before, after=change.after, events=twice))

    assert before == await store.thread("cnv_1")


async def test_a_thread_shows_its_customer_as_they_are_now(store):
    first, _ = await starts(store, "1"), await starts(store, "2")
    renamed = first.customer.model_copy(update={"name": "Mia"})
    await store.submit(said(first).__class__(customer=renamed))

    assert renamed == (await store.thread("cnv_1")).customer
    assert renamed == (await store.thread("cnv_2")).customer


async def test_many_are_read_together_in_the_order_they_were_asked_for(store):
    first, second = await starts(store, "1"), await kept(store, handed_off(await starts(store, "2")))

    assert [second, first] == list(await store.threads(("cnv_2", "cnv_0", "cnv_1")))
    assert [] == list(await store.threads(()))
