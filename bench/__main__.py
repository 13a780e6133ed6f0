"""The command: runs the named benchmarks, or all, and prints figures and ratios."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from bench import imports, messages, overload

if TYPE_CHECKING:
    from collections.abc import Callable

BENCHMARKS: dict[str, Callable[[], dict[str, float]]] = {
    "import": imports.measure,
    "messages": messages.measure,
    "overload": overload.measure,
}


def main() -> int:
    """Run what was asked for; 0 when every benchmark ran to its end."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(BENCHMARKS)} (default: all)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    asked = parser.parse_args()
    unknown = [name for name in asked.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"there is no benchmark {unknown[0]!r}; there are: {', '.join(BENCHMARKS)}")
    figures: dict[str, dict[str, float]] = {}
    for name in asked.names or BENCHMARKS:
        figures[name] = BENCHMARKS[name]()
        if not asked.json:
            print(name)
            for what, value in figures[name].items():
                print(f"  {what:<40} {value:>12,.3f}")
    if asked.json:
        print(json.dumps(figures, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
