"""The configuration of a desk: every key is optional, ``null`` means the default, an unknown key is refused.

``DeskConfig.load`` reads a file and ``DeskConfig.parse`` a mapping; both name everything that is wrong at once. The
keys of ``planned`` belong to the format but not to this version.

Source: config.md; lifecycle.md, 4 (styles) and 6 (routing).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from os import PathLike
from typing import Annotated, Any, Final, Literal, Self, TypeAlias, get_args, get_origin

from pydantic import AfterValidator, BaseModel, Field, ValidationError, field_validator, model_validator
from pydantic_core import InitErrorDetails

from handoff_sdk.errors import ConfigError, FieldError

from .agent import AGENT_STATUSES
from .document import Document, DocumentError, KeyPath, filled_in, read_document
from .duration import Duration, DurationOrNever, format_duration
from .nearest import did_you_mean
from .outbound import AllowedHost, WebhookConfig
from .section import FROM_LIST, Section, refusal, written_as
from .ticket import Style

__all__ = [
    "CLOSE_LIMIT",
    "DEFAULT_BRAND",
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


def _an_agent_status(status: str) -> str:
    if status not in AGENT_STATUSES:
        raise refusal(f"there is no agent status {status!r}{did_you_mean(status, AGENT_STATUSES)}")
    return status


def _before_close_limit(close_after: timedelta | Literal["never"]) -> timedelta | Literal["never"]:
    if isinstance(close_after, timedelta) and close_after > CLOSE_LIMIT:
        limit = format_duration(CLOSE_LIMIT)
        raise refusal(f"is beyond {limit}, when every solved ticket closes; write at most {limit!r}, or 'never'")
    return close_after


def _positive(duration: timedelta) -> timedelta:
    if not duration:
        raise refusal("has to be longer than 0s")
    return duration


_Name: TypeAlias = Annotated[
    str,
    written_as(
        r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}", "a name: at most 64 of A-Z a-z 0-9 _ . @ -, a letter or digit first"
    ),
]
_Origin: TypeAlias = Annotated[
    str,
    written_as(r"[a-z][a-z0-9+.-]*://[^/?#\s]+", "an origin like 'https://shop.example.com', without a path"),
]
_Count: TypeAlias = Annotated[int, Field(ge=0)]
_Load: TypeAlias = Annotated[int, Field(ge=0, le=500)]


class Brand(Section):
    """A brand: ``close_after`` overrides its style's delay, ``group`` is the one its tickets start in.

    ``bot`` owns new conversations; ``None`` is the first bot that registers for the brand, ``"none"`` nobody.
    """

    planned = "close_hours schedule bot_name language followups survey closed_text"

    name: str | None = None
    style: Style = "live_chat_returning"
    close_after: Annotated[DurationOrNever, AfterValidator(_before_close_limit)] | None = None
    bot: str | None = None
    bot_answer_within: DurationOrNever = timedelta(seconds=60)
    messaging: bool = True
    group: str | None = None


class Group(Section):
    """A group of agents."""

    name: str | None = None


class CapacityLimits(Section):
    """The most work of each channel that the engine lets an agent have: conversations and open emails."""

    messaging: _Load = 3
    email: _Load = 10


class AgentConfig(Section):
    """An agent; ``brands`` that are ``None`` are all brands."""

    planned = "skills email role"

    name: str | None = None
    groups: Annotated[tuple[str, ...], FROM_LIST] = ()
    brands: Annotated[tuple[str, ...], FROM_LIST] | None = None
    capacity: CapacityLimits = CapacityLimits()


class Lapses(Section):
    """After ``count`` lapsed offers in a row an agent gets this ``status``; never, where it is 0."""

    count: _Count = 3
    status: Annotated[str, AfterValidator(_an_agent_status)] = "away"


class Routing(Section):
    """Which agent gets a ticket, whether they are asked, and for how long."""

    planned = "order skill_timeout on_disconnect disconnect_grace reassign_on reopen_elsewhere"

    method: Literal["spare_capacity", "spare_share", "round_robin"] = "spare_capacity"
    accept: Literal["offer", "auto"] = "offer"
    offer_timeout: Annotated[Duration, AfterValidator(_positive)] = timedelta(seconds=30)
    inactive_after: Duration = timedelta(minutes=10)
    lapses: Lapses = Lapses()
    count_inactive: bool = False
    max_inactive_per_agent: _Count = 20


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

    planned = "schedules statuses ticket_statuses queues triggers automations followups views canned sla channels"

    brands: dict[_Name, Brand] = Field(default_factory=lambda: {DEFAULT_BRAND: Brand()})
    groups: dict[_Name, Group] = Field(default_factory=dict)
    agents: dict[_Name, AgentConfig] = Field(default_factory=dict)
    routing: Routing = Routing()
    auth: Auth = Auth()
    webhooks: Annotated[tuple[WebhookConfig, ...], FROM_LIST] = ()
    webhooks_allow: Annotated[tuple[AllowedHost, ...], FROM_LIST] = ()

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
            for path, problem in (*_told(error), *_unknown_names(value)):
                problems.setdefault(path, problem)
        else:
            if not problems:
                return config
        raise _config_error(problems, document, at)

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


# Which names have to be keys of which section.
_REFERENCES: Final = (
    (("brands", "*", "group"), "groups"),
    (("agents", "*", "groups", "*"), "groups"),
    (("agents", "*", "brands", "*"), "brands"),
)


def _unknown_names(config: object) -> Iterator[tuple[KeyPath, str]]:
    """The names in a configuration that stand for nothing, also in one that is not valid otherwise."""
    for pattern, section in _REFERENCES:
        known = {str(path[-1]) for path, _ in _matches(config, (section, "*"))}
        if section == "brands":
            known.add(DEFAULT_BRAND)
        for path, name in _matches(config, pattern):
            if isinstance(name, str) and name not in known:
                yield path, f"there is no {section[:-1]} {name!r}{did_you_mean(name, known)}"


def _matches(value: object, pattern: Sequence[str], path: KeyPath = ()) -> Iterator[tuple[KeyPath, object]]:
    """The values inside ``value`` whose path has the ``pattern``; ``*`` is any key or index."""
    if not pattern:
        yield path, value
        return
    children: Iterable[tuple[str | int, object]] = ()
    if isinstance(value, Mapping):
        children = value.items()
    elif isinstance(value, BaseModel):
        children = value
    elif isinstance(value, (list, tuple)):
        children = enumerate(value)
    for key, child in children:
        if pattern[0] in ("*", key):
            yield from _matches(child, pattern[1:], (*path, key))


_PLAINLY: Final = {
    "bool_type": "has to be true or false",
    "dict_type": "has to be a mapping",
    "int_type": "has to be a whole number",
    "invalid_key": "a key has to be text",
    "missing": "is missing",
    "model_type": "has to be a mapping",
    "string_type": "has to be text; a number goes in quotes",
    "tuple_type": "has to be a list",
}


def _told(error: ValidationError) -> Iterator[tuple[KeyPath, str]]:
    """The path and the plain words of each of pydantic's findings."""
    for found in error.errors(include_url=False):
        path = tuple(part for part in found["loc"] if part != "[key]")
        if found["type"] == "extra_forbidden":
            yield path, _about_unknown_key(path)
        else:
            yield path, _PLAINLY.get(found["type"], found["msg"].replace("Input should", "has to", 1))


def _about_unknown_key(path: KeyPath) -> str:
    section: Any = DeskConfig
    for part in path[:-1]:
        if get_origin(section) is dict:
            section = get_args(section)[1]
        elif get_origin(section) is tuple:
            section = get_args(section)[0]
        else:
            section = section.model_fields[part].annotation
    key = str(path[-1])
    if key in section.planned.split():
        return "not supported yet"
    return f"unknown key{did_you_mean(key, section.model_fields)}"


def _config_error(problems: Mapping[KeyPath, str], document: Document | None, at: KeyPath) -> ConfigError:
    """The error that tells all ``problems``, one a line, in the order of the document."""

    def line(path: KeyPath) -> int:
        return document.line((*at, *path)) if document else 0

    details, errors = [], []
    for path in sorted(problems, key=line):
        dotted = ".".join(map(str, path))
        place = (f"{document.name}:{line(path)}" if document else "", dotted, problems[path])
        details.append(": ".join(filter(None, place)))
        errors.append(FieldError(dotted, problems[path]))
    return ConfigError("\n".join(details), errors)
