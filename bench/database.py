"""A schema of its own in the PostgreSQL database that ``HANDOFF_BENCH_POSTGRES`` names: empty, and dropped after."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import psycopg

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["NONE", "named", "scratch"]

_VARIABLE = "HANDOFF_BENCH_POSTGRES"
_SCHEMA = "handoff_bench_engine"

NONE = f"no database: set {_VARIABLE}"


def named() -> str | None:
    """The URL of the database that may be written to, where one is named."""
    return os.environ.get(_VARIABLE)


@contextmanager
def scratch(url: str) -> Iterator[str]:
    """The URL under which only the schema is seen."""
    parts = urlsplit(url)
    query = urlencode([*parse_qsl(parts.query), ("options", f"-csearch_path={_SCHEMA}")])
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(f"DROP SCHEMA IF EXISTS {_SCHEMA} CASCADE")
        admin.execute(f"CREATE SCHEMA {_SCHEMA}")
        try:
            yield urlunsplit(parts._replace(query=query))
        finally:
            admin.execute(f"DROP SCHEMA {_SCHEMA} CASCADE")
