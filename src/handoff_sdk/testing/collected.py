"""Scenario files as pytest sees them: a file that cannot be read is an error of the collection, one that can, a test.

Source: scenario.md (``*.scenario.yaml`` are collected as tests).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

    from _pytest._code.code import ExceptionInfo, TerminalRepr

__all__ = ["ScenarioItem", "ScenarioModule"]


class ScenarioFails(Exception):
    """A scenario does not hold; the text is the line that ``handoff scenario run`` prints."""


class ScenarioModule(pytest.File):
    """A scenario file."""

    def collect(self) -> Iterator[ScenarioItem]:
        """Its one test, by the scenario's name.

        Raises:
            CollectError: It is not a scenario; the text says where and why.
        """
        from handoff_sdk.testing.scenario import ScenarioError, read_scenario  # noqa: PLC0415 - it needs the extra

        try:
            scenario = read_scenario(self.path)
        except ScenarioError as error:
            raise self.CollectError(str(error)) from None
        except ModuleNotFoundError as error:
            raise self.CollectError(f"{self.path.name}: {error}") from None
        yield ScenarioItem.from_parent(self, name=scenario.name)


class ScenarioItem(pytest.Item):
    """A scenario. Where it fails, the report has the line of the command, and the events up to there."""

    def runtest(self) -> None:
        """Play it.

        Raises:
            ScenarioFails: It does not hold.
        """
        from handoff_sdk.testing.player import play  # noqa: PLC0415 - it needs the extra
        from handoff_sdk.testing.trace import trace_lines  # noqa: PLC0415 - the same

        report = play(self.path)
        if not report.ok:
            self.add_report_section("call", "scenario's events", "\n".join(trace_lines(report.events)))
            raise ScenarioFails(report.line)

    def repr_failure(self, excinfo: ExceptionInfo[BaseException], *args: Any, **more: Any) -> str | TerminalRepr:
        """The report's line, without a traceback through the player."""
        if isinstance(excinfo.value, ScenarioFails):
            return str(excinfo.value)
        return super().repr_failure(excinfo, *args, **more)

    def reportinfo(self) -> tuple[PathLike[str], int | None, str]:
        """Where the test stands, and what it is called."""
        return self.path, None, self.name
