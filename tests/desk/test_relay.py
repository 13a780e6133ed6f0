import asyncio
from datetime import timedelta
from itertools import pairwise

import pytest
from standardwebhooks import Webhook as Oracle

from handoff_sdk import Unavailable, verify_webhook
from handoff_sdk.models.command import SetAgentStatus
from handoff_sdk.models.event import Actor
from handoff_sdk.models.webhook import ResumeWebhook

SECRET = "whsec_" + "A" * 40


def state(place, webhook):
    return place.desk.webhooks.find(webhook.id).state


async def resume(place, webhook, **more):
    return await place.desk.webhooks.resume(ResumeWebhook(webhook_id=webhook.id, **more))


def failing(*texts, status=500):
    """Answers that refuse messages with these texts."""
    return lambda event: status if event["data"]["message"]["content"]["text"] in texts else 200


class TestDelivery:
    async def test_an_event_arrives_signed(self, place):
        receiver = await place.receiver()
        webhook = await place.hook(receiver, secret=SECRET)
        conversation = await place.conversation()
        await place.say(conversation, "Hello")
        await place.desk.rest()

        ((event, headers, body),) = receiver.posts
        assert ("message.created", conversation.id) == (event["type"], event["conversation_id"])
        assert event["id"] == headers["webhook-id"]
        assert Oracle(SECRET).sign(event["id"], place.clock.now(), body.decode()) == headers["webhook-signature"]
        assert event["id"] == verify_webhook(body, headers, SECRET, now=place.clock.now()).id
        (delivery,) = await place.deliveries(webhook)
        assert ("delivered", 1, 200, None) == (delivery.state, delivery.attempts, delivery.status, delivery.next_at)

    async def test_only_what_matches_arrives(self, place):
        receiver = await place.receiver()
        await place.hook(receiver, "conversation.*")
        await place.say(await place.conversation(), "Hello")
        await place.desk.rest()

        assert ["conversation.created"] == [event["type"] for event in receiver.got]

    async def test_what_happened_before_it_was_made_does_not(self, place):
        receiver = await place.receiver()
        conversation = await place.conversation()
        await place.say(conversation, "before")
        await place.hook(receiver)
        await place.say(conversation, "after")
        await place.desk.rest()

        assert ["after"] == receiver.texts

    async def test_all_events_arrive_in_order_also_those_of_no_conversation(self, place):
        place.config |= {"agents": {"ana": {}}}
        await place.start()
        receiver = await place.receiver()
        await place.hook(receiver, "*")
        for status in ("online", "away", "online", "offline") * 10:
            await place.desk.handle(SetAgentStatus(agent_id="ana", status=status), Actor(type="agent", id="ana"))
        for name in ("a", "b"):
            await place.say(await place.conversation(name), *map(str, range(20)))
        await place.desk.rest()

        expected = await place.told(*{event["type"] for event in receiver.got})
        assert {event.id for event in expected} == {event["id"] for event in receiver.got}
        assert len(expected) == len(receiver.got)
        for conversation_id in {event.conversation_id for event in expected}:
            cursors = [event["cursor"] for event in receiver.got if event["conversation_id"] == conversation_id]
            assert sorted(cursors) == cursors


class TestOrder:
    async def test_a_conversation_waits_for_its_first_event_and_no_other_does(self, place):
        receiver = await place.receiver()
        receiver.answer = failing("a1")
        await place.hook(receiver)
        a, b = await place.conversation("a"), await place.conversation("b")
        await place.say(a, "a1", "a2", "a3")
        await place.say(b, "b1", "b2")
        await place.desk.rest()
        assert ["b1", "b2"] == receiver.texts

        receiver.answer = failing()
        await place.say(a, "a4")
        await place.pass_time(seconds=10)
        assert ["b1", "b2", "a1", "a2", "a3", "a4"] == receiver.texts

    async def test_more_than_a_page_that_waited_arrives_whole_and_in_order(self, place):
        receiver = await place.receiver()
        receiver.answer = failing("0")
        await place.hook(receiver)
        conversation = await place.conversation()
        texts = [str(number) for number in range(450)]
        await place.say(conversation, *texts)
        await place.desk.rest()
        receiver.answer = failing("210")
        await place.pass_time(seconds=10)
        receiver.answer = failing()
        await place.pass_time(minutes=5)

        assert texts == receiver.texts

    async def test_an_event_that_failed_for_a_day_is_given_up_and_the_rest_goes_on(self, place):
        receiver = await place.receiver()
        receiver.answer = failing("a1")
        webhook = await place.hook(receiver)
        a, b = await place.conversation("a"), await place.conversation("b")
        await place.say(a, "a1", "a2")
        for hour in range(25):
            await place.say(b, f"b{hour}")
            await place.pass_time(hours=1)

        (given_up,) = await place.deliveries(webhook, "failed")
        assert ("active", "a2", None) == (state(place, webhook), receiver.texts[-1], given_up.next_at)
        assert 11 <= given_up.attempts <= 15

    async def test_more_conversations_than_fit_wait_and_arrive(self, place):
        receiver = await place.receiver()
        receiver.answer = lambda event: 500
        webhook = await place.hook(receiver)
        names = [f"c{number}" for number in range(300)]
        for name in names:
            await place.say(await place.conversation(name), name)
        await place.desk.rest()
        behind = place.desk.webhooks.find(webhook.id).cursor
        assert behind < await place.desk.store.cursor()

        receiver.answer = failing()
        await place.pass_time(minutes=1)
        assert sorted(names) == sorted(receiver.texts)
        assert behind < place.desk.webhooks.find(webhook.id).cursor


