"""Ladders of follow-ups as a configuration writes them, the one that ships with the package, and channels' windows.

Source: config.md (``followups``, ``channels``); lifecycle.md, 7.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import AfterValidator, ConfigDict, Field

from .duration import Duration
from .noun import Tag
from .quiet import Quiet
from .section import FROM_LIST, LanguageTag, PositiveDuration, Section, not_empty, refusal
from .template import problem_of
from .ticket import Status

__all__ = ["BUILT_IN", "LONGEST_WAIT", "PACE", "Channel", "Ladder", "Sayable", "Step", "StepChange", "Texts", "Wait"]

LONGEST_WAIT: Final = timedelta(days=366)
"""The longest that a follow-up may wait."""

PACE: Final = 50
"""How many held messages go out in a second where nothing else is configured."""


def _within_reach(after: timedelta) -> timedelta:
    if after > LONGEST_WAIT:
        raise refusal("is too long; write at most '366d'")
    return after


def _sayable(text: str) -> str:
    problem = problem_of(text)
    if problem is not None:
        raise refusal(problem)
    return text


Wait: TypeAlias = Annotated[Duration, AfterValidator(_within_reach)]
"""How long a follow-up waits."""

Sayable: TypeAlias = Annotated[str, AfterValidator(_sayable)]
"""A text in one language; Liquid, with limits."""

Texts: TypeAlias = Annotated[dict[LanguageTag, Sayable], AfterValidator(not_empty), Field(max_length=100)]
"""A text by language."""


class StepChange(Section):
    """What a step sets."""

    status: Status


class Step(Section):
    """A step of a ladder: ``after`` the one before was sent or skipped it says something, does something, or both."""

    after: Wait
    say: Texts | None = None
    set: StepChange | None = None
    add_tags: Annotated[tuple[Tag, ...], FROM_LIST] = ()
    remove_tags: Annotated[tuple[Tag, ...], FROM_LIST] = ()
    end_session: bool = False


class Ladder(Section):
    """A ladder: what is said and done, step by step, while the customer does not answer one of the ``owners``.

    ``max_per_day`` follow-ups reach a customer on one of their calendar days, over all conversations. What comes in
    ``quiet`` hours is held until they end, and goes out at most ``pace`` a second then.
    """

    model_config = ConfigDict(serialize_by_alias=True)

    steps: Annotated[tuple[Step, ...], Field(strict=False, max_length=50), AfterValidator(not_empty)]
    owners: Annotated[tuple[Literal["human", "bot"], ...], FROM_LIST, AfterValidator(not_empty)] = Field(
        default=("human",), alias="while"
    )
    quiet: Quiet | None = None
    max_per_day: Annotated[int, Field(ge=1)] | None = None
    pace: Annotated[int, Field(ge=1)] = PACE


class Channel(Section):
    """A channel: for how long after the customer's last message anything may be sent; then only templates."""

    window: PositiveDuration | None = None


BUILT_IN: Final[Mapping[str, Ladder]] = {
    "gentle": Ladder(
        steps=(
            Step(
                after=timedelta(minutes=5),
                say={
                    "en": "Are you still there?",
                    "de": "Sind Sie noch da?",
                    "fr": "Êtes-vous toujours là ?",
                    "es": "¿Sigue ahí?",
                    "pt": "Ainda está aí?",
                },
                set=StepChange(status="pending"),
            ),
            Step(
                after=timedelta(minutes=5),
                say={
                    "en": "I will close this chat soon. Just write if you still need help.",
                    "de": "Ich schließe diesen Chat bald. Schreiben Sie einfach, wenn Sie noch Hilfe brauchen.",
                    "fr": "Je vais bientôt fermer cette discussion. Écrivez-nous si vous avez encore besoin d'aide.",
                    "es": "Cerraré este chat en breve. Escríbanos si todavía necesita ayuda.",
                    "pt": "Vou encerrar este chat em breve. Escreva se ainda precisar de ajuda.",
                },
            ),
            Step(after=timedelta(minutes=1), set=StepChange(status="solved")),
        ),
    ),
}
"""The ladders that ship with the package; a configured one of the same name takes their place."""
