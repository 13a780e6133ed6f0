"""What came of playing a scenario.

Source: scenario.md (the line a file).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from handoff_sdk.testing.stage import Happened

__all__ = ["Failure", "Report"]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a scenario does not hold: ``step`` counts from 1, ``line`` is where it stands in its file, if it has one."""

    step: int
    line: int | None
    text: str

    def __str__(self) -> str:
        where = f"step {self.step}" if self.line is None else f"step {self.step} (line {self.line})"
        return f"{where}: {self.text}"


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a scenario: everything that happened, how many steps were played, and where it failed if it did.

    >>> Report("A story", steps=7, failure=Failure(7, 31, "expected ticket.status 'open', got 'pending'")).line
    "failed A story: step 7 (line 31): expected ticket.status 'open', got 'pending'"
    """

    name: str
    steps: int = 0
    failure: Failure | None = None
    events: tuple[Happened, ...] = field(default=(), repr=False)

    @property
    def ok(self) -> bool:
        """Whether everything held."""
        return self.failure is None

    @property
    def line(self) -> str:
        """The report in one line."""
        return f"ok {self.name}" if self.failure is None else f"failed {self.name}: {self.failure}"
