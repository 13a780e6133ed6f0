"""What happens to the engine in a scenario: time passes, its configuration changes, and it stops and starts again.

Source: scenario.md; lifecycle.md, 10 (order of one instant, start).
"""

# ruff: noqa: TC001 - pydantic reads the annotations at run time; ruff cannot see a base class elsewhere
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from handoff_sdk.models.duration import Duration
from handoff_sdk.testing.part import ActorStep, Moment, Step, Yes

if TYPE_CHECKING:
    from handoff_sdk.testing.stage import Stage

__all__ = ["STEPS"]


class Advance(Step):
    """Time passes."""

    advance: Duration

    async def play(self, stage: Stage) -> None:
        """Run everything that falls due, in time order."""
        await stage.advance_to(stage.clock.now() + self.advance)


class AdvanceTo(Step):
    """Time passes until an instant."""

    advance_to: Moment

    async def play(self, stage: Stage) -> None:
        """Run everything that falls due, in time order."""
        await stage.advance_to(self.advance_to)


class Restart(Step):
    """The engine stops and starts again from its store."""

    restart: Yes

    async def play(self, stage: Stage) -> None:
        """Stop it and start another."""
        await stage.restart()


class Configure(ActorStep):
    """Another configuration comes into force: the present one, and this on top."""

    config: dict[str, Any]

    async def play(self, stage: Stage) -> None:
        """Put it in force, as over the API."""
        await stage.configure(self.config)

    @property
    def agents(self) -> frozenset[str]:
        """The agents that it brings."""
        agents = self.config.get("agents")
        return frozenset(agents) if isinstance(agents, Mapping) else frozenset()


STEPS: Final[Mapping[str, type[Step]]] = {
    "advance": Advance,
    "advance_to": AdvanceTo,
    "config": Configure,
    "restart": Restart,
}
