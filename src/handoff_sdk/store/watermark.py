"""The order of the feed on PostgreSQL: cursors that no reader can step over.

Transactions commit in another order than they draw their cursors in. Who reads up to the highest cursor there is and
goes on from it would never see a lower one that commits later. So the feed is read up to a *watermark*:

- A transaction takes a shared lock before it draws a cursor: its *floor*, the last cursor drawn so far. All that it
  draws lies above. The lock goes with the transaction, whatever ends it, once its events can be seen.
- Who reads notes the last cursor drawn, and after that looks at the floors that are held. The lower one is the
  watermark: whoever has no floor yet will draw above what was noted, and who had one and has it no more can be seen.
  Only then are the events up to the watermark read.

Nobody waits for anybody, and a transaction elsewhere in the server does not hold up the feed. It does not matter which
process writes. The floors are advisory locks, whose number has the cursor in its lower 48 bits.

Source: house page, decision 8; postgresql.org, Explicit Locking (advisory locks); Sequence Manipulation Functions.
"""

from __future__ import annotations

from typing import Final

__all__ = ["ENGINE", "LAST_DRAWN", "LOWEST_FLOOR", "NEXT_CURSOR", "SEQUENCE"]

SEQUENCE: Final = "events_cursor"

_FLOORS: Final = 0x4846
"""The upper 16 bits of the numbers of floors."""
ENGINE: Final = 0x4845 << 48
"""The lock that an engine holds as long as it runs (see ``sole``)."""

_DRAWN: Final = f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {SEQUENCE}"  # noqa: S608 - our own names

NEXT_CURSOR: Final = (
    f"CASE WHEN pg_advisory_xact_lock_shared({_FLOORS << 48} + ({_DRAWN})) IS NOT NULL THEN nextval('{SEQUENCE}') END"
)
"""Takes the floor, then draws: a CASE tells its condition before its result."""

LAST_DRAWN: Final = _DRAWN

LOWEST_FLOOR: Final = f"""
SELECT min((classid::bigint & 65535) << 32 | objid::bigint) FROM pg_locks
WHERE locktype = 'advisory' AND objsubid = 1 AND classid::bigint >> 16 = {_FLOORS}
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""  # noqa: S608 - our own numbers
