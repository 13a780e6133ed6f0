"""For the tests of those who build on the desk: scenarios, and a desk to act on, both on a virtual clock.

Names are resolved when somebody asks for them: pytest loads the plugin in this package whether or not it is used.

Source: scenario.md; sdk.md, Testing your bot.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from handoff_sdk.testing.api import HandoffApi
    from handoff_sdk.testing.clock import VirtualClock
    from handoff_sdk.testing.player import aplay, play
    from handoff_sdk.testing.report import Failure, Report
    from handoff_sdk.testing.scenario import ScenarioError
    from handoff_sdk.testing.stage import Happened
    from handoff_sdk.testing.trace import trace_lines
    from handoff_sdk.testing.virtual import VirtualDesk

__all__ = [
    "Failure",
    "HandoffApi",
    "Happened",
    "Report",
    "ScenarioError",
    "VirtualClock",
    "VirtualDesk",
    "aplay",
    "play",
    "trace_lines",
]

_HOMES = {
    "Failure": "report",
    "HandoffApi": "api",
    "Happened": "stage",
    "Report": "report",
    "ScenarioError": "scenario",
    "VirtualClock": "clock",
    "VirtualDesk": "virtual",
    "aplay": "player",
    "play": "player",
    "trace_lines": "trace",
}

if not TYPE_CHECKING:  # a checker shall know the names above, and no others

    def __getattr__(name: str) -> object:
        """The public name ``name``, imported now and kept."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
