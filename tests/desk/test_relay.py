import asyncio
from datetime import timedelta
from itertools import pairwise

import pytest
from standardwebhooks import Webhook as Oracle

from handoff_sdk import ConfigError, Conflict, InvalidRequest, NotFound, Unavailable, verify_webhook
from handoff_sdk.models.command import SetAgentStatus
from handoff_sdk.models.event import Actor
from handoff_sdk.models.webhook import ResumeWebhook, RotateSecret, UpdateWebhook

SECRET = "whsec_" + "A" * 40
OTHER = "whsec_" + "B" * 40


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


class TestByHand:
    async def test_one_that_was_delivered_comes_again_and_holds_up_nothing(self, place):
        receiver = await place.receiver()
        webhook = await place.hook(receiver)
        conversation = await place.conversation()
        await place.say(conversation, "one")
        await place.desk.rest()
        (delivery,) = await place.deliveries(webhook)
        receiver.answer = failing("one")
        again = await place.desk.webhooks.redeliver(webhook.id, delivery.id)
        assert ("pending", True) == (again.state, again.redelivery)

        await place.say(conversation, "two")
        await place.desk.rest()
        assert ["one", "two"] == receiver.texts
        await place.start()
        receiver.answer = failing()
        await place.pass_time(seconds=10)
        assert ["one", "two", "one"] == receiver.texts
        assert 1 == len({event["id"] for event in receiver.got if event["seq"] == receiver.got[0]["seq"]})

    async def test_one_that_waits_is_tried_at_once(self, place):
        receiver = await place.receiver()
        receiver.answer = failing("one")
        webhook = await place.hook(receiver)
        await place.say(await place.conversation(), "one", "two")
        await place.pass_time(hours=2)
        (delivery,) = await place.deliveries(webhook, "pending")
        receiver.answer = failing()
        await place.desk.webhooks.redeliver(webhook.id, delivery.id)
        await place.desk.rest()

        assert ["one", "two"] == receiver.texts

    async def test_one_of_a_disabled_webhook_or_of_another_is_refused(self, place):
        receiver = await place.receiver()
        webhook, other = await place.hook(receiver), await place.hook(receiver)
        await place.say(await place.conversation(), "one")
        await place.desk.rest()
        (delivery,) = await place.deliveries(webhook)
        with pytest.raises(NotFound):
            await place.desk.webhooks.redeliver(other.id, delivery.id)
        await place.desk.webhooks.disable(webhook.id)
        with pytest.raises(Conflict, match="resume it first"):
            await place.desk.webhooks.redeliver(webhook.id, delivery.id)

    async def test_a_test_is_posted_and_told_and_not_kept(self, place):
        receiver = await place.receiver()
        webhook = await place.hook(receiver)
        receiver.answer = lambda event: 418
        await place.desk.webhooks.disable(webhook.id)
        delivery = await place.desk.webhooks.test(webhook.id)

        assert ("failed", 418, "It answered 418.", None) == (
            delivery.state, delivery.status, delivery.error, delivery.next_at
        )  # fmt: skip
        assert ["webhook.test"] == [event["type"] for event, _, _ in receiver.posts]
        assert [] == await place.deliveries(webhook)
        assert 0 == place.desk.webhooks.find(webhook.id).failures

    async def test_a_changed_url_and_pattern_hold_for_what_happens_next(self, place):
        first, second = await place.receiver(), await place.receiver()
        webhook = await place.hook(first)
        await place.desk.webhooks.update(
            UpdateWebhook(webhook_id=webhook.id, url=second.url, events=("conversation.created",), name="x")
        )
        await place.say(await place.conversation(), "one")
        await place.start()
        await place.desk.rest()

        assert ([], ["conversation.created"]) == (first.posts, [event["type"] for event in second.got])
        assert "x" == place.desk.webhooks.find(webhook.id).name

    async def test_a_deleted_one_gets_nothing_and_is_forgotten(self, place):
        place.driven = False
        await place.start()
        receiver = await place.receiver()
        webhook = await place.hook(receiver)
        await place.desk.webhooks.delete(webhook.id)
        await place.say(await place.conversation(), "one")

        with pytest.raises(NotFound):
            place.desk.webhooks.find(webhook.id)
        assert ([], []) == (list(await place.desk.store.webhooks()), receiver.posts)
        place.desk.check()

    async def test_a_url_inside_is_refused_when_it_is_made_or_changed(self, place):
        receiver = await place.receiver()
        webhook = await place.hook(receiver)
        receiver.url = "http://10.0.0.1/"
        with pytest.raises(InvalidRequest, match="webhooks_allow"):
            await place.hook(receiver)
        with pytest.raises(InvalidRequest, match="webhooks_allow"):
            await place.desk.webhooks.update(UpdateWebhook(webhook_id=webhook.id, url=receiver.url))


