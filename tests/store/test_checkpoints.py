import sqlite3

import pytest
from tests.conformance.builders import answer

from handoff_sdk.ports import Change
from handoff_sdk.store import groups
from handoff_sdk.store.connection import reader


def log_size(path):
    return path.with_name(path.name + "-wal").stat().st_size


async def fill(store, count):
    for n in range(count):
        await store.submit(Change(answer=answer(f"{n}", body=b"x" * 4000)))


async def test_no_connection_checkpoints_by_itself(store, path):
    settings = [
        connection.execute("PRAGMA wal_autocheckpoint").fetchone()
        for connection in (*store._readers._free, store._writer._groups._connection)
    ]
    assert [(0,)] * 5 == settings


async def test_a_reader_can_neither_write_nor_checkpoint(store, path):
    await fill(store, 10)
    size = path.stat().st_size
    connection = reader(path)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DELETE FROM answers")
    with pytest.raises(sqlite3.OperationalError):
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    connection.close()
    assert size == path.stat().st_size


async def test_the_writer_keeps_the_log_short(store, path, monkeypatch):
    monkeypatch.setattr(groups, "_CHECKPOINT_EVERY", 20)
    await fill(store, 100)
    first = log_size(path)
    for n in range(400):
        await store.submit(Change(answer=answer(f"more-{n}", body=b"x" * 4000)))

    assert first == log_size(path)
    assert path.stat().st_size > 1_000_000


async def test_a_log_that_a_reader_held_up_begins_anew_later(store, path, monkeypatch):
    monkeypatch.setattr(groups, "_CHECKPOINT_EVERY", 20)
    monkeypatch.setattr(groups, "_LONG_LOG", 100)
    slow = reader(path)
    slow.execute("BEGIN")
    slow.execute("SELECT count(*) FROM answers").fetchone()
    await store._writer.run(lambda connection: connection.execute("PRAGMA busy_timeout=1").fetchone())
    await fill(store, 100)
    held = log_size(path)
    slow.execute("COMMIT")
    slow.close()

    for n in range(400):
        await store.submit(Change(answer=answer(f"more-{n}", body=b"x" * 4000)))

    assert log_size(path) < held * 2
    store.check()
