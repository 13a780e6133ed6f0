"""The benchmark of dialogues runs to its end; what it measures depends on the machine."""

import json
import subprocess
import sys
from pathlib import Path

PROGRAM = "import json; from bench import dialogue; print(json.dumps(dialogue.measure(conversations=2, rounds=1)))"


def test_both_ways_play_all_dialogues():
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120, check=False)  # noqa: S603 - our own
    assert 0 == done.returncode, done.stderr  # the engine may have something to log
    figures = json.loads(done.stdout)
    assert ["bare client calls, steps/s", "durable dialogue, steps/s", "ratio"] == list(figures)
    assert all(figure > 0 for figure in figures.values())
