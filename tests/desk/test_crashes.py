"""A desk may die between any two of its steps: what was answered stays, and nothing happens twice."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.effort import searched

from .mortal import DIED

ROOT = Path(__file__).parents[2]
STEPS = st.integers(1, 150)


class Lives:
    """Plays the story, one folder each, with processes of these fates and then one that lives."""

    def __init__(self, folder, process):
        self.folder = folder
        self.process = process
        self.numbers = count()

    def play(self, *fates):
        """How the story ends, and at which steps its processes died."""
        folder = self.folder / f"{next(self.numbers)}"
        folder.mkdir()
        for fate in (*fates, None):
            print(json.dumps({"folder": str(folder), "dies_at": fate}), file=self.process.stdin, flush=True)
            status = int(self.process.stdout.readline())
            assert status in {0, DIED}, fates
            if not status:
                break
        journal = [json.loads(line) for line in (folder / "journal").read_text().splitlines()]
        deaths = [what for kind, *what in journal if kind == "died"]
        return json.loads((folder / "left.json").read_text()), deaths


@pytest.fixture(scope="module")
def lives(tmp_path_factory):
    with subprocess.Popen(
        [sys.executable, "-m", "tests.desk.mortal"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Lives(tmp_path_factory.mktemp("lives"), process)
        process.stdin.close()


@pytest.fixture(scope="module")
def undisturbed(lives):
    left, deaths = lives.play()
    assert [] == deaths
    assert (0, 0, [], []) == (left["posted_again"], left["unsettled"], left["missed"], left["disordered"])
    return left


def ended(left, undisturbed, deaths):
    """Whether a story ends as the undisturbed one; what a process had posted when it died may be posted again."""
    assert left["posted_again"] <= 2 * len(deaths)
    return {**left, "posted_again": 0} == undisturbed


def test_a_desk_dies_before_and_after_each_of_its_steps(lives, undisturbed):
    for number in count(1):
        left, deaths = lives.play(number)
        if not deaths:
            break
        assert ended(left, undisturbed, deaths), (number, deaths)
    assert number > 100


@searched(10)
@given(fates=st.lists(STEPS, min_size=2, max_size=6))
def test_desks_die_again_and_again_also_while_they_start(lives, undisturbed, fates):
    left, deaths = lives.play(*fates)
    assert ended(left, undisturbed, deaths), (fates, deaths)
