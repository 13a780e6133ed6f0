"""docs/reliability.md names tests that there are."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")


def test_every_promise_has_tests_and_all_of_them_are_there():
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    there = set(re.findall(r"def (test_\w+)\(", code)) | set(re.findall(r"^(Test\w+)", code, flags=re.MULTILINE))
    promises = [line.split(" | ")[-1] for line in PAGE.splitlines() if re.match(r"\| \d+ \|", line)]
    named = [re.findall(r"`([Tt]est\w+)`", promise) for promise in promises]
    assert all(named)
    assert set() == {name for names in named for name in names} - there
