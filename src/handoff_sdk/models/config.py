"""The configuration of a desk: every key is optional, ``null`` means the default, an unknown key is refused.

``DeskConfig.load`` reads a file and ``DeskConfig.parse`` a mapping; both name everything that is wrong at once. The
keys of ``planned`` belong to the format but not to this version.

Source: config.md; lifecycle.md, 4 (styles) and 6 (routing).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from os import PathLike
from typing import Annotated, Any, Final, Literal, Self, TypeAlias, TypeVar

from pydantic import AfterValidator, Field, ValidationError, field_validator, model_validator
from pydantic_core import InitErrorDetails

from handoff_sdk.errors import ConfigError, FieldError

from .agent import AGENT_STATUSES, OFFLINE
from .document import Document, DocumentError, KeyPath, filled_in, read_document
from .duration import Duration, DurationOrNever, format_duration
from .ladder import BUILT_IN, Channel, Ladder, Texts
from .outbound import AllowedHost, WebhookConfig
from .problems import config_error, told, unknown_names
from .queue import STANDARD, AgentStatus, Queue
from .rule import Automation, Trigger
from .schedule import Schedule
from .section import FROM_LIST, Count, LanguageTag, Name, PositiveDuration, Section, refusal, written_as
from .sla import Policy
from .ticket import CATEGORIES, Status, Style
from .view import SavedView

__all__ = [
    "CLOSE_LIMIT",
    "DEFAULT_BRAND",
    "KEEP",
    "NO_BOT",
    "STYLE_CLOSE_AFTER",
    "AgentConfig",
    "Auth",
    "Brand",
    "CapacityLimits",
    "DeskConfig",
    "Group",
    "Lapses",
    "Routing",
    "SigningKey",
    "merged",
]

DEFAULT_BRAND: Final = "default"
KEEP: Final = "keep"
"""What ``on_disconnect`` says where a lost connection changes no status."""

NO_BOT: Final = "none"
"""A brand's ``bot`` that means: straight to people."""

STYLE_CLOSE_AFTER: Final[Mapping[Style, timedelta]] = {
    "live_chat": timedelta(0),
    "live_chat_returning": timedelta(hours=1),
    "social": timedelta(days=4),
}
"""How long a solved ticket of each style waits before it closes."""

CLOSE_LIMIT: Final = timedelta(days=28)
"""How long after it was last solved a ticket closes, whatever is configured."""


def _before_close_limit(close_after: timedelta | Literal["never"]) -> timedelta | Literal["never"]:
    if isinstance(close_after, timedelta) and close_after > CLOSE_LIMIT:
        limit = format_duration(CLOSE_LIMIT)
        raise refusal(f"is beyond {limit}, when every solved ticket closes; write at most {limit!r}, or 'never'")
    return close_after


_Origin: TypeAlias = Annotated[
    str,
    written_as(r"[a-z][a-z0-9+.-]*://[^/?#\s]+", "an origin like 'https://shop.example.com', without a path"),
]
_Load: TypeAlias = Annotated[int, Field(ge=0, le=500)]


class Brand(Section):
    """A brand: ``close_after`` overrides its style's delay, ``group`` is the one its tickets start in.

    ``bot`` owns new conversations; ``None`` is the first bot that registers for the brand, ``"none"`` nobody.
    Follow-ups and rules speak as ``bot_name``, in ``language`` where the customer's is not known;
    ``followups`` is the ladder of hand-offs that name none, and of the bot's own stretch. People are there by its
    ``schedule``, always where it has none; ``closed_text`` is said at a hand-off while they are not, and
    ``close_hours`` says whose time ``close_after`` counts. With ``survey`` customers are asked how it went.
    Its widget stands on the sites of ``origins``; ``None`` are those of ``auth``.
    """

    name: str | None = None
    style: Style = "live_chat_returning"
    close_after: Annotated[DurationOrNever, AfterValidator(_before_close_limit)] | None = None
    close_hours: Literal["calendar", "business"] = "calendar"
    schedule: str | None = None
    closed_text: Texts | None = None
    survey: bool = False
    bot: str | None = None
    bot_answer_within: DurationOrNever = timedelta(seconds=60)
    bot_name: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    language: LanguageTag | None = None
    messaging: bool = True
    group: str | None = None
    followups: str | None = None
    origins: Annotated[tuple[_Origin, ...], FROM_LIST] | None = None


class Group(Section):
    """A group of agents."""

    name: str | None = None


