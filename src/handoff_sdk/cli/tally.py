"""What became of the conversations that a campaign took up, one by one and counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Fate", "Tally", "Verdict"]

Verdict = Literal["sent", "held", "already nudged", "skipped", "refused"]
_VERDICTS: Final[tuple[Verdict, ...]] = get_args(Verdict)


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one: ``why`` is the reason it was skipped for, or the code it was refused with."""

    verdict: Verdict
    why: str | None = None
    detail: str = field(default="", compare=False)

    def told(self, *, dry_run: bool = False) -> str:
        """It in words.

        >>> Fate("skipped", "budget").told(dry_run=True)
        'would be skipped: budget'
        """
        would_be = "would be " if dry_run and self.verdict != "already nudged" else ""
        return f"{would_be}{self.verdict}" + (f": {self.why}" if self.why else "")


class Tally:
    """How many met which fate."""

    def __init__(self) -> None:
        self._counts: Counter[Fate] = Counter()

    def add(self, fate: Fate) -> None:
        """Count one more."""
        self._counts[fate] += 1

    def of(self, *verdicts: Verdict) -> int:
        """How many met one of these verdicts."""
        return sum(count for fate, count in self._counts.items() if fate.verdict in verdicts)

    @property
    def done(self) -> int:
        """How many there were."""
        return self._counts.total()

    @property
    def gist(self) -> str:
        """The verdicts in a line."""
        return ", ".join(f"{count} {verdict}" for verdict in _VERDICTS if (count := self.of(verdict)))

    def lines(self, *, dry_run: bool = False) -> Iterator[str]:
        """A line for each fate that somebody met, and for 'sent' in any case."""
        counts = {Fate("sent"): 0} | self._counts
        fates = sorted(counts, key=lambda fate: (_VERDICTS.index(fate.verdict), fate.why or ""))
        width = max(len(fate.told(dry_run=dry_run)) for fate in fates)
        for fate in fates:
            yield f"{fate.told(dry_run=dry_run):<{width}}  {counts[fate]}"
