"""What is found in a configuration: errors, which stop it from being loaded, and warnings, which do not.

Source: config.md, Lint.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

from .noun import Noun

__all__ = ["Finding", "Level", "as_written"]

Level: TypeAlias = Literal["error", "warning"]


class Finding(Noun):
    """Something found in a configuration: where, and what would be right.

    ``path`` is that of the key, ``triggers[1].actions[0].set.group``, and empty for the whole; ``line`` is its line,
    from 1, where the configuration is a file.
    """

    level: Level
    path: str
    message: str
    line: int | None = None


def as_written(path: Iterable[str | int]) -> str:
    """A path of keys and indices as people write it.

    >>> as_written(("triggers", 1, "actions", 0, "set", "group"))
    'triggers[1].actions[0].set.group'
    """
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")
