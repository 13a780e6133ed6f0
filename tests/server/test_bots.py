"""Bots over HTTP: registering, turns, preview, passing on."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from handoff_sdk.models.config import merged
from handoff_sdk.server import SERVICE

from .conftest import CONFIG, eventually

BOT = "/v1/bots/acme-bot"


@pytest.fixture
def config():
    return merged(CONFIG, {"brands": {"acme": {"bot_answer_within": "60s"}}})


async def turns(api, *, consumer="one", bot="acme-bot", **query):
    asked = {"consumer": consumer, "wait": "0s", **query}
    told = "&".join(f"{name}={value}" for name, value in asked.items())
    return (await api.done("GET", f"/v1/bots/{bot}/turns?{told}", by="bot"))["items"]


async def test_a_customers_message_is_leased_to_one_process(api):
    conversation = await api.conversation()
    await api.say(conversation, "Hello")

    [turn] = await turns(api)

    assert [] == await turns(api, consumer="two")
    assert ("message", "Hello", conversation["id"], 1, 1) == (
        turn["kind"],
        turn["message"]["content"]["text"],
        turn["conversation"]["id"],
        turn["conversation"]["epoch"],
        turn["attempt"],
    )


async def test_the_turn_of_one_conversation_may_be_asked_for(api):
    first, second = await api.conversation("1"), await api.conversation("2")
    for conversation in (first, second):
        await api.say(conversation, "Hello")

    [turn] = await turns(api, conversation=second["id"])

    assert second["id"] == turn["conversation"]["id"]
    assert [] == await turns(api, consumer="two", conversation=second["id"])
    assert [] == await turns(api, conversation="cnv_nowhere")
    assert [first["id"]] == [turn["conversation"]["id"] for turn in await turns(api)]


async def test_and_waited_for_until_its_lease_is_over(api):
    conversation = await api.conversation()
    await api.say(conversation, "Hello")
    await turns(api)

    waiting = asyncio.create_task(turns(api, consumer="two", conversation=conversation["id"], wait="60s"))
    await eventually(lambda: api.clock._asleep)
    api.clock.advance_to(api.clock.now() + timedelta(seconds=30))

    assert [2] == [turn["attempt"] for turn in await waiting]


async def test_an_acknowledged_turn_is_gone_and_its_notes_come_with_the_next(api):
    conversation = await api.conversation()
    await api.say(conversation, "Hello")
    [turn] = await turns(api)

    done = await api.post(f"{BOT}/turns/{turn['id']}/done", {"consumer": "one", "state": {"step": 1}}, by="bot")
    await api.say(conversation, "And now?")
    [following] = await turns(api)

    assert 200 == done.status
    assert ({"step": 1}, "And now?") == (
        following["conversation"]["state"],
        following["message"]["content"]["text"],
    )


async def test_what_is_not_acknowledged_in_time_goes_to_another_process_and_then_to_people(api):
    conversation = await api.conversation()
    await api.say(conversation, "Hello")
    [first] = await turns(api)
    api.clock.advance_to(api.clock.now() + timedelta(seconds=30))
    [second] = await turns(api, consumer="two")
    api.clock.advance_to(api.clock.now() + timedelta(seconds=30))
    await api.desk.rest()

    late = await api.post(f"{BOT}/turns/{first['id']}/done", {"consumer": "two"}, by="bot")
    now = await api.done("GET", f"/v1/conversations/{conversation['id']}")

    assert (first["id"], 2, "control_lost") == (second["id"], second["attempt"], late.code)
    assert ("human", ["bot_silent"]) == (now["owner"], now["ticket"]["tags"])


async def test_a_process_that_waits_gets_the_turn_when_it_comes(api):
    conversation = await api.conversation()
    waiting = asyncio.create_task(turns(api, wait="20s"))
    await asyncio.sleep(0)

    await api.say(conversation, "Hello")

    assert ["message"] == [turn["kind"] for turn in await waiting]


async def test_a_process_that_has_gone_is_leased_nothing(api):
    conversation = await api.conversation()
    gone = asyncio.create_task(turns(api, wait="20s"))
    await eventually(lambda: api.client.app[SERVICE].running == 1)
    gone.cancel()
    await asyncio.wait([gone])
    await eventually(lambda: api.client.app[SERVICE].running == 0)

    await api.say(conversation, "Hello")
    left = await api.desk.turns.take("acme-bot", "one", most=1, wait=timedelta(seconds=20), wanted=lambda: False)

    assert ([], 1) == (left, len(await turns(api, consumer="two")))


async def test_a_process_that_waits_is_answered_when_the_server_stops(api):
    waiting = asyncio.create_task(turns(api, wait="60s"))
    await eventually(api.client.app[SERVICE].streams._all)

    api.client.app[SERVICE].streams.close()

    assert [] == await asyncio.wait_for(waiting, 5)


async def test_a_return_is_a_turn_with_its_record(api):
    conversation = await api.conversation()
    await api.say(conversation, "Hello")
    handed_off = await api.hand_off(conversation)
    await api.say(conversation, "Hi, Ana here.", agent="ana")
    await api.done("POST", f"/v1/tickets/{handed_off['ticket']['id']}/hand_back", {"note": "By phone."}, agent="ana")

    [turn] = await turns(api)

    assert ("returned", "By phone.", ["Hi, Ana here."]) == (
        turn["kind"],
        turn["returned"]["note"],
        [message["content"]["text"] for message in turn["returned"]["messages"]],
    )


async def test_the_first_bot_that_registers_for_a_brand_owns_its_new_conversations(api):
    before = await api.conversation("1", brand="default")
    await api.done("PUT", "/v1/bots/ada", {"brands": ["default"]}, by="bot")
    await api.done("PUT", "/v1/bots/eve", {"brands": ["default"]}, by="bot")
    after = await api.conversation("2", brand="default")

    assert [("nobody", None), ("bot", "ada")] == [(one["owner"], one["bot"]) for one in (before, after)]


async def test_a_brand_that_is_not_there_is_named_with_the_nearest(api):
    answer = await api.call("PUT", "/v1/bots/ada", {"brands": ["acne"]}, by="bot")

    assert "invalid_request" == answer.code
    assert "did you mean 'acme'?" in answer.json["detail"]


async def test_a_preview_says_who_could_take_it_and_why_others_could_not(api):
    await api.done("PUT", "/v1/agents/ana/status", {"status": "online"}, agent="ana")
    conversation = await api.conversation()

    seen = await api.done("POST", f"/v1/conversations/{conversation['id']}/preview", {"priority": "high"}, by="bot")

    assert (True, "standard", ["ana"], {"ben": "status"}, 1) == (
        seen["open"],
        seen["queue"],
        seen["agents"],
        seen["out"],
        seen["position"],
    )


async def test_a_preview_takes_an_idempotency_key_as_every_post_does(api):
    path = f"/v1/conversations/{(await api.conversation())['id']}/preview"

    first, again = [await api.post(path, {}, by="bot", key="look-1") for _ in range(2)]

    assert first.body == again.body
    assert ("true", "idempotency_mismatch") == (
        again.headers["Idempotent-Replay"],
        (await api.post(path, {"priority": "high"}, by="bot", key="look-1")).code,
    )
    assert "invalid_request" == (await api.post(path, {}, by="bot", key="\x80")).code


async def test_a_preview_changes_nothing(api):
    conversation = await api.conversation()
    path = f"/v1/conversations/{conversation['id']}"
    before = await api.done("GET", path)

    await api.done("POST", f"{path}/preview", {}, by="bot")

    assert before == await api.done("GET", path)


async def test_passing_gives_the_conversation_and_its_turns_to_another_bot(api):
    conversation = await api.conversation()
    await api.say(conversation, "Hello")

    passed = await api.done(
        "POST", f"/v1/conversations/{conversation['id']}/pass", {"bot": "eve", "epoch": 1}, by="bot"
    )

    assert ("bot", "eve", 2) == (passed["owner"], passed["bot"], passed["epoch"])
    assert ([], 1) == (await turns(api), len(await turns(api, bot="eve")))


async def test_customers_and_agents_do_not_do_a_bots_work(api):
    for by, agent in ((api.token(), None), ("integrator", "ana")):
        answer = await api.get(f"{BOT}/turns?consumer=one&wait=0s", by=by, agent=agent)
        assert "forbidden" == answer.code
