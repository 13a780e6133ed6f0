"""Steps of the business's side: they are about a conversation they name, or the one touched last.

Source: scenario.md; lifecycle.md, 2.2 (epochs).
"""

# ruff: noqa: TC003 - pydantic reads the annotations at run time; ruff cannot see a base class elsewhere
from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from pydantic import model_validator

from handoff_sdk.testing.part import ActorStep, Name, Naming, refusal
from handoff_sdk.testing.stuck import Stuck

if TYPE_CHECKING:
    from typing import Self

    from handoff_sdk.models.conversation import Conversation
    from handoff_sdk.testing.stage import Stage, Talk

__all__ = ["PlacedStep", "epoch_of"]


class PlacedStep(ActorStep):
    """A step about a conversation: ``to`` and ``conversation`` are two words for which."""

    to: Name | None = None
    conversation: Name | None = None

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if self.to and self.conversation:
            raise refusal("'to' and 'conversation' say the same; give one", key="conversation")
        return self

    def namings(self) -> Iterator[Naming]:
        """The conversation the step names."""
        if self.to:
            yield Naming("conversation", self.to, ("to",))
        if self.conversation:
            yield Naming("conversation", self.conversation, ("conversation",))

    def where(self, stage: Stage) -> Talk:
        """The conversation the step is about."""
        return stage.talk(self.to or self.conversation)


def epoch_of(conversation: Conversation, epoch: Literal["current", "stale"] | int) -> int:
    """The number of an epoch; the stale one is that before the current one.

    Raises:
        Stuck: The conversation is in its first epoch, so that none is stale.
    """
    if isinstance(epoch, int):
        return epoch
    if epoch == "current":
        return conversation.epoch
    if conversation.epoch == 1:
        raise Stuck("no epoch is stale yet: this conversation is in its first")
    return conversation.epoch - 1
