"""Commands: what people ask of the desk, in the imperative.

The HTTP API's bodies are these models; where a field is part of the path or a header, the route puts it in.

Source: api.md, Resources; lifecycle.md, 2 to 6.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, model_validator

from .customer import CustomerProfile, Language
from .duration import Duration
from .ladder import Wait
from .message import Author, Content, TemplateContent, Text, Visibility
from .noun import Command, Identifier, Instant, JsonObject, Tag
from .ticket import Form, Priority, Rating, RoutingChannel, Status, Style

__all__ = [
    "BOT_NAME",
    "AcceptOffer",
    "AnswerSurvey",
    "CancelFollowup",
    "CompleteTurn",
    "ConversationCommand",
    "DeclineOffer",
    "EndSession",
    "ExtendTurn",
    "HandBack",
    "HandOff",
    "LeaveQueue",
    "NewMessage",
    "OfferCommand",
    "PassControl",
    "PostMessage",
    "Preview",
    "RecordActivity",
    "RedactMessage",
    "RegisterBot",
    "ReleaseTurn",
    "ResumeFollowups",
    "ScheduleFollowup",
    "SendProactive",
    "SetAgentStatus",
    "StartConversation",
    "TakeTicket",
    "TicketCommand",
    "TransferTicket",
    "TurnCommand",
    "UpdateConversation",
    "UpdateTicket",
]

Tags = Annotated[tuple[Tag, ...], Field(max_length=100)]
Epoch = Annotated[int, Field(ge=1)]
BOT_NAME: Final = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$")
BotName = Annotated[str, Field(pattern=BOT_NAME.pattern)]
StatusName = Annotated[str, Field(min_length=1, max_length=64)]
Key = Annotated[str, Field(min_length=1, max_length=255)]


class NewMessage(Command):
    """A message to be posted. ``epoch`` is required of a bot; an agent may name an epoch or a ticket.

    ``channel: email`` is an agent's message that goes out by email, in the same ticket and conversation.
    """

    author: Author | None = None
    content: Content
    epoch: Epoch | None = None
    ticket_id: Identifier | None = None
    visibility: Visibility = "public"
    channel: Literal["email"] | None = None
    metadata: dict[str, Any] = Field(default_factory=dict, max_length=50)


class StartConversation(Command):
    """Start a conversation; a customer who is not known yet is made."""

    customer: CustomerProfile = Field(default_factory=CustomerProfile)
    brand: str = "default"
    channel: str = Field(default="web", min_length=1, max_length=64)
    message: NewMessage | None = None
    metadata: dict[str, Any] = Field(default_factory=dict, max_length=50)


class ConversationCommand(Command):
    """A command about one conversation."""

    conversation_id: Identifier


class UpdateConversation(ConversationCommand):
    """Change the application's ``metadata`` or the bot's ``state``: keys given are set, ``null`` removes a key."""

    metadata: JsonObject | None = None
    state: JsonObject | None = None


class PostMessage(NewMessage, ConversationCommand):
    """Post a message, or an internal note, in a conversation."""


class RecordActivity(ConversationCommand):
    """Typing and receipts. Customers and bots report ``typing_*`` and ``read``; channel adapters the rest too."""

    type: Literal["typing_start", "typing_stop", "read", "delivered", "failed"]
    up_to: Identifier | None = None
    message_id: Identifier | None = None
    reason: str | None = Field(default=None, max_length=255)


class RedactMessage(ConversationCommand):
    """Take back what a message said, everywhere it is kept; ``reason`` is for staff."""

    message_id: Identifier
    reason: str | None = Field(default=None, max_length=255)


class _HandOffDetails(ConversationCommand):
    key: Key | None = None
    reason: str | None = Field(default=None, max_length=255)
    priority: Priority | None = None
    fields: JsonObject = Field(default_factory=dict, max_length=200)
    form: Form | None = None
    tags: Tags = ()
    skills: Tags = ()
    prefer_skills: Tags = ()
    group: str | None = None
    style: Style | None = None
    subject: str | None = Field(default=None, max_length=255)
    summary: str | None = Field(default=None, max_length=4096)
    transcript_from: Identifier | None = None
    say: str | None = Field(default=None, min_length=1, max_length=4096)
    followups: str | None = None
    accept_within: Duration | None = None


class HandOff(_HandOffDetails):
    """Hand the conversation to people.

    ``key`` is valid as long as the conversation: the same key answers the same ticket. ``say`` is the bot's last words.
    ``accept_within``: when nobody has accepted by then, control returns (``nobody_available``).
    """

    epoch: Epoch


class EndSession(ConversationCommand):
    """End the session. A bot or agent may name the ``epoch`` it read, an agent the ticket."""

    epoch: Epoch | None = None
    ticket_id: Identifier | None = None


class AnswerSurvey(ConversationCommand):
    """Answer how the latest ticket that was asked about went, or the one that ``ticket_id`` names."""

    rating: Rating
    comment: str | None = Field(default=None, max_length=4096)
    ticket_id: Identifier | None = None


class LeaveQueue(ConversationCommand):
    """The customer leaves the queue, or the bot cancels its hand-off, while no agent has the ticket."""


class PassControl(ConversationCommand):
    """Pass the conversation, with what its bot has not done yet, to another bot."""

    bot: BotName
    epoch: Epoch


class ReleaseTurn(ConversationCommand):
    """Acknowledge the bot's open turn without a word; it counts as answered."""

    epoch: Epoch


