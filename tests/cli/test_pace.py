import pytest

from handoff_sdk.cli.pace import Pace


class Time:
    """Seconds that pass only when somebody sleeps or is told to be slow."""

    def __init__(self):
        self.now = 100.0

    def clock(self):
        return self.now

    async def sleep(self, seconds):
        self.now += seconds


@pytest.fixture
def time():
    return Time()


async def turns(time, pace, works):
    """When each turn came, after the one before took so long to work off."""
    came = []
    for work in works:
        await pace.turn()
        came.append(time.now - 100)
        time.now += work
    return came


async def test_turns_are_spread_evenly(time):
    pace = Pace(4, sleep=time.sleep, clock=time.clock)
    assert [0.0, 0.25, 0.5, 0.75, 1.0] == await turns(time, pace, [0.0, 0.1, 0.2, 0.0, 0.0])


async def test_who_is_late_does_not_catch_up(time):
    pace = Pace(2, sleep=time.sleep, clock=time.clock)
    assert [0.0, 3.0, 3.5, 4.0] == await turns(time, pace, [3.0, 0.0, 0.0, 0.0])


async def test_there_may_be_no_pace_at_all(time):
    pace = Pace(float("inf"), sleep=time.sleep, clock=time.clock)
    assert [0.0, 0.0, 0.0] == await turns(time, pace, [0.0, 0.0, 0.0])
