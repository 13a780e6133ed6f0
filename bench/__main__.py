"""The command: runs the named benchmarks, or all, and prints figures and ratios."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from bench import (
    client,
    cycle,
    deadlines,
    dialogue,
    fanout,
    followups,
    imports,
    messages,
    overload,
    routing,
    rules,
    widgets,
)

if TYPE_CHECKING:
    from collections.abc import Callable

BENCHMARKS: dict[str, Callable[..., dict[str, Any]]] = {
    "import": imports.measure,
    "messages": messages.measure,
    "cycle": cycle.measure,
    "dialogue": dialogue.measure,
    "client": client.measure,
    "fanout": fanout.measure,
    "deadlines": deadlines.measure,
    "followups": followups.measure,
    "routing": routing.measure,
    "rules": rules.measure,
    "overload": overload.measure,
    "widgets": widgets.measure,
}
"""Each gives figures by name; where there is none, a word on why."""


def main() -> int:
    """Run what was asked for; 0 when every benchmark ran to its end."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(BENCHMARKS)} (default: all)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--small", action="store_true", help="little of everything: whether it runs, not how fast")
    asked = parser.parse_args()
    unknown = [name for name in asked.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"there is no benchmark {unknown[0]!r}; there are: {', '.join(BENCHMARKS)}")
    figures: dict[str, dict[str, Any]] = {}
    for name in asked.names or BENCHMARKS:
        figures[name] = BENCHMARKS[name](small=asked.small)
        if not asked.json:
            print(name)
            for what, value in figures[name].items():
                print(f"  {what:<40} {value if isinstance(value, str) else format(value, ',.3f'):>12}")
    if asked.json:
        print(json.dumps(figures, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
