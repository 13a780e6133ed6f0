"""The rules hold in scenarios that are shared between implementations. Our own, beside this file, pytest collects."""

from pathlib import Path
from typing import Any

import pytest

from handoff_sdk.testing import ScenarioError, play

HERE = Path(__file__).parent
OURS = HERE / "scenarios"
SHARED = HERE.parents[1] / "shared" / "scenarios"

LATER = {
    "shared-overnight": "lifecycle.md 6.9: inactive tickets are not assigned without an offer yet",
}
"""What is played and known not to hold. One that begins to hold fails here until it is taken out."""


def case(file: Path) -> Any:
    name = f"{file.parent.parent.name}-{file.name.partition('.')[0]}"
    marks = [pytest.mark.xfail(reason=LATER[name], raises=AssertionError)] if name in LATER else []
    return pytest.param(file, id=name, marks=marks)


@pytest.mark.parametrize("file", [case(file) for file in sorted(SHARED.glob("*.scenario.yaml"))])
def test_the_rules_hold(file: Path) -> None:
    try:
        report = play(file)
    except ScenarioError as error:
        if "not supported yet" not in error.problem:
            raise
        pytest.skip(str(error))
    assert f"ok {report.name}" == report.line


def test_ours_are_collected(request: pytest.FixtureRequest) -> None:
    assert 20 <= len(list(OURS.glob("*.scenario.yaml")))
    assert list(OURS.glob("*.yaml")) == list(OURS.glob("*.scenario.yaml"))
    assert request.config.getini("handoff_scenarios")
