"""Ending at the first Ctrl-C or SIGTERM when it suits, and at the second one at once.

Source: sdk.md, Command line (``handoff nudge``, resumable).
"""

from __future__ import annotations

import asyncio
import signal
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Stop", "stop_on_signal"]

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """Whether to stop, and which signal asked for it."""

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None
        self._signalled = asyncio.Event()

    @property
    def asked(self) -> bool:
        """Whether to stop."""
        return self.signal is not None

    @property
    def status(self) -> int:
        """The exit status that shells expect of a command that a signal has ended."""
        return 128 + (self.signal or 0)

    def ask(self, number: signal.Signals) -> None:
        """Ask to stop; whoever sleeps wakes."""
        self.signal = number
        self._signalled.set()

    async def sleep(self, seconds: float) -> None:
        """Return after so many seconds, or when it is asked to stop."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._signalled.wait()


@contextmanager
def stop_on_signal() -> Iterator[Stop]:
    """What is asked to stop by the first signal; the next one ends the process as if nobody had listened."""
    stop = Stop()
    loop = asyncio.get_running_loop()

    def asked(number: signal.Signals) -> None:
        stop.ask(number)
        unlisten()

    def unlisten() -> None:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)

    for number in _SIGNALS:
        loop.add_signal_handler(number, asked, number)
    try:
        yield stop
    finally:
        unlisten()
