from pathlib import Path
from typing import Any

import pytest

from handoff_sdk.testing import ScenarioError, play

HERE = Path(__file__).parent
OURS = HERE / "scenarios"
SHARED = HERE.parents[1] / "shared" / "scenarios"


def case(file: Path) -> Any:
    name = f"{file.parent.parent.name}-{file.name.partition('.')[0]}"
    return pytest.param(file, id=name)


CASES = [case(file) for folder in (OURS, SHARED) for file in sorted(folder.glob("*.scenario.yaml"))]


@pytest.mark.parametrize("file", CASES)
def test_the_rules_hold(file: Path) -> None:
    try:
        report = play(file)
    except ScenarioError as error:
        if "not supported yet" not in error.problem:
            raise
        pytest.skip(str(error))
    assert f"ok {report.name}" == report.line


def test_ours_leave_nothing_out() -> None:
    assert 20 <= len(list(OURS.glob("*.yaml")))
