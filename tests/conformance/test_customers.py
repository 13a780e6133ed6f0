import pytest

from handoff_sdk.errors import NotFound
from handoff_sdk.ports import Change, EventFilter, IdentityTaken, StaleVersion

from .builders import customer, handed_off, kept, said, starts


async def test_a_customer_is_read_back_as_they_were_written(store):
    mia = customer(external_id="42", name="Mía", email="Mia@Example.com", attributes={"plan": "gold"})
    await store.submit(Change(customer=mia))

    assert mia == await store.customer("cus_mia")
    assert await store.customer("cus_none") is None


async def test_a_customer_is_found_by_external_id_or_else_by_email(store):
    mia = customer("mia", external_id="42", email="Mia@Example.com")
    ben = customer("ben", external_id="43", email="ben@example.com")
    for one in (mia, ben):
        await store.submit(Change(customer=one))

    assert mia == await store.customer_by(external_id="42")
    assert mia == await store.customer_by(email="mia@example.COM ")
    assert ben == await store.customer_by(external_id="43", email="mia@example.com")
    assert mia == await store.customer_by(external_id="99", email="mia@example.com")
    assert await store.customer_by(external_id="99") is None
    assert await store.customer_by() is None


async def test_nobody_is_found_by_an_email_that_an_anonymous_customer_gave(store):
    await store.submit(Change(customer=customer(email="mia@example.com")))
    assert await store.customer_by(email="mia@example.com") is None


async def test_an_external_id_belongs_to_one_customer(store):
    await store.submit(Change(customer=customer("mia", external_id="42")))

    with pytest.raises(IdentityTaken):
        await store.submit(Change(customer=customer("ben", external_id="42")))

    assert await store.customer("cus_ben") is None


async def test_anonymous_customers_do_not_get_in_each_others_way(store):
    await store.submit(Change(customer=customer("mia")))
    await store.submit(Change(customer=customer("ben")))
    assert customer("ben") == await store.customer("cus_ben")


async def test_a_customer_who_signs_in_is_the_same_one(store):
    await store.submit(Change(customer=customer("mia")))
    signed_in = customer("mia", external_id="42")
    await store.submit(Change(customer=signed_in))

    assert signed_in == await store.customer("cus_mia")
    assert signed_in == await store.customer_by(external_id="42")


async def test_merging_gives_all_conversations_to_the_other_customer(store):
    mia, anonymous = customer("mia", external_id="42"), customer("anonymous")
    await starts(store, "1", mia)
    await store.submit(handed_off(await starts(store, "2", anonymous)))
    await store.submit(said(await starts(store, "3", anonymous)))

    assert ["cnv_2", "cnv_3"] == await store.merge_customers("cus_anonymous", "cus_mia")

    merged = await store.thread("cnv_2")
    assert mia == merged.customer
    assert "cus_mia" == merged.conversation.customer_id
    assert ["cnv_2"] == await store.open_conversations("cus_mia")
    assert [1, 2, 3, 4, 5] == [
        event.cursor for event in await store.events(EventFilter(customer_id="cus_mia"), after=0, limit=10)
    ]
    assert await store.customer("cus_anonymous") is None


async def test_a_merged_conversation_goes_on(store):
    before = await starts(store, "1", customer("anonymous"))
    await store.submit(Change(customer=customer("mia")))
    await store.merge_customers("cus_anonymous", "cus_mia")

    with pytest.raises(StaleVersion):
        await store.submit(said(before))
    after = await kept(store, said(await store.thread("cnv_1")))

    assert after == await store.thread("cnv_1")


async def test_merging_into_nobody_is_refused(store):
    before = await starts(store)
    with pytest.raises(NotFound):
        await store.merge_customers("cus_mia", "cus_none")
    assert before == await store.thread("cnv_1")


async def test_merging_a_customer_with_themselves_changes_nothing(store):
    before = await starts(store)
    assert [] == await store.merge_customers("cus_mia", "cus_mia")
    assert before == await store.thread("cnv_1")
