"""What a scenario expects: every key is a fact about the desk, compared with what the file says.

To add one: a line in a model, for what may be written, and one in a table below, for how to look.

Source: scenario.md, the table of ``expect``.
"""

# ruff: noqa: TC001 - pydantic reads the annotations at run time; ruff cannot see a base class elsewhere
from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from inspect import isawaitable
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field

from handoff_sdk.models.conversation import Owner, Session
from handoff_sdk.models.event import EVENT_TYPES
from handoff_sdk.models.followup import SkipReason
from handoff_sdk.models.message import AuthorType, Via
from handoff_sdk.models.nearest import did_you_mean
from handoff_sdk.models.noun import JsonObject
from handoff_sdk.models.promise import Metric
from handoff_sdk.models.report import Figures
from handoff_sdk.models.ticket import Priority, Status, Style
from handoff_sdk.testing.compare import hold
from handoff_sdk.testing.part import Moment, Name, Naming, Part, Step, refusal
from handoff_sdk.testing.stuck import Stuck
from handoff_sdk.testing.words import shown

if TYPE_CHECKING:
    from handoff_sdk.models.conversation import Conversation
    from handoff_sdk.models.ticket import Ticket
    from handoff_sdk.testing.stage import Stage, Talk

__all__ = ["Expect"]


def _known_type(event_type: str) -> str:
    if event_type not in EVENT_TYPES:
        raise refusal(f"there is no event {event_type!r}{did_you_mean(event_type, EVENT_TYPES)}")
    return event_type


def _none_is_a_word(value: object) -> object:
    return None if value == "none" else value


def _known_figure(name: str) -> str:
    if name not in Figures.model_fields:
        raise refusal(f"there is no figure {name!r}{did_you_mean(name, Figures.model_fields)}")
    return name


_FigureName: TypeAlias = Annotated[str, AfterValidator(_known_figure)]
_EventType: TypeAlias = Annotated[str, AfterValidator(_known_type)]


class ExpectedPromise(Part):
    """What is expected of a promise to the customer."""

    state: Literal["active", "fulfilled", "breached", "stopped"] | None = None
    due: Moment | None = None


class ExpectedTicket(Part):
    """What is expected of the conversation's latest ticket."""

    status: Status | None = None
    custom_status: str | None = None
    priority: Priority | None = None
    group: str | None = None
    assignee: str | None = None
    offered_to: str | None = None
    queue: str | None = None
    style: Style | None = None
    subject: str | None = None
    tags: list[str] | None = None
    fields: JsonObject | None = None
    skills: list[str] | None = None
    reopens: int | None = None
    number: int | None = None
    active: bool | None = None
    position: int | None = None
    sla: dict[Metric, ExpectedPromise | None] = Field(default_factory=dict)
    survey: Literal["asked", "answered", "none"] | None = None


class ExpectedMessage(Part):
    """What is expected of the last public message: ``text`` is all of it, ``contains`` a part."""

    from_: AuthorType | None = Field(default=None, alias="from")
    by: str | None = None
    text: str | None = None
    contains: str = ""
    via: Via | None = None


class ExpectedUse(Part):
    """What is expected of the capacity an agent uses."""

    messaging: int | None = None
    email: int | None = None


class ExpectedAgent(Part):
    """What is expected of an agent."""

    status: str | None = None
    used: ExpectedUse | None = None
    offers: list[Name] | None = None


class ExpectedFollowups(Part):
    """What is expected of ladders and one-offs: how many were sent, what was skipped, when the next one is due."""

    sent: int | None = None
    skipped: list[SkipReason] | None = None
    next: Annotated[Moment | None, BeforeValidator(_none_is_a_word)] = None


class Expectation(Part):
    """What is expected; only what is given is looked at."""

    conversation: Name | None = None
    owner: Owner | None = None
    epoch: int | None = None
    session: Session | None = None
    ticket: Annotated[ExpectedTicket | None, BeforeValidator(_none_is_a_word)] = None
    tickets: int | None = None
    last: ExpectedMessage = ExpectedMessage()
    messages: int | None = None
    agents: dict[Name, ExpectedAgent] = Field(default_factory=dict)
    queue: list[Name] = Field(default_factory=list)
    events: list[_EventType] = Field(default_factory=list)
    no_events: list[_EventType] = Field(default_factory=list)
    followups: ExpectedFollowups = ExpectedFollowups()
    metrics: dict[_FigureName, int | float | dict[str, int] | None] = Field(default_factory=dict)
    returned: JsonObject = Field(default_factory=dict)


