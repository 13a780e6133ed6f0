"""api.md, privacy: a message is taken back, and all else stays as it was."""

from __future__ import annotations

from handoff_sdk.core.redaction import without
from handoff_sdk.core.views import for_customer
from handoff_sdk.models.event import Actor
from handoff_sdk.models.message import Message
from handoff_sdk.models.prompt import Redact

from .desk import Desk, told, types

ADMIN = Actor(type="admin", id="key_1")


def redacts(desk: Desk, message: Message, reason: str | None = None):
    return desk.does(Redact(conversation_id=desk.conversation.id, message=message, reason=reason), ADMIN)


def said(desk: Desk) -> Message:
    """What was said last."""
    events = [event for event in desk.events if event.type == "message.created"]
    return Message.model_validate(events[-1].data["message"])


def test_it_is_told_once_and_moves_nothing_else():
    desk = Desk()
    desk.customer_says("4111 1111 1111 1111")
    before = desk.thread

    decision = redacts(desk, said(desk), "a card number")

    assert ["message.redacted"] == types(decision)
    assert {"message_id": said(desk).id, "visibility": "public", "reason": "a card number"} == told(
        decision, "message.redacted"
    )
    assert said(desk).id == decision.redacted
    counted = {"version": before.version + 1, "seq": before.seq + 1, "public_seq": before.public_seq + 1}
    assert before.model_copy(update=counted) == desk.thread
    assert [event.seq for event in desk.events] == list(range(1, len(desk.events) + 1))


def test_who_redacted_it_answers_the_message_without_its_content():
    desk = Desk()
    desk.customer_says("secret")
    decision = redacts(desk, said(desk))

    assert decision.message is not None
    assert {"type": "redacted"} == decision.message.content.model_dump()
    assert said(desk).model_dump(exclude={"content"}) == decision.message.model_dump(exclude={"content"})


def test_what_is_taken_back_already_stays_so():
    desk = Desk()
    desk.customer_says("secret")
    first = redacts(desk, said(desk))
    before = desk.thread

    again = redacts(desk, first.message)

    assert (before, ()) == (again.thread, again.events)


def test_the_customer_learns_which_message_it_is_and_not_why():
    desk = Desk()
    desk.customer_says("secret")
    (event,) = redacts(desk, said(desk), "a card number").events

    assert {"message_id": said(desk).id} == for_customer(event).data


def test_that_a_note_is_taken_back_is_the_staffs_alone():
    desk = Desk()
    desk.customer_says()
    desk.hand_off()
    desk.agent_says("secret", visibility="internal")
    (event,) = redacts(desk, said(desk)).events

    assert (None, None) == (event.public_seq, for_customer(event))


def test_a_message_goes_wherever_it_lies():
    message = {"id": "msg_1", "content": {"type": "text", "text": "secret"}, "metadata": {"id": "msg_1"}}
    other = {"id": "msg_2", "content": {"type": "text", "text": "msg_1"}}
    kept = {"returned": {"messages": [other, message]}, "message": message, "about": "msg_1"}

    emptied = message | {"content": {"type": "redacted"}}
    assert {"returned": {"messages": [other, emptied]}, "message": emptied, "about": "msg_1"} == without(kept, "msg_1")
    assert kept == without(kept, "msg_3")
