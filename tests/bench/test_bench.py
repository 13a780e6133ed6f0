"""The benchmarks run to their end, on little of everything. How fast they are says nothing here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RATIOS = {
    "import": ["import handoff_sdk, seconds"],
    "messages": ["ratio", "ratio while 50 listen", "p99 ratio", "on PostgreSQL, ratio"],
    "cycle": ["ratio of requests"],
    "dialogue": ["ratio"],
    "routing": ["core, full desk, decisions/s", "desk, full, decisions/s", "ratio, full desk"],
    "rules": ["decisions/s", "ratio"],
    "overload": ["10x, accepted/s"],
    "client": ["client to httpx, 64 at once", "client to aiohttp, 1 at once"],
    "widgets": [
        *("more than bare, KiB a customer", "delivered p50, beside bare", "delivered p99, beside bare"),
        *("widget, bytes gzipped", "script to button, ms"),
    ],
    "fanout": ["ratio", "more than bare, KiB a listener"],
    "deadlines": ["engine starts within, s", "idle CPU, % of a core", "late, the last one, ms"],
}


@pytest.mark.parametrize("name", RATIOS)
def test_a_benchmark_runs_and_prints_what_is_compared(name):
    command = [sys.executable, "-m", "bench", name, "--small", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)  # noqa: S603 - our own
    assert (0, "") == (done.returncode, done.stderr)
    figures = json.loads(done.stdout)[name]
    assert set(RATIOS[name]) <= set(figures)


def test_a_name_that_is_no_benchmark_is_refused():
    command = [sys.executable, "-m", "bench", "mesages"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603 - our own
    assert 2 == done.returncode
    assert "there is no benchmark 'mesages'" in done.stderr
