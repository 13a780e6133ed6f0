"""The configuration of a desk: every key is optional, ``null`` means the default, an unknown key is refused.

``DeskConfig.load`` reads a file and ``DeskConfig.parse`` a mapping; both name everything that is wrong at once.

Source: config.md; lifecycle.md, 4 (styles) and 6 (routing).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from os import PathLike
from typing import Annotated, Any, Final, Literal, Self, TypeVar

from pydantic import Field, TypeAdapter, ValidationError, field_validator, model_validator
from pydantic_core import InitErrorDetails

from handoff_sdk.errors import ConfigError, FieldError

from .agent import AGENT_STATUSES
from .auth import Auth, SigningKey
from .brand import CLOSE_LIMIT, DEFAULT_BRAND, NO_BOT, STYLE_CLOSE_AFTER, Brand, Group
from .chasing import chasing
from .document import Document, DocumentError, KeyPath, filled_in, read_document
from .ladder import BUILT_IN, Channel, Ladder, Texts
from .outbound import AllowedHost, WebhookConfig
from .problems import config_error, told
from .queue import STANDARD, AgentStatus, Queue
from .references import strangers
from .routing import KEEP, Lapses, Routing
from .rule import Automation, Trigger
from .schedule import Schedule
from .section import FROM_LIST, Name, Section, refusal
from .sla import Policy
from .staff import AgentConfig, CapacityLimits
from .ticket import CATEGORIES, Status
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

_TRIGGERS: Final = TypeAdapter(Annotated[tuple[Trigger, ...], Field(strict=False)])
_Named = TypeVar("_Named", Queue, Trigger, Automation, SavedView, Policy)


class DeskConfig(Section):
    """A whole configuration; the brand ``default`` is always in it."""

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
    canned: dict[Name, Texts] = Field(default_factory=dict)
    auth: Auth = Auth()
    channels: dict[Name, Channel] = Field(default_factory=dict)
    webhooks: Annotated[tuple[WebhookConfig, ...], FROM_LIST] = ()
    webhooks_allow: Annotated[tuple[AllowedHost, ...], FROM_LIST] = ()

    def brand(self, name: str) -> Brand:
        """The brand of a name; one with defaults for conversations of a brand that is not there any more."""
        return self.brands.get(name) or Brand()

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
        config, problems = cls.attempted(value, environ)
        if config is None:
            raise config_error(problems, document, at)
        return config

    @classmethod
    def attempted(
        cls, value: object, environ: Mapping[str, str] | None = None
    ) -> tuple[Self | None, dict[KeyPath, str]]:
        """The configuration that a mapping writes, or everything that keeps it from being one, by its path."""
        problems: dict[KeyPath, str] = {}
        if environ is not None:
            value, missing = filled_in(value, environ)
            problems = {path: f"the environment lacks {', '.join(names)}" for path, names in missing.items()}
        try:
            config = cls.model_validate(value)
        except ValidationError as error:
            for path, problem in (*told(error, cls), *strangers(value), *_chasing_anyway(value)):
                problems.setdefault(path, problem)
            return None, problems
        return (None if problems else config), problems

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
    def _holds_together(self) -> Self:
        found = (*strangers(self), *chasing(self.triggers, self.ticket_statuses))
        problems = [InitErrorDetails(type=refusal(problem), loc=path, input=None) for path, problem in found]
        if problems:
            raise ValidationError.from_exception_data(type(self).__name__, problems)
        return self


def _chasing_anyway(value: object) -> Iterable[tuple[KeyPath, str]]:
    """The triggers that chase each other where something else is wrong; none where it is wrong about the triggers."""
    written = value if isinstance(value, Mapping) else {}
    statuses = written.get("ticket_statuses")
    try:
        triggers = _TRIGGERS.validate_python(written.get("triggers") or ())
    except ValidationError:
        return ()
    return chasing(triggers, statuses if isinstance(statuses, Mapping) else {})


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """``base`` with what ``over`` says on top: mappings merge key by key, ``null`` takes away, all else is replaced.

    >>> merged({"agents": {"ana": {}}, "routing": {"accept": "auto"}}, {"agents": {"ben": {}}})
    {'agents': {'ana': {}, 'ben': {}}, 'routing': {'accept': 'auto'}}
    >>> merged({"agents": {"ana": {}, "ben": {}}}, {"agents": {"ben": None}})
    {'agents': {'ana': {}}}
    """
    result = dict(base)
    for key, value in over.items():
        below = result.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            result[key] = merged(below, value)
        elif value is None and key in result:
            del result[key]
        else:
            result[key] = value
    return result
