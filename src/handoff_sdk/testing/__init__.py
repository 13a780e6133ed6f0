"""For the tests of those who build on the desk: scenarios on a virtual clock.

Source: scenario.md; sdk.md, Testing your bot.
"""

from __future__ import annotations

from handoff_sdk.testing.clock import VirtualClock
from handoff_sdk.testing.player import aplay, play
from handoff_sdk.testing.report import Failure, Report
from handoff_sdk.testing.scenario import ScenarioError
from handoff_sdk.testing.stage import Happened
from handoff_sdk.testing.trace import trace_lines

__all__ = ["Failure", "Happened", "Report", "ScenarioError", "VirtualClock", "aplay", "play", "trace_lines"]
