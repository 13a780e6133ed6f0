"""Customers get the public projection only: a story full of secrets, and everything a customer can read of it."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager

import pytest

from handoff_sdk.server import ROUTES

SECRET = "s3cr3t"
"""Stands in everything that is not for customers' eyes."""
HIDDEN_KEYS = {
    "ticket", "tickets", "ticket_id", "tags", "priority", "skills", "prefer_skills", "group", "queue", "assignee",
    "agent_id", "offer", "offered_to", "handoff_id", "handoff_key", "note", "returned", "summary", "reason_code",
    "attributes", "state", "version", "field_versions", "style", "reopens", "changes", "subject", "fields",
}  # fmt: skip


def keys_in(value):
    if isinstance(value, dict):
        for key, inside in value.items():
            if inside is not None:
                yield key
            yield from keys_in(inside)
    elif isinstance(value, list):
        for inside in value:
            yield from keys_in(inside)


@asynccontextmanager
async def listening(api, token):
    """A customer's stream; yields what has come so far, all of it once the block is left."""
    heard = bytearray()
    headers = {"Authorization": f"Bearer {token}"}
    async with api.client.get("/v1/stream", params={"after": "0"}, headers=headers) as answer:
        heard += await answer.content.readline()
        yield heard
        cursor = await api.desk.store.cursor()
        last = [e for e in (await api.done("GET", "/v1/events?after=0&limit=500", by=token))["items"] if e["cursor"]]
        assert last[-1]["cursor"] <= cursor
        while f"id: {last[-1]['cursor']}\n".encode() not in heard:
            heard += await answer.content.readline()
        heard += await answer.content.readline()
        heard += await answer.content.readline()


async def story(api, token):
    """A conversation with everything in it; gives its id."""
    profile = {"external_id": "42", "name": "Mia", "churn": f"{SECRET} attribute"}
    conversation = await api.done(
        "POST",
        "/v1/conversations",
        {"customer": profile, "brand": "acme", "metadata": {"internal": f"{SECRET} metadata"}},
    )
    at = f"/v1/conversations/{conversation['id']}"
    await api.say(conversation, "I want my money back", by=token)
    await api.done("PATCH", at, {"state": {"plan": f"{SECRET} state"}}, by="bot")
    said = {"epoch": 1, "metadata": {"model": f"{SECRET} bot metadata"}}
    await api.say(conversation, "I will ask", by="bot", body=said)
    for agent in ("ana", "ben"):
        await api.done("PUT", f"/v1/agents/{agent}/status", {"status": "online"})
    handed_off = await api.hand_off(
        conversation,
        key=f"{SECRET} key",
        reason=f"{SECRET} reason",
        priority="urgent",
        tags=[f"{SECRET}-tag"],
        group="support",
        subject=f"{SECRET} subject",
        summary=f"{SECRET} summary",
        fields={"order": f"{SECRET} field"},
        say="I am getting a colleague.",
    )
    ticket = handed_off["ticket"]["id"]
    [offer] = (await api.done("GET", "/v1/offers", agent="ana"))["items"]
    await api.done("POST", f"/v1/offers/{offer['id']}/decline", agent="ana")
    api.clock.advance_to(api.clock.now().replace(minute=5))
    await api.desk.rest()
    [offer] = (await api.done("GET", "/v1/offers", agent="ana"))["items"]
    await api.done("POST", f"/v1/offers/{offer['id']}/accept", agent="ana")
    note = {"visibility": "internal", "metadata": {"mood": f"{SECRET} mood"}}
    await api.say(conversation, f"{SECRET} note", agent="ana", body=note)
    public = await api.say(
        conversation, "How can I help?", agent="ana", body={"metadata": {"draft": f"{SECRET} draft"}}
    )
    for kind in ("typing_start", "typing_stop"):
        await api.done("POST", f"{at}/activity", {"type": kind}, agent="ana")
    failed = {"type": "failed", "message_id": public["id"], "reason": f"{SECRET} carrier"}
    await api.done("POST", f"{at}/activity", failed)
    await api.done("POST", f"{at}/activity", {"type": "read", "up_to": public["id"]}, by=token)
    await api.done("PATCH", f"/v1/tickets/{ticket}", {"add_tags": [f"{SECRET}-more"], "status": "pending"}, agent="ana")
    await api.say(conversation, "Thank you", by=token)
    await api.done("POST", f"/v1/tickets/{ticket}/hand_back", {"note": f"{SECRET} for the bot"}, agent="ana")
    return conversation["id"]


