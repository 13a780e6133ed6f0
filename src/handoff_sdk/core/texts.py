"""Texts for customers: the engine's own words, how a language is chosen, and how blanks are filled in.

Source: lifecycle.md, 5 and 7; config.md (``language``, and ``say`` under Actions).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff_sdk.errors import FieldError, TemplateError
from handoff_sdk.models.template import filled, problem_of

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LINES", "check_texts", "in_language", "rendered"]

LINES: dict[str, dict[str, str]] = {
    "session_ended": {
        "en": "This chat has ended.",
        "de": "Dieser Chat ist beendet.",
        "fr": "Cette discussion est terminée.",
        "es": "Este chat ha terminado.",
        "pt": "Este chat foi encerrado.",
    },
    "survey": {
        "en": "How did we do?",
        "de": "Wie zufrieden sind Sie mit uns?",
        "fr": "Êtes-vous satisfait de notre aide ?",
        "es": "¿Qué le ha parecido nuestra ayuda?",
        "pt": "Como foi o nosso atendimento?",
    },
    "survey_good": {"en": "Good", "de": "Gut", "fr": "Bien", "es": "Bien", "pt": "Bom"},
    "survey_bad": {"en": "Bad", "de": "Schlecht", "fr": "Mal", "es": "Mal", "pt": "Ruim"},
}


def in_language(texts: Mapping[str, str], *languages: str | None) -> str:
    """The text in the first of ``languages`` there is one for (``de-AT`` also finds ``de``), else the first text.

    >>> in_language({"en": "Hello", "de": "Hallo"}, None, "de-AT")
    'Hallo'
    """
    for language in languages:
        if language is None:
            continue
        for name in (language, language.split("-")[0]):
            if name in texts:
                return texts[name]
    return next(iter(texts.values()))


def rendered(texts: Mapping[str, str], values: Mapping[str, object], *languages: str | None) -> str:
    """The text of a language with its blanks filled in; a value that is missing is empty.

    >>> rendered({"en": "Hello {{ customer.name }}"}, {"customer": {"name": "Mia"}})
    'Hello Mia'
    """
    return filled(in_language(texts, *languages), values)


def check_texts(texts: Mapping[str, str], path: str) -> None:
    """Let only texts through that can be rendered; ``path`` is where they stand in the request.

    Raises:
        TemplateError: One of them is not valid Liquid, or does what is not allowed; the text says what.
    """
    problems = {f"{path}.{language}".rstrip("."): problem_of(text) for language, text in texts.items()}
    errors = [FieldError(place, problem) for place, problem in problems.items() if problem is not None]
    if errors:
        raise TemplateError("\n".join(f"{error.path}: {error.message}" for error in errors), errors)
