import pytest

from handoff_sdk.ports import StaleVersion, TicketFilter

from .builders import changed, handed_off, kept, offer, starts, ticket


async def test_a_conversation_has_one_live_ticket(store):
    before = await kept(store, handed_off(await starts(store)))

    with pytest.raises(StaleVersion):
        await store.submit(handed_off(before, 2))

    assert before == await store.thread("cnv_1")
    assert await store.ticket("tkt_cnv_1_2") is None


async def test_a_new_ticket_may_be_live_where_the_old_one_is_not_any_more(store):
    before = await kept(store, handed_off(await starts(store)))
    old = before.live.model_copy(update={"live": False, "status": "solved"})
    after = await kept(store, changed(before, "ticket.created", tickets=(old, ticket("cnv_1", 2))))

    assert after == await store.thread("cnv_1")


async def test_two_tickets_of_a_conversation_have_not_the_same_number(store):
    before = await kept(store, handed_off(await starts(store), live=False, status="solved"))
    again = ticket("cnv_1", 1, id="tkt_other", live=False, status="solved")

    with pytest.raises(StaleVersion):
        await store.submit(changed(before, "ticket.created", tickets=(*before.tickets, again)))


async def test_an_offer_runs_for_one_ticket_only(store):
    await store.submit(handed_off(await starts(store, "1"), offer=offer("ana", "ofr_1")))
    other = await starts(store, "2")

    with pytest.raises(StaleVersion):
        await store.submit(handed_off(other, offer=offer("ben", "ofr_1")))
    await store.submit(handed_off(other, offer=offer("ben", "ofr_2")))

    assert "cnv_2" == await store.conversation_of(offer_id="ofr_2")


async def test_a_handoff_makes_one_ticket_only(store):
    await store.submit(handed_off(await starts(store, "1"), handoff_id="hnd_1"))
    other = await starts(store, "2")

    with pytest.raises(StaleVersion):
        await store.submit(handed_off(other, handoff_id="hnd_1"))


async def test_a_ticket_is_found_by_its_id_its_offer_and_its_handoff(store):
    change = handed_off(await starts(store), offer=offer("ana", "ofr_1"), handoff_id="hnd_1")
    expected = (await kept(store, change)).live

    assert expected == await store.ticket("tkt_cnv_1_1")
    assert expected == await store.ticket_of_handoff("hnd_1")
    assert "cnv_1" == await store.conversation_of(ticket_id="tkt_cnv_1_1")
    assert "cnv_1" == await store.conversation_of(offer_id="ofr_1")
    assert "cnv_1" == await store.conversation_of(handoff_id="hnd_1")


async def test_what_is_not_there_is_none(store):
    assert await store.ticket("tkt_none") is None
    assert await store.ticket_of_handoff("hnd_none") is None
    assert await store.conversation_of(ticket_id="tkt_none") is None
    assert await store.conversation_of(offer_id="ofr_none") is None
    assert await store.conversation_of(handoff_id="hnd_none") is None


async def test_an_offer_that_is_over_is_not_found_any_more(store):
    before = await kept(store, handed_off(await starts(store), offer=offer("ana", "ofr_1")))
    accepted = before.live.model_copy(update={"offer": None, "assignee": "ana", "status": "open"})
    await store.submit(changed(before, "ticket.assigned", tickets=(accepted,)))

    assert await store.conversation_of(offer_id="ofr_1") is None


@pytest.fixture
async def listed(store):
    facts = [
        {"status": "new", "brand": "acme", "priority": "high"},
        {"status": "open", "brand": "acme", "assignee": "ana", "group": "billing"},
        {"status": "pending", "brand": "zeta", "assignee": "ana", "group": "support"},
        {"status": "solved", "brand": "zeta", "assignee": "ben", "group": "billing"},
    ]
    for n, fact in enumerate(facts, start=1):
        await store.submit(handed_off(await starts(store, f"{n}"), **fact))
    return store


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        (TicketFilter(), "4321"),
        (TicketFilter(conversation_id="cnv_2"), "2"),
        (TicketFilter(statuses=("new", "solved")), "41"),
        (TicketFilter(statuses=()), ""),
        (TicketFilter(assignee="ana"), "32"),
        (TicketFilter(group="billing"), "42"),
        (TicketFilter(brand="acme"), "21"),
        (TicketFilter(priority="high"), "1"),
        (TicketFilter(brands=("zeta", "acme")), "4321"),
        (TicketFilter(brands=("zeta",)), "43"),
        (TicketFilter(groups=("support",)), "31"),
        (TicketFilter(groups=()), "1"),
        (TicketFilter(assignee="ana", statuses=("open",), brand="acme", groups=("billing",)), "2"),
        (TicketFilter(assignee="nobody"), ""),
    ],
)
async def test_tickets_are_listed_newest_first_by_what_is_asked(listed, which, expected):
    found = await listed.tickets(which, before=None, limit=10)
    assert expected == "".join(one.conversation_id.removeprefix("cnv_") for one in found)


async def test_tickets_come_page_by_page(listed):
    first = await listed.tickets(TicketFilter(), before=None, limit=3)
    second = await listed.tickets(TicketFilter(), before=first[-1].id, limit=3)

    assert ["cnv_4", "cnv_3", "cnv_2"] == [one.conversation_id for one in first]
    assert ["cnv_1"] == [one.conversation_id for one in second]


async def test_an_agents_tickets_are_those_on_offer_and_those_assigned_that_are_not_closed(store):
    facts = [
        {"assignee": "ana", "status": "open"},
        {"offer": offer("ana", "ofr_1")},
        {"assignee": "ana", "status": "closed", "live": False},
        {"assignee": "ana", "status": "solved", "live": False},
        {"assignee": "ben", "status": "open"},
        {"assignee": "ben", "status": "open", "offer": offer("ana", "ofr_2")},
        {"assignee": "ana", "status": "open", "offer": offer("ana", "ofr_3")},
    ]
    for n, fact in enumerate(facts, start=1):
        await store.submit(handed_off(await starts(store, f"{n}"), **fact))

    found = await store.agent_tickets("ana")

    assert ["cnv_1", "cnv_2", "cnv_4", "cnv_6", "cnv_7"] == [one.conversation_id for one in found]


async def test_a_customers_open_conversations_are_those_with_a_live_ticket(store):
    await starts(store, "1")
    await store.submit(handed_off(await starts(store, "2")))
    await store.submit(handed_off(await starts(store, "3"), live=False, status="solved"))
    await store.submit(handed_off(await starts(store, "4")))

    assert ["cnv_2", "cnv_4"] == await store.open_conversations("cus_mia")
    assert [] == await store.open_conversations("cus_ben")
