"""What integrators do: follow-ups and proactive messages.

Source: scenario.md; lifecycle.md, 7.
"""

# ruff: noqa: TC001, TC003 - pydantic reads the annotations at run time; ruff cannot see a base class elsewhere
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from handoff_sdk.models.command import CancelFollowup, ScheduleFollowup, SendProactive
from handoff_sdk.models.customer import CustomerProfile
from handoff_sdk.models.duration import Duration
from handoff_sdk.models.event import Actor
from handoff_sdk.testing.part import ActorStep, Name
from handoff_sdk.testing.place import PlacedStep

if TYPE_CHECKING:
    from handoff_sdk.testing.part import Step
    from handoff_sdk.testing.stage import Stage

__all__ = ["VERBS", "FollowsUp", "scheduled"]

_INTEGRATOR: Final = Actor(type="integrator")


class FollowsUp(PlacedStep):
    """The integrator schedules a follow-up."""

    integrator: str
    after: Duration | None = None
    when_silent_for: Duration | None = None
    say: str | dict[str, str] | None = None
    key: str | None = None

    async def play(self, stage: Stage) -> None:
        """Schedule it with what the step gives."""
        given = self.model_dump(exclude_unset=True, include={"after", "when_silent_for", "say", "key"})
        await stage.desk.handle(scheduled(self.where(stage).conversation_id, given), _INTEGRATOR)


class Sends(ActorStep):
    """The integrator sends a proactive message."""

    integrator: str
    text: str | dict[str, str]
    customer: Name
    key: str | None = None
    brand: str | None = None
    channel: str | None = None

    async def play(self, stage: Stage) -> None:
        """Send it; a conversation that starts with it goes by the customer's name."""
        customer = await stage.customer(self.customer)
        given = self.model_dump(exclude_unset=True, include={"text", "key", "brand", "channel"})
        profile = CustomerProfile(external_id=customer.external_id)
        outcome = await stage.desk.handle(SendProactive.model_validate({"customer": profile, **given}), _INTEGRATOR)
        thread = outcome.thread
        if thread is not None and outcome.events and stage.find(self.customer) is None:
            stage.begin(self.customer, thread.conversation.id, self.customer)

    @property
    def opens(self) -> str:
        """The conversation that the message starts if need be."""
        return self.customer


class Cancels(PlacedStep):
    """The integrator cancels a follow-up by its key."""

    integrator: str
    key: str

    async def play(self, stage: Stage) -> None:
        """Cancel it."""
        command = CancelFollowup(conversation_id=self.where(stage).conversation_id, key=self.key)
        await stage.desk.handle(command, _INTEGRATOR)


def scheduled(conversation_id: str, given: Mapping[str, Any]) -> ScheduleFollowup:
    """The command that schedules a follow-up in a conversation."""
    return ScheduleFollowup.model_validate({"conversation_id": conversation_id, **given})


VERBS: Final[Mapping[str, type[Step]]] = {"follows_up": FollowsUp, "sends": Sends, "cancels": Cancels}
