from datetime import timedelta

import pytest

from handoff_sdk.core.accounts import AgentAccount, ConversationAccount, Fact, SentFollowup, TicketAccount
from handoff_sdk.core.figures import Told
from handoff_sdk.ports import BookChange, Change, FactFilter, StaleVersion

from .builders import at

LATER = at(59)
CONVERSATION = ConversationAccount(
    id="cnv_1",
    brand="acme",
    channel="web",
    owner="bot",
    sent=(SentFollowup(key="evt_1", name="followup_answered", at=at(3)),),
)
TICKET = TicketAccount(
    id="tkt_1",
    conversation_id="cnv_1",
    brand="acme",
    channel="web",
    created_at=at(1),
    style="social",
    tags=("a",),
    fields={"order": 7, "none": None},
    waiting_since=at(1),
)
AGENT = AgentAccount(id="ana", status="online", since=at(2))


def fact(cursor, place=0, *, minute=1, subject="tkt_1", **more):
    return Fact(cursor, place, "offer", at(minute), subject, f"{cursor}/{place}", **more)


async def read_on(store, was, cursor, *, facts=(), accounts=()):
    await store.submit(Change(books=BookChange("figures", was, cursor, tuple(facts), tuple(accounts))))


async def test_accounts_come_back_as_they_were_kept(store):
    await read_on(store, 0, 3, accounts=(CONVERSATION, TICKET, AGENT))

    found = {account.id: account for account in await store.accounts(["cnv_1", "tkt_1", "ana", "tkt_2"])}

    assert {"cnv_1": CONVERSATION, "tkt_1": TICKET, "ana": AGENT} == found


async def test_an_account_is_replaced(store):
    moved = TICKET.model_copy(update={"group": "billing", "waiting_since": None})
    await read_on(store, 0, 3, accounts=(TICKET,))
    await read_on(store, 3, 5, accounts=(moved,))

    assert [moved] == list(await store.accounts(["tkt_1"]))


async def test_facts_come_in_the_order_of_the_feed_with_what_they_are_about(store):
    first, second, third = fact(3, agent="ana", value=1.5), fact(3, 1, detail="x"), fact(4, subject="ben")
    await read_on(store, 0, 9, facts=(third, second, first), accounts=(TICKET,))

    assert [Told(first, TICKET), Told(second, TICKET), Told(third, None)] == list(await store.facts(FactFilter(LATER)))


async def test_a_period_has_its_beginning_and_not_its_end(store):
    facts = [fact(minute, minute=minute) for minute in (1, 2, 3)]
    await read_on(store, 0, 9, facts=facts, accounts=(TICKET,))

    found = await store.facts(FactFilter(at(3), since=at(2)))
    empty = await store.facts(FactFilter(at(2), since=at(1) + timedelta(microseconds=1)))

    assert [facts[1]] == [each.fact for each in found]
    assert [] == empty


async def test_facts_of_some_brands_are_only_theirs(store):
    other = TICKET.model_copy(update={"id": "tkt_2", "brand": "umbra"})
    facts = (fact(1), fact(2, subject="tkt_2"), fact(3, subject="ana"))
    await read_on(store, 0, 9, facts=facts, accounts=(TICKET, other, AGENT))

    found = {
        brands: await store.facts(FactFilter(LATER, brands=brands)) for brands in (("acme",), ("acme", "umbra"), ())
    }

    assert {("acme",): [1], ("acme", "umbra"): [1, 2], (): []} == (
        {brands: [each.fact.cursor for each in told] for brands, told in found.items()}
    )


async def test_a_reader_who_is_not_where_they_believe_changes_nothing(store):
    assert 0 == await store.position("figures")
    await read_on(store, 0, 3, facts=(fact(1),), accounts=(TICKET,))

    with pytest.raises(StaleVersion):
        await read_on(store, 0, 5, facts=(fact(5),), accounts=(AGENT,))

    assert 3 == await store.position("figures")
    assert [1] == [each.fact.cursor for each in await store.facts(FactFilter(LATER))]
    assert [] == list(await store.accounts(["ana"]))


async def test_what_was_read_is_still_read_after_reopening(closed_store):
    store = closed_store()
    await store.open()
    await read_on(store, 0, 7)
    await store.close()

    again = closed_store()
    await again.open()
    assert 7 == await again.position("figures")
    assert 0 == await again.position("others")
    await again.close()