class Preview(_HandOffDetails):
    """Ask what a hand-off with these details would meet; changes nothing."""

    epoch: Epoch | None = None


class RegisterBot(Command):
    """Register a bot for brands; where none is configured, the first that registers owns new conversations."""

    bot: BotName
    brands: tuple[str, ...] = Field(default=("default",), max_length=1000)
    version: str | None = Field(default=None, max_length=64)


Say = Annotated[Text | dict[Language, Text], Field(union_mode="left_to_right")]
"""A text, or one by language; Liquid, with limits."""


class ScheduleFollowup(ConversationCommand):
    """Schedule a follow-up: ``after`` this time, or once the customer ``when_silent_for``; with neither, now.

    ``template`` is said instead of ``say`` where the channel's window is closed, or where there is no ``say``. Under
    one ``key`` it is sent at most once in the conversation. A bot may name the ``epoch`` it read. ``dry_run`` answers
    what would be and changes nothing.
    """

    after: Wait | None = None
    when_silent_for: Wait | None = None
    say: Say | None = None
    template: TemplateContent | None = None
    key: Key | None = None
    epoch: Epoch | None = None
    dry_run: bool = False

    @model_validator(mode="after")
    def _is_one_thing(self) -> ScheduleFollowup:
        if self.after is not None and self.when_silent_for is not None:
            message = "give 'after' or 'when_silent_for', not both"
            raise ValueError(message)
        _check_words(self.say, self.template, "say")
        return self


class CancelFollowup(ConversationCommand):
    """Cancel the follow-up of this id (for a step: its ladder's run), or the one that waits under this key."""

    followup_id: Identifier | None = None
    key: Key | None = None

    @model_validator(mode="after")
    def _names_one(self) -> CancelFollowup:
        if (self.followup_id is None) == (self.key is None):
            message = "give 'followup_id' or 'key'"
            raise ValueError(message)
        return self


def _profile(customer: object) -> object:
    return {"external_id": customer} if isinstance(customer, str) else customer


class SendProactive(Command):
    """Send one message to a customer who did not ask: in the conversation named, the latest one, or a new one.

    ``customer`` is a profile, or just the external id; it may be left out where ``conversation_id`` is given. Under
    one ``key`` a customer gets it at most once. ``dry_run`` answers what would be and changes nothing.
    """

    customer: Annotated[CustomerProfile, BeforeValidator(_profile)] = Field(default_factory=CustomerProfile)
    conversation_id: Identifier | None = None
    brand: str = "default"
    channel: str = Field(default="web", min_length=1, max_length=64)
    text: Say | None = None
    template: TemplateContent | None = None
    key: Key | None = None
    metadata: dict[str, Any] = Field(default_factory=dict, max_length=50)
    dry_run: bool = False

    @model_validator(mode="after")
    def _says_something_to_somebody(self) -> SendProactive:
        _check_words(self.text, self.template, "text")
        if self.customer.external_id is None and self.conversation_id is None:
            message = "it is for nobody; give the 'external_id' of a 'customer', or a 'conversation_id'"
            raise ValueError(message)
        return self


