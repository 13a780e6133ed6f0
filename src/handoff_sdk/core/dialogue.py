"""The journal of a bot's handler: what lets a straight-line function go on days later, on another machine.

A handler is not kept alive while it waits. Every step it awaits has an ordinal; a finished one is recorded with its
result. At the next turn the handler runs again from its top: recorded steps give their results at once and do nothing,
and the first unrecorded one goes on. A step that waits (for an answer, for people, for an instant) ends the run and is
kept as ``waiting``, with what it knows so far as ``pending``.

Rules kept here:

- Replay needs every result, so no step is ever dropped. What bounds a journal: steps in a row that are alike and have
  no result (as ``say``) are kept as one and a count; a run of more than ``MOST_STEPS`` steps, or whose results are
  larger than ``LARGEST`` bytes, is refused before the next step does anything.
- A step must be of the kind, and have the key, that the journal has under its ordinal; else the code has changed, or
  does not do the same twice. Only what decides where the handler goes is part of a key (which question, which name),
  never the words of a ``say``: they may hold a time or a name and change from run to run.

Source: sdk.md, A bot (how it survives); house page (``dialogue.py``).
"""

from __future__ import annotations

import json
from typing import Any, Final, Literal, NamedTuple

from pydantic import Field

from handoff_sdk.errors import HandoffError
from handoff_sdk.models.noun import Identifier, Instant, JsonObject, Noun

__all__ = [
    "LARGEST",
    "MOST_STEPS",
    "Dialogue",
    "DialogueChanged",
    "DialogueTooLong",
    "Place",
    "Replay",
    "Step",
    "Waiting",
]

MOST_STEPS: Final = 2_000
LARGEST: Final = 64_000
"""Bytes of the JSON of a journal's steps: a quarter of the largest body that the engine takes."""


_WHY: Final = "the handler was changed, or does not do the same twice"


class DialogueChanged(HandoffError):
    """The journal of a dialogue does not fit the handler's code any more: people have to go on."""

    code = "dialogue_changed"
    title = "The dialogue's code has changed"


class DialogueTooLong(HandoffError):
    """One handler took more steps, or kept more results, than a journal may hold."""

    code = "dialogue_too_long"
    title = "The dialogue is too long"


class Step(NamedTuple):
    """A step that is through. ``error`` marks a result that is raised again at replay; ``times`` counts alike ones."""

    kind: str
    key: str = ""
    result: Any = None
    error: bool = False
    times: int = 1


class Waiting(Noun):
    """What a dialogue waits for, at which step, and what that step knows so far.

    ``name`` is the key of the hand-off, or the name of the timer; ``epoch`` the one in which the waiting began.
    """

    on: Literal["answer", "handoff", "sleep"]
    kind: str
    key: str = ""
    name: str = ""
    epoch: int
    until: Instant | None = None
    pending: JsonObject = Field(default_factory=dict)


class Dialogue(Noun):
    """One run of one handler, over however many turns. ``opened`` is what the handler was given when it began.

    ``waiting`` is ``None`` while it runs: such a journal is only seen when a process died in the middle.
    """

    id: Identifier
    handler: str
    version: str = ""
    opened: JsonObject = Field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    waiting: Waiting | None = None


class Place(NamedTuple):
    """Where a run is: the step's ordinal, the step itself where it is recorded, and what it knows where it waited."""

    ordinal: int
    recorded: Step | None
    waiting: Waiting | None


