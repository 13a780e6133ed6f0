"""The customers and agents of a virtual desk: the verbs of scenarios as methods.

Each returns when the desk and its bots are at rest. What the desk refuses is raised, as the client would raise it.

Source: sdk.md, Testing your bot; scenario.md (verbs).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypedDict

from handoff_sdk.testing import agent, customer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Unpack

    from handoff_sdk.models.conversation import Conversation
    from handoff_sdk.models.message import Message, Reply
    from handoff_sdk.models.ticket import Priority, Status, Style, Ticket
    from handoff_sdk.testing.part import Step

__all__ = ["AgentActor", "CustomerActor", "Table", "TicketSettings"]


class Table(Protocol):
    """What actors need of the desk they act at."""

    async def do(self, step: type[Step], said: Mapping[str, Any]) -> None:
        """Play a step, and let everything come to rest."""

    async def conversation(self, name: str) -> Conversation:
        """A conversation as it is now, with its latest ticket."""

    def messages(self, name: str) -> list[Message]:
        """The public messages of a conversation, oldest first; none before it has begun."""


class TicketSettings(TypedDict, total=False):
    """What an agent may set on a ticket."""

    status: Status
    priority: Priority
    group: str
    assignee: str | None
    tags: Sequence[str]
    add_tags: Sequence[str]
    remove_tags: Sequence[str]
    fields: Mapping[str, Any]
    style: Style
    close_after: str


def _given(**fields: object) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


class CustomerActor:
    """A customer of a virtual desk, in one of their conversations.

    Args:
        table: The desk.
        name: The customer's name.
        conversation: What the conversation is called; the first one goes by the customer's name.
        profile: What their application knows of them.
        brand: Where the conversation begins.
        channel: The same.
    """

    def __init__(
        self,
        table: Table,
        name: str,
        *,
        conversation: str | None = None,
        profile: Mapping[str, Any] | None = None,
        brand: str | None = None,
        channel: str | None = None,
    ) -> None:
        self.name = name
        self._table = table
        self._where = conversation or name
        self._profile = dict(profile or {})
        self._begins = _given(brand=brand, channel=channel)

    def __str__(self) -> str:
        return self._where

    @property
    def messages(self) -> list[Message]:
        """All that was said, by anybody, as the customer reads it; oldest first."""
        return self._table.messages(self._where)

    @property
    def hears(self) -> list[str | None]:
        """What bots and people said since the customer last wrote, without the engine's own lines.

        ``None`` stands for content without a text.
        """
        heard: list[str | None] = []
        for message in self.messages:
            if message.author.type == "customer":
                heard.clear()
            elif message.author.type != "system":
                heard.append(message.text)
        return heard

    @property
    def replies(self) -> list[str]:
        """The quick replies that the last message offers to tap; the engine's lines do not hide them."""
        return [reply.text for reply in self._offered()]

    async def conversation(self) -> Conversation:
        """The conversation as it is now, with its latest ticket."""
        return await self._table.conversation(self._where)

    async def ticket(self) -> Ticket | None:
        """The conversation's latest ticket as it is now."""
        return (await self.conversation()).ticket

    async def says(self, text: str) -> None:
        """Write a text; the first one begins the conversation."""
        await self._do("says", text, **self._begins)

    async def sends(self, content: Mapping[str, Any]) -> None:
        """Send content of any type: ``{"type": "image", "url": ...}``."""
        await self._do("sends", dict(content), **self._begins)

    async def taps(self, reply: str) -> None:
        """Tap a quick reply of the last message.

        Raises:
            ValueError: It is not offered.
        """
        offered = {each.text: each for each in self._offered()}
        if reply not in offered:
            raise ValueError(f"{reply!r} is not offered to tap, only {list(offered)}")
        payload = offered[reply].payload
        await self.sends({"type": "text", "text": reply, **_given(payload=payload)})

    async def reads(self) -> None:
        """Have read everything so far."""
        await self._do("reads", True)  # noqa: FBT003 - the scenario's word

    async def types(self) -> None:
        """Be typing."""
        await self._do("types", True)  # noqa: FBT003 - the same

    async def ends_session(self) -> None:
        """End the session."""
        await self._do("ends_session", True)  # noqa: FBT003 - the same

    async def leaves_queue(self) -> None:
        """Wait no longer for people."""
        await self._do("leaves_queue", True)  # noqa: FBT003 - the same

    async def connects(self) -> None:
        """Open a stream: be there."""
        await self._do("connects", True)  # noqa: FBT003 - the same

    async def disconnects(self) -> None:
        """Close a stream."""
        await self._do("disconnects", True)  # noqa: FBT003 - the same

    def _offered(self) -> Sequence[Reply]:
        """The replies of the last message that is no mere line of the engine's."""
        for message in reversed(self.messages):
            replies: Sequence[Reply] = getattr(message.content, "replies", None) or ()
            if replies or message.author.type != "system":
                return replies
        return ()

    async def _do(self, verb: str, value: object, **more: object) -> None:
        said = {"customer": self.name, verb: value, **more}
        if self._where != self.name:
            said["conversation"] = self._where
        if self._profile:
            said["profile"] = self._profile
        await self._table.do(customer.VERBS[verb], said)


class AgentActor:
    """An agent of a virtual desk.

    ``to`` names a conversation: a customer, or the name of one. Without it the conversation touched last is meant.

    Args:
        table: The desk.
        name: The agent's id in the configuration.
    """

    def __init__(self, table: Table, name: str) -> None:
        self.name = name
        self._table = table

    def __str__(self) -> str:
        return self.name

    async def status(self, status: str) -> None:
        """Set the status: ``online``, ``away``, ..."""
        await self._do("status", status)

    async def accepts(self, conversation: CustomerActor | str) -> None:
        """Accept the offer of the conversation's ticket."""
        await self._do("accepts", str(conversation))

    async def declines(self, conversation: CustomerActor | str) -> None:
        """Decline it."""
        await self._do("declines", str(conversation))

    async def takes(self, conversation: CustomerActor | str) -> None:
        """Take the conversation's ticket by hand."""
        await self._do("takes", str(conversation))

    async def says(self, text: str, to: CustomerActor | str | None = None) -> None:
        """Write to the customer."""
        await self._do("says", text, to)

    async def notes(self, text: str, to: CustomerActor | str | None = None) -> None:
        """Write a note that the customer does not see."""
        await self._do("notes", text, to)

    async def sets(self, to: CustomerActor | str | None = None, **settings: Unpack[TicketSettings]) -> None:
        """Change the conversation's latest ticket."""
        lists = {name: list(value) for name, value in settings.items() if isinstance(value, tuple)}
        await self._do("sets", {**settings, **lists}, to)

    async def solves(self, to: CustomerActor | str | None = None) -> None:
        """Solve the ticket."""
        await self.sets(to, status="solved")

    async def hands_back(
        self, to: CustomerActor | str | None = None, *, note: str | None = None, status: Status | None = None
    ) -> None:
        """Give control back to the bot."""
        await self._do("hands_back", _given(note=note, status=status), to)

    async def ends_session(self, to: CustomerActor | str | None = None) -> None:
        """End the session."""
        await self._do("ends_session", True, to)  # noqa: FBT003 - the scenario's word

    async def _do(self, verb: str, value: object, to: CustomerActor | str | None = None) -> None:
        said = {"agent": self.name, verb: value, **({"to": str(to)} if to is not None else {})}
        await self._table.do(agent.VERBS[verb], said)
