"""Plays a scenario: step by step on a fresh desk, each when the desk is at rest.

Source: scenario.md.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from handoff_sdk.errors import HandoffError
from handoff_sdk.testing.clock import VirtualClock
from handoff_sdk.testing.part import ActorStep, invalid
from handoff_sdk.testing.report import Failure, Report
from handoff_sdk.testing.scenario import read_scenario
from handoff_sdk.testing.stage import Stage
from handoff_sdk.testing.stuck import Stuck

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from os import PathLike

    from handoff_sdk.ports import Store
    from handoff_sdk.testing.part import Step
    from handoff_sdk.testing.scenario import Scenario

__all__ = ["aplay", "play"]


def play(scenario: str | PathLike[str] | Mapping[str, Any]) -> Report:
    """Play a scenario and report whether it holds. The clock is virtual: days pass in milliseconds.

    Args:
        scenario: A YAML file, or a mapping that says the same.

    Raises:
        ScenarioError: It is not a scenario, or it uses what this version does not support. Nothing was played.
        RuntimeError: An event loop is running; ``await aplay(scenario)`` there.

    >>> play({"name": "A greeting", "steps": [{"customer": "mia", "says": "Hello"}, {"expect": {"messages": 1}}]}).line
    'ok A greeting'
    """
    ready = read_scenario(scenario)
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(_played(ready))
    raise RuntimeError("play() runs an event loop of its own, and one is running already; await aplay() instead")


async def aplay(
    scenario: str | PathLike[str] | Mapping[str, Any], *, store: Callable[[], Store] | None = None
) -> Report:
    """Play a scenario inside a running event loop; all else is as in ``play``.

    Args:
        scenario: As in ``play``.
        store: Makes the desk's store, anew at every restart; by default one on a file that is thrown away.
    """
    return await _played(read_scenario(scenario), store)


async def _played(scenario: Scenario, store: Callable[[], Store] | None = None) -> Report:
    with TemporaryDirectory(prefix="handoff-scenario-") as folder:
        async with Stage(Path(folder), scenario.config, VirtualClock(scenario.start), store) as stage:
            await stage.rest()
            for line in scenario.steps:
                try:
                    text = await _failure(line.step, stage)
                except Exception as error:
                    error.add_note(str(Failure(line.number, line.line, f"the engine broke down in {scenario.name!r}")))
                    raise
                if text is not None:
                    failure = Failure(line.number, line.line, text)
                    return Report(scenario.name, line.number, failure, tuple(stage.happened))
            return Report(scenario.name, len(scenario.steps), None, tuple(stage.happened))


async def _failure(step: Step, stage: Stage) -> str | None:
    """Play one step and let the desk come to rest. The answer says why the scenario fails there, if it does."""
    expected = step.fails if isinstance(step, ActorStep) else None
    try:
        text = await _refusal(step, stage, expected)
    except Stuck as stuck:
        text = str(stuck)
    await stage.rest()
    return text


async def _refusal(step: Step, stage: Stage, expected: str | None) -> str | None:
    """Play one step. The answer says what is wrong with the desk's taking or refusing it."""
    try:
        await step.play(stage)
    except HandoffError as error:
        refused = error
    except ValidationError as error:
        refused = invalid(error)
    else:
        return expected and f"expected to be refused with {expected!r}, but it went through"
    if expected is None:
        return f"refused with {refused.code!r}: {refused.detail}"
    if expected != refused.code:
        return f"expected to be refused with {expected!r}, got {refused.code!r}: {refused.detail}"
    return None
