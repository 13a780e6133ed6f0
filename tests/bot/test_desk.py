"""The bot, the client and the real desk, over a socket."""

import asyncio

import pytest

from handoff_sdk import Bot, Conflict, HandoffClient, NotFound, open_desk

CONFIG = {"brands": {"default": {"bot": "acme-bot", "style": "live_chat"}}, "agents": {"ana": {}}}


@pytest.fixture
async def desk(tmp_path):
    async with open_desk(f"sqlite:///{tmp_path / 'desk.db'}", config=CONFIG) as desk:
        yield desk


@pytest.fixture
def bot():
    bot = Bot("acme-bot")

    @bot.on_message(contains="person")
    async def person(chat):
        await chat.handoff(priority="high", fields={"order": "4711"}, say="I am getting a colleague.")

    @bot.on_message(contains="hello")
    async def hello(chat):
        await chat.say(f"Hello, {chat.customer.name}!", replies=["A person"])

    @bot.on_returned
    async def returned(chat):
        await chat.say(f"Solved by {chat.returned.agent}: {chat.returned.note}")

    return bot


@pytest.fixture
async def serving(desk, bot):
    client = desk.client(role="bot")
    task = asyncio.create_task(bot.serve(client, cursor=0))
    yield client
    bot.stop()
    async with asyncio.timeout(10):
        await task


@pytest.fixture
def staff(desk):
    return desk.client(role="integrator")


async def texts(staff, conversation_id):
    return [(message.author.type, message.text) async for message in staff.messages.list(conversation_id)]


async def until(events, event_type):
    async with asyncio.timeout(10):
        while (event := await anext(events)).type != event_type:
            pass
    return event


async def test_a_conversation_goes_to_people_and_back(serving, staff):
    ana = staff.as_agent("ana")
    await ana.agents.set_status("ana", "online")
    async with staff.events.follow(cursor=0) as events:
        conversation = await staff.conversations.create(customer={"external_id": "42", "name": "Mia"}, message="Hello")
        await until(events, "message.created")
        answer = await until(events, "message.created")
        await staff.messages.create(conversation.id, text="A person, please", author="customer")
        offered = await until(events, "ticket.offered")
        offer = await ana.offers.list().first()
        ticket = await ana.offers.accept(offer.id)
        await ana.messages.create(conversation.id, text="Here I am.", author="agent", ticket_id=ticket.id)
        handoff = await staff.handoffs.get(ticket.handoff_id)
        await ana.tickets.hand_back(ticket.id, note="refunded")
        await until(events, "control.returned")
        await until(events, "message.created")

    assert [answer.actor.type, answer.actor.id] == ["bot", "acme-bot"]
    assert [offer.id, offer.ticket_id, offer.priority] == [offered.data["offer_id"], ticket.id, "high"]
    assert [ticket.status, ticket.assignee, ticket.fields] == ["open", "ana", {"order": "4711"}]
    assert handoff.state == "accepted"
    assert await texts(staff, conversation.id) == [
        ("customer", "Hello"),
        ("bot", "Hello, Mia!"),
        ("customer", "A person, please"),
        ("bot", "I am getting a colleague."),
        ("agent", "Here I am."),
        ("system", "This chat has ended."),
        ("bot", "Solved by ana: refunded"),
    ]


async def test_what_no_handler_knows_goes_to_people(serving, staff):
    async with staff.events.follow(cursor=0) as events:
        conversation = await staff.conversations.create(message="¿Qué?")
        await until(events, "ticket.created")

    ticket = (await staff.conversations.get(conversation.id)).ticket
    assert [ticket.tags, ticket.status, ticket.live] == [("bot_no_answer",), "new", True]


async def test_a_customer_with_a_token_sees_their_own(desk, staff):
    other = await staff.conversations.create()
    async with desk.client() as admin:
        anonymous = await admin.customers.anonymous(name="Kim")
    url = await desk.listen()
    async with HandoffClient(url, token=anonymous.token) as kim:
        conversation = await kim.conversations.create(message="Hi")
        await kim.conversations.activity(conversation.id, "typing_start")
        snapshot = await kim.conversations.snapshot(conversation.id)
        poll = await kim.events.poll(0, conversation=conversation.id)
        left = await kim.conversations.end_session(conversation.id)
        mine = [one.id async for one in kim.conversations.list()]
        with pytest.raises(NotFound):
            await kim.conversations.get(other.id)
        me = await kim.customers.update("me", name="Kim K.")

    assert [message.text for message in snapshot.messages] == ["Hi"]
    assert snapshot.cursor >= poll.items[-1].cursor > 0
    assert poll.cursor == poll.items[-1].cursor
    assert left.session == "ended"
    assert mine == [conversation.id]
    assert me.name == "Kim K."


async def test_lists_have_pages_and_versions_are_compared(staff, desk):
    ana = staff.as_agent("ana")
    admin = desk.client()
    conversations = [await staff.conversations.create(metadata={"number": number}) for number in range(7)]
    first = conversations[0]
    await admin.conversations.update(first.id, metadata={"number": None, "seen": True})
    handed_off = await admin.conversations.handoff(first.id, epoch=first.epoch, tags=["vip"], key="h1")
    again = await admin.conversations.handoff(first.id, epoch=first.epoch, tags=["vip"], key="h1")
    ticket = await ana.tickets.take(handed_off.ticket.id)
    changed = await ana.tickets.update(ticket.id, if_match=ticket.version, priority="high")
    with pytest.raises(Conflict):
        await ana.tickets.update(ticket.id, if_match=ticket.version, priority="low")

    listed = [one.id async for one in staff.conversations.list(limit=3)]
    assert listed == [one.id for one in reversed(conversations)]
    assert (await staff.conversations.get(first.id)).metadata == {"seen": True}
    assert again.ticket.id == handed_off.ticket.id
    assert changed.priority == "high"
    assert [one.id async for one in staff.tickets.list(status=["open", "solved"], assignee="ana")] == [ticket.id]
    assert (await ana.agents.workload("ana")).tickets == (ticket.id,)
    assert [agent.id async for agent in staff.agents.list()] == ["ana"]
    assert await staff.ready()
