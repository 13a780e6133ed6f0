"""What runs by itself goes on when the store comes back, and is missed when it has died."""

import asyncio
import logging

import pytest

from handoff_sdk.desk import jobs
from handoff_sdk.desk.jobs import Jobs
from handoff_sdk.errors import Unavailable


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(jobs, "_AGAIN_AFTER", 0)


async def test_a_job_begins_anew_when_the_store_was_away(caplog):
    caplog.set_level(logging.WARNING)
    begun, through = [], asyncio.Event()

    async def route():
        begun.append(None)
        if len(begun) < 3:
            raise Unavailable("The database cannot be reached.")
        through.set()
        await asyncio.Event().wait()

    at_work = Jobs()
    at_work.start("router", route)
    async with asyncio.timeout(10):
        await through.wait()

    at_work.check()
    assert ["the desk's router waits for the store: The database cannot be reached."] * 2 == caplog.messages
    await at_work.stop()


async def test_a_job_that_has_died_is_named(caplog):
    died = asyncio.Event()

    async def route():
        died.set()
        raise KeyError("queue")

    at_work = Jobs()
    at_work.start("router", route)
    await died.wait()
    await asyncio.sleep(0)

    with pytest.raises(Unavailable, match="The desk's router has stopped: KeyError"):
        at_work.check()
    assert "the desk's router has stopped; restart the engine" in caplog.text
    await at_work.stop()