class TestRetries:
    async def test_the_same_id_and_body_come_again_later_each_time_over_a_day(self, place):
        receiver = await place.receiver()
        receiver.answer = lambda event: 503
        webhook = await place.hook(receiver)
        await place.say(await place.conversation(), "Hello")
        await place.desk.rest()
        seen = [place.clock.now()]
        while state(place, webhook) != "disabled":
            before = len(receiver.posts)
            place.clock.advance_to(await place.desk.next_due())
            await place.desk.rest()
            seen += [place.clock.now()] * (len(receiver.posts) - before)

        waits = [(after - before).total_seconds() for before, after in pairwise(seen)]
        assert timedelta(hours=24) == seen[-1] - seen[0]
        assert 11 <= len(seen) <= 15
        assert waits[:9] == sorted(waits[:9])
        assert 1 == len({(headers["webhook-id"], body) for _, headers, body in receiver.posts})
        stamps = [int(headers["webhook-timestamp"]) for _, headers, _ in receiver.posts]
        assert [int(at.timestamp()) for at in seen] == stamps

    async def test_a_receiver_that_comes_back_gets_what_waits_at_once(self, place):
        receiver = await place.receiver()
        receiver.answer = lambda event: 500
        webhook = await place.hook(receiver)
        talks = [await place.conversation(f"c{number}") for number in range(8)]
        for talk in talks:
            await place.say(talk, "one", "two")
        await place.pass_time(hours=6)
        assert "failing" == state(place, webhook)

        receiver.answer = failing()
        place.clock.advance_to(await place.desk.next_due())
        await place.desk.rest()
        assert 16 == len(receiver.got)
        assert "active" == state(place, webhook)

    async def test_it_is_told_once_that_a_webhook_is_failing(self, place):
        receiver, other = await place.receiver(), await place.receiver()
        receiver.answer = lambda event: 500
        webhook = await place.hook(receiver)
        await place.hook(other, "webhook.*")
        for number in range(7):
            await place.say(await place.conversation(f"c{number}"), "Hello")
        await place.pass_time(minutes=5)

        (event,) = await place.told("webhook.failing")
        assert {"webhook_id": webhook.id, "url": receiver.url, "state": "failing", "status": 500}.items() <= (
            event.data.items()
        )
        assert ["webhook.failing"] == [event["type"] for event in other.got]
        assert (None, None) == (event.conversation_id, event.public_seq)


class TestDisabled:
    async def test_a_day_of_failure_disables_and_resuming_goes_on_where_it_stopped(self, place):
        receiver = await place.receiver()
        receiver.answer = lambda event: 500
        webhook = await place.hook(receiver)
        conversation = await place.conversation()
        await place.say(conversation, "one", "two")
        await place.pass_time(hours=25)
        (event,) = await place.told("webhook.disabled")
        assert ("disabled", "failing") == (state(place, webhook), event.data["disabled_because"])
        assert [] == await place.deliveries(webhook, "failed")

        posts = len(receiver.posts)
        await place.say(conversation, "three")
        await place.pass_time(hours=48)
        assert posts == len(receiver.posts)

        receiver.answer = failing()
        resumed = await resume(place, webhook)
        await place.desk.rest()
        assert ("active", 0, None) == (resumed.state, resumed.failures, resumed.disabled_at)
        assert ["one", "two", "three"] == receiver.texts

    async def test_resuming_with_skip_goes_on_from_now(self, place):
        receiver = await place.receiver()
        receiver.answer = lambda event: 500
        webhook = await place.hook(receiver)
        conversation = await place.conversation()
        await place.say(conversation, "one", "two")
        await place.pass_time(hours=25)
        await place.say(conversation, "three")
        receiver.answer = failing()
        await resume(place, webhook, skip=True)
        await place.say(conversation, "four")
        await place.desk.rest()

        assert ["four"] == receiver.texts
        assert ["skipped"] == [each.state for each in await place.deliveries(webhook) if each.state != "delivered"]

    async def test_gone_disables_at_once(self, place):
        receiver = await place.receiver()
        receiver.answer = lambda event: 410
        webhook = await place.hook(receiver)
        await place.say(await place.conversation(), "one", "two")
        await place.pass_time(hours=1)

        assert 1 == len(receiver.posts)
        assert ("disabled", "gone") == (
            state(place, webhook), place.desk.webhooks.find(webhook.id).disabled_because
        )  # fmt: skip
        assert 1 == len(await place.told("webhook.disabled"))

    async def test_by_hand_and_it_stays_so_over_a_restart(self, place):
        receiver = await place.receiver()
        webhook = await place.hook(receiver)
        await place.desk.webhooks.disable(webhook.id)
        conversation = await place.conversation()
        await place.say(conversation, "one")
        await place.desk.rest()
        await place.start()
        await place.desk.rest()
        assert ("disabled", []) == (state(place, webhook), receiver.posts)

        await resume(place, webhook)
        await place.desk.rest()
        assert ["one"] == receiver.texts


