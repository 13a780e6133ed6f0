import subprocess
import sys
from pathlib import Path

import pytest

from handoff_sdk.ports import EventFilter
from handoff_sdk.store.sqlite import SqliteStore

ROOT = Path(__file__).parents[2]
LINES = 2_000


@pytest.fixture
def acknowledged(path):
    """The last ``seq`` that an engine called durable in each conversation before it was killed at work."""
    process = subprocess.Popen(  # noqa: S603 - it is this very Python
        [sys.executable, "-m", "tests.store.hammer", path], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    lines = [process.stdout.readline() for _ in range(LINES)]
    process.kill()
    rest, _ = process.communicate()
    lines += [line for line in rest.splitlines(keepends=True) if line.endswith("\n")]
    return {conversation_id: int(seq) for conversation_id, seq in (line.split() for line in lines)}


async def test_what_was_acknowledged_is_there_after_kill_9(path, acknowledged):
    store = SqliteStore(path)
    await store.open()
    for conversation_id, seq in acknowledged.items():
        thread = await store.thread(conversation_id)
        events = await store.events(EventFilter(conversation_id=conversation_id), after=0, limit=100_000)
        assert seq <= thread.seq
        assert list(range(1, thread.seq + 1)) == [event.seq for event in events]
    await store.close()
    assert 8 == len(acknowledged)
