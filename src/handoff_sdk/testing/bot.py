"""What the scripted bot does: the bot of brands whose ``bot`` names one.

Source: scenario.md; lifecycle.md, 2 (owner).
"""

# ruff: noqa: TC001, TC003 - pydantic reads the annotations at run time; ruff cannot see a base class elsewhere
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from pydantic import Field

from handoff_sdk.models.command import EndSession, HandOff, LeaveQueue, PassControl, PostMessage
from handoff_sdk.models.duration import Duration
from handoff_sdk.models.event import Actor
from handoff_sdk.models.message import Author, TextContent
from handoff_sdk.models.noun import JsonObject, Tag
from handoff_sdk.models.ticket import Priority, Style
from handoff_sdk.testing.integrator import scheduled
from handoff_sdk.testing.part import Epoch, Name, Step
from handoff_sdk.testing.place import PlacedStep, epoch_of

if TYPE_CHECKING:
    from handoff_sdk.models.conversation import Conversation
    from handoff_sdk.testing.stage import Stage

__all__ = ["VERBS"]


class BotStep(PlacedStep):
    """What the bot of a conversation does there."""

    bot: str

    async def scene(self, stage: Stage) -> tuple[Conversation, Actor]:
        """The conversation as it is, and its bot."""
        conversation = await stage.conversation(self.where(stage))
        return conversation, Actor(type="bot", id=conversation.bot or "bot")


class Says(BotStep):
    """The bot says something."""

    text: str
    epoch: Epoch = "current"

    async def play(self, stage: Stage) -> None:
        """Post it under the epoch the bot read."""
        conversation, actor = await self.scene(stage)
        command = PostMessage(
            conversation_id=conversation.id,
            author=Author(type="bot", id=actor.id),
            content=TextContent(text=self.text),
            epoch=epoch_of(conversation, self.epoch),
        )
        await stage.desk.handle(command, actor)


class HandsOff(BotStep):
    """The bot hands the conversation to people."""

    priority: Priority | None = None
    fields: JsonObject = Field(default_factory=dict)
    tags: list[Tag] = Field(default_factory=list)
    skills: list[Tag] = Field(default_factory=list)
    prefer_skills: list[Tag] = Field(default_factory=list)
    group: str | None = None
    style: Style | None = None
    summary: str | None = None
    subject: str | None = None
    followups: str | None = None
    accept_within: Duration | None = None
    key: str | None = None
    say: str | None = None
    epoch: Epoch = "current"

    async def play(self, stage: Stage) -> None:
        """Hand it off with what the step gives."""
        conversation, actor = await self.scene(stage)
        given = self.model_dump(exclude_unset=True, exclude={"bot", "to", "conversation", "fails"})
        given |= {"conversation_id": conversation.id, "epoch": epoch_of(conversation, self.epoch)}
        await stage.desk.handle(HandOff.model_validate(given), actor)


class Cancels(BotStep):
    """The bot cancels its hand-off."""

    async def play(self, stage: Stage) -> None:
        """Take it back."""
        conversation, actor = await self.scene(stage)
        await stage.desk.handle(LeaveQueue(conversation_id=conversation.id), actor)


class EndsSession(BotStep):
    """The bot ends the session."""

    epoch: Epoch = "current"

    async def play(self, stage: Stage) -> None:
        """End it under the epoch the bot read."""
        conversation, actor = await self.scene(stage)
        command = EndSession(conversation_id=conversation.id, epoch=epoch_of(conversation, self.epoch))
        await stage.desk.handle(command, actor)


class Passes(BotStep):
    """The bot passes the conversation to another bot."""

    name: Name
    epoch: Epoch = "current"

    async def play(self, stage: Stage) -> None:
        """Pass it under the epoch the bot read."""
        conversation, actor = await self.scene(stage)
        epoch = epoch_of(conversation, self.epoch)
        await stage.desk.handle(PassControl(conversation_id=conversation.id, bot=self.name, epoch=epoch), actor)


class GoesDown(Step):
    """The bots' processes stop: turns are not acknowledged any more."""

    bot: str

    async def play(self, stage: Stage) -> None:
        """Leave turns alone."""
        stage.bots_up = False


class ComesBack(Step):
    """The bots' processes run again, and do what is left to do."""

    bot: str

    async def play(self, stage: Stage) -> None:
        """Acknowledge turns again."""
        stage.bots_up = True


class FollowsUp(BotStep):
    """The bot schedules a follow-up."""

    after: Duration | None = None
    when_silent_for: Duration | None = None
    say: str | dict[str, str] | None = None
    key: str | None = None
    epoch: Epoch = "current"

    async def play(self, stage: Stage) -> None:
        """Schedule it under the epoch the bot read."""
        conversation, actor = await self.scene(stage)
        given = self.model_dump(exclude_unset=True, include={"after", "when_silent_for", "say", "key"})
        given["epoch"] = epoch_of(conversation, self.epoch)
        await stage.desk.handle(scheduled(conversation.id, given), actor)


VERBS: Final[Mapping[str, type[Step]]] = {
    "says": Says,
    "hands_off": HandsOff,
    "cancels": Cancels,
    "ends_session": EndsSession,
    "passes": Passes,
    "goes_down": GoesDown,
    "comes_back": ComesBack,
    "follows_up": FollowsUp,
}