class Expect(Step):
    """A look at the desk."""

    expect: Expectation

    def namings(self) -> Iterator[Naming]:
        """The conversations and agents it looks at."""
        if self.expect.conversation:
            yield Naming("conversation", self.expect.conversation, ("expect", "conversation"))
        for name, agent in self.expect.agents.items():
            place = ("expect", "agents", name)
            yield Naming("agent", name, place)
            yield from (Naming("conversation", offer, (*place, "offers")) for offer in agent.offers or ())
        yield from (Naming("conversation", name, ("expect", "queue")) for name in self.expect.queue)

    async def play(self, stage: Stage) -> None:
        """Compare, in the order of ``LOOKS``. What happened so far is then no longer news.

        Raises:
            Stuck: Something is otherwise than expected; the text names it.
        """
        given = self.expect.model_dump(exclude_unset=True, by_alias=True)
        sight = Sight(stage, given)
        for key, look in LOOKS.items():
            if key in given:
                await look(sight, given[key])
        stage.look_away()


@dataclass(slots=True)
class Sight:
    """What one look at the desk sees; what several keys need is read once."""

    stage: Stage
    given: Mapping[str, Any]
    _talk: Talk | None = None
    _conversation: Conversation | None = None

    @property
    def talk(self) -> Talk:
        """The conversation looked at."""
        if self._talk is None:
            self._talk = self.stage.talk(self.given.get("conversation"))
        return self._talk

    async def conversation(self) -> Conversation:
        """The conversation as it is now."""
        if self._conversation is None:
            self._conversation = await self.stage.conversation(self.talk)
        return self._conversation


# Looking: a key of the file -> how to look

_Look: TypeAlias = Callable[[Sight, Any], Awaitable[None]]


def _of_conversation(key: str) -> _Look:
    async def look(sight: Sight, expected: object) -> None:
        hold(key, expected, getattr(await sight.conversation(), key))

    return look


async def _look_at_conversation(sight: Sight, _expected: str) -> None:
    _ = sight.talk  # it becomes the one touched last, also where nothing else about it is asked


async def _look_at_ticket(sight: Sight, expected: Mapping[str, Any] | None) -> None:
    ticket = (await sight.conversation()).ticket
    if expected is None:
        if ticket is not None:
            raise Stuck(f"expected no ticket, got ticket {ticket.number}, {ticket.status!r}")
        return
    if ticket is None:
        raise Stuck(f"expected a ticket, but {sight.talk.name} has none")
    for key, fact in TICKET_FACTS.items():
        if key in expected:
            hold(f"ticket.{key}", expected[key], await _value(fact(sight, ticket)))


async def _look_at_last(sight: Sight, expected: Mapping[str, Any]) -> None:
    with_system = expected.get("from") == "system"
    said = [line for line in sight.talk.messages if with_system or line["author"]["type"] != "system"]
    if not said:
        raise Stuck(f"expected a last message, but nobody has said anything in {sight.talk.name}")
    for key, fact in MESSAGE_FACTS.items():
        if key in expected:
            hold(f"last.{key}", expected[key], fact(sight, said[-1]))
    text = _text(sight, said[-1])
    if "contains" in expected and expected["contains"] not in (text or ""):
        raise Stuck(f"expected last.text to contain {shown(expected['contains'])}, got {shown(text)}")


async def _look_at_messages(sight: Sight, expected: int) -> None:
    hold("messages", expected, sum(line["author"]["type"] != "system" for line in sight.talk.messages))


async def _look_at_agents(sight: Sight, expected: Mapping[str, Mapping[str, Any]]) -> None:
    for name, about in expected.items():
        for key, fact in AGENT_FACTS.items():
            if key in about:
                hold(f"agents.{name}.{key}", about[key], await _value(fact(sight, name)))


async def _look_at_queue(sight: Sight, expected: list[str]) -> None:
    waiting = [sight.stage.conversation_name(ticket.conversation_id) for ticket in sight.stage.desk.queries.waiting()]
    hold("queue", expected, waiting)


async def _look_at_events(sight: Sight, expected: list[str]) -> None:
    lately = iter(sight.talk.lately)
    if not all(event_type in lately for event_type in expected):  # in this order, others may lie between
        raise Stuck(f"expected events {shown(expected)}, got {shown(sight.talk.lately)}")


