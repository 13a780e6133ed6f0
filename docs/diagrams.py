"""The diagrams of ``architecture.md``, drawn from the tables that the rules use.

``python docs/diagrams.py`` prints them; with ``--write`` it renews them in the page.
"""
# ruff: noqa: INP001 - a program beside its page, not a package

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from handoff_sdk.core.lifecycle import OWNER, SESSION, STATUS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PAGE = Path(__file__).with_name("architecture.md")

Move = tuple[str, str, str]
"""From, to, and by what."""


def diagrams() -> dict[str, str]:
    """Each diagram by its name in the page."""
    status = (
        (old, new, cause) for old, row in STATUS.items() for new, causes in row.items() for cause in sorted(causes)
    )
    owner = ((old, new, event) for old, row in OWNER.items() for event, new in row.items())
    session = ((old, new, event) for old, row in SESSION.items() for event, new in row.items())
    return {
        "status": _drawn(["new"], status, ["closed"]),
        "owner": _drawn(["bot", "nobody"], owner),
        "session": _drawn(["none"], session),
    }


def renewed(page: str) -> str:
    """The page with its diagrams as they are now.

    Raises:
        ValueError: It has no place for one of them.
    """
    for name, diagram in diagrams().items():
        begin, end = f"<!-- generated: {name} -->\n", "<!-- end -->"
        page, places = re.subn(
            f"({re.escape(begin)}).*?({end})",
            lambda match, new=diagram: match[1] + new + match[2],
            page,
            flags=re.DOTALL,
        )
        if places != 1:
            message = f"the page has {places} places {begin.strip()} ... {end}, not one"
            raise ValueError(message)
    return page


def _drawn(begins: Iterable[str], moves: Iterable[Move], ends: Iterable[str] = ()) -> str:
    return "".join(f"{line}\n" for line in _lines(begins, moves, ends))


def _lines(begins: Iterable[str], moves: Iterable[Move], ends: Iterable[str]) -> Iterator[str]:
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield from (f"    [*] --> {state}" for state in begins)
    arrows: dict[tuple[str, str], list[str]] = {}
    for old, new, why in moves:
        arrows.setdefault((old, new), []).append(why.replace("_", " "))
    yield from (f"    {old} --> {new}: {', '.join(whys)}" for (old, new), whys in arrows.items())
    yield from (f"    {state} --> [*]" for state in ends)
    yield "```"


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        sys.stdout.write("\n".join(diagrams().values()))
