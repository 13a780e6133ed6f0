import pytest

from .builders import changed, kept, message, said, starts


@pytest.fixture
async def talk(store):
    """Ten messages at ``seq`` 2 to 11, of which the third and the sixth are notes; other events follow."""
    before = await starts(store)
    for n in range(10):
        before = await kept(store, said(before, f"{n}", public=n not in {2, 5}))
    await store.submit(changed(before, "ticket.updated", "ticket.updated", public=False))
    await store.submit(said(await starts(store, "2"), "elsewhere"))
    return store


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, "0123456789"),
        ({"limit": 3}, "012"),
        ({"limit": 3, "latest": True}, "789"),
        ({"after": 4}, "3456789"),
        ({"after": 4, "limit": 2}, "34"),
        ({"before": 5}, "012"),
        ({"before": 5, "limit": 2, "latest": True}, "12"),
        ({"after": 3, "before": 9}, "23456"),
        ({"public": True}, "01346789"),
        ({"public": True, "limit": 5, "latest": True}, "46789"),
        ({"public": True, "after": 4, "before": 8, "latest": True}, "34"),
        ({"after": 11}, ""),
    ],
)
async def test_messages_come_oldest_first_page_by_page(talk, asked, expected):
    assert expected == "".join(one.text for one in await talk.messages("cnv_1", **asked))


async def test_a_conversation_that_is_not_there_has_no_messages(store):
    assert [] == await store.messages("cnv_none")


async def test_a_message_is_found_by_its_id(store):
    before = await starts(store)
    await store.submit(said(before, "Größe?"))

    assert message(before, "Größe?", seq=2) == await store.message("msg_cnv_1_000002")
    assert await store.message("msg_none") is None
