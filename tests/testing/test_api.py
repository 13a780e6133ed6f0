"""The API that is not there: every call is answered, says what it was told, and can be refused."""

import asyncio
import inspect
import re

import pytest

from handoff_sdk import (
    AlreadyOpen,
    ControlLost,
    Forbidden,
    HandoffClient,
    RateLimited,
    Retries,
)
from handoff_sdk.server.table import ROUTES
from handoff_sdk.testing.api import CALLS

ELSEWHERE = {"events.follow", "events.poll"}
"""What does not end, or is another call by another name."""
TEXT = {"type": "text", "text": "Where is my parcel?"}


def test_it_has_every_call_of_the_client():
    client = HandoffClient("http://desk.test", api_key="hk_test", transport=object())
    resources = {name: value for name, value in vars(client).items() if not name.startswith("_")}
    calls = {
        f"{name}.{call}"
        for name, resource in resources.items()
        for call, _ in inspect.getmembers(resource, inspect.ismethod)
        if not call.startswith("_")
    }
    assert set(CALLS) == calls - ELSEWHERE


def test_it_is_called_and_answers_as_the_engine_is():
    engine = {(route.method, re.sub(r"{\w+}", "{}", route.path)): route for route in ROUTES}
    for name, (call, answer) in CALLS.items():
        method, _, path = call.partition(" ")
        route = engine[method, re.sub(r"{\w+}", "{}", path)]
        if inspect.isclass(answer) and name not in {"customers.anonymous", "events.list", "conversations.snapshot"}:
            assert answer == route.answer, name


NEEDED = {
    "activity": "read",
    "rating": "good",
    "bot": "bot",
    "config": {"routing": {"accept": "auto"}},
    "consumer": "one",
    "customer": "42",
    "epoch": 1,
    "events": ["*"],
    "status": "online",
    "url": "https://example.com/hook",
}
MORE = {
    "attachments.upload": {"file": b"GIF89a", "name": "teapot.gif"},
    "customers.merge": {"anonymous_token": "a"},
    "followups.schedule": {"say": "Hello?"},
    "messages.create": {"text": "Hello", "author": "customer"},
    "proactive.send": {"text": "Hello", "key": "k"},
    "tickets.transfer": {"agent": "ben"},
    "tickets.update": {"status": "solved"},
    "webhooks.update": {"name": "crm"},
}


async def ask(client, name):
    """Make a call with as little as it takes."""
    resource, _, verb = name.partition(".")
    call = getattr(getattr(client, resource), verb)
    parameters = inspect.signature(call).parameters.values()
    needed = [one.name for one in parameters if one.default is one.empty and one.kind is not one.VAR_KEYWORD]
    answer = call(**{**{name: NEEDED.get(name, "some_id") for name in needed}, **MORE.get(name, {})})
    return await answer if inspect.isawaitable(answer) else [item async for item in answer]


@pytest.mark.parametrize("name", sorted(CALLS))
async def test_each_call_is_answered(handoff_api, name):
    answer = await ask(handoff_api.client, name)
    assert handoff_api[name].called
    assert 1 == len(handoff_api.sent(name))
    if isinstance(CALLS[name][1], list):
        assert CALLS[name][1] == [type(item) for item in answer]
    else:
        assert isinstance(answer, CALLS[name][1] or type(None))


async def test_an_answer_says_what_the_call_said(handoff_api):
    client = handoff_api.client
    conversation = await client.conversations.create(brand="acme", metadata={"page": "/cart"})
    assert ("cnv_1", "acme", {"page": "/cart"}) == (conversation.id, conversation.brand, conversation.metadata)
    assert "cnv_7" == (await client.conversations.get("cnv_7")).id
    message = await client.messages.create("cnv_7", text="Hi", author="customer")
    assert ("cnv_7", "Hi") == (message.conversation_id, message.text)
    handed = await client.conversations.handoff("cnv_7", epoch=3, priority="urgent", tags=["vip"], key="h1")
    assert ("cnv_7", "h1", "queued") == (handed.handoff.conversation_id, handed.handoff.key, handed.handoff.state)
    assert ("urgent", ("vip",), "h1") == (handed.ticket.priority, handed.ticket.tags, handed.ticket.handoff_key)
    assert ("human", 4) == (handed.conversation.owner, handed.conversation.epoch)
    assert "solved" == (await client.tickets.update("tkt_9", status="solved")).status
    assert "away" == (await client.as_agent("ben").agents.set_status("ben", "away")).status


