"""Scenario files: what they may hold, read into typed steps before anything is played.

Whatever is wrong with a file is told with its line: an unknown key with the nearest known one, an agent that the
configuration does not have, a conversation that nobody begins.

Source: scenario.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import Field, ValidationError

from handoff_sdk.errors import ConfigError
from handoff_sdk.models.config import DeskConfig
from handoff_sdk.models.document import Document, DocumentError, read_document
from handoff_sdk.models.nearest import did_you_mean
from handoff_sdk.testing import agent, bot, customer, engine, integrator
from handoff_sdk.testing.expect import Expect
from handoff_sdk.testing.part import Moment, Part, Step

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

__all__ = ["Line", "Scenario", "ScenarioError", "read_scenario"]

MONDAY: Final = datetime(2026, 1, 5, 9, tzinfo=UTC)
"""When scenarios begin that do not say so."""


class ScenarioError(ValueError):
    """The scenario cannot be played: ``line`` of the file says ``problem``.

    Where it was not read from a file, ``place`` says where instead.
    """

    def __init__(self, name: str, problem: str, *, line: int | None = None, place: str = "") -> None:
        where = f"line {line}" if line is not None else place
        super().__init__(": ".join(filter(None, (name, where, problem))))
        self.name = name
        self.line = line
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Line:
    """A step and where it stands: its number from 1, and its line in the file if there is one."""

    number: int
    line: int | None
    step: Step


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario, ready to be played."""

    name: str
    start: datetime
    config: DeskConfig
    steps: tuple[Line, ...]


class ScenarioFile(Part):
    """The whole of a file."""

    name: Annotated[str, Field(min_length=1)] | None = None
    start: Moment = MONDAY
    config: Any = None
    steps: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Verbs:
    """The verbs of an actor, and those there will be. With ``is_value`` the verb is what the actor's key says."""

    known: Mapping[str, type[Step]]
    planned: frozenset[str] = frozenset()
    is_value: bool = False


ACTORS: Final[Mapping[str, Verbs]] = {
    "customer": Verbs(customer.VERBS, customer.PLANNED),
    "bot": Verbs(bot.VERBS, is_value=True),
    "agent": Verbs(agent.VERBS, agent.PLANNED),
    "integrator": Verbs(integrator.VERBS, is_value=True),
}
ALONE: Final[Mapping[str, type[Step]]] = {**engine.STEPS, "expect": Expect}
"""Steps without an actor."""

_FIRST: Final = (*ACTORS, *ALONE)


def read_scenario(scenario: str | PathLike[str] | Mapping[str, Any]) -> Scenario:
    """The scenario of a file, or of a mapping that says the same.

    Args:
        scenario: A path; or the mapping, in which a path to a configuration is one from the present folder.

    Raises:
        ScenarioError: It is not a scenario, or it uses what this version does not support.
    """
    if isinstance(scenario, Mapping):
        return _Reader("scenario", None, Path()).read(scenario)
    path = fspath(scenario)
    try:
        document = read_document(path)
    except OSError as error:
        raise ScenarioError(path, error.strerror or str(error)) from None
    except DocumentError as error:
        raise ScenarioError(path, error.problem, line=error.line) from None
    return _Reader(path, document, Path(path).parent).read(document.value)


