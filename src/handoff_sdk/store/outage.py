"""What PostgreSQL says, for the person who reads it at three in the morning.

Source: postgresql.org, Appendix A (error codes).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import psycopg
from psycopg.conninfo import conninfo_to_dict

from handoff_sdk.errors import ConfigError, InvalidRequest, Unavailable

if TYPE_CHECKING:
    from handoff_sdk.errors import HandoffError

__all__ = ["named", "said"]

_RETRY_AFTER: Final = 1.0

_UNREACHABLE: Final = "{where} cannot be reached: {error}. See that the server runs and that the URL is right."
_BUSY: Final = "{where} was too busy or too many transactions met: {error}. The engine goes on by itself."

_SAID: Final = {
    "25006": "{where} can only be read: is it a standby? Point the engine at the primary.",
    "40001": _BUSY,
    "40P01": _BUSY,
    "42501": "The engine's user may not do this in {where}: {error}. Let it own the database.",
    "53100": (
        "The disk of {where} is full. Free some space: nothing that was acknowledged is lost, and the engine goes on "
        "by itself."
    ),
    "53300": "{where} takes no more connections: raise max_connections; an engine uses up to 25.",
    "55P03": (
        "Another session holds a lock in {where} (a psql shell, a backup tool). Let it finish or end it: the engine "
        "goes on by itself."
    ),
    "57014": "A statement took too long in {where} and was given up: {error}. The engine goes on by itself.",
    "57P03": "{where} is starting up or shutting down. The engine goes on by itself.",
}
_SAID_OF_CLASS: Final = {
    "08": _UNREACHABLE,
    "42": "{where} is not as the engine left it: {error}. Restore its tables from the last backup.",
    "57": _UNREACHABLE,
    "58": "The disk of {where} failed ({error}). Look at the server's log and at the volume.",
    "XX": "{where} is damaged ({error}). Stop the engine and restore the last backup.",
}
_LASTING: Final = ("25006", "42", "58", "XX")


def named(url: str) -> str:
    """The database of a URL as people call it: without a password.

    >>> named("postgresql://ada:secret@db.example/desk")
    'the database desk at db.example'

    Raises:
        ConfigError: It is not a URL that PostgreSQL takes.
    """
    try:
        parts = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        # libpq repeats what it could not read, which may be the password.
        raise ConfigError(
            "The store's URL is not one that PostgreSQL takes; write 'postgresql://USER:PASSWORD@HOST/DATABASE'."
        ) from None
    host = parts.get("host") or "the default address"
    port = f":{parts['port']}" if parts.get("port") else ""
    return f"the database {parts.get('dbname') or parts.get('user') or 'of its user'} at {host}{port}"


def said(error: psycopg.Error, where: str) -> HandoffError:
    """What an error of PostgreSQL means for whoever runs the engine, or, of a value, for whoever sent it."""
    code = error.sqlstate or ""
    if isinstance(error, psycopg.DataError) and not code:
        return InvalidRequest(f"A text holds a character that PostgreSQL does not keep: {_line(error)}.")
    template = _SAID.get(code) or _SAID_OF_CLASS.get(code[:2])
    if template is None:
        template = _UNREACHABLE if not code else "{where} could not be read or written: {error}."
    text = template.format(where=where, error=_line(error))
    return Unavailable(text[0].upper() + text[1:], retry_after=None if code.startswith(_LASTING) else _RETRY_AFTER)


def _line(error: psycopg.Error) -> str:
    return (error.diag.message_primary or str(error).strip().partition("\n")[0]).strip().rstrip(".")
