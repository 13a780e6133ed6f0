import pytest

from handoff_sdk.errors import Conflict, NotFound
from handoff_sdk.models.event import Actor, Event
from handoff_sdk.models.webhook import Delivery, Webhook
from handoff_sdk.ports import Change, HookChange, HookSecret, KeptWebhook

from .builders import at


def kept(webhook_id="whk_1", **more):
    webhook = Webhook(id=webhook_id, url="https://example.com/h", events=("*",), created_at=at(1), **more)
    return KeptWebhook(webhook, (HookSecret("whsec_new"), HookSecret("whsec_old", at(9))))


def delivery(delivery_id, webhook_id="whk_1", **more):
    return Delivery(
        id=delivery_id,
        webhook_id=webhook_id,
        event_id="evt_1",
        event_type="ticket.solved",
        created_at=at(2),
        round_at=at(2),
        **more,
    )


async def keep(store, one, *deliveries, new=False, events=()):
    return await store.submit(Change(events=events, hook=HookChange(one, deliveries, new=new)))


async def ids(store, **more):
    return [each.id for each in await store.deliveries("whk_1", limit=10, **more)]


async def test_a_webhook_comes_back_as_it_was_kept(store):
    one = kept(cursor=7, state="failing", failures=5, failing_since=at(3))
    await keep(store, one, new=True)
    assert [one] == list(await store.webhooks())

    changed = kept(cursor=8, name="crm")
    await keep(store, changed)
    assert [changed] == list(await store.webhooks())


async def test_one_that_is_not_there_cannot_change_and_nothing_of_it_is_kept(store):
    with pytest.raises(NotFound):
        await keep(store, kept(), delivery("dlv_1"))

    assert await store.delivery("dlv_1") is None


async def test_two_have_not_the_same_id(store):
    await keep(store, kept(), new=True)
    with pytest.raises(Conflict):
        await keep(store, kept(), new=True)


async def test_deliveries_are_kept_with_the_cursor_and_the_events_that_tell_of_it(store):
    event = Event(id="evt_1", type="webhook.failing", at=at(4), actor=Actor(type="system"))
    await keep(store, kept(), new=True)
    (told,) = await keep(store, kept(cursor=5), delivery("dlv_1"), delivery("dlv_2", attempts=3), events=(event,))

    assert told == await store.event("evt_1")
    assert await store.event("evt_2") is None
    assert delivery("dlv_2", attempts=3) == await store.delivery("dlv_2")
    assert ["dlv_2", "dlv_1"] == await ids(store)


async def test_deliveries_come_newest_first_by_page_and_state(store):
    states = ["pending", "delivered", "failed", "delivered"]
    many = [delivery(f"dlv_{number}", state=state) for number, state in enumerate(states)]
    await keep(store, kept(), *many, delivery("dlv_9", "whk_2"), new=True)

    assert ["dlv_3", "dlv_2", "dlv_1", "dlv_0"] == await ids(store)
    assert ["dlv_3", "dlv_1"] == await ids(store, state="delivered")
    assert ["dlv_1"] == await ids(store, state="delivered", before="dlv_3")
    await keep(store, kept(), delivery("dlv_0", state="delivered"))
    assert [] == await ids(store, state="pending")


@pytest.mark.parametrize(
    ("keep_newest", "expected"), [(1, ["dlv_4", "dlv_1"]), (3, ["dlv_4", "dlv_3", "dlv_2", "dlv_1"]), (9, 5)]
)
async def test_what_is_settled_and_old_is_forgotten_and_what_waits_never(store, keep_newest, expected):
    many = [delivery(f"dlv_{number}", state="pending" if number == 1 else "delivered") for number in range(5)]
    await keep(store, kept(), *many, delivery("dlv_0x", "whk_2", state="delivered"), new=True)
    await store.forget_deliveries("whk_1", keep_newest)

    left = await ids(store)
    assert expected == (len(left) if isinstance(expected, int) else left)
    assert await store.delivery("dlv_0x") is not None


async def test_a_webhook_goes_with_its_deliveries(store):
    await keep(store, kept(), delivery("dlv_1"), delivery("dlv_2", "whk_2"), new=True)
    await store.drop_webhook("whk_1")
    await store.drop_webhook("whk_1")

    assert ([], []) == (list(await store.webhooks()), await ids(store))
    assert await store.delivery("dlv_2") is not None
