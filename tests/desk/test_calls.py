"""Bots that are woken by webhooks are called, and called again, until a process has what there is to do."""

import pytest

from handoff_sdk.models.command import CompleteTurn, PassControl
from handoff_sdk.models.event import Actor
from handoff_sdk.models.prompt import LeaseTurn
from handoff_sdk.models.webhook import ResumeWebhook, UpdateWebhook

BOT = Actor(type="bot", id="ada")


@pytest.fixture
async def place(place):
    place.config |= {"brands": {"default": {"bot": "ada", "bot_answer_within": "never"}}}
    await place.start()
    return place


async def said(place, *texts):
    conversation = await place.conversation()
    await place.say(conversation, *texts)
    await place.desk.rest()
    return conversation


async def leased(place, conversation, consumer="one"):
    command = LeaseTurn(conversation_id=conversation.id, bot="ada", consumer=consumer)
    return await place.desk._lease(command)


async def done(place, turn, consumer="one"):
    await place.desk.handle(CompleteTurn(bot="ada", turn_id=turn.id, consumer=consumer), BOT)
    await place.desk.rest()


def seconds(receiver, since):
    """When each call came."""
    return [int(headers["webhook-timestamp"]) - int(since.timestamp()) for _, headers, _ in receiver.posts]


async def test_a_call_names_the_bot_the_turn_and_what_it_is_about(place):
    receiver = await place.receiver()
    await place.hook(receiver, "turn.started")
    conversation = await said(place, "Hi")
    (event,) = receiver.got
    turn = await leased(place, conversation)
    assert ("turn.started", conversation.id, {"bot": "ada", "turn_id": turn.id, "kind": "message"}) == (
        event["type"],
        event["conversation_id"],
        event["data"],
    )
    assert (0, 0) == (event["seq"], event["cursor"])


@pytest.mark.parametrize("status", [204, 500])
async def test_what_nobody_takes_is_called_for_less_and_less_often(place, status):
    receiver, began = await place.receiver(), place.clock.now()
    receiver.answer = lambda event: status
    await place.hook(receiver, "turn.started")
    await said(place, "Hi")
    await place.pass_time(minutes=30)
    assert [0, 5, 35, 155, 755, 1355] == seconds(receiver, began)


async def test_a_leased_turn_is_called_for_when_its_lease_is_over(place):
    receiver, began = await place.receiver(), place.clock.now()
    await place.hook(receiver, "turn.started")
    conversation = await said(place, "Hi")
    await leased(place, conversation)
    await place.pass_time(seconds=34)
    assert [0, 30] == seconds(receiver, began)


async def test_an_acknowledged_turn_is_followed_by_the_call_for_the_next_one(place):
    receiver = await place.receiver()
    await place.hook(receiver, "turn.started")
    conversation = await said(place, "one", "two")
    assert 1 == len(receiver.got)
    await done(place, await leased(place, conversation))
    assert 2 == len({event["data"]["turn_id"] for event in receiver.got})
    await done(place, await leased(place, conversation))
    await place.pass_time(hours=1)
    assert 2 == len(receiver.got)


async def test_a_turn_that_is_passed_on_is_called_for_at_once_with_the_other_bot(place):
    receiver = await place.receiver()
    await place.hook(receiver, "turn.started")
    conversation = await said(place, "Hi")
    await place.desk.handle(PassControl(conversation_id=conversation.id, bot="eve", epoch=1), BOT)
    await place.desk.rest()
    assert ["ada", "eve"] == [event["data"]["bot"] for event in receiver.got]


async def test_only_who_names_it_is_called(place):
    everything = await place.receiver()
    await place.hook(everything, "*")
    await said(place, "Hi")
    assert "turn.started" not in {event["type"] for event in everything.got}


async def test_a_webhook_that_comes_later_is_called_for_what_waits_already(place):
    await said(place, "Hi")
    receiver = await place.receiver()
    webhook = await place.hook(receiver, "turn.started")
    await place.desk.rest()
    await place.desk.webhooks.update(UpdateWebhook(webhook_id=webhook.id, events=("ticket.*",)))
    await place.pass_time(hours=1)
    assert 1 == len(receiver.got)


async def test_who_is_disabled_is_not_called_and_then_again(place):
    receiver = await place.receiver()
    webhook = await place.hook(receiver, "turn.started")
    await place.desk.webhooks.disable(webhook.id)
    await said(place, "Hi")
    assert [] == receiver.got
    await place.desk.webhooks.resume(ResumeWebhook(webhook_id=webhook.id))
    await place.desk.rest()
    assert 1 == len(receiver.got)


async def test_a_receiver_that_says_it_is_gone_is_disabled(place):
    receiver = await place.receiver()
    receiver.answer = lambda event: 410
    webhook = await place.hook(receiver, "turn.started")
    await said(place, "Hi")
    await place.pass_time(hours=1)
    assert ("disabled", 1) == (place.desk.webhooks.find(webhook.id).state, len(receiver.posts))


async def test_calls_are_kept_nowhere_and_their_failures_count(place):
    receiver = await place.receiver()
    receiver.answer = lambda event: 500
    webhook = await place.hook(receiver, "turn.started")
    await said(place, "Hi")
    await place.pass_time(minutes=15)
    assert ("failing", 5) == (place.desk.webhooks.find(webhook.id).state, place.desk.webhooks.find(webhook.id).failures)
    assert 0 == len(await place.deliveries(webhook))
    assert 1 == len(await place.told("webhook.failing"))
    receiver.answer = lambda event: 200
    await place.pass_time(minutes=10)
    assert "active" == place.desk.webhooks.find(webhook.id).state


async def test_a_call_comes_while_another_event_of_the_conversation_is_stuck(place):
    receiver = await place.receiver()
    receiver.answer = lambda event: 500 if event["type"] == "message.created" else 200
    await place.hook(receiver, "turn.started", "message.created")
    await said(place, "Hi")
    assert ["turn.started"] == [event["type"] for event in receiver.got]
