"""How far a long command has come, on standard error: a bar on a terminal, else a line now and then.

Source: sdk.md, Command line (``handoff nudge``, progress bar).
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

__all__ = ["Progress", "progress"]

_EVERY: Final = 10.0
"""Seconds between two lines."""


class Progress(Protocol):
    """What a command tells while it runs."""

    def at(self, done: int, total: int | None, gist: str) -> None:
        """So much is done, of so much if that is known; ``gist`` says more about it."""
        ...

    def say(self, line: str) -> None:
        """Something that is worth a line of its own."""
        ...


class _Lines:
    """A line, and no other one within seconds."""

    def __init__(self, console: Console, clock: Callable[[], float]) -> None:
        self._console = console
        self._clock = clock
        self._next = clock() + _EVERY

    def at(self, done: int, total: int | None, gist: str) -> None:
        now = self._clock()
        if now >= self._next:
            self._next = now + _EVERY
            self.say(f"{done} of {total}: {gist}" if total is not None else f"{done}: {gist}")

    def say(self, line: str) -> None:
        self._console.print(line, markup=False, soft_wrap=True)


class _Bar:
    """A bar, and lines above it."""

    def __init__(self, bar: RichProgress) -> None:
        self._bar = bar
        self._task: TaskID = bar.add_task("", total=None)

    def at(self, done: int, total: int | None, gist: str) -> None:
        self._bar.update(self._task, completed=done, total=total, description=gist)

    def say(self, line: str) -> None:
        self._bar.console.print(line, markup=False, soft_wrap=True)


@contextmanager
def progress(console: Console, clock: Callable[[], float] = time.monotonic) -> Iterator[Progress]:
    """Progress on a console, as long as the context lasts; a bar is gone afterwards."""
    if not console.is_terminal:
        yield _Lines(console, clock)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as RichProgress

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}", markup=False))
    # Standard output is for what the command prints, wherever it goes.
    with RichProgress(*columns, console=console, transient=True, redirect_stdout=False) as bar:
        yield _Bar(bar)
