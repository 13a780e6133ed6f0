"""What people do with webhooks: test, change, redeliver, rotate, resume; and those that a configuration has."""

from datetime import timedelta

import pytest
from standardwebhooks import Webhook as Oracle

from handoff_sdk import ConfigError, Conflict, InvalidRequest, NotFound
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
