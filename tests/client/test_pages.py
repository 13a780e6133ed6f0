"""Lists go through all their pages, and only when somebody asks."""

import pytest

from handoff_sdk import UnexpectedAnswer
from handoff_sdk.client.pages import Page


def ticket(nouns, number):
    return nouns["ticket"] | {"id": f"tkt_{number}"}


@pytest.fixture
def pages(engine, nouns):
    engine.get("/v1/tickets", params={"page": "p2"}).respond(200, json={"items": [ticket(nouns, 3)], "next": None})
    engine.get("/v1/tickets", params={"page": "p1"}).respond(200, json={"items": [], "next": "p2"})
    engine.get("/v1/tickets").respond(200, json={"items": [ticket(nouns, 1), ticket(nouns, 2)], "next": "p1"})
    return engine


async def test_all_items_come_in_order_also_past_an_empty_page(pages, client):
    tickets = client.tickets.list()

    assert [ticket.id async for ticket in tickets] == ["tkt_1", "tkt_2", "tkt_3"]
    assert [ticket.id for ticket in await tickets.all()] == ["tkt_1", "tkt_2", "tkt_3"]


async def test_pages_are_fetched_when_they_are_reached(pages, client):
    tickets = client.tickets.list()
    assert pages.calls.call_count == 0

    async for _ in tickets:
        break

    assert pages.calls.call_count == 1


async def test_one_page_at_a_time(pages, client):
    tickets = client.tickets.list()

    first = await tickets.page()
    second = await tickets.page(first.next)

    assert [ticket.id for ticket in first.items] == ["tkt_1", "tkt_2"]
    assert first.next == "p1"
    assert second == Page((), "p2")


async def test_the_first_item_of_a_list_and_of_an_empty_one(pages, client, engine):
    engine.get("/v1/agents").respond(200, json={"items": [], "next": None})

    assert (await client.tickets.list().first()).id == "tkt_1"
    engine.get("/v1/conversations/c/messages").respond(200, json={"items": [], "next": None})
    assert await client.agents.list().first() is None
    assert await client.messages.list("c").first() is None


async def test_a_list_that_never_ends_is_not_gone_through_for_ever(engine, client):
    engine.get("/v1/tickets").respond(200, json={"items": [], "next": "same"})

    with pytest.raises(UnexpectedAnswer, match="does not end"):
        await client.tickets.list().all()


async def test_a_history_is_told_in_order_though_its_pages_go_back_in_time(engine, client, nouns):
    def said(*numbers):
        return [nouns["message"] | {"id": f"msg_{number}"} for number in numbers]

    where = "/v1/conversations/c/messages"
    engine.get(where, params={"before": "msg_2"}).respond(200, json={"items": said(1), "next": None})
    engine.get(where, params={"before": "msg_4"}).respond(200, json={"items": said(2, 3), "next": "msg_2"})
    engine.get(where).respond(200, json={"items": said(4, 5), "next": "msg_4"})
    history = client.messages.list("c")

    assert [message.id async for message in history] == ["msg_1", "msg_2", "msg_3", "msg_4", "msg_5"]
    assert [message.id for message in (await history.page()).items] == ["msg_4", "msg_5"]
    assert (await history.first()).id == "msg_1"


async def test_a_history_after_a_message_goes_forward(engine, client, nouns):
    where = "/v1/conversations/c/messages"
    engine.get(where, params={"after": "msg_2"}).respond(200, json={"items": [nouns["message"]], "next": None})
    engine.get(where, params={"after": "msg_0"}).respond(200, json={"items": [nouns["message"]], "next": "msg_2"})

    assert len(await client.messages.list("c", after="msg_0").all()) == 2
