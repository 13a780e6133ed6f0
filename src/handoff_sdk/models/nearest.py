"""The known name that somebody meant, for messages about an unknown one."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["did_you_mean", "nearest"]


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The one of ``known`` that looks most like ``name``, whatever the case, or None if none does.

    >>> nearest("stile", ["name", "style", "bot"])
    'style'
    >>> nearest("colour", ["name", "style", "bot"]) is None
    True
    """
    folded = {candidate.casefold(): candidate for candidate in known}
    matches = get_close_matches(name.casefold(), folded, n=1)
    return folded[matches[0]] if matches else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of a message about the unknown ``name``; empty if no known name is near.

    >>> "unknown key" + did_you_mean("stile", ["name", "style", "bot"])
    "unknown key; did you mean 'style'?"
    """
    match = nearest(name, known)
    return f"; did you mean {match!r}?" if match is not None else ""
