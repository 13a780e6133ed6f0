"""What a PostgreSQL database and its server say of themselves, read without changing anything.

Source: sdk.md, Command line (``handoff doctor``); postgresql.org, Monitoring Database Activity; Reliability.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import psycopg

from handoff_sdk.store.inspection import Inspection, Lingering, Size
from handoff_sdk.store.outage import named, said
from handoff_sdk.store.sessions import connected
from handoff_sdk.store.sole import holder

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from handoff_sdk.store.sessions import Session

__all__ = ["inspect"]

_LONG: Final = 60
"""Seconds after which a transaction is a long one: the engine's own last a few milliseconds."""
_LARGEST: Final = 3

_SERVER: Final = """
SELECT pg_is_in_recovery(), pg_size_pretty(pg_database_size(current_database())),
    current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
"""
_SESSIONS: Final = """
SELECT count(*), count(*) FILTER (WHERE datname = current_database() AND application_name LIKE 'handoff %')
FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
"""
_UNSAFE: Final = (
    "SELECT name FROM pg_settings WHERE name IN ('fsync', 'full_page_writes') AND setting = 'off' ORDER BY name"
)
_LINGERING: Final = f"""
WITH held_up AS (
    SELECT unnest(pg_blocking_pids(pid)) AS by FROM pg_stat_activity WHERE datname = current_database()
), session AS (
    SELECT pid, coalesce(nullif(application_name, ''), 'without a name') AS name,
        coalesce(host(client_addr), 'the same machine') AS place,
        coalesce(extract(epoch FROM clock_timestamp() - xact_start), 0)::bigint AS seconds,
        (SELECT count(*) FROM held_up WHERE by = pid) AS waiting
    FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
)
SELECT pid, name, place, seconds, waiting FROM session WHERE waiting > 0 OR seconds > {_LONG}
ORDER BY waiting DESC, seconds DESC, pid
"""  # noqa: S608 - our own number
_SIZES: Final = f"""
SELECT relname, pg_size_pretty(pg_total_relation_size(oid)), nullif(reltuples, -1)::bigint FROM pg_class
WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
ORDER BY pg_total_relation_size(oid) DESC, relname LIMIT {_LARGEST}
"""  # noqa: S608 - our own number
_CLOCK: Final = "SELECT extract(epoch FROM clock_timestamp())::double precision"


async def inspect(url: str, now: Callable[[], datetime]) -> Inspection:
    """Look at the database of ``url``; ``now`` tells this machine's time, aware.

    Raises:
        ConfigError: It is not a URL that PostgreSQL takes.
        Unavailable: It cannot be reached, or does not answer.
    """
    where = named(url)
    try:
        session = await connected(url, durable=True)
        try:
            asked_at = now()
            [(its_time,)] = await (await session.execute(_CLOCK)).fetchall()
            between = asked_at + (now() - asked_at) / 2
            [(standby, size, connections)] = await (await session.execute(_SERVER)).fetchall()
            [(others, engines)] = await (await session.execute(_SESSIONS)).fetchall()
            return Inspection(
                where=where,
                server=session.info.parameter_status("server_version") or "of an unknown version",
                standby=standby,
                engine=await holder(session),
                ahead=timedelta(seconds=its_time - between.timestamp()),
                connections=connections,
                connected=others,
                engines=engines,
                unsafe=tuple(name for (name,) in await (await session.execute(_UNSAFE)).fetchall()),
                lingering=tuple(
                    Lingering(process, name, place, timedelta(seconds=seconds), waiting)
                    for process, name, place, seconds, waiting in await (await session.execute(_LINGERING)).fetchall()
                ),
                size=size,
                largest=await _largest(session),
            )
        finally:
            await session.close()
    except psycopg.Error as error:
        raise said(error, where) from error


async def _largest(session: Session) -> tuple[Size, ...]:
    try:
        found = await (await session.execute(_SIZES)).fetchall()
    except psycopg.errors.LockNotAvailable:  # to measure a table is to wait for who holds it
        return ()
    return tuple(Size(*row) for row in found)
