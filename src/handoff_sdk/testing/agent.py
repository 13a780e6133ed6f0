"""What agents do in a scenario.

Source: scenario.md; lifecycle.md, 2.8 (take-over), 3 (status), 6 (routing).
"""

# ruff: noqa: TC001, TC003 - pydantic reads the annotations at run time; ruff cannot see a base class elsewhere
from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final, Literal

from pydantic import Field

from handoff_sdk.models.command import (
    AcceptOffer,
    DeclineOffer,
    EndSession,
    HandBack,
    PostMessage,
    SetAgentStatus,
    TakeTicket,
    TransferTicket,
    UpdateTicket,
)
from handoff_sdk.models.duration import DurationOrNever
from handoff_sdk.models.event import Actor
from handoff_sdk.models.message import Author, TextContent, Visibility
from handoff_sdk.models.noun import JsonObject, Tag
from handoff_sdk.models.ticket import Priority, RoutingChannel, Status, Style
from handoff_sdk.testing.part import ActorStep, Epoch, Name, Naming, Part, Yes
from handoff_sdk.testing.place import PlacedStep, epoch_of

if TYPE_CHECKING:
    from handoff_sdk.testing.part import Step
    from handoff_sdk.testing.stage import Stage, Talk

__all__ = ["PLANNED", "VERBS"]

NO_OFFER: Final = "offer_never_made"
"""Stands for the offer to an agent who never had one."""


class AgentStep(ActorStep):
    """What an agent does."""

    agent: Name

    @property
    def actor(self) -> Actor:
        """The agent as an actor."""
        return Actor(type="agent", id=self.agent)

    def namings(self) -> Iterator[Naming]:
        """The agent."""
        yield Naming("agent", self.agent, ("agent",))
        yield from super().namings()


class SetsStatus(AgentStep):
    """An agent sets a status of their own, and is connected by it."""

    status: str

    async def play(self, stage: Stage) -> None:
        """Set it."""
        await stage.desk.handle(SetAgentStatus(agent_id=self.agent, status=self.status), self.actor)
        await stage.at_console(self.agent, connected=True)


class Connects(AgentStep):
    """An agent opens the console."""

    connects: Yes

    async def play(self, stage: Stage) -> None:
        """Open it."""
        await stage.at_console(self.agent, connected=True)


class Disconnects(AgentStep):
    """An agent's console loses its connection."""

    disconnects: Yes

    async def play(self, stage: Stage) -> None:
        """Close it."""
        await stage.at_console(self.agent, connected=False)


async def _offer_id(stage: Stage, talk: Talk, agent: str) -> str:
    """The running offer of a conversation's ticket to an agent, else the last one there was to them."""
    ticket = (await stage.conversation(talk)).ticket
    if ticket and ticket.offer and ticket.offer.agent_id == agent:
        return ticket.offer.id
    return talk.offers.get(agent, NO_OFFER)


class Accepts(AgentStep):
    """An agent accepts the offer of a conversation's ticket."""

    accepts: Name

    def namings(self) -> Iterator[Naming]:
        """The agent and the conversation."""
        yield from super().namings()
        yield Naming("conversation", self.accepts, ("accepts",))

    async def play(self, stage: Stage) -> None:
        """Accept it."""
        offer_id = await _offer_id(stage, stage.talk(self.accepts), self.agent)
        await stage.desk.handle(AcceptOffer(offer_id=offer_id), self.actor)


class Declines(AgentStep):
    """An agent declines the offer of a conversation's ticket."""

    declines: Name

    def namings(self) -> Iterator[Naming]:
        """The agent and the conversation."""
        yield from super().namings()
        yield Naming("conversation", self.declines, ("declines",))

    async def play(self, stage: Stage) -> None:
        """Decline it."""
        offer_id = await _offer_id(stage, stage.talk(self.declines), self.agent)
        await stage.desk.handle(DeclineOffer(offer_id=offer_id), self.actor)


class Takes(AgentStep):
    """An agent takes a conversation's ticket by hand."""

    takes: Name
    ticket: int | None = None

    def namings(self) -> Iterator[Naming]:
        """The agent and the conversation."""
        yield from super().namings()
        yield Naming("conversation", self.takes, ("takes",))

    async def play(self, stage: Stage) -> None:
        """Take it."""
        ticket_id = stage.ticket_id(stage.talk(self.takes), self.ticket)
        await stage.desk.handle(TakeTicket(ticket_id=ticket_id), self.actor)


