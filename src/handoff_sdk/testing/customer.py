"""What customers do in a scenario.

A customer's first conversation goes by their name, a further one by the name that ``conversation`` gives it.

Source: scenario.md; lifecycle.md, 5 (presence).
"""

# ruff: noqa: TC001, TC003 - pydantic reads the annotations at run time; ruff cannot see a base class elsewhere
from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from handoff_sdk.models.command import (
    AnswerSurvey,
    EndSession,
    LeaveQueue,
    NewMessage,
    PostMessage,
    RecordActivity,
    StartConversation,
)
from handoff_sdk.models.customer import CustomerProfile
from handoff_sdk.models.event import Actor
from handoff_sdk.models.message import Author
from handoff_sdk.models.noun import JsonObject
from handoff_sdk.models.ticket import Rating
from handoff_sdk.testing.part import ActorStep, Name, Naming, Yes
from handoff_sdk.testing.stuck import Stuck

if TYPE_CHECKING:
    from handoff_sdk.models.customer import Customer
    from handoff_sdk.testing.part import Step
    from handoff_sdk.testing.stage import Stage, Talk

__all__ = ["PLANNED", "VERBS"]


class CustomerStep(ActorStep):
    """What a customer does; ``profile`` is what their application knows of them."""

    customer: Name
    conversation: Name | None = None
    profile: CustomerProfile | None = None

    @property
    def named(self) -> str:
        """The name of the conversation the step is about."""
        return self.conversation or self.customer

    def namings(self) -> Iterator[Naming]:
        """The conversation the step is about."""
        yield Naming("conversation", self.named, ("conversation" if self.conversation else "customer",))

    async def who(self, stage: Stage) -> tuple[Customer, Actor]:
        """The customer, and the customer as an actor."""
        customer = await stage.customer(self.customer, self.profile)
        return customer, Actor(type="customer", id=customer.id)

    def where(self, stage: Stage) -> Talk:
        """The conversation the step is about, which has to be this customer's."""
        talk = stage.talk(self.named)
        if talk.customer != self.customer:
            raise Stuck(f"the conversation {talk.name!r} is {talk.customer}'s, not {self.customer}'s")
        return talk


class Speaking(CustomerStep):
    """A customer's message. The first one starts the conversation; ``brand`` and ``channel`` say where."""

    brand: str | None = None
    channel: str | None = None

    @property
    def content(self) -> JsonObject:
        """The content of the message."""
        raise NotImplementedError

    @property
    def opens(self) -> str:
        """The conversation that the message starts if need be."""
        return self.named

    async def play(self, stage: Stage) -> None:
        """Start the conversation with the message, or post it there."""
        customer, actor = await self.who(stage)
        author = Author(type="customer", id=customer.id, name=customer.name)
        if stage.find(self.named) is None:
            await self._begin(stage, customer, author)
            return
        talk = self.where(stage)
        conversation = await stage.conversation(talk)
        for key, asked, actual in (
            ("brand", self.brand, conversation.brand),
            ("channel", self.channel, conversation.channel),
        ):
            if asked not in (None, actual):
                raise Stuck(f"{talk.name} began with the {key} {actual!r} and stays there")
        message = PostMessage.model_validate(
            {"conversation_id": talk.conversation_id, "author": author, "content": self.content}
        )
        await stage.desk.handle(message, actor)

    async def _begin(self, stage: Stage, customer: Customer, author: Author) -> None:
        command = StartConversation(
            brand=self.brand or "default",
            channel=self.channel or "web",
            message=NewMessage.model_validate({"author": author, "content": self.content}),
        )
        outcome = await stage.desk.handle(command, Actor(type="customer", id=customer.id))
        if outcome.thread is None:
            raise RuntimeError("the desk started a conversation and did not say which")
        stage.begin(self.named, outcome.thread.conversation.id, self.customer)


class Says(Speaking):
    """A customer writes a text."""

    says: str

    @property
    def content(self) -> JsonObject:
        """The text as content."""
        return {"type": "text", "text": self.says}


class Sends(Speaking):
    """A customer sends content of any type."""

    sends: JsonObject

    @property
    def content(self) -> JsonObject:
        """The content as it stands."""
        return self.sends


class Reads(CustomerStep):
    """A customer has read everything so far."""

    reads: Yes

    async def play(self, stage: Stage) -> None:
        """Tell the desk the last message that was read."""
        _, actor = await self.who(stage)
        talk = self.where(stage)
        last = talk.messages[-1]["id"] if talk.messages else None
        await stage.desk.handle(RecordActivity(conversation_id=talk.conversation_id, type="read", up_to=last), actor)


class Types(CustomerStep):
    """A customer is typing."""

    types: Yes

    async def play(self, stage: Stage) -> None:
        """Tell the desk so."""
        _, actor = await self.who(stage)
        talk = self.where(stage)
        await stage.desk.handle(RecordActivity(conversation_id=talk.conversation_id, type="typing_start"), actor)


class EndsSession(CustomerStep):
    """A customer ends the session."""

    ends_session: Yes

    async def play(self, stage: Stage) -> None:
        """End it."""
        _, actor = await self.who(stage)
        await stage.desk.handle(EndSession(conversation_id=self.where(stage).conversation_id), actor)


class LeavesQueue(CustomerStep):
    """A customer waits no longer."""

    leaves_queue: Yes

    async def play(self, stage: Stage) -> None:
        """Leave the queue."""
        _, actor = await self.who(stage)
        await stage.desk.handle(LeaveQueue(conversation_id=self.where(stage).conversation_id), actor)


class Rates(CustomerStep):
    """A customer answers how it went."""

    rates: Rating
    comment: str | None = None

    async def play(self, stage: Stage) -> None:
        """Answer."""
        _, actor = await self.who(stage)
        where = self.where(stage).conversation_id
        await stage.desk.handle(AnswerSurvey(conversation_id=where, rating=self.rates, comment=self.comment), actor)


class Connecting(CustomerStep):
    """A customer's connection, which is not that of one conversation."""

    def namings(self) -> Iterator[Naming]:
        """The conversation, where one is named."""
        return super().namings() if self.conversation else iter(())

    async def connect(self, stage: Stage, *, connected: bool) -> None:
        """Open a stream or close one."""
        await self.who(stage)
        if stage.find(self.named):
            self.where(stage)
        await stage.connect(self.customer, connected=connected)


class Connects(Connecting):
    """A customer's stream opens."""

    connects: Yes

    async def play(self, stage: Stage) -> None:
        """Open it."""
        await self.connect(stage, connected=True)


class Disconnects(Connecting):
    """A customer's stream closes."""

    disconnects: Yes

    async def play(self, stage: Stage) -> None:
        """Close it."""
        await self.connect(stage, connected=False)


VERBS: Final[Mapping[str, type[Step]]] = {
    "says": Says,
    "sends": Sends,
    "reads": Reads,
    "types": Types,
    "ends_session": EndsSession,
    "leaves_queue": LeavesQueue,
    "rates": Rates,
    "connects": Connects,
    "disconnects": Disconnects,
}
PLANNED: Final[frozenset[str]] = frozenset()