async def test_what_was_sent_can_be_looked_at(handoff_api):
    await handoff_api.client.conversations.handoff("cnv_7", epoch=1, priority="urgent")
    assert [{"epoch": 1, "priority": "urgent"}] == handoff_api.sent("conversations.handoff")
    assert [] == handoff_api.sent("messages.create")
    assert "/v1/conversations/cnv_7/handoff" == handoff_api["conversations.handoff"].calls.last.request.url.path


async def test_answers_can_be_set(handoff_api):
    handoff_api.answers("conversations.get", owner="human", epoch=2)
    conversation = await handoff_api.client.conversations.get("cnv_1")
    assert ("human", 2) == (conversation.owner, conversation.epoch)
    handoff_api.answers("conversations.handoff", handoff={"state": "accepted"})
    assert "accepted" == (await handoff_api.client.conversations.handoff("cnv_1", epoch=1)).handoff.state
    handoff_api.answers("tickets.list", status="open")
    assert ["open"] == [ticket.status async for ticket in handoff_api.client.tickets.list()]
    with pytest.raises(ValueError, match=r"conversations.get has no field 'onwer'; did you mean 'owner'"):
        handoff_api.answers("conversations.get", onwer="human")


@pytest.mark.parametrize(
    ("code", "error"), [("control_lost", ControlLost), ("already_open", AlreadyOpen), ("forbidden", Forbidden)]
)
async def test_calls_can_be_refused(handoff_api, code, error):
    handoff_api.refuses("conversations.handoff", code, "Ana has it.")
    with pytest.raises(error, match=r"Ana has it\.") as refused:
        await handoff_api.client.conversations.handoff("cnv_1", epoch=1)
    assert "req_test" == refused.value.request_id
    handoff_api.answers("conversations.handoff")
    assert "queued" == (await handoff_api.client.conversations.handoff("cnv_1", epoch=1)).handoff.state


async def test_a_refusal_may_ask_to_wait(handoff_api):
    handoff_api.refuses("messages.create", "rate_limited", retry_after=3)
    with pytest.raises(RateLimited) as refused:
        await handoff_api.client.messages.create("cnv_1", text="Hi", author="customer")
    assert 3 == refused.value.retry_after


async def test_clients_of_others_are_answered_too(handoff_api):
    async with HandoffClient("http://desk.example:8080", api_key="hk_x", retries=Retries(total=0)) as client:
        assert "bot" == (await client.conversations.get("cnv_1")).owner
    assert 1 == handoff_api["conversations.get"].call_count


async def test_who_follows_hears_what_is_told(handoff_api):
    hello = handoff_api.tells("message.created", conversation_id="cnv_7", message={"content": TEXT})
    handoff_api.tells("typing.started", by="customer")
    async with handoff_api.client.events.follow() as events:
        first, second = await anext(events), await anext(events)
        assert (hello, "typing.started") == (first, second.type)
        assert ("cnv_7", TEXT) == (first.data["message"]["conversation_id"], first.data["message"]["content"])
        following = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0)
        solved = handoff_api.tells("ticket.solved", conversation_id="cnv_7", ticket_id="tkt_7")
        assert solved == await following
        assert (3, 2) == (events.cursor, solved.seq)


async def test_who_reads_gets_what_was_told_past_a_cursor(handoff_api):
    told = [handoff_api.tells("ticket.solved", conversation_id=one) for one in ("cnv_7", "cnv_8", "cnv_7")]
    events = handoff_api.client.events
    assert tuple(told) == (await events.list()).items
    assert (tuple(told[2:]), 3) == ((feed := await events.list(after=1, conversation="cnv_7")).items, feed.cursor)
    assert ((), 3) == ((feed := await events.poll(3)).items, feed.cursor)
    async with events.follow(cursor=1, conversation="cnv_7", types={"ticket.solved"}) as later:
        assert told[2] == await anext(later)


def test_what_there_is_not_is_named(handoff_api):
    with pytest.raises(ValueError, match=r"no event 'ticket.solve'; did you mean 'ticket.solved'"):
        handoff_api.tells("ticket.solve")
    with pytest.raises(KeyError, match=r"no call 'conversations.hand_off'; did you mean 'conversations.handoff'"):
        handoff_api["conversations.hand_off"]
    with pytest.raises(ValueError, match="nothing with the code 'control_list'; did you mean 'control_lost'"):
        handoff_api.refuses("messages.create", "control_list")
    with pytest.raises(ValueError, match="nothing with the code 'unreachable'"):
        handoff_api.refuses("messages.create", "unreachable")