class Replay:
    """One run of a handler over its journal: mutable, and made anew for each turn.

    ::

        place = replay.enter("once", "charge")
        if place.recorded is None:
            replay.record(await charge())
    """

    def __init__(self, dialogue: Dialogue) -> None:
        self._dialogue = dialogue
        self._steps = [step._replace(times=1) for step in dialogue.steps for _ in range(step.times)]
        self._ordinal = 0
        self._entered: tuple[str, str] | None = None
        self._bytes = sum(map(_size, dialogue.steps))

    @property
    def ordinal(self) -> int:
        """The number of the latest step, from 1."""
        return self._ordinal

    @property
    def replaying(self) -> bool:
        """Whether the next step is recorded, or was begun, in an earlier run."""
        return self._ordinal < len(self._steps) + (self._dialogue.waiting is not None)

    def enter(self, kind: str, key: str = "") -> Place:
        """Go to the next step.

        Raises:
            DialogueChanged: The journal has another step here.
            DialogueTooLong: The journal cannot hold one more.
        """
        if self._entered is not None:
            raise AssertionError(f"step {self._ordinal} ({self._entered[0]}) was neither recorded nor left")
        ordinal = self._ordinal + 1
        recorded = self._steps[ordinal - 1] if ordinal <= len(self._steps) else None
        waiting = self._dialogue.waiting if ordinal == len(self._steps) + 1 else None
        expected = recorded or waiting
        if expected is not None and (expected.kind, expected.key) != (kind, key):
            raise DialogueChanged(
                f"Step {ordinal} of {self._dialogue.handler} is {_named(kind, key)}, but the journal of this dialogue "
                f"has {_named(expected.kind, expected.key)} there: {_WHY}."
            )
        if recorded is None:
            self._check_room(ordinal)
            self._entered = kind, key
        self._ordinal = ordinal
        return Place(ordinal, recorded, waiting)

    def record(self, result: object = None, *, error: bool = False) -> None:
        """The step is through; its result is JSON."""
        if self._entered is None:
            raise AssertionError("no step was entered that is not recorded yet")
        step = Step(*self._entered, result, error)
        self._entered = None
        self._steps.append(step)
        self._dialogue = self._dialogue.model_copy(update={"waiting": None})
        self._bytes += _size(step)

    def leave(self) -> None:
        """The step did not happen: the handler is about to end, or the run is."""
        self._entered = None
        self._ordinal -= 1

    def ended(self) -> None:
        """The handler returned.

        Raises:
            DialogueChanged: The journal has more steps than the handler took.
        """
        if self.replaying:
            raise DialogueChanged(
                f"{self._dialogue.handler} ended after step {self._ordinal}, but the journal of this dialogue goes on: "
                f"{_WHY}."
            )

    def waits(self, waiting: Waiting) -> Dialogue:
        """The journal of a dialogue that waits at the step just entered."""
        return self._written(waiting)

    def running(self) -> Dialogue:
        """The journal so far, in the middle of a run; a step that is under way is not in it."""
        return self._written(None)

    def _written(self, waiting: Waiting | None) -> Dialogue:
        return self._dialogue.model_copy(update={"steps": _folded(self._steps), "waiting": waiting})

    def _check_room(self, ordinal: int) -> None:
        if ordinal > MOST_STEPS:
            raise DialogueTooLong(
                f"{self._dialogue.handler} took {MOST_STEPS} steps in one dialogue. Let it return: the next message "
                f"starts it anew, and chat.state keeps what it must know."
            )
        if self._bytes > LARGEST:
            raise DialogueTooLong(
                f"The results that {self._dialogue.handler} waited for are larger than {LARGEST} bytes: keep large "
                f"things elsewhere and let chat.once(...) answer only their ids."
            )


def _size(step: Step) -> int:
    return len(json.dumps(step, ensure_ascii=False).encode())


def _folded(steps: list[Step]) -> tuple[Step, ...]:
    """Steps in a row that are alike and have no result, as one and a count."""
    folded: list[Step] = []
    for step in steps:
        if folded and step.result is None and folded[-1]._replace(times=1) == step:
            folded[-1] = folded[-1]._replace(times=folded[-1].times + 1)
        else:
            folded.append(step)
    return tuple(folded)


def _named(kind: str, key: str) -> str:
    return f"{kind}({key!r})" if key else f"{kind}()"
