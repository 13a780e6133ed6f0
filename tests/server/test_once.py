"""The same idempotency key: one effect, one answer."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

TEXT = {"content": {"type": "text", "text": "Hello"}}
GOODBYE = {"content": {"type": "text", "text": "Goodbye"}}


async def messages(api, conversation):
    return (await api.done("GET", f"/v1/conversations/{conversation['id']}/messages"))["items"]


async def test_a_message_is_posted_once(api):
    conversation = await api.conversation()
    path = f"/v1/conversations/{conversation['id']}/messages"

    first = await api.post(path, TEXT, key="k")
    again = await api.post(path, TEXT, key="k")

    assert (201, 201) == (first.status, again.status)
    assert first.body == again.body
    assert "Idempotent-Replay" not in first.headers
    assert "true" == again.headers["Idempotent-Replay"]
    assert 1 == len(await messages(api, conversation))


async def test_twenty_at_once_have_one_effect_and_one_answer(api):
    conversation = await api.conversation()
    path = f"/v1/conversations/{conversation['id']}/messages"

    answers = await asyncio.gather(*(api.post(path, TEXT, key="k") for _ in range(20)))

    assert {201} == {answer.status for answer in answers}
    assert 1 == len({answer.body for answer in answers})
    assert 19 == sum("Idempotent-Replay" in answer.headers for answer in answers)
    assert 1 == len(await messages(api, conversation))


async def test_the_same_key_for_something_else_is_refused(api):
    conversation = await api.conversation()
    other = await api.conversation("7")
    path = f"/v1/conversations/{conversation['id']}/messages"
    await api.post(path, TEXT, key="k")

    for answer in (
        await api.post(path, GOODBYE, key="k"),
        await api.post(f"/v1/conversations/{other['id']}/messages", TEXT, key="k"),
        await api.post(path, TEXT, key="k", agent="ana"),
    ):
        assert (422, "idempotency_mismatch") == (answer.status, answer.code)
    assert 1 == len(await messages(api, conversation))


async def test_keys_are_each_callers_own(api):
    conversation = await api.conversation()
    path = f"/v1/conversations/{conversation['id']}/messages"

    await api.post(path, TEXT, key="k")
    await api.post(path, TEXT, key="k", by="admin")
    await api.post(path, TEXT, key="k", by=api.token())

    assert 3 == len(await messages(api, conversation))


async def test_a_replay_is_answered_though_it_would_be_refused_by_now(api):
    conversation = await api.conversation()
    path = f"/v1/conversations/{conversation['id']}/messages"
    first = await api.post(path, TEXT | {"epoch": 1}, by="bot", key="k")
    await api.hand_off(conversation)

    again = await api.post(path, TEXT | {"epoch": 1}, by="bot", key="k")
    assert (first.status, first.body) == (again.status, again.body)
    assert "control_lost" == (await api.post(path, TEXT | {"epoch": 1}, by="bot", key="k2")).code


async def test_a_refusal_is_not_kept(api):
    conversation = await api.conversation()
    path = f"/v1/conversations/{conversation['id']}/messages"

    assert "control_lost" == (await api.post(path, TEXT | {"epoch": 2}, by="bot", key="k")).code
    assert 201 == (await api.post(path, TEXT | {"epoch": 1}, by="bot", key="k")).status


async def test_after_a_day_a_key_is_free_again(api):
    conversation = await api.conversation()
    path = f"/v1/conversations/{conversation['id']}/messages"
    await api.post(path, TEXT, key="k")

    api.clock.advance_to(api.clock.now() + timedelta(hours=24))
    assert "idempotency_mismatch" == (await api.post(path, GOODBYE, key="k")).code

    api.clock.advance_to(api.clock.now() + timedelta(seconds=1))
    again = await api.post(path, GOODBYE, key="k")

    assert 201 == again.status
    assert 2 == len(await messages(api, conversation))


async def test_every_post_has_one_effect(api):
    """Two requests of each kind, at once, and one after."""
    conversation = await api.conversation()
    at = f"/v1/conversations/{conversation['id']}"
    await api.say(conversation, "Hello")
    anonymous = await api.anonymous()
    steps = [
        ("/v1/conversations", {"customer": {"name": "Tom"}, "brand": "acme"}, {}),
        (f"{at}/activity", {"type": "read"}, {"by": api.token()}),
        (f"{at}/handoff", {"epoch": 1, "priority": "high"}, {"by": "bot"}),
        (f"{at}/leave_queue", None, {"by": api.token()}),
        (f"{at}/handoff", {"epoch": 3}, {"by": "integrator"}),
        ("TAKE", None, {"agent": "ana"}),
        ("HAND_BACK", {"note": "done"}, {"agent": "ana"}),
        ("/v1/customers/anonymous", {"name": "Guest"}, {"by": None}),
        (f"/v1/customers/{conversation['customer_id']}/merge", {"anonymous_id": anonymous["customer"]["id"]}, {}),
    ]
    ticket = None
    for number, (path, body, caller) in enumerate(steps):
        if path in ("TAKE", "HAND_BACK"):
            path = f"/v1/tickets/{ticket}/{path.lower()}"  # noqa: PLW2901
        key = f"step-{number}"
        both = await asyncio.gather(*(api.post(path, body, key=key, **caller) for _ in range(2)))
        later = await api.post(path, body, key=key, **caller)

        assert both[0].status < 300, (path, both[0].body)
        assert {both[0].status} == {answer.status for answer in (*both, later)}
        assert {both[0].body} == {answer.body for answer in (*both, later)}
        assert 2 == sum("Idempotent-Replay" in answer.headers for answer in (*both, later))
        if path.endswith("/handoff"):
            ticket = both[0].json["ticket"]["id"]
    assert 2 == len((await api.done("GET", "/v1/conversations"))["items"])
    assert 2 == len((await api.done("GET", f"/v1/tickets?conversation={conversation['id']}"))["items"])


@pytest.mark.parametrize(
    ("path", "body", "by"),
    [
        ("/v1/conversations", {"customer": {"name": "Tom"}}, "integrator"),
        ("/v1/customers/anonymous", {"name": "Guest"}, None),
    ],
)
async def test_duplicates_at_once_make_one_customer(api, monkeypatch, path, body, by):
    made = []
    identify = api.desk.identify

    async def counted(profile):
        made.append(await identify(profile))
        return made[-1]

    monkeypatch.setattr(api.desk, "identify", counted)
    await asyncio.gather(*(api.post(path, body, key="k", by=by) for _ in range(5)))

    assert 1 == len(made)


async def test_a_kept_answer_does_not_hold_an_anonymous_customers_token(api):
    answer = await api.post("/v1/customers/anonymous", {}, by=None, key="k")
    again = await api.post("/v1/customers/anonymous", {}, by=None, key="k")

    assert answer.json["token"] == again.json["token"]
    kept = await api.desk.store.answer("address:127.0.0.1", "k")
    assert answer.json["token"].encode() not in kept.body


async def test_a_key_is_1_to_255_characters(api):
    for key in ("", "k" * 256, "k\xff"):
        assert "invalid_request" == (await api.post("/v1/conversations", {}, key=key)).code
    assert 201 == (await api.post("/v1/conversations", {}, key="k" * 255)).status
