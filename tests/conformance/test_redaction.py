"""A message is taken back: what is kept of it is written anew in one transaction, and all else stays."""

from __future__ import annotations

from dataclasses import replace

import pytest

from handoff_sdk.ports import Redaction, StaleVersion

from .builders import answer, at, changed, kept, said, starts

BODY = b'{"id":"msg_cnv_1_000002","text":"secret \xc3\xbc"}'


async def test_events_of_a_conversation_are_found_by_what_is_in_them(store):
    before = await kept(store, said(await starts(store), "one"))
    before = await kept(store, said(before, "two"))
    about = {"data": {"returned": {"messages": [{"id": "msg_cnv_1_000002"}]}}}
    await store.submit(changed(before, "control.returned", about=about))
    await store.submit(said(await starts(store, "2"), "msg_cnv_1_000002"))

    found = await store.events_with("cnv_1", "msg_cnv_1_000002")

    assert [2, 4] == [event.seq for event in found]
    assert [] == await store.events_with("cnv_1", "msg_none")


async def test_answers_are_found_by_what_is_in_them(store):
    await store.keep_answer(answer("early", seconds=1, body=BODY))
    await store.keep_answer(answer("other", seconds=2, body=b"{}"))
    await store.keep_answer(answer("late", seconds=2, body=BODY))

    found = await store.answers_with("msg_cnv_1_000002", at(2))

    assert [answer("late", seconds=2, body=BODY)] == list(found)
    assert ["early", "late"] == [each.key for each in await store.answers_with("ü", at(0))]


async def test_what_was_kept_is_written_anew_with_the_change(store):
    before = await kept(store, said(await starts(store), "secret", answer=answer(body=BODY)))
    redaction = await redacted(store)

    await store.submit(changed(before, "message.redacted", redaction=redaction))

    [event] = redaction.events
    assert [event] == await store.events_with("cnv_1", "redacted-by")
    assert answer(body=b'{"redacted":true}') == await store.answer("key:bot", "key-1")
    assert "redacted" == (await store.message("msg_cnv_1_000002")).content.type
    assert [] == await store.answers_with("secret", at(0))


async def test_nothing_is_written_where_an_answer_is_gone_meanwhile(store):
    before = await kept(store, said(await starts(store), "secret", answer=answer(body=BODY)))
    redaction = await redacted(store)
    await store.forget_answers(at(60))

    with pytest.raises(StaleVersion):
        await store.submit(changed(before, "message.redacted", redaction=redaction))

    assert "secret" == (await store.message("msg_cnv_1_000002")).text
    assert before == await store.thread("cnv_1")


async def redacted(store):
    """The redaction of the first message, as whoever decides would have it."""
    [event] = await store.events_with("cnv_1", "msg_cnv_1_000002")
    message = event.data["message"] | {"content": {"type": "redacted"}, "metadata": {"redacted-by": "key_1"}}
    [told] = await store.answers_with("msg_cnv_1_000002", at(0))
    return Redaction(
        "msg_cnv_1_000002",
        events=(event.model_copy(update={"data": {"message": message}}),),
        answers=(replace(told, body=b'{"redacted":true}'),),
    )
