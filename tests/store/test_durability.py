import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from handoff_sdk.compose import store_of
from handoff_sdk.errors import Unavailable
from handoff_sdk.ports import EventFilter

ROOT = Path(__file__).parents[2]
LINES = 2_000


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, path):
    return request.getfixturevalue("postgresql") if request.param == "postgresql" else f"sqlite:///{path}"


@pytest.fixture
def acknowledged(url):
    """The last ``seq`` that an engine called durable in each conversation before it was killed at work."""
    process = subprocess.Popen(  # noqa: S603 - it is this very Python
        [sys.executable, "-m", "tests.store.hammer", url], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    lines = [process.stdout.readline() for _ in range(LINES)]
    process.kill()
    rest, _ = process.communicate()
    lines += [line for line in rest.splitlines(keepends=True) if line.endswith("\n")]
    return {conversation_id: int(seq) for conversation_id, seq in (line.split() for line in lines)}


async def opened(store):
    """Open a store as soon as the server has noticed that the engine before is gone."""
    async with asyncio.timeout(30):
        while True:
            try:
                return await store.open()
            except Unavailable as refused:
                if "Another engine" not in refused.detail:
                    raise


async def test_what_was_acknowledged_is_there_after_kill_9(url, acknowledged):
    store = store_of(url)
    await opened(store)
    for conversation_id, seq in acknowledged.items():
        thread = await store.thread(conversation_id)
        events = await store.events(EventFilter(conversation_id=conversation_id), after=0, limit=100_000)
        assert seq <= thread.seq
        assert list(range(1, thread.seq + 1)) == [event.seq for event in events]
    feed = await store.events(EventFilter(), after=0, limit=100_000)
    for conversation_id, seq in acknowledged.items():
        told = [event.seq for event in feed if event.conversation_id == conversation_id]
        assert seq <= len(told)
        assert list(range(1, len(told) + 1)) == told
    await store.close()
    assert 8 == len(acknowledged)
