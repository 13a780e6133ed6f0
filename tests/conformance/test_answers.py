import asyncio

import pytest

from handoff_sdk.ports import AnswerKept, Change

from .builders import answer, at, said, starts


async def test_an_answer_is_kept_with_its_change(store):
    before = await starts(store)
    expected = answer(body=b'{"text": "\xc3\xbc"}')
    await store.submit(said(before, answer=expected))

    assert expected == await store.answer("key:bot", "key-1")
    assert await store.answer("key:bot", "key-2") is None
    assert await store.answer("key:other", "key-1") is None


async def test_a_change_takes_effect_once_for_each_idempotency_key(store):
    before = await starts(store)
    first = said(before, "once", answer=answer())
    await store.submit(first)

    with pytest.raises(AnswerKept):
        await store.submit(said(first.after, "twice", answer=answer(body=b"other")))

    assert ["once"] == [message.text for message in await store.messages("cnv_1")]
    assert answer() == await store.answer("key:bot", "key-1")


async def test_the_same_request_twice_at_once_takes_effect_once(store):
    threads = [await starts(store, f"{n}") for n in range(5)]
    outcomes = await asyncio.gather(
        *(store.submit(said(one, answer=answer())) for one in threads), return_exceptions=True
    )

    assert [False, True, True, True, True] == [isinstance(outcome, AnswerKept) for outcome in outcomes]


async def test_keys_of_different_callers_do_not_meet(store):
    await store.submit(Change(answer=answer(scope="customer:1")))
    await store.submit(Change(answer=answer(scope="customer:2")))
    assert answer(scope="customer:2") == await store.answer("customer:2", "key-1")


async def test_an_answer_may_be_kept_on_its_own(store):
    await store.keep_answer(answer())
    with pytest.raises(AnswerKept):
        await store.keep_answer(answer(body=b"other"))
    assert answer() == await store.answer("key:bot", "key-1")


async def test_old_answers_are_forgotten(store):
    for n in range(5):
        await store.keep_answer(answer(f"key-{n}", seconds=n))

    assert 3 == await store.forget_answers(at(3))
    assert 0 == await store.forget_answers(at(3))
    assert await store.answer("key:bot", "key-2") is None
    assert answer("key-3", seconds=3) == await store.answer("key:bot", "key-3")


async def test_many_old_answers_are_forgotten(store):
    """More than are forgotten in one transaction, and many of one instant."""
    count = 12_000
    await asyncio.gather(
        *(store.submit(Change(answer=answer(f"key-{n}", seconds=n // 3_000))) for n in range(count // 2))
    )
    await asyncio.gather(
        *(store.submit(Change(answer=answer(f"key-{n}", seconds=n // 3_000))) for n in range(count // 2, count))
    )

    assert count == await store.forget_answers(at(99))