async def _look_at_no_events(sight: Sight, expected: list[str]) -> None:
    happened = [event_type for event_type in expected if event_type in sight.talk.lately]
    if happened:
        raise Stuck(f"expected no event {shown(happened[0])}, got {shown(sight.talk.lately)}")


async def _look_at_followups(sight: Sight, expected: Mapping[str, Any]) -> None:
    talk = sight.talk
    for key, actual in (
        ("sent", talk.followups_sent),
        ("skipped", talk.followups_skipped),
        ("next", await sight.stage.desk.queries.next_followup(talk.conversation_id)),
    ):
        if key in expected:
            hold(f"followups.{key}", expected[key], actual)


async def _look_at_metrics(sight: Sight, expected: Mapping[str, Any]) -> None:
    figures = await sight.stage.desk.reports.report("summary")
    for name, value in expected.items():
        actual = getattr(figures, name)
        if isinstance(actual, dict) and isinstance(value, int | float):  # without the reasons
            actual = sum(actual.values())
        hold(f"metrics.{name}", value, actual)


async def _look_at_returned(sight: Sight, expected: JsonObject) -> None:
    if sight.talk.returned is None:
        raise Stuck(f"expected a returned record, but control of {sight.talk.name} never returned")
    hold("returned", expected, sight.talk.returned)


LOOKS: Final[Mapping[str, _Look]] = {
    "conversation": _look_at_conversation,
    "owner": _of_conversation("owner"),
    "epoch": _of_conversation("epoch"),
    "session": _of_conversation("session"),
    "ticket": _look_at_ticket,
    "tickets": _of_conversation("tickets"),
    "last": _look_at_last,
    "messages": _look_at_messages,
    "agents": _look_at_agents,
    "queue": _look_at_queue,
    "events": _look_at_events,
    "no_events": _look_at_no_events,
    "followups": _look_at_followups,
    "metrics": _look_at_metrics,
    "returned": _look_at_returned,
}
"""How to look at each key, in this order."""


async def _active(sight: Sight, ticket: Ticket) -> bool:
    return ticket.live and (await sight.conversation()).session == "active"


TICKET_FACTS: Final[Mapping[str, Callable[[Sight, Ticket], object]]] = {
    "number": lambda _, ticket: ticket.number,
    "status": lambda _, ticket: ticket.status,
    "custom_status": lambda _, ticket: ticket.custom_status,
    "priority": lambda _, ticket: ticket.priority,
    "group": lambda _, ticket: ticket.group,
    "assignee": lambda _, ticket: ticket.assignee,
    "offered_to": lambda _, ticket: ticket.offered_to,
    "queue": lambda _, ticket: ticket.queue,
    "style": lambda _, ticket: ticket.style,
    "subject": lambda _, ticket: ticket.subject,
    "tags": lambda _, ticket: ticket.tags,
    "fields": lambda _, ticket: ticket.fields,
    "skills": lambda _, ticket: ticket.skills,
    "reopens": lambda _, ticket: ticket.reopens,
    "active": _active,
    "position": lambda sight, ticket: sight.stage.desk.queries.position(ticket.id),
    "survey": lambda _, ticket: ticket.survey or "none",
    "sla": lambda _, ticket: {metric: dict(promise) for metric, promise in ticket.sla.items()},
}


async def _offers(sight: Sight, agent: str) -> list[str]:
    offers = await sight.stage.desk.queries.offers(agent)
    return [sight.stage.conversation_name(offer["conversation_id"]) for offer in offers]


AGENT_FACTS: Final[Mapping[str, Callable[[Sight, str], object]]] = {
    "status": lambda sight, agent: sight.stage.desk.queries.agent(agent).status,
    "used": lambda sight, agent: sight.stage.desk.queries.agent(agent).used.model_dump(),
    "offers": _offers,
}


def _speaker(sight: Sight, message: JsonObject) -> str | None:
    author = message["author"]
    return sight.stage.customer_name(author["id"]) if author["type"] == "customer" else author["id"]


def _text(_sight: Sight, message: JsonObject) -> str | None:
    text: str | None = message["content"].get("text")
    return text


MESSAGE_FACTS: Final[Mapping[str, Callable[[Sight, JsonObject], object]]] = {
    "from": lambda _, message: message["author"]["type"],
    "by": _speaker,
    "text": _text,
    "via": lambda _, message: message["via"],
}


async def _value(fact: object) -> object:
    return await fact if isawaitable(fact) else fact
