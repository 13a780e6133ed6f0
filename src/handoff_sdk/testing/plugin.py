"""The pytest plugin: scenario files as tests.

pytest imports this module wherever the package is installed, so nothing heavy is imported before it is used.

Source: sdk.md, Testing your bot; scenario.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

__all__ = ["pytest_addoption", "pytest_collect_file"]

_SCENARIO: Final = ".scenario.yaml"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the setting that leaves scenario files alone."""
    parser.addini(
        "handoff_scenarios",
        f"Collect the files named *{_SCENARIO} as tests; those named on the command line are in any case.",
        type="bool",
        default=True,
    )


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a scenario file as a test."""
    if not file_path.name.endswith(_SCENARIO):
        return None
    if not parent.config.getini("handoff_scenarios") and not parent.session.isinitpath(file_path):
        return None
    from handoff_sdk.testing.collected import ScenarioModule  # noqa: PLC0415 - see the module's docstring

    return ScenarioModule.from_parent(parent, path=file_path)
