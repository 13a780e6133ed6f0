"""``POST .../messages/{id}/redact``: what a message said is gone everywhere, and its place stays."""

from __future__ import annotations

import json

import pytest

from handoff_sdk.models.config import merged
from handoff_sdk.ports import EventFilter

SECRET = "4111 1111 1111 1111"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
GONE = {"type": "redacted"}


@pytest.fixture
def config(config):
    return merged(config, {"agents": {"cyd": {"role": "lead"}, "dan": {}}})


def at(conversation, message=None):
    return f"/v1/conversations/{conversation['id']}/messages" + (f"/{message['id']}/redact" if message else "")


async def everywhere(api, conversation, token):
    """All that can be read of a conversation, by everybody who may."""
    path = f"/v1/conversations/{conversation['id']}"
    for by in ({"by": token}, {"by": "bot"}, {"by": "integrator"}, {"agent": "ana"}):
        for where in (f"{path}/messages?limit=100", f"{path}/snapshot", "/v1/events?after=0&limit=500"):
            yield json.dumps(await api.done("GET", where, **by))


async def test_what_was_said_is_gone_wherever_it_was(api):
    token = api.token()
    conversation = await api.conversation()
    body = {"content": {"type": "text", "text": SECRET}}
    message = (await api.post(at(conversation), body, by=token, key="once")).json

    told = await api.done("POST", at(conversation, message), {"reason": "a card number"})

    assert GONE == told["content"]
    assert (message["id"], message["seq"], message["at"]) == (told["id"], told["public_seq"], told["at"])
    assert [] == [seen async for seen in everywhere(api, conversation, token) if SECRET in seen]
    again = await api.post(at(conversation), body, by=token, key="once")
    assert ("true", GONE) == (again.headers["Idempotent-Replay"], again.json["content"])


async def test_nothing_of_it_is_in_the_store(api, tmp_path):
    conversation = await api.conversation()
    message = await api.say(conversation, SECRET, key="once")
    ticket = (await api.hand_off(conversation))["ticket"]
    during = await api.say(conversation, f"{SECRET} again")
    await api.done("POST", f"/v1/tickets/{ticket['id']}/take", agent="ana")
    await api.done("POST", f"/v1/tickets/{ticket['id']}/hand_back", agent="ana", key="back")
    events = await api.desk.store.events(EventFilter(), after=0, limit=500)
    assert 3 == sum(SECRET in event.model_dump_json() for event in events)

    for each in (message, during):
        await api.done("POST", at(conversation, each))

    events = await api.desk.store.events(EventFilter(), after=0, limit=500)
    assert [] == [event for event in events if SECRET in event.model_dump_json()]
    assert [] == await api.desk.store.answers_with(SECRET, api.clock.now().replace(year=2000))
    mine = [event.seq for event in events if event.conversation_id == conversation["id"]]
    assert list(range(1, len(mine) + 1)) == mine
    handoff = await api.done("GET", f"/v1/handoffs/{ticket['handoff_id']}")
    assert [GONE] == [each["content"] for each in handoff["returned"]["messages"]]


async def test_who_listens_is_told_which_message_it_was(api):
    token = api.token()
    conversation = await api.conversation()
    message = await api.say(conversation, SECRET)
    await api.done("POST", at(conversation, message), {"reason": "a card number"})

    [event] = [
        event
        for event in (await api.done("GET", "/v1/events?after=0", by=token))["items"]
        if event["type"] == "message.redacted"
    ]
    assert {"message_id": message["id"]} == event["data"]
    [event] = [
        event for event in (await api.done("GET", "/v1/events?after=0"))["items"] if event["type"] == "message.redacted"
    ]
    assert ("a card number", "integrator") == (event["data"]["reason"], event["actor"]["type"])
    assert event["actor"]["id"].startswith("key_")


async def test_its_attachment_is_removed(api, tmp_path):
    token = api.token()
    conversation = await api.conversation()
    headers = {"Content-Type": "image/png", "Content-Disposition": 'attachment; filename="card.png"'}
    told = (await api.post("/v1/attachments", raw=PNG, headers=headers, by=token)).json
    content = {"content": {"type": "image", "url": told["url"], "name": "card.png"}}
    message = await api.done("POST", at(conversation), content, by=token)
    assert 200 == (await api.get(told["url"], by=None)).status

    answer = await api.done("POST", at(conversation, message))

    assert GONE == answer["content"]
    assert 404 == (await api.get(told["url"], by=None)).status
    assert [] == [*(tmp_path / "files").iterdir()]
    assert await api.desk.store.attachment(told["id"]) is None
    assert [] == [seen async for seen in everywhere(api, conversation, token) if "card.png" in seen]


async def test_again_is_no_harm_and_tells_nothing_new(api):
    conversation = await api.conversation()
    message = await api.say(conversation, SECRET)
    first = await api.post(at(conversation, message), key="k")
    replay = await api.post(at(conversation, message), key="k")
    again = await api.post(at(conversation, message), key="another")

    assert [200] * 3 == [first.status, replay.status, again.status]
    assert first.json == replay.json == again.json
    events = (await api.done("GET", "/v1/events?after=0"))["items"]
    assert 1 == sum(event["type"] == "message.redacted" for event in events)


async def test_agents_redact_in_their_own_tickets_and_leads_anywhere(api):
    conversation = await api.conversation()
    before, later = await api.say(conversation, SECRET), await api.say(conversation, SECRET)
    ticket = (await api.hand_off(conversation))["ticket"]
    await api.done("POST", f"/v1/tickets/{ticket['id']}/take", agent="ana")

    refused = await api.post(at(conversation, before), agent="dan")
    assert (403, "forbidden") == (refused.status, refused.code)
    assert "not_found" == (await api.post(at(conversation, before), agent="ben")).code
    assert 200 == (await api.post(at(conversation, before), agent="ana")).status
    assert 200 == (await api.post(at(conversation, later), agent="cyd")).status
    texts = [each["content"]["type"] for each in (await api.done("GET", at(conversation)))["items"]]
    assert 2 == texts.count("redacted")


async def test_a_message_of_another_conversation_is_not_there(api):
    mine, other = await api.conversation(), await api.conversation("7")
    message = await api.say(other, SECRET)

    assert "not_found" == (await api.post(at(mine, message))).code
    assert "not_found" == (await api.post(at(mine, {"id": "msg_none"}))).code
    assert SECRET == (await api.desk.store.message(message["id"])).text


@pytest.mark.parametrize("by", ["customer", "bot"])
async def test_customers_and_bots_redact_nothing(api, by):
    conversation = await api.conversation()
    message = await api.say(conversation, SECRET)
    assert "forbidden" == (await api.post(at(conversation, message), by=api.token() if by == "customer" else by)).code


async def test_nobody_sends_what_is_redacted(api):
    conversation = await api.conversation()

    assert "invalid_request" == (await api.post(at(conversation), {"content": GONE})).code
