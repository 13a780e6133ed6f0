"""What the checks of ``handoff doctor`` answer with.

Source: sdk.md, Command line.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

__all__ = ["SKEW", "Finding", "Verdict", "counted"]

Verdict = Literal["ok", "warn", "fail"]

SKEW: Final = timedelta(seconds=5)
"""How far two clocks may be apart."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found, and where it is not well, what to do."""

    check: str
    verdict: Verdict
    found: str


def counted(count: int, what: str) -> str:
    """A number of things: ``1 agent``, ``2 agents``."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"
