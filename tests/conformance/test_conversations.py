import pytest

from handoff_sdk.ports import ConversationFilter

from .builders import at, changed, customer, handed_off, kept, said, starts


@pytest.fixture
async def listed(store):
    """Four conversations: a silent one, one with the bot, one with an agent, and one whose ticket is solved."""
    ben = customer("ben")
    await starts(store, "1", brand="acme")
    await store.submit(said(await starts(store, "2", ben, brand="acme")))
    with_agent = await kept(store, handed_off(await starts(store, "3"), status="open"))
    await store.submit(changed(with_agent, facts={"last_message_at": at(100), "last_author": "agent"}))
    await store.submit(handed_off(await starts(store, "4", ben), status="solved", live=False))
    return store


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        (ConversationFilter(), "4321"),
        (ConversationFilter(customer_id="cus_ben"), "42"),
        (ConversationFilter(brand="acme"), "21"),
        (ConversationFilter(owner="human"), "43"),
        (ConversationFilter(status="solved"), "4"),
        (ConversationFilter(last_author="agent"), "3"),
        (ConversationFilter(silent_since=at(50)), "421"),
        (ConversationFilter(silent_since=at(100)), "4321"),
        (ConversationFilter(silent_since=at(-1)), ""),
        (ConversationFilter(customer_id="cus_ben", brand="acme", last_author="customer"), "2"),
        (ConversationFilter(customer_id="cus_nobody"), ""),
    ],
)
async def test_conversations_are_listed_newest_first_by_what_is_asked(listed, which, expected):
    found = await listed.conversations(which, before=None, limit=10)
    assert expected == "".join(conversation.id.removeprefix("cnv_") for conversation, _ in found)


async def test_conversations_come_page_by_page(listed):
    first = await listed.conversations(ConversationFilter(), before=None, limit=3)
    second = await listed.conversations(ConversationFilter(), before=first[-1][0].id, limit=3)

    assert ["cnv_4", "cnv_3", "cnv_2"] == [conversation.id for conversation, _ in first]
    assert ["cnv_1"] == [conversation.id for conversation, _ in second]


async def test_a_conversation_comes_with_its_latest_ticket(listed):
    found = await listed.conversations(ConversationFilter(), before=None, limit=10)
    latest = {conversation.id: ticket for conversation, ticket in found}
    thread = await listed.thread("cnv_3")

    assert thread.latest == latest["cnv_3"]
    assert latest["cnv_1"] is None


async def test_a_listed_conversation_is_the_threads_own(listed):
    ((conversation, _),) = await listed.conversations(ConversationFilter(status="solved"), before=None, limit=10)
    assert (await listed.thread("cnv_4")).conversation == conversation


@pytest.mark.parametrize(("customer_id", "count"), [("cus_ben", 2), ("cus_nobody", 0)])
async def test_a_customers_conversations_are_counted(listed, customer_id, count):
    assert count == await listed.conversations_of(customer_id)
