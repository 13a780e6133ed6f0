"""What customers are told whose answer was understood and is none that the form takes.

A ``retry`` of the author's goes before all; then what the author's own validator says; then whether it was too much or
too little; else the line for the kind of question.

Source: sdk.md, A bot (forms).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from handoff_sdk.core.texts import in_language

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic_core import ErrorDetails

    from handoff_sdk.core.questions import Asked, Question

__all__ = ["refused"]


def refused(question: Question, problem: ErrorDetails, language: str | None = None) -> Asked:
    """How a question is asked again, after a problem that pydantic has with the answer.

    A validator of the whole form names what no ``retry`` of one question can: its words are always said.
    """
    again = question.again(language)
    of_the_whole = not problem["loc"]
    if question.retry is not None and not of_the_whole:
        return again
    if problem["type"] in _AUTHORS:
        return replace(again, text=problem["msg"].removeprefix(_AUTHORS[problem["type"]]))
    if of_the_whole:
        return replace(again, text=problem["msg"])
    told = _TOLD.get(problem["type"])
    return again if told is None else replace(again, text=in_language(told, language))


_AUTHORS: Final = {"value_error": "Value error, ", "assertion_error": "Assertion failed, "}
"""What a validator raised, and what pydantic puts before its words."""

_TOO_SMALL: Final = {
    "en": "That number is too small.",
    "de": "Diese Zahl ist zu klein.",
    "fr": "Ce nombre est trop petit.",
    "es": "Ese número es demasiado pequeño.",
    "pt": "Esse número é pequeno demais.",
}
_TOO_LARGE: Final = {
    "en": "That number is too large.",
    "de": "Diese Zahl ist zu groß.",
    "fr": "Ce nombre est trop grand.",
    "es": "Ese número es demasiado grande.",
    "pt": "Esse número é grande demais.",
}
_TOO_SHORT: Final = {
    "en": "That is too short.",
    "de": "Das ist zu kurz.",
    "fr": "C'est trop court.",
    "es": "Es demasiado corto.",
    "pt": "Está curto demais.",
}
_TOO_LONG: Final = {
    "en": "That is too long.",
    "de": "Das ist zu lang.",
    "fr": "C'est trop long.",
    "es": "Es demasiado largo.",
    "pt": "Está longo demais.",
}
_TOLD: Final[dict[str, Mapping[str, str]]] = {
    "greater_than": _TOO_SMALL,
    "greater_than_equal": _TOO_SMALL,
    "less_than": _TOO_LARGE,
    "less_than_equal": _TOO_LARGE,
    "string_too_short": _TOO_SHORT,
    "string_too_long": _TOO_LONG,
}