class CapacityLimits(Section):
    """The most work of each channel that the engine lets an agent have: conversations and open emails."""

    messaging: _Load = 3
    email: _Load = 10


class AgentConfig(Section):
    """An agent; ``brands`` that are ``None`` are all brands.

    ``lead`` and ``admin`` see the tickets of all groups and the reports, and set other agents' statuses.
    """

    name: str | None = None
    groups: Annotated[tuple[str, ...], FROM_LIST] = ()
    brands: Annotated[tuple[str, ...], FROM_LIST] | None = None
    skills: Annotated[tuple[Name, ...], FROM_LIST] = ()
    capacity: CapacityLimits = CapacityLimits()
    email: Annotated[str, written_as(r"[^@\s]+@[^@\s]+", "an email address")] | None = None
    role: Literal["agent", "lead", "admin"] = "agent"


class Lapses(Section):
    """After ``count`` lapsed offers in a row an agent gets this ``status``; never, where it is 0."""

    count: Count = 3
    status: str = "away"


class Routing(Section):
    """Which agent gets a ticket, whether they are asked, and for how long.

    An agent whose last console closed gets the status ``on_disconnect`` after ``disconnect_grace``. At a status of
    ``reassign_on`` an agent's open active tickets go back to their queue after a minute; at one of ``reopen_elsewhere``
    a ticket that the customer reopens does.
    """

    method: Literal["spare_capacity", "spare_share", "round_robin"] = "spare_capacity"
    accept: Literal["offer", "auto"] = "offer"
    offer_timeout: PositiveDuration = timedelta(seconds=30)
    inactive_after: Duration = timedelta(minutes=10)
    order: Literal["priority", "sla"] = "priority"
    skill_timeout: Duration = timedelta(seconds=30)
    lapses: Lapses = Lapses()
    count_inactive: bool = False
    max_inactive_per_agent: Count = 20
    on_disconnect: str = OFFLINE
    disconnect_grace: Duration = timedelta(seconds=30)
    reassign_on: Annotated[tuple[str, ...], FROM_LIST] = ()
    reopen_elsewhere: Annotated[tuple[str, ...], FROM_LIST] = ()


_Defined: TypeAlias = tuple[KeyPath, ...]
_Named = TypeVar("_Named", Queue, Trigger, Automation, SavedView, Policy)