def _check_words(words: str | dict[str, str] | None, template: TemplateContent | None, name: str) -> None:
    if not words and template is None:
        message = f"there is nothing to say; give {name!r} or 'template'"
        raise ValueError(message)


class ResumeFollowups(Command):
    """Let follow-ups go out again on a channel on which too many failed; a person asks for it."""

    channel: str = Field(min_length=1, max_length=64)


class TurnCommand(Command):
    """A command about one turn; ``consumer`` is the process that has it."""

    bot: BotName
    turn_id: Identifier
    consumer: Annotated[str, Field(min_length=1, max_length=128)]


class ExtendTurn(TurnCommand):
    """Extend the lease of a turn that takes longer."""


class CompleteTurn(TurnCommand):
    """Acknowledge a turn.

    ``state`` is merged into the conversation's ``state``, ``timers`` into the bot's timers (an instant by name);
    ``null`` removes one.
    """

    state: JsonObject | None = None
    timers: dict[str, Instant | None] | None = Field(default=None, max_length=50)


class TicketCommand(Command):
    """A command about one ticket."""

    ticket_id: Identifier


class UpdateTicket(TicketCommand):
    """Change fields of a ticket; only those given change. ``if_match`` is the version that was read (``If-Match``).

    ``tags`` replaces all tags; ``add_tags`` and ``remove_tags`` change some. ``fields`` are merged, ``null`` removes
    one. ``assignee: null`` puts the ticket back into its queue; ``queue: null`` back into the one its conditions say.
    ``status`` is a status or a custom one; ``custom_status`` names a custom one, ``null`` none. ``routing_channel:
    null`` is the one of the conversation's channel.
    """

    if_match: Annotated[int, Field(ge=1)] | None = None
    status: StatusName | None = None
    custom_status: StatusName | None = None
    routing_channel: RoutingChannel | None = None
    priority: Priority | None = None
    group: str | None = None
    assignee: str | None = None
    queue: str | None = None
    style: Style | None = None
    close_after: Duration | Literal["never"] | None = None
    subject: str | None = Field(default=None, max_length=255)
    summary: str | None = Field(default=None, max_length=4096)
    tags: Tags | None = None
    add_tags: Tags = ()
    remove_tags: Tags = ()
    fields: JsonObject = Field(default_factory=dict, max_length=200)

    @model_validator(mode="after")
    def _something_to_change(self) -> UpdateTicket:
        if self.model_fields_set <= {"ticket_id", "if_match"}:
            message = "nothing to change; give at least one of status, priority, group, assignee, tags, fields, ..."
            raise ValueError(message)
        return self


class TakeTicket(TicketCommand):
    """Take a ticket by hand; ``agent_id`` is the agent who does."""


class TransferTicket(TicketCommand):
    """Give a ticket to an ``agent``, who is asked, or back to a queue: that of a ``group``, or the ``queue`` named."""

    agent: Identifier | None = None
    group: str | None = None
    queue: str | None = None

    @model_validator(mode="after")
    def _names_one(self) -> TransferTicket:
        if sum(one is not None for one in (self.agent, self.group, self.queue)) != 1:
            message = "give one of 'agent', 'group' and 'queue'"
            raise ValueError(message)
        return self


class HandBack(TicketCommand):
    """Give control back to the bot. The ticket is solved, unless ``status`` names another."""

    note: str | None = Field(default=None, max_length=4096)
    status: Status | None = None


class OfferCommand(Command):
    """A command about one offer."""

    offer_id: Identifier


class AcceptOffer(OfferCommand):
    """Accept an offer: the ticket becomes the agent's, and open."""


class DeclineOffer(OfferCommand):
    """Decline an offer: it goes to somebody else where there is one."""


class SetAgentStatus(Command):
    """Set an agent's status. Setting one connects the agent and starts the row of lapses anew."""

    agent_id: Identifier
    status: str