class TestRestart:
    async def test_nothing_is_lost_and_what_was_settled_does_not_come_again(self, place):
        receiver = await place.receiver()
        receiver.answer = failing("a1")
        webhook = await place.hook(receiver)
        a, b = await place.conversation("a"), await place.conversation("b")
        await place.say(a, "a1", "a2")
        await place.say(b, "b1")
        await place.desk.rest()
        await place.start()
        await place.say(a, "a3")
        receiver.answer = failing()
        await place.desk.rest()
        assert ["b1"] == receiver.texts

        await place.pass_time(seconds=10)
        assert ["b1", "a1", "a2", "a3"] == receiver.texts
        first = next(each for each in await place.deliveries(webhook) if each.attempts == 2)
        assert "delivered" == first.state

    async def test_what_happened_while_nobody_posted_arrives_afterwards(self, place):
        receiver = await place.receiver()
        await place.hook(receiver)
        await place.say(await place.conversation(), "unposted")
        await place.start()
        await place.desk.rest()

        assert ["unposted"] == receiver.texts


class TestBounds:
    async def test_a_receiver_that_never_answers_slows_nobody(self, place):
        place.driven = False
        await place.start()
        dead, alive = await place.receiver(), await place.receiver()
        dead.held.clear()
        lagging = await place.hook(dead)
        webhook = await place.hook(alive)
        texts = [str(number) for number in range(400)]
        for text in texts:
            await place.say(await place.conversation(text), text)
        await alive.until(lambda: len(alive.got) == 400)

        assert sorted(texts) == sorted(alive.texts)
        assert 8 >= len(dead.posts)
        assert place.desk.webhooks.find(lagging.id).cursor < place.desk.webhooks.find(webhook.id).cursor
        place.desk.check()

    async def test_it_runs_by_itself_and_tries_again_when_time_comes(self, place):
        place.driven = False
        await place.start()
        receiver = await place.receiver()
        receiver.answer = lambda event: 500
        webhook = await place.hook(receiver)
        conversation = await place.conversation()
        await place.say(conversation, "one", "two")
        await receiver.until(lambda: receiver.posts)
        receiver.answer = failing()
        async with asyncio.timeout(10):
            while place.desk.webhooks.next_due() in {None, place.clock.now()}:  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(0)
        place.clock.advance_to(place.clock.now() + timedelta(seconds=10))
        await receiver.until(lambda: len(receiver.got) == 2)

        assert ["one", "two"] == receiver.texts
        assert 3 == len(receiver.posts)
        assert webhook.id == place.desk.webhooks.all()[0].id

    async def test_a_courier_that_dies_is_found_out(self, place):
        place.driven = False
        await place.start()
        webhook = await place.hook(await place.receiver())
        place.desk.check()
        task = place.desk._jobs._tasks[f"webhook {webhook.id}"]
        task.cancel()
        await asyncio.wait([task], timeout=10)

        with pytest.raises(Unavailable, match=f"webhook {webhook.id} has stopped"):
            place.desk.check()

    async def test_the_last_thousand_deliveries_are_kept(self, place):
        receiver = await place.receiver()
        webhook = await place.hook(receiver)
        await place.say(await place.conversation(), *map(str, range(1250)))
        await place.desk.rest()

        kept = await place.desk.webhooks.deliveries(webhook.id, None, None, 5000)
        assert 1250 == len(receiver.got)
        assert 1000 <= len(kept) <= 1100
        assert sorted((each.id for each in kept), reverse=True) == [each.id for each in kept]
