"""The schema on PostgreSQL: that it is ours, and the present one.

Tables are made where the URL's ``search_path`` says, by default in the schema ``public``.

Source: ports (``Store.open``).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import psycopg
from sqlalchemy import NullPool, create_engine
from sqlalchemy.exc import DBAPIError

from handoff_sdk.errors import Unavailable
from handoff_sdk.store import migrations
from handoff_sdk.store.ours import make_sure_it_is_known, make_sure_it_is_ours
from handoff_sdk.store.outage import named, said
from handoff_sdk.store.sessions import connected

if TYPE_CHECKING:
    from handoff_sdk.store.sessions import Session

__all__ = ["prepare", "present_revision"]


async def prepare(session: Session, url: str, where: str) -> None:
    """Bring the database of ``url``, which is called ``where``, to the present schema, all of it or nothing.

    Raises:
        Unavailable: It is something else's, a newer version's, or cannot be changed.
    """
    try:
        encoding = session.info.parameter_status("server_encoding")
        if encoding != "UTF8":
            raise Unavailable(f"{where} keeps texts as {encoding}; make it anew with the encoding UTF8.")
        revision = await revision_of(session, where)
        if revision is None or revision < migrations.HEAD:
            await asyncio.to_thread(upgrade, url)
    except DBAPIError as error:
        if isinstance(error.orig, psycopg.Error):
            raise said(error.orig, where) from error
        raise
    except psycopg.Error as error:
        raise said(error, where) from error


async def revision_of(session: Session, where: str) -> str | None:
    """The database's revision; ``None`` for one without tables.

    Raises:
        Unavailable: It is something else's, or a newer version's.
    """
    found = await session.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
    tables = {str(name) for (name,) in await found.fetchall()}
    make_sure_it_is_ours(tables, where, "a database")
    if not tables:
        return None
    kept = await (await session.execute("SELECT version_num FROM alembic_version")).fetchone()
    revision = str(kept[0]) if kept else ""
    make_sure_it_is_known(revision, where, "database")
    return revision


async def present_revision(url: str) -> str | None:
    """The revision of the database of ``url``; ``None`` for one without tables.

    Raises:
        Unavailable: It is something else's, a newer version's, or cannot be reached.
    """
    where = named(url)
    try:
        session = await connected(url, durable=True)
        try:
            return await revision_of(session, where)
        finally:
            await session.close()
    except psycopg.Error as error:
        raise said(error, where) from error


def upgrade(url: str) -> None:
    """Run the revisions that are missing, in one transaction."""
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=NullPool)
    with engine.begin() as connection:
        migrations.upgrade(connection)
