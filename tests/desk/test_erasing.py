"""What was read before its customer was erased, and waits to be given out, is not given out any more."""

from __future__ import annotations

from handoff_sdk.core.views import STAFF


async def test_a_listener_who_lags_behind_hears_nothing_of_them(place):
    mia, tom = await place.conversation("mia"), await place.conversation("tom")
    async with place.desk.hub.follow(STAFF) as listener:
        await place.say(mia, "secret")
        await place.say(tom, "Hello")
        await place.desk.erase(mia.customer_id)
        heard = [delivery.event for delivery in await listener.next(0)]
        assert (0, {tom.id}) == (len(await listener.next(0)), {event.conversation_id for event in heard})

    assert heard == [await place.desk.store.event(event.id) for event in heard]


async def test_who_goes_on_listening_hears_the_others(place):
    mia, tom = await place.conversation("mia"), await place.conversation("tom")
    async with place.desk.hub.follow(STAFF) as listener:
        await place.say(mia, "secret")
        await place.desk.erase(mia.customer_id)
        assert () == await listener.next(0)
        await place.say(tom, "Hello")
        heard = [delivery.event for delivery in await listener.next(0)]

    assert {tom.id} == {event.conversation_id for event in heard}


async def test_a_delivery_that_was_read_already_is_not_posted(place):
    receiver = await place.receiver()
    hook = await place.hook(receiver)
    mia = await place.conversation()
    receiver.answer = lambda event: 500
    await place.say(mia, "secret")
    await place.desk.rest()
    posted = len(receiver.posts)

    await place.desk.erase(mia.customer_id)
    receiver.answer = lambda event: 200
    await place.pass_time(hours=1)

    assert (posted, []) == (len(receiver.posts), receiver.got)
    [delivery] = await place.desk.store.deliveries(hook.id, limit=10)
    assert ("failed", "The event is not kept any more.") == (delivery.state, delivery.error)
