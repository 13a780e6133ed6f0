"""A courier whose store does not always write."""

import random
from dataclasses import dataclass, field

import pytest

from handoff_sdk import Unavailable
from handoff_sdk.connectors.webhook.sender import WebhookSender
from handoff_sdk.desk.courier import Courier
from handoff_sdk.desk.ids import Ids
from handoff_sdk.desk.office import Office
from handoff_sdk.models.webhook import Webhook
from handoff_sdk.ports import Change, HookChange, HookSecret, KeptWebhook


@dataclass
class Disk:
    """Writes while there is room."""

    desk: object
    full: bool = False
    written: list = field(default_factory=list)

    async def write(self, change):
        if self.full:
            raise Unavailable("The disk is full.")
        self.written.append(change)
        return await self.desk._commits.written(change)


@pytest.fixture
async def disk(place):
    return Disk(place.desk)


@pytest.fixture
async def sender():
    sender = WebhookSender(["127.0.0.1"])
    yield sender
    await sender.close()


@pytest.fixture
async def hook(place, disk, sender):
    receiver = await place.receiver()
    desk, clock = place.desk, place.clock
    webhook = Webhook(id="whk_1", url=receiver.url, events=("message.created",), created_at=clock.now())
    kept = KeptWebhook(webhook, (HookSecret("whsec_" + "A" * 40),))
    await desk.store.submit(Change(hook=HookChange(kept, new=True)))
    chance = random.Random(1).random  # noqa: S311 - jitter
    office = Office(desk.store, desk.hub, sender, clock, Ids(clock), chance, disk.write)
    courier = Courier(office, kept)
    yield receiver, courier
    courier.leave()


async def test_what_was_posted_is_kept_later_and_not_posted_again(place, disk, hook):
    receiver, courier = hook
    conversation = await place.conversation()
    await place.say(conversation, "one")
    disk.full = True
    for _ in range(3):
        with pytest.raises(Unavailable):
            await courier.rest()
    assert ["one"] == receiver.texts

    disk.full = False
    await place.say(conversation, "two")
    await courier.rest()
    assert ["one", "two"] == receiver.texts
    kept = await place.desk.store.deliveries("whk_1", limit=10)
    assert ["delivered", "delivered"] == [each.state for each in kept]
    assert courier.webhook == (await place.desk.store.webhooks())[0].webhook


async def test_what_is_told_of_it_is_told_once_for_all_that(place, disk, hook):
    receiver, courier = hook
    receiver.answer = lambda event: 410
    await place.say(await place.conversation(), "one")
    disk.full = True
    with pytest.raises(Unavailable):
        await courier.rest()
    disk.full = False
    await courier.rest()

    assert ["webhook.disabled"] == [event.type for change in disk.written for event in change.events]
    assert 1 == len(await place.told("webhook.disabled"))


async def test_deliveries_that_end_together_are_written_together(place, disk, hook):
    receiver, courier = hook
    for number in range(16):
        await place.say(await place.conversation(f"c{number}"), "one")
    await courier.rest()

    assert 16 == len(receiver.got)
    assert len(disk.written) < 16


async def test_what_does_not_match_is_not_written_for_each_event(place, disk, hook):
    _, courier = hook
    for number in range(20):
        await place.conversation(f"c{number}")
    await courier.rest()

    assert [] == disk.written
    assert await place.desk.store.cursor() == courier.webhook.cursor
