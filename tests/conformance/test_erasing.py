"""A conversation is erased, and then its customer; what others have stays, and the feed goes on."""

from __future__ import annotations

import pytest

from handoff_sdk.core.accounts import Fact, TicketAccount
from handoff_sdk.models.attachment import StoredAttachment
from handoff_sdk.ports import BookChange, Change, ConversationFilter, EventFilter

from .builders import answer, at, customer, handed_off, kept, said, starts


def account(ticket_id: str) -> TicketAccount:
    return TicketAccount(
        id=ticket_id,
        conversation_id="cnv_1",
        brand="default",
        channel="web",
        created_at=at(),
        style="live_chat",
        reason="secret",
        tags=("secret",),
        fields={"card": "secret"},
    )


@pytest.fixture
async def full(store):
    """A store with all that may be kept of Mia, and as much of Tom."""
    for name, whose in (("1", customer("mia", email="mia@example.com")), ("2", customer("tom"))):
        before = await kept(store, said(await starts(store, name, whose), f"secret of {whose.id}"))
        await kept(store, handed_off(before, subject="secret"))
        body = f'{{"conversation_id":"cnv_{name}"}}'.encode()
        await store.keep_answer(answer(f"key-{name}", body=body))
        await store.keep_attachment(
            StoredAttachment(
                id=f"att_{name}", name="a.png", type="image/png", size=1, conversation_id=f"cnv_{name}", created_at=at()
            )
        )
    facts = (Fact(1, 0, "tickets_created", at(), "tkt_cnv_1_1", "tkt_cnv_1_1"),)
    await store.submit(Change(books=BookChange("figures", 0, 6, facts, (account("tkt_cnv_1_1"),))))
    return store


async def test_all_of_a_conversation_is_gone_and_nothing_else(full):
    await full.erase_conversation("cnv_1")

    assert (await full.thread("cnv_1"), await full.thread("cnv_2") is None) == (None, False)
    assert ["cnv_2"] == sorted({e.conversation_id for e in await full.events(EventFilter(), after=0, limit=100)})
    assert (await full.ticket("tkt_cnv_1_1"), (await full.ticket("tkt_cnv_2_1")).subject) == (None, "secret")
    assert (await full.attachment("att_1"), (await full.attachment("att_2")).id) == (None, "att_2")
    assert await full.answer("key:bot", "key-1") is None
    assert await full.answer("key:bot", "key-2") is not None
    assert [] == await full.conversations(ConversationFilter(customer_id="cus_mia"), before=None, limit=9)


async def test_what_is_counted_of_it_stays_without_what_was_said(full):
    await full.erase_conversation("cnv_1")

    [kept_account] = await full.accounts(["tkt_cnv_1_1"])
    assert account("tkt_cnv_1_1").model_copy(update={"tags": (), "fields": {}, "reason": None}) == kept_account
    assert 6 == await full.position("figures")


async def test_no_cursor_is_given_out_twice(full, closed_store):
    last = await full.cursor()
    await full.erase_conversation("cnv_2")
    assert last == await full.cursor()
    await full.close()

    again = closed_store()
    await again.open()
    thread = await kept(again, said(await again.thread("cnv_1"), "later"))
    assert last < await again.last_cursor(thread.conversation.id)
    await again.close()


async def test_the_last_cursor_is_of_one_conversation(full):
    [*_, last] = await full.events(EventFilter(conversation_id="cnv_1"), after=0, limit=100)
    assert last.cursor == await full.last_cursor("cnv_1")
    assert 0 == await full.last_cursor("cnv_none")


async def test_a_customer_is_forgotten(full):
    await full.keep_answer(answer("profile", body=b'{"id":"cus_mia"}'))
    await full.erase_conversation("cnv_1")
    await full.erase_customer("cus_mia")

    assert await full.customer("cus_mia") is None
    assert await full.customer_by(email="mia@example.com") is None
    assert await full.answer("key:bot", "profile") is None
    assert "cus_tom" == (await full.customer("cus_tom")).id


async def test_erasing_what_is_not_there_is_no_harm(full):
    events = await full.events(EventFilter(), after=0, limit=100)
    await full.erase_conversation("cnv_none")
    await full.erase_customer("cus_none")
    assert events == await full.events(EventFilter(), after=0, limit=100)
