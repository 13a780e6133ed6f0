"""``POST /v1/customers/{id}/block``: abusive customers write nothing, wherever they come from."""

from __future__ import annotations

import asyncio

import pytest

TEXT = {"content": {"type": "text", "text": "Hello"}}


@pytest.fixture
async def conversation(api):
    return await api.conversation("42")


async def block(api, conversation, *, blocked=True, **more):
    path = f"/v1/customers/{conversation['customer_id']}/block"
    return await api.done("POST", path, {"blocked": blocked, **more})


def messages(conversation):
    return f"/v1/conversations/{conversation['id']}/messages"


@pytest.mark.parametrize("by", ["customer", "integrator"])
async def test_their_posts_and_new_conversations_are_forbidden(api, conversation, by):
    who = api.token("42") if by == "customer" else by
    assert 201 == (await api.post(messages(conversation), TEXT, by=who)).status
    await block(api, conversation, reason="threats")

    start = {"customer": {} if by == "customer" else {"external_id": "42"}, "brand": "acme", "message": TEXT}
    for path, body in ((messages(conversation), TEXT), ("/v1/conversations", start)):
        answer = await api.post(path, body, by=who)
        assert (403, "forbidden") == (answer.status, answer.code)
        assert "blocked" in answer.json["detail"]
        assert "threats" not in answer.json["detail"]


async def test_they_do_nothing_else_either_and_read_what_is_theirs(api, conversation):
    token = api.token("42")
    await block(api, conversation)
    at = f"/v1/conversations/{conversation['id']}"

    for method, path, body in (
        ("POST", f"{at}/activity", {"type": "typing_start"}),
        ("POST", f"{at}/end_session", None),
        ("PATCH", "/v1/customers/me", {"name": "x"}),
    ):
        assert "forbidden" == (await api.call(method, path, body, by=token)).code, path
    png = {"Content-Type": "image/png", "Content-Disposition": 'attachment; filename="a.png"'}
    assert "forbidden" == (await api.post("/v1/attachments", raw=b"\x89PNG\r\n\x1a\n", headers=png, by=token)).code
    for path in ("/v1/conversations", f"{at}/messages", "/v1/customers/me"):
        assert 200 == (await api.get(path, by=token)).status, path


async def test_staff_see_that_and_why_and_they_do_not(api, conversation):
    told = await block(api, conversation, reason="threats")
    assert (True, "threats") == (told["blocked"], told["blocked_reason"])
    assert told == await api.done("GET", f"/v1/customers/{conversation['customer_id']}")
    assert not {"blocked", "blocked_reason"} & (await api.done("GET", "/v1/customers/me", by=api.token("42"))).keys()


async def test_their_streams_end_and_no_other_begins(api, conversation):
    token = api.token("42")
    headers = {"Authorization": f"Bearer {token}"}
    async with asyncio.timeout(10), api.client.get("/v1/stream", headers=headers) as stream:
        assert 200 == stream.status
        await stream.content.readline()
        await block(api, conversation)
        await stream.read()

    for path in ("/v1/stream", "/v1/events?after=0"):
        answer = await api.get(path, by=token)
        assert (403, "forbidden") == (answer.status, answer.code), path


async def test_they_may_write_again(api, conversation):
    token = api.token("42")
    await block(api, conversation, reason="threats")
    told = await block(api, conversation, blocked=False)

    assert (False, None) == (told["blocked"], told["blocked_reason"])
    assert 201 == (await api.post(messages(conversation), TEXT, by=token)).status
    assert 200 == (await api.get("/v1/events?after=0", by=token)).status


async def test_what_is_said_of_them_meanwhile_does_not_unblock_them(api, conversation):
    customer = conversation["customer_id"]
    names = (api.call("PATCH", f"/v1/customers/{customer}", {"name": f"Mia {n}"}) for n in range(20))
    await asyncio.gather(*names, block(api, conversation))

    assert (await api.done("GET", f"/v1/customers/{customer}"))["blocked"]
    assert "forbidden" == (await api.post(messages(conversation), TEXT)).code


async def test_it_holds_in_a_conversation_that_moved_at_the_same_moment(api, conversation):
    await asyncio.gather(*(api.post(messages(conversation), TEXT) for _ in range(20)), block(api, conversation))

    assert "forbidden" == (await api.post(messages(conversation), TEXT)).code


async def test_it_is_written_down(api, conversation, caplog):
    caplog.set_level("INFO", "handoff_sdk.audit")
    await block(api, conversation)
    await block(api, conversation, blocked=False)

    lines = [record.getMessage() for record in caplog.records if record.name == "handoff_sdk.audit"]
    customer = conversation["customer_id"]
    assert [f" blocked customer {customer} ", f" unblocked customer {customer} "] == [
        line.removeprefix("integrator ").partition("[")[0].removeprefix(line.split()[1]) for line in lines
    ]


async def test_who_is_not_there_is_not_blocked(api):
    assert "not_found" == (await api.post("/v1/customers/cus_none/block", {"blocked": True})).code


async def test_blocking_needs_no_words(api, conversation):
    customer = await api.done("POST", f"/v1/customers/{conversation['customer_id']}/block")
    assert (True, None) == (customer["blocked"], customer["blocked_reason"])
