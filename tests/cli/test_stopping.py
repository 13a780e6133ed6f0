import asyncio
import signal

import pytest

from handoff_sdk.cli.stopping import stop_on_signal


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
async def test_a_signal_asks_to_stop_and_wakes_who_sleeps(number, status):
    with stop_on_signal() as stop:
        assert not stop.asked
        signal.raise_signal(number)
        async with asyncio.timeout(30):
            await stop.sleep(3600)
        assert (True, number, status) == (stop.asked, stop.signal, stop.status)


async def test_the_next_one_is_not_caught_any_more():
    with stop_on_signal() as stop:
        assert [signal.default_int_handler, signal.SIG_DFL] != handlers()
        signal.raise_signal(signal.SIGTERM)
        await stop.sleep(3600)
        assert [signal.default_int_handler, signal.SIG_DFL] == handlers()


async def test_who_is_not_asked_to_stop_sleeps_on():
    with stop_on_signal() as stop:
        await stop.sleep(0.001)
        assert not stop.asked


def handlers():
    """What happens at Ctrl-C and at SIGTERM."""
    return [signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)]
