"""How long ``import handoff_sdk`` takes, beside an empty interpreter: whole processes, in turn, the median of each."""

from __future__ import annotations

import subprocess
import sys
from statistics import median
from time import perf_counter

ROUNDS = 7


def measure(*, small: bool = False) -> dict[str, float]:
    bare, with_it = [], []
    for _ in range(1 if small else ROUNDS):
        bare.append(_seconds("pass"))
        with_it.append(_seconds("import handoff_sdk"))
    return {
        "interpreter alone, seconds": median(bare),
        "with import handoff_sdk, seconds": median(with_it),
        "import handoff_sdk, seconds": median(with_it) - median(bare),
    }


def _seconds(code: str) -> float:
    begun = perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return perf_counter() - begun
