"""What ``handoff doctor`` finds of a PostgreSQL database, for the person who reads it at three in the morning.

Source: sdk.md, Command line; postgresql.org, Explicit Locking; Server Administration, Reliability.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from handoff_sdk.errors import HandoffError

from .findings import SKEW, Finding, counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from handoff_sdk.compose import Inspection, Lingering, Size

__all__ = ["database"]

_ENGINE_USES: Final = 25
"""Connections that an engine may come to use."""


def database(url: str) -> Iterator[Finding]:
    """Look at the database of ``url``, which names PostgreSQL, and change nothing."""
    from handoff_sdk.compose import inspected

    try:
        seen = asyncio.run(inspected(url))
    except HandoffError as error:
        yield Finding("database", "fail", str(error))
        return
    except ModuleNotFoundError as error:
        yield Finding("database", "fail", f"{error.name} is missing: pip install 'handoff-sdk[postgres]'")
        return
    yield _reached(seen)
    yield _schema(url)
    if seen.engine is None:
        yield Finding("engine's lock", "ok", "free: no engine runs on it")
    else:
        yield Finding("engine's lock", "ok", f"held by {seen.engine}; no second engine can start")
    yield from map(_in_the_way, seen.lingering)
    yield _clocks(seen)
    yield _connections(seen)
    if seen.unsafe:
        off = " and ".join(seen.unsafe)
        it = "it" if len(seen.unsafe) == 1 else "them"
        lost = "when the server's machine fails, what was acknowledged is lost or damaged"
        yield Finding("durability", "fail", f"{off} off: {lost}; set {it} to 'on'")
    yield Finding("size", "ok", ": ".join(filter(None, (seen.size, ", ".join(map(_largest, seen.largest))))))


def _reached(seen: Inspection) -> Finding:
    found = f"{seen.where}, PostgreSQL {seen.server}"
    if seen.standby:
        return Finding("database", "fail", f"{found}, is a standby, which cannot be written: name the primary")
    return Finding("database", "ok", found)


def _schema(url: str) -> Finding:
    from handoff_sdk.compose import schema_of

    try:
        found, present = asyncio.run(schema_of(url))
    except HandoffError as error:
        return Finding("schema", "fail", str(error))
    if found is None:
        return Finding("schema", "ok", f"none yet: 'handoff serve' or 'handoff migrate up' makes it, at {present}")
    if found != present:
        return Finding(
            "schema",
            "warn",
            f"at {found}: 'handoff serve' or, before that, 'handoff migrate up' brings it to {present}",
        )
    return Finding("schema", "ok", f"up to date at {present}")


def _in_the_way(session: Lingering) -> Finding:
    """Of a session that holds others up, or may soon."""
    from handoff_sdk.models.duration import format_duration

    lasts = f"whose transaction runs for {format_duration(session.lasts_for)}"
    who = f"session {session.process} ({session.name}) from {session.where}, {lasts}"
    ending = f"let it finish, or end it: SELECT pg_terminate_backend({session.process})"
    if session.waiting:
        return Finding("locks", "warn", f"{counted(session.waiting, 'session')} held up by {who}; {ending}")
    return Finding("locks", "warn", f"nobody waits yet for {who}; until it ends no space is freed; {ending}")


def _clocks(seen: Inspection) -> Finding:
    if abs(seen.ahead) > SKEW:
        return Finding(
            "database's clock",
            "warn",
            f"{seen.ahead.total_seconds():+.0f} s from this machine's: set both (NTP). The engine goes by its own "
            "machine's, the server's log by the other",
        )
    return Finding("database's clock", "ok", "agrees with this machine's")


def _connections(seen: Inspection) -> Finding:
    left = seen.connections - seen.connected
    found = f"{left:,} of {seen.connections:,} left"
    needed = _ENGINE_USES - seen.engines
    if left < needed:
        return Finding(
            "connections",
            "warn",
            f"{found}, the engine may come to need {needed}: raise max_connections, or end others'",
        )
    return Finding("connections", "ok", found)


def _largest(table: Size) -> str:
    return f"{table.table} {table.size}" + (f" (some {counted(table.rows, 'row')})" if table.rows is not None else "")
