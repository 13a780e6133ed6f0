"""What happens when the disk, the file or the writer fails, and what is said of it."""

import asyncio
import sqlite3
from contextlib import closing

import pytest
from tests.conformance.builders import answer, said, starts

from handoff_sdk.errors import Unavailable
from handoff_sdk.ports import Change
from handoff_sdk.store import readers, trouble, writer
from handoff_sdk.store.sqlite import SqliteStore


def big(name="big"):
    return Change(answer=answer(name, body=b"x" * 1_000_000))


async def pages(store, most):
    """Let the file have so many pages and no more, as on a disk that is full."""
    await store._writer.run(lambda connection: connection.execute(f"PRAGMA max_page_count={most}").fetchone())


async def test_a_full_disk_is_named_and_passes(store, path):
    before = await starts(store)
    await pages(store, 1)

    with pytest.raises(Unavailable, match="is full") as refused:
        await store.submit(big())
    assert str(path.resolve()) in refused.value.detail
    assert 1 == refused.value.retry_after
    with pytest.raises(Unavailable, match="is full"):
        store.check()

    await pages(store, 1_000_000)
    await store.submit(big())
    store.check()
    assert before == await store.thread("cnv_1")


async def test_a_full_disk_fails_all_who_wait(store):
    await pages(store, 1)
    outcomes = await asyncio.gather(*(store.submit(big(f"{n}")) for n in range(3)), return_exceptions=True)
    assert [True] * 3 == [isinstance(outcome, Unavailable) for outcome in outcomes]


async def test_a_lock_of_another_program_is_named_and_passes(store, path, monkeypatch):
    await store._writer.run(lambda connection: connection.execute("PRAGMA busy_timeout=1").fetchone())
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="Another program holds a lock"):
            await store.submit(Change(answer=answer()))
        other.execute("ROLLBACK")

    await store.submit(Change(answer=answer()))


async def test_a_writer_that_dies_fails_everyone_with_the_reason(store):
    before = await starts(store)
    store._writer._groups._connection.close()

    outcomes = await asyncio.gather(
        *(store.submit(Change(answer=answer(f"{n}"))) for n in range(3)), return_exceptions=True
    )
    assert [True] * 3 == ["closed database" in str(outcome) for outcome in outcomes]
    with pytest.raises(Unavailable, match=r"cannot write any more.*closed database"):
        store.check()
    with pytest.raises(Unavailable, match=r"cannot write any more.*closed database"):
        await store.submit(said(before))
    assert before == await store.thread("cnv_1")


async def test_a_bug_in_the_writer_fails_everyone_with_the_reason(store):
    store._writer._queue.put(5)

    with pytest.raises(Unavailable, match="cannot write any more"):
        await store.submit(Change(answer=answer()))
    with pytest.raises(Unavailable, match="cannot write any more"):
        store.check()


async def test_a_store_whose_writer_died_can_be_closed_and_opened_again(store):
    store._writer._groups._connection.close()
    with pytest.raises(Unavailable):
        await store.submit(Change(answer=answer()))
    await store.close()

    await store.open()
    await starts(store)


async def test_a_damaged_file_is_called_damaged(path):
    store = SqliteStore(path)
    await store.open()
    before = await starts(store)
    for n in range(50):
        change = said(before, f"{n} " * 500)
        await store.submit(change)
        before = change.after
    await store.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))

    with pytest.raises(Unavailable, match="is damaged") as refused:
        await store.open()

    assert "backup" in refused.value.detail


async def test_too_many_changes_at_once_are_put_off(store, monkeypatch):
    monkeypatch.setattr(writer, "_MOST_WAITING", 10)
    futures = [store.submit(Change(answer=answer(f"{n}"))) for n in range(12)]
    outcomes = await asyncio.gather(*futures, return_exceptions=True)

    assert [False] * 10 + [True] * 2 == [isinstance(outcome, Unavailable) for outcome in outcomes]
    assert 1 == outcomes[-1].retry_after
    await store.submit(Change(answer=answer("later")))


async def test_too_many_reads_at_once_are_put_off(store, monkeypatch):
    monkeypatch.setattr(readers, "_MOST_WAITING", 10)
    reads = (store.thread("cnv_none") for _ in range(12))
    outcomes = await asyncio.gather(*reads, return_exceptions=True)

    assert [False] * 10 + [True] * 2 == [isinstance(outcome, Unavailable) for outcome in outcomes]
    assert await store.thread("cnv_none") is None


async def test_an_engine_whose_event_loop_is_gone_lets_its_thread_end(path):
    lost = SqliteStore(path)

    async def forgetful():
        await lost.open()
        lost.submit(Change(answer=answer()))
        lost._writer._hand_over()
        lost._writer._queue.put(None)

    await asyncio.get_running_loop().run_in_executor(None, lambda: asyncio.run(forgetful()))
    lost._writer._thread.join(timeout=10)
    assert not lost._writer._thread.is_alive()
    lost._lock.release()


@pytest.mark.parametrize(
    ("version", "risky"),
    [
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 45, 0), True),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 0), True),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 53, 0), False),
    ],
)
def test_the_doctor_knows_which_sqlite_has_the_wal_reset_bug(monkeypatch, version, risky):
    monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
    assert risky == (trouble.checkpoint_risk() is not None)