async def everything(api, token, conversation):
    """Every route that customers may call, and what it answers."""
    at = f"/v1/conversations/{conversation}"
    text = {"content": {"type": "text", "text": "One more thing"}}
    bodies = {
        "POST /v1/conversations": {"brand": "acme", "message": text},
        "POST /v1/conversations/{conversation_id}/messages": text,
        "POST /v1/conversations/{conversation_id}/activity": {"type": "read"},
        "PATCH /v1/customers/{customer_id}": {"name": "Mia M."},
        "POST /v1/customers/{customer_id}/merge": {"anonymous_token": (await api.anonymous())["token"]},
    }
    for route in ROUTES:
        if route.who is None or "customer" not in route.who or route.path == "/v1/stream":
            continue
        path = route.path.replace("{conversation_id}", conversation).replace("{customer_id}", "me")
        name = f"{route.method} {route.path}"
        query = "?after=0&limit=500" if route.path == "/v1/events" else ""
        answer = await api.call(route.method, path + query, bodies.get(name), by=token)
        if route.method == "GET":
            assert 200 == answer.status, (name, answer.body)
        yield name, answer
    for query in ("?limit=1", "?limit=100", "?after=0"):
        yield query, await api.get(f"{at}/messages{query}", by=token)


@pytest.mark.parametrize("signed_in", [True, False])
async def test_nothing_that_is_not_for_customers_reaches_one(api, signed_in):
    if signed_in:
        token = api.token("42", name="Mia")
        conversation = None
    else:
        # The one who signs in later has the same conversations, and the token for a brand the same rights.
        token = api.token("42", name="Mia", brand="acme")
    async with listening(api, token) as heard:
        conversation = await story(api, token)
    answers = {name: answer async for name, answer in everything(api, token, conversation)}

    seen = {name: answer.body for name, answer in answers.items()} | {"stream": bytes(heard)}
    for name, body in seen.items():
        assert SECRET.encode() not in body, (name, body)
        assert b'"ana"' not in body, (name, body)
    found = [json.loads(line[6:]) for line in bytes(heard).splitlines() if line.startswith(b"data: ")]
    assert len(found) > 10
    told = [value for answer in answers.values() if answer.status < 300 for value in [answer.json]] + found
    assert set() == HIDDEN_KEYS & {key for value in told for key in keys_in(value)}
    assert {"message.created", "control.passed", "control.returned", "ticket.assigned"} <= {e["type"] for e in found}


async def test_the_customers_numbers_have_no_gaps(api):
    """A gap would tell of what is hidden."""
    token = api.token("42")
    conversation = await story(api, token)

    events = (await api.done("GET", f"/v1/events?after=0&limit=500&conversation={conversation}", by=token))["items"]
    numbers = [event["public_seq"] for event in events]

    assert list(range(1, len(numbers) + 1)) == numbers
    assert numbers == [event["seq"] for event in events]


async def test_refusals_tell_customers_nothing_either(api):
    token = api.token("42")
    conversation = await story(api, token)
    ticket = (await api.done("GET", "/v1/tickets"))["items"][0]["id"]
    note = next(
        message["id"]
        for message in (await api.done("GET", f"/v1/conversations/{conversation}/messages?limit=100"))["items"]
        if message["visibility"] == "internal"
    )

    for method, path, body in (
        ("GET", f"/v1/tickets/{ticket}", None),
        ("GET", "/v1/agents", None),
        ("POST", f"/v1/conversations/{conversation}/leave_queue", None),
        ("POST", f"/v1/conversations/{conversation}/end_session", {"ticket_id": ticket}),
        ("GET", f"/v1/conversations/{conversation}/messages?before={note}", None),
        ("POST", f"/v1/conversations/{conversation}/activity", {"type": "read", "up_to": note}),
    ):
        answer = await api.call(method, path, body, by=token)
        assert SECRET.encode() not in answer.body
        assert b"ana" not in answer.body