class SigningKey(Section):
    """What customers' tokens with the header ``kid`` are checked with: HS256 a secret, EdDSA a public key (PEM)."""

    kid: Annotated[str, Field(min_length=1)]
    secret: Annotated[str, Field(min_length=1)] | None = Field(default=None, repr=False)
    public_key: Annotated[str, Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _has_one_key(self) -> Self:
        if (self.secret is None) == (self.public_key is None):
            raise refusal("needs either 'secret' or 'public_key'")
        return self


class Auth(Section):
    """Which customers may come: with which tokens, whether without one, and from which web sites."""

    signing_keys: Annotated[tuple[SigningKey, ...], FROM_LIST] = ()
    anonymous: bool = True
    origins: Annotated[tuple[_Origin, ...], FROM_LIST] = ()

    @field_validator("signing_keys", mode="after")
    @classmethod
    def _have_kids_of_their_own(cls, keys: tuple[SigningKey, ...]) -> tuple[SigningKey, ...]:
        if len({key.kid for key in keys}) < len(keys):
            raise refusal("every key needs a kid of its own")
        return keys


class DeskConfig(Section):
    """A whole configuration; the brand ``default`` is always in it."""

    planned = "canned"

    brands: dict[Name, Brand] = Field(default_factory=lambda: {DEFAULT_BRAND: Brand()})
    schedules: dict[Name, Schedule] = Field(default_factory=dict)
    groups: dict[Name, Group] = Field(default_factory=dict)
    agents: dict[Name, AgentConfig] = Field(default_factory=dict)
    statuses: dict[Name, AgentStatus] = Field(default_factory=dict)
    ticket_statuses: dict[Name, Literal["open", "pending", "on_hold", "solved"]] = Field(default_factory=dict)
    queues: Annotated[tuple[Queue, ...], Field(strict=False, max_length=1_000)] = ()
    routing: Routing = Routing()
    triggers: Annotated[tuple[Trigger, ...], Field(strict=False, max_length=10_000)] = ()
    automations: Annotated[tuple[Automation, ...], Field(strict=False, max_length=10_000)] = ()
    views: Annotated[tuple[SavedView, ...], Field(strict=False, max_length=1_000)] = ()
    sla: Annotated[tuple[Policy, ...], Field(strict=False, max_length=1_000)] = ()
    followups: dict[Name, Ladder] = Field(default_factory=dict)
    auth: Auth = Auth()
    channels: dict[Name, Channel] = Field(default_factory=dict)
    webhooks: Annotated[tuple[WebhookConfig, ...], FROM_LIST] = ()
    webhooks_allow: Annotated[tuple[AllowedHost, ...], FROM_LIST] = ()

    def ladder(self, name: str | None) -> Ladder | None:
        """The ladder of follow-ups of a name: a configured one, or else one of the package."""
        return self.followups.get(name or "") or BUILT_IN.get(name or "")

    def queue(self, name: str) -> Queue | None:
        """The configured queue of a name; ``None`` for ``standard``."""
        return next((queue for queue in self.queues if queue.name == name), None)

    @property
    def queue_names(self) -> frozenset[str]:
        """The names of all queues."""
        return frozenset((STANDARD, *(queue.name for queue in self.queues)))

    def gives_messaging(self, status: str) -> bool:
        """Whether the engine gives new messaging work to agents of a status."""
        custom = self.statuses.get(status)
        return AGENT_STATUSES.get(status, False) if custom is None else custom.messaging

    @property
    def agent_statuses(self) -> frozenset[str]:
        """The statuses that agents may have, built-in or configured."""
        return frozenset((*AGENT_STATUSES, *self.statuses))

    @property
    def skills(self) -> frozenset[str]:
        """The skills that some agent has."""
        return frozenset(skill for agent in self.agents.values() for skill in agent.skills)

    @property
    def ladder_names(self) -> frozenset[str]:
        """The names of all ladders, configured or of the package."""
        return frozenset((*BUILT_IN, *self.followups))

    @classmethod
    def load(cls, path: str | PathLike[str], *, environ: Mapping[str, str] | None = None) -> Self:
        """The configuration in the YAML file at ``path``.

        Args:
            path: A file.
            environ: What ``${NAME}`` in its texts stands for; by default the process's environment.

        Raises:
            ConfigError: the file is not a configuration; the detail has a line for each problem.
            OSError: the file cannot be read.
        """
        try:
            document = read_document(path)
        except DocumentError as error:
            raise ConfigError(str(error), [FieldError("", error.problem)]) from None
        return cls.parse(document.value, document, environ=os.environ if environ is None else environ)

    @classmethod
    def parse(
        cls,
        value: object,
        document: Document | None = None,
        *,
        at: KeyPath = (),
        environ: Mapping[str, str] | None = None,
    ) -> Self:
        """The configuration that a mapping of plain values writes.

        Args:
            value: The mapping; ``None`` is the empty one.
            document: Where it was read; makes messages name lines.
            at: Where it stands in ``document``.
            environ: What ``${NAME}`` in its texts stands for; without it they stay as they are.

        Raises:
            ConfigError: it is not a configuration; the detail has a line for each problem.
        """
        problems: dict[KeyPath, str] = {}
        if environ is not None:
            value, missing = filled_in(value, environ)
            problems = {path: f"the environment lacks {', '.join(names)}" for path, names in missing.items()}
        try:
            config = cls.model_validate(value)
        except ValidationError as error:
            for path, problem in (*told(error, cls), *_unknown_names(value)):
                problems.setdefault(path, problem)
        else:
            if not problems:
                return config
        raise config_error(problems, document, at)

    @field_validator("brands", mode="after")
    @classmethod
    def _has_a_default(cls, brands: dict[str, Brand]) -> dict[str, Brand]:
        return brands if DEFAULT_BRAND in brands else {DEFAULT_BRAND: Brand(), **brands}

    @field_validator("webhooks", mode="after")
    @classmethod
    def _have_names_of_their_own(cls, webhooks: tuple[WebhookConfig, ...]) -> tuple[WebhookConfig, ...]:
        if len({hook.key for hook in webhooks}) < len(webhooks):
            raise refusal("two of them have the same name, or the same url and no name; give each a name of its own")
        return webhooks

    @field_validator("statuses", mode="after")
    @classmethod
    def _are_not_built_in(cls, statuses: dict[str, AgentStatus]) -> dict[str, AgentStatus]:
        taken = [status for status in statuses if status in AGENT_STATUSES or status == KEEP]
        if taken:
            raise refusal(f"{taken[0]!r} is built in and stays as it is; give yours another name")
        return statuses

    @field_validator("ticket_statuses", mode="after")
    @classmethod
    def _are_not_categories(cls, statuses: dict[str, Status]) -> dict[str, Status]:
        taken = [status for status in statuses if status in CATEGORIES]
        if taken:
            raise refusal(f"{taken[0]!r} is built in and stays as it is; give yours another name")
        return statuses

    @field_validator("queues", "triggers", "automations", "views", "sla", mode="after")
    @classmethod
    def _have_names_that_differ(cls, named: tuple[_Named, ...]) -> tuple[_Named, ...]:
        twice = [name for name, times in Counter(one.name for one in named).items() if times > 1]
        if twice:
            raise refusal(f"two of them are called {twice[0]!r}; give each a name of its own")
        return named

    @model_validator(mode="after")
    def _knows_its_names(self) -> Self:
        problems = [
            InitErrorDetails(type=refusal(problem), loc=path, input=None) for path, problem in _unknown_names(self)
        ]
        if problems:
            raise ValidationError.from_exception_data(type(self).__name__, problems)
        return self


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """``base`` with what ``over`` says on top: mappings merge key by key, all else is replaced.

    >>> merged({"agents": {"ana": {}}, "routing": {"accept": "auto"}}, {"agents": {"ben": {}}})
    {'agents': {'ana': {}, 'ben': {}}, 'routing': {'accept': 'auto'}}
    """
    result = dict(base)
    for key, value in over.items():
        below = result.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            result[key] = merged(below, value)
        else:
            result[key] = value
    return result


_GROUPS: Final[_Defined] = (("groups", "*"),)
_AGENTS: Final[_Defined] = (("agents", "*"),)
_BRANDS: Final[_Defined] = (("brands", "*"),)
_STATUSES: Final[_Defined] = (("statuses", "*"),)
_TICKET_STATUSES: Final[_Defined] = (("ticket_statuses", "*"),)
_SCHEDULES: Final[_Defined] = (("schedules", "*"),)
_LADDERS: Final[_Defined] = (("followups", "*"),)
_QUEUES: Final[_Defined] = (("queues", "*", "name"),)
_WEBHOOKS: Final[_Defined] = (("webhooks", "*", "name"), ("webhooks", "*", "url"))
_ACTIONS: Final[tuple[KeyPath, ...]] = (("triggers", "*", "actions", "*"), ("automations", "*", "actions", "*"))

# Which names have to be defined, where and as what, and which are known anyway.
_REFERENCES: Final[tuple[tuple[KeyPath, _Defined, str, tuple[str, ...]], ...]] = (
    (("brands", "*", "group"), _GROUPS, "group", ()),
    (("brands", "*", "schedule"), _SCHEDULES, "schedule", ()),
    (("brands", "*", "followups"), _LADDERS, "ladder of follow-ups", tuple(BUILT_IN)),
    (("agents", "*", "groups", "*"), _GROUPS, "group", ()),
    (("queues", "*", "groups", "*"), _GROUPS, "group", ()),
    (("queues", "*", "fallback_groups", "*"), _GROUPS, "group", ()),
    (("routing", "lapses", "status"), _STATUSES, "agent status", tuple(AGENT_STATUSES)),
    (("routing", "on_disconnect"), _STATUSES, "agent status", (*AGENT_STATUSES, KEEP)),
    (("routing", "reassign_on", "*"), _STATUSES, "agent status", tuple(AGENT_STATUSES)),
    (("routing", "reopen_elsewhere", "*"), _STATUSES, "agent status", tuple(AGENT_STATUSES)),
    (("agents", "*", "brands", "*"), _BRANDS, "brand", (DEFAULT_BRAND,)),
    *(((*action, "set", "status"), _TICKET_STATUSES, "ticket status", tuple(CATEGORIES)) for action in _ACTIONS),
    *(((*action, "set", "group"), _GROUPS, "group", ()) for action in _ACTIONS),
    *(((*action, "set", "assignee"), _AGENTS, "agent", ()) for action in _ACTIONS),
    *(((*action, "set", "queue"), _QUEUES, "queue", (STANDARD,)) for action in _ACTIONS),
    *(((*action, "followups"), _LADDERS, "ladder of follow-ups", tuple(BUILT_IN)) for action in _ACTIONS),
    *(((*action, "notify"), _WEBHOOKS, "webhook", ()) for action in _ACTIONS),
)


def _unknown_names(config: object) -> Iterator[tuple[KeyPath, str]]:
    """The names in a configuration that stand for nothing."""
    for reference in _REFERENCES:
        yield from unknown_names(config, *reference)
