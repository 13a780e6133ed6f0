"""What was read before a message was redacted, and waits to be given out, goes without its content."""

from __future__ import annotations

from handoff_sdk.core.views import STAFF
from handoff_sdk.models.command import RedactMessage
from handoff_sdk.models.event import Actor

ADMIN = Actor(type="admin", id="key_1")
GONE = {"type": "redacted"}


async def redact(place, conversation, text):
    [message] = [one for one in await place.desk.store.messages(conversation.id) if one.text == text]
    await place.desk.handle(RedactMessage(conversation_id=conversation.id, message_id=message.id), ADMIN)
    return message


async def test_a_delivery_that_waits_is_posted_without_it(place):
    receiver = await place.receiver()
    receiver.answer = lambda event: 500
    await place.hook(receiver)
    conversation = await place.conversation()
    await place.say(conversation, "first", "secret")
    await place.desk.rest()

    await redact(place, conversation, "secret")
    receiver.answer = lambda event: 200
    await place.pass_time(hours=1)

    assert [{"type": "text", "text": "first"}, GONE] == [event["data"]["message"]["content"] for event in receiver.got]


async def test_a_delivery_that_was_read_already_is_posted_without_it(place):
    receiver = await place.receiver()
    await place.hook(receiver)
    conversation = await place.conversation()
    await place.desk.rest()
    await place.say(conversation, "secret")
    await redact(place, conversation, "secret")
    await place.desk.rest()

    assert [GONE] == [event["data"]["message"]["content"] for event in receiver.got]


async def test_a_listener_who_lags_behind_never_hears_it(place):
    conversation = await place.conversation()
    async with place.desk.hub.follow(STAFF) as listener:
        await place.say(conversation, "secret", "else")
        message = await redact(place, conversation, "secret")
        heard = [delivery.event for delivery in await listener.next(0)]

    said = {event.data["message"]["id"]: event.data["message"] for event in heard if event.type == "message.created"}
    assert GONE == said[message.id]["content"]
    assert "message.redacted" == heard[-1].type
    assert heard == [await place.desk.store.event(event.id) for event in heard]
