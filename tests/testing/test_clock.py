import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from handoff_sdk.testing import VirtualClock

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_time_stands_still_until_it_is_told_to_move() -> None:
    clock = VirtualClock(NINE)
    assert NINE == clock.now() == clock.now()
    clock.advance_to(NINE + SECOND)
    assert NINE + SECOND == clock.now()


def test_time_does_not_run_back() -> None:
    clock = VirtualClock(NINE)
    clock.advance_to(NINE)
    with pytest.raises(ValueError, match="time does not run back to 2026-01-05T08:59:59"):
        clock.advance_to(NINE - SECOND)
    assert NINE == clock.now()


async def test_who_sleeps_until_now_or_before_does_not_sleep() -> None:
    clock = VirtualClock(NINE)
    async with asyncio.timeout(1):
        await clock.sleep_until(NINE)
        await clock.sleep_until(NINE - SECOND)


async def test_sleepers_wake_in_the_order_of_their_instants_and_then_of_lying_down() -> None:
    clock = VirtualClock(NINE)
    woken: list[str] = []

    async def sleep(name: str, seconds: int) -> None:
        await clock.sleep_until(NINE + seconds * SECOND)
        woken.append(name)

    async with asyncio.TaskGroup() as tasks:
        for name, seconds in (("b", 2), ("c", 2), ("a", 1), ("d", 3)):
            tasks.create_task(sleep(name, seconds))
        await asyncio.sleep(0)
        clock.advance_to(NINE + 2 * SECOND)
        await asyncio.sleep(0)
        assert ["a", "b", "c"] == woken
        clock.advance_to(NINE + 3 * SECOND)
    assert ["a", "b", "c", "d"] == woken


async def test_a_sleeper_who_was_cancelled_is_passed_over() -> None:
    clock = VirtualClock(NINE)
    given_up = asyncio.create_task(clock.sleep_until(NINE + SECOND))
    patient = asyncio.create_task(clock.sleep_until(NINE + SECOND))
    await asyncio.sleep(0)
    given_up.cancel()
    await asyncio.sleep(0)
    clock.advance_to(NINE + SECOND)
    await patient
    assert given_up.cancelled()
