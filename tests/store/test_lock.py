import os
import signal
import subprocess
import sys

import pytest

from handoff_sdk.errors import Unavailable
from handoff_sdk.store.sqlite import SqliteStore

HOLD = """
import asyncio, sys
from handoff_sdk.store.sqlite import SqliteStore

async def hold():
    await SqliteStore(sys.argv[1]).open()
    print("open", flush=True)
    await asyncio.Event().wait()

asyncio.run(hold())
"""


@pytest.fixture
def other_engine(path):
    """A second process that has the file open."""
    process = subprocess.Popen(  # noqa: S603 - it is this very Python
        [sys.executable, "-c", HOLD, path], stdout=subprocess.PIPE, text=True
    )
    assert "open\n" == process.stdout.readline()
    yield process
    process.kill()
    process.communicate()


async def test_a_second_engine_is_told_which_process_has_which_file(path, other_engine):
    with pytest.raises(Unavailable) as refused:
        await SqliteStore(path).open()

    assert str(path) in refused.value.detail
    assert f"process {other_engine.pid}" in refused.value.detail


async def test_an_engine_that_was_killed_leaves_no_lock_behind(path, other_engine):
    other_engine.send_signal(signal.SIGKILL)
    other_engine.wait()

    store = SqliteStore(path)
    await store.open()
    await store.close()


async def test_a_second_store_in_the_same_process_is_refused(store, path):
    with pytest.raises(Unavailable, match=f"process {os.getpid()}"):
        await SqliteStore(path).open()
    store.check()


async def test_a_second_name_of_the_file_is_the_same_file(store, path):
    other_name = path.with_name("other.db")
    other_name.symlink_to(path)
    with pytest.raises(Unavailable, match="Another engine"):
        await SqliteStore(other_name).open()


async def test_a_store_that_is_closed_lets_the_next_one_in(path):
    for _ in range(2):
        store = SqliteStore(path)
        await store.open()
        await store.close()


async def test_a_store_that_could_not_be_opened_holds_no_lock(path):
    path.write_bytes(b"something else entirely " * 100)
    with pytest.raises(Unavailable, match="not an SQLite file"):
        await SqliteStore(path).open()

    path.unlink()
    store = SqliteStore(path)
    await store.open()
    await store.close()
