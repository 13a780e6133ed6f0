"""What is known of a PostgreSQL database once it was looked at.

Source: sdk.md, Command line (``handoff doctor``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import timedelta

__all__ = ["Inspection", "Lingering", "Size"]


class Lingering(NamedTuple):
    """A session that others wait for, or whose transaction lasts long: how long, and how many wait."""

    process: int
    name: str
    where: str
    lasts_for: timedelta
    waiting: int


class Size(NamedTuple):
    """A table: how large it is with its indexes, as text, and about how many rows it has, where that is known."""

    table: str
    size: str
    rows: int | None


@dataclass(frozen=True, slots=True)
class Inspection:
    """What there is to know of a database.

    Args:
        where: What people call it, without a password.
        server: The server's version.
        standby: Whether the server only repeats what another one writes.
        engine: The session whose engine has it; ``None`` where none has.
        ahead: The server's clock less this machine's, to about half the time that a question takes.
        connections: How many there may be, those of superusers aside.
        connected: How many there are to the whole server.
        engines: How many of them are an engine's on this database.
        unsafe: Settings that are off without which a crash of the server loses what it acknowledged.
        lingering: Sessions that are in the way, those that hold up most first.
        size: How large it is, as text.
        largest: Its largest tables; none where somebody keeps a table to themselves.
    """

    where: str
    server: str
    standby: bool
    engine: str | None
    ahead: timedelta
    connections: int
    connected: int
    engines: int
    unsafe: tuple[str, ...]
    lingering: tuple[Lingering, ...]
    size: str
    largest: tuple[Size, ...]
