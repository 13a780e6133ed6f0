"""The engine's own words for customers, by language, and how a language is chosen.

Source: lifecycle.md, 5; config.md (``language``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LINES", "in_language"]

LINES: dict[str, dict[str, str]] = {
    "session_ended": {
        "en": "This chat has ended.",
        "de": "Dieser Chat ist beendet.",
        "fr": "Cette discussion est terminée.",
        "es": "Este chat ha terminado.",
        "pt": "Este chat foi encerrado.",
    },
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