class PlacedAgentStep(AgentStep, PlacedStep):
    """What an agent does in a conversation."""

    async def post(
        self,
        stage: Stage,
        text: str,
        *,
        visibility: Visibility = "public",
        epoch: Epoch | None = None,
        ticket: int | None = None,
        channel: Literal["email"] | None = None,
    ) -> None:
        """Post a message, an email or a note; ``epoch`` and ``ticket`` are what the agent read, where they say so."""
        talk = self.where(stage)
        command = PostMessage(
            conversation_id=talk.conversation_id,
            author=Author(type="agent", id=self.agent, name=stage.desk.config.agents[self.agent].name),
            content=TextContent(text=text),
            visibility=visibility,
            channel=channel,
            epoch=None if epoch is None else epoch_of(await stage.conversation(talk), epoch),
            ticket_id=None if ticket is None else stage.ticket_id(talk, ticket),
        )
        await stage.desk.handle(command, self.actor)


class Says(PlacedAgentStep):
    """An agent writes to the customer."""

    says: str
    epoch: Epoch | None = None
    ticket: int | None = None

    async def play(self, stage: Stage) -> None:
        """Post it."""
        await self.post(stage, self.says, epoch=self.epoch, ticket=self.ticket)


class Emails(PlacedAgentStep):
    """An agent continues a ticket by email."""

    emails: str
    ticket: int | None = None

    async def play(self, stage: Stage) -> None:
        """Post it."""
        await self.post(stage, self.emails, ticket=self.ticket, channel="email")


class Notes(PlacedAgentStep):
    """An agent writes a note that the customer does not see."""

    notes: str
    ticket: int | None = None

    async def play(self, stage: Stage) -> None:
        """Post it."""
        await self.post(stage, self.notes, visibility="internal", ticket=self.ticket)


class Changes(Part):
    """What an agent sets on a ticket. ``assignee: null`` puts it back into its queue."""

    status: str | None = None
    priority: Priority | None = None
    group: str | None = None
    assignee: str | None = None
    tags: list[Tag] | None = None
    add_tags: list[Tag] = Field(default_factory=list)
    remove_tags: list[Tag] = Field(default_factory=list)
    fields: JsonObject = Field(default_factory=dict)
    style: Style | None = None
    close_after: DurationOrNever | None = None
    routing_channel: RoutingChannel | None = None


class Sets(PlacedAgentStep):
    """An agent changes a ticket: the conversation's latest, or the one with the number ``ticket``."""

    sets: Changes
    ticket: int | None = None

    async def play(self, stage: Stage) -> None:
        """Change it."""
        changes = self.sets.model_dump(exclude_unset=True)
        changes["ticket_id"] = stage.ticket_id(self.where(stage), self.ticket)
        await stage.desk.handle(UpdateTicket.model_validate(changes), self.actor)


class Target(Part):
    """Where a ticket goes: one of these."""

    agent: Name | None = None
    group: Name | None = None
    queue: Name | None = None


class Transfers(PlacedAgentStep):
    """An agent transfers a ticket: the conversation's latest, or the one with the number ``ticket``."""

    transfers: Target
    ticket: int | None = None

    def namings(self) -> Iterator[Naming]:
        """The agents and the conversation."""
        yield from super().namings()
        if self.transfers.agent is not None:
            yield Naming("agent", self.transfers.agent, ("transfers", "agent"))

    async def play(self, stage: Stage) -> None:
        """Transfer it."""
        given = self.transfers.model_dump(exclude_unset=True)
        given["ticket_id"] = stage.ticket_id(self.where(stage), self.ticket)
        await stage.desk.handle(TransferTicket.model_validate(given), self.actor)


class EndsSession(PlacedAgentStep):
    """An agent ends the session."""

    ends_session: Yes
    epoch: Epoch | None = None
    ticket: int | None = None

    async def play(self, stage: Stage) -> None:
        """End it."""
        talk = self.where(stage)
        command = EndSession(
            conversation_id=talk.conversation_id,
            epoch=None if self.epoch is None else epoch_of(await stage.conversation(talk), self.epoch),
            ticket_id=None if self.ticket is None else stage.ticket_id(talk, self.ticket),
        )
        await stage.desk.handle(command, self.actor)


class Return(Part):
    """How an agent hands back: a note for the bot, and the ticket's status if not solved."""

    note: str | None = None
    status: Status | None = None


class HandsBack(PlacedAgentStep):
    """An agent gives control back to the bot."""

    hands_back: Return
    ticket: int | None = None

    async def play(self, stage: Stage) -> None:
        """Hand back."""
        given = self.hands_back.model_dump(exclude_unset=True)
        given["ticket_id"] = stage.ticket_id(self.where(stage), self.ticket)
        await stage.desk.handle(HandBack.model_validate(given), self.actor)


VERBS: Final[Mapping[str, type[Step]]] = {
    "status": SetsStatus,
    "connects": Connects,
    "disconnects": Disconnects,
    "accepts": Accepts,
    "declines": Declines,
    "takes": Takes,
    "says": Says,
    "emails": Emails,
    "notes": Notes,
    "sets": Sets,
    "transfers": Transfers,
    "ends_session": EndsSession,
    "hands_back": HandsBack,
}
PLANNED: Final[frozenset[str]] = frozenset()
