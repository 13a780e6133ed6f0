"""The rules hold in scenarios that are shared between implementations. Our own, beside this file, pytest collects."""

from pathlib import Path
from typing import Any

import pytest

from handoff_sdk.store.postgres import PostgresStore
from handoff_sdk.testing import aplay, play

HERE = Path(__file__).parent
OURS = HERE / "scenarios"
SHARED = HERE.parents[1] / "shared" / "scenarios"


def case(file: Path) -> Any:
    name = f"{file.parent.parent.name}-{file.name.partition('.')[0]}"
    return pytest.param(file, id=name)


CASES = [case(file) for file in sorted(SHARED.glob("*.scenario.yaml"))]


@pytest.mark.parametrize("file", CASES)
def test_the_rules_hold(file: Path) -> None:
    report = play(file)
    assert f"ok {report.name}" == report.line


def test_ours_are_collected(request: pytest.FixtureRequest) -> None:
    assert 20 <= len(list(OURS.glob("*.scenario.yaml")))
    assert list(OURS.glob("*.yaml")) == list(OURS.glob("*.scenario.yaml"))
    assert request.config.getini("handoff_scenarios")


@pytest.mark.parametrize(
    "file",
    [
        *CASES,
        case(OURS / "restart.scenario.yaml"),
        case(OURS / "offer_order.scenario.yaml"),
        *map(case, sorted(OURS.glob("config_*.scenario.yaml"))),
    ],
)
async def test_the_rules_hold_on_postgresql_too(file: Path, postgresql: str) -> None:
    report = await aplay(file, store=lambda: PostgresStore(postgresql, durable=False))
    assert f"ok {report.name}" == report.line