class _Reader:
    """Reads one scenario; what messages need to name a place is here."""

    def __init__(self, name: str, document: Document | None, folder: Path) -> None:
        self._name = name
        self._document = document
        self._folder = folder

    def read(self, value: object) -> Scenario:
        """The scenario that ``value`` says."""
        try:
            file = ScenarioFile.model_validate(value)
        except ValidationError as error:
            raise self._told(error, ()) from None
        steps = tuple(self._step(index, step) for index, step in enumerate(file.steps))
        config = self._config(file.config)
        self._check_names(steps, config)
        return Scenario(file.name or Path(self._name).name.split(".")[0], file.start, config, steps)

    def _step(self, index: int, value: dict[str, Any]) -> Line:
        at = ("steps", index)
        kind = self._kind(at, value)
        try:
            step = kind.model_validate(value)
        except ValidationError as error:
            raise self._told(error, at) from None
        return Line(index + 1, self._line(at), step)

    def _kind(self, at: tuple[str | int, ...], value: dict[str, Any]) -> type[Step]:
        """The model of a step, by its first key and its verb."""
        if not value:
            raise self._refused(at, "a step begins with its actor, and this one is empty")
        first = next(iter(value))
        if first in ALONE:
            return ALONE[first]
        if first not in ACTORS:
            actor = next((key for key in value if key in _FIRST), None)
            if actor is None:
                raise self._refused((*at, first), f"unknown step {first!r}{did_you_mean(first, _FIRST)}")
            raise self._refused(at, f"a step begins with its actor: put {actor!r} before {first!r}")
        return self._of_actor(at, first, value)

    def _of_actor(self, at: tuple[str | int, ...], actor: str, value: dict[str, Any]) -> type[Step]:
        verbs = ACTORS[actor]
        known = (*verbs.known, *verbs.planned)
        said = [str(value[actor])] if verbs.is_value else [key for key in value if key in known]
        for verb in said:
            place = (*at, actor if verbs.is_value else verb)
            if verb in verbs.planned:
                raise self._refused(place, f"{verb!r} is not supported yet")
            if verb not in known:
                raise self._refused(place, f"unknown verb {verb!r} of {actor!r}{did_you_mean(verb, known)}")
        if len(said) > 1:
            raise self._refused((*at, said[1]), f"one verb a step, not both {said[0]!r} and {said[1]!r}")
        if not said:
            general = {"customer", "agent", "to", "conversation", "profile", "brand", "channel", "fails"}
            odd = next((key for key in value if key not in general), None)
            if odd is not None:
                raise self._refused((*at, odd), f"unknown key {odd!r}{did_you_mean(odd, known)}")
            raise self._refused(at, f"nothing is done here; the {actor} needs one of {', '.join(verbs.known)}")
        return verbs.known[said[0]]

    def _config(self, value: object) -> DeskConfig:
        try:
            if isinstance(value, str):
                return DeskConfig.load(self._folder / value)
            return DeskConfig.parse(value, self._document, at=("config",))
        except OSError as error:
            raise self._refused(("config",), f"{value}: {error.strerror or error}") from None
        except ConfigError as error:
            raise self._config_refused(error, inline=not isinstance(value, str)) from None

    def _config_refused(self, error: ConfigError, *, inline: bool) -> ScenarioError:
        """The first thing that is wrong with the configuration; the detail has a line for each, its place in front."""
        problem = error.detail.partition("\n")[0]
        if not inline:
            return self._refused(("config",), problem)
        if self._document is None:
            return ScenarioError(self._name, problem, place="config")
        line, _, problem = problem.removeprefix(f"{self._document.name}:").partition(": ")
        return ScenarioError(self._name, problem, line=int(line))

    def _check_names(self, steps: tuple[Line, ...], config: DeskConfig) -> None:
        """Every agent is one of a configuration, every conversation one that some step begins."""
        begun = (line.step.opens for line in steps)
        hired = {agent for line in steps if isinstance(line.step, engine.Configure) for agent in line.step.agents}
        known = {"agent": config.agents.keys() | hired, "conversation": {name for name in begun if name is not None}}
        for line in steps:
            for naming in line.step.namings():
                names = known[naming.kind]
                if naming.name not in names:
                    problem = f"there is no {naming.kind} {naming.name!r}{did_you_mean(naming.name, names)}"
                    raise self._refused(("steps", line.number - 1, *naming.path), problem)

    def _told(self, error: ValidationError, at: tuple[str | int, ...]) -> ScenarioError:
        """The first of pydantic's findings, in the order of the file."""
        found = [(self._place(at, finding), finding) for finding in error.errors(include_url=False)]
        place, finding = min(found, key=lambda entry: self._line(entry[0]) or 0)
        return self._refused(place, _in_plain_words(finding, place))

    def _place(self, at: tuple[str | int, ...], finding: ErrorDetails) -> tuple[str | int, ...]:
        """Where in the file a finding is."""
        key = finding.get("ctx", {}).get("key")
        return (*at, *finding["loc"], *((key,) if key is not None else ()))

    def _line(self, place: tuple[str | int, ...]) -> int | None:
        return self._document.line(place) if self._document else None

    def _refused(self, place: tuple[str | int, ...], problem: str) -> ScenarioError:
        words = ".".join(map(str, place))
        match place:
            case ("steps", int(index), *_):
                words = f"step {index + 1}"
        return ScenarioError(self._name, problem, line=self._line(place), place=words)


def _in_plain_words(finding: ErrorDetails, place: tuple[str | int, ...]) -> str:
    """What one of pydantic's findings says, about the thing at ``place``."""
    kind, problem = finding["type"], finding["msg"]
    if kind == "scenario":
        return problem
    thing = repr(place[-1]) if place else "a scenario"
    match place:
        case (*_, key, int(index)):
            thing = f"item {index + 1} of {key!r}"
    if kind in _PLAINLY:
        return f"{thing} {_PLAINLY[kind]}"
    if problem.startswith("Input should"):
        return f"{thing} {problem.replace('Input should', 'has to', 1).replace('True', 'true')}"
    return f"{thing}: {problem.removeprefix('Value error, ')}"


_PLAINLY: Final = {
    "bool_type": "has to be true or false",
    "dict_type": "has to be a mapping",
    "int_type": "has to be a whole number",
    "list_type": "has to be a list",
    "missing": "is missing",
    "model_type": "has to be a mapping",
    "string_type": "has to be text; put it in quotes",
}
"""pydantic's commonest findings in the words of config.md's readers."""