class TestRotation:
    async def signed_with(self, place, receiver):
        await place.say(await place.conversation(), "one")
        await place.desk.rest()
        event, headers, body = receiver.posts[-1]
        names = {Oracle(one).sign(event["id"], place.clock.now(), body.decode()): one for one in (SECRET, OTHER)}
        return [names[signature] for signature in headers["webhook-signature"].split()]

    async def test_both_secrets_sign_for_a_day(self, place):
        receiver = await place.receiver()
        webhook = await place.hook(receiver, secret=SECRET)
        rotated = await place.desk.webhooks.rotate(RotateSecret(webhook_id=webhook.id, secret=OTHER))
        assert place.clock.now() + timedelta(hours=24) == rotated.overlap_until
        assert [OTHER, SECRET] == await self.signed_with(place, receiver)

        await place.start()
        await place.pass_time(hours=23, minutes=59)
        assert [OTHER, SECRET] == await self.signed_with(place, receiver)
        await place.pass_time(minutes=1)
        assert [OTHER] == await self.signed_with(place, receiver)

    async def test_a_secret_is_made_where_none_is_given(self, place):
        webhook = await place.hook(await place.receiver())
        secrets = {place.desk.webhooks.with_secret(webhook.id).secret}
        for _ in range(4):
            await place.desk.webhooks.rotate(RotateSecret(webhook_id=webhook.id))
            secrets.add(place.desk.webhooks.with_secret(webhook.id).secret)
        assert 5 == len(secrets)

        with pytest.raises(Conflict, match="4 times within a day"):
            await place.desk.webhooks.rotate(RotateSecret(webhook_id=webhook.id))
        await place.pass_time(days=1)
        await place.desk.webhooks.rotate(RotateSecret(webhook_id=webhook.id))

    async def test_the_same_secret_is_no_other(self, place):
        webhook = await place.hook(await place.receiver(), secret=SECRET)
        with pytest.raises(InvalidRequest):
            await place.desk.webhooks.rotate(RotateSecret(webhook_id=webhook.id, secret=SECRET))


class TestConfigured:
    async def configured(self, place, *hooks):
        place.config |= {"webhooks": list(hooks)}
        await place.start()
        return place.desk.webhooks.all()

    async def test_they_are_there_and_go_on_over_restarts(self, place):
        receiver = await place.receiver()
        hook = {"url": receiver.url, "events": ["message.*"], "secret": SECRET, "name": "crm"}
        (webhook,) = await self.configured(place, hook)
        conversation = await place.conversation()
        await place.say(conversation, "one")
        await place.desk.rest()
        await place.say(conversation, "two")
        (same,) = await self.configured(place, hook | {"secret": OTHER})
        await place.desk.rest()

        assert ("config", webhook.id) == (same.source, same.id)
        assert ["one", "two"] == receiver.texts
        assert 2 == len(receiver.posts[-1][1]["webhook-signature"].split())

    async def test_they_are_changed_in_the_configuration_alone(self, place):
        receiver = await place.receiver()
        hook = {"url": receiver.url, "events": ["*"], "secret": SECRET}
        (webhook,) = await self.configured(place, hook)
        for change in (
            place.desk.webhooks.update(UpdateWebhook(webhook_id=webhook.id, name="x")),
            place.desk.webhooks.rotate(RotateSecret(webhook_id=webhook.id)),
            place.desk.webhooks.delete(webhook.id),
        ):
            with pytest.raises(Conflict, match="configuration"):
                await change
        assert [] == await self.configured(place)
        assert [] == list(await place.desk.store.webhooks())

    async def test_one_that_was_gone_and_has_another_url_begins_anew(self, place):
        first, second = await place.receiver(), await place.receiver()
        first.answer = lambda event: 410
        hook = {"url": first.url, "events": ["message.*"], "secret": SECRET, "name": "crm"}
        await self.configured(place, hook)
        await place.say(await place.conversation(), "one")
        await place.desk.rest()
        (webhook,) = await self.configured(place, hook | {"url": second.url})
        await place.desk.rest()

        assert ("active", ["one"]) == (webhook.state, second.texts)

    async def test_a_url_inside_stops_the_start(self, place):
        with pytest.raises(ConfigError, match="webhooks_allow"):
            await self.configured(place, {"url": "http://10.0.0.1/", "events": ["*"], "secret": SECRET})
