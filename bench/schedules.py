"""Scheduling something for tomorrow and cancelling it, so many at once, each durable: the desk, and those beside it.

Every one runs in a process of its own (``python -m bench.schedules WHO FILE COUNT``). DBOS keeps a delayed workflow on
its queue in a SQLite file, as the desk does with a follow-up; procrastinate a deferred job in the PostgreSQL database
that ``HANDOFF_BENCH_POSTGRES`` names, in a schema that it makes and drops.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import subprocess
import sys
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

import uvloop

from handoff_sdk.compose import build_desk
from handoff_sdk.models.command import CancelFollowup, ScheduleFollowup, StartConversation
from handoff_sdk.models.config import DeskConfig
from handoff_sdk.models.customer import CustomerProfile
from handoff_sdk.models.event import Actor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
    from contextlib import AbstractAsyncContextManager

    Cancel = Callable[[], Awaitable[object]]
    Schedule = Callable[[int], Awaitable[Cancel]]

_ROUNDS = 3
_AT_ONCE = 64
_COLLECT_EVERY = 50_000
_TOMORROW = timedelta(days=1)
_TEXT = "Are you still there? Your parcel waits for your answer."
_POSTGRES = "HANDOFF_BENCH_POSTGRES"


def measure(folder: Path, ours: int, theirs: int) -> dict[str, float | str]:
    """The rates of the desk, with ``ours`` follow-ups, and of others, with ``theirs``: the medians of some rounds."""
    reasons = {who: missing() for who, missing in _ABSENT.items()}
    counts = {"desk": ours} | {who: theirs for who, reason in reasons.items() if reason is None}
    rounds: dict[str, list[dict[str, float]]] = {who: [] for who in counts}
    for number in range(_ROUNDS):
        for who, count in counts.items():
            rounds[who].append(_apart(who, folder / f"{who}-{number}.db", count))
    figures: dict[str, float | str] = {who: reason for who, reason in reasons.items() if reason is not None}
    for what in ("scheduled", "cancelled"):
        rate = {who: median(each[what] for each in found) for who, found in rounds.items()}
        figures |= {f"{who}, {what}/s": each for who, each in rate.items()}
        figures |= {f"desk / {who}, {what}": rate["desk"] / rate[who] for who in rate if who != "desk"}
    return figures


def _apart(who: str, file: Path, count: int) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.schedules", who, str(file), str(count)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    rates: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return rates


async def rates(place: AbstractAsyncContextManager[Schedule], count: int) -> dict[str, float]:
    """How many are scheduled a second, and then cancelled."""
    cancels: list[Cancel] = []
    async with place as schedule:

        async def scheduled(number: int) -> None:
            cancels.append(await schedule(number))

        begun = perf_counter()
        await _at_once(scheduled(number) for number in range(count))
        between = perf_counter()
        await _at_once(cancel() for cancel in cancels)
        ended = perf_counter()
    return {"scheduled": count / (between - begun), "cancelled": count / (ended - between)}


async def _at_once(work: Iterable[Awaitable[object]]) -> None:
    left = iter(work)

    async def some() -> None:
        for one in left:
            await one

    await asyncio.gather(*(some() for _ in range(_AT_ONCE)))


@asynccontextmanager
async def _desk(file: Path, count: int) -> AsyncIterator[Schedule]:
    actor = Actor(type="integrator")
    async with build_desk(file, DeskConfig.parse({})) as desk:
        customer = await desk.identify(CustomerProfile(external_id="mia"))
        mine = Actor(type="customer", id=customer.id)
        ids: list[str] = []

        async def started() -> None:
            outcome = await desk.handle(StartConversation(), mine)
            ids.extend(event.conversation_id or "" for event in outcome.events[:1])

        await _at_once(started() for _ in range(count))

        async def schedule(number: int) -> Cancel:
            command = ScheduleFollowup(conversation_id=ids[number], say=_TEXT, after=_TOMORROW)
            followup = (await desk.handle(command, actor)).followup
            cancel = CancelFollowup(conversation_id=ids[number], followup_id=followup.id if followup else "")
            return lambda: desk.handle(cancel, actor)

        yield schedule


@asynccontextmanager
async def _dbos(file: Path, _count: int) -> AsyncIterator[Schedule]:
    from dbos import DBOS, SetEnqueueOptions

    DBOS(config={"name": "bench", "system_database_url": f"sqlite:///{file}", "log_level": "ERROR"})

    @DBOS.workflow()
    async def say(text: str) -> str:
        return text

    DBOS.launch()
    queue = await DBOS.register_queue_async("later")

    async def schedule(_number: int) -> Cancel:
        with SetEnqueueOptions(delay_seconds=_TOMORROW.total_seconds()):
            kept = await queue.enqueue_async(say, _TEXT)
        return lambda: DBOS.cancel_workflow_async(kept.workflow_id)

    try:
        yield schedule
    finally:
        DBOS.destroy()


@asynccontextmanager
async def _procrastinate(_file: Path, _count: int) -> AsyncIterator[Schedule]:
    import psycopg
    from procrastinate import App, PsycopgConnector

    url, schema = os.environ[_POSTGRES], "handoff_bench"
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as admin:
        await admin.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
        await admin.execute(f"CREATE SCHEMA {schema}")
        options = {"options": f"-c search_path={schema}"}
        app = App(connector=PsycopgConnector(conninfo=url, kwargs=options, max_size=_AT_ONCE))

        @app.task
        async def say(text: str) -> str:
            return text

        async with app.open_async():
            await app.schema_manager.apply_schema_async()

            async def schedule(_number: int) -> Cancel:
                deferred = say.configure(schedule_at=datetime.now(UTC) + _TOMORROW)
                job = await deferred.defer_async(text=_TEXT)
                return lambda: app.job_manager.cancel_job_by_id_async(job)

            yield schedule
        await admin.execute(f"DROP SCHEMA {schema} CASCADE")


def _no_dbos() -> str | None:
    return None if find_spec("dbos") else "not installed"


def _no_procrastinate() -> str | None:
    if not find_spec("procrastinate"):
        return "not installed"
    return None if _POSTGRES in os.environ else f"no database: set {_POSTGRES}"


_PLACES: dict[str, Callable[[Path, int], AbstractAsyncContextManager[Schedule]]] = {
    "desk": _desk,
    "dbos": _dbos,
    "procrastinate": _procrastinate,
}
_ABSENT: dict[str, Callable[[], str | None]] = {"dbos": _no_dbos, "procrastinate": _no_procrastinate}


def main(who: str, file: str, count: str) -> None:
    logging.disable(logging.WARNING)
    # As in ``handoff serve``, for all of them.
    gc.freeze()
    gc.set_threshold(_COLLECT_EVERY)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(rates(_PLACES[who](Path(file), int(count)), int(count)))))


if __name__ == "__main__":
    main(*sys.argv[1:])
