"""The schema's history, run by Alembic when a store is opened.

A revision is a file in ``versions``, written by hand with explicit operations: it must do in five years what it does
today, whatever ``schema`` says then. A test proves that all of them together make what ``schema`` says now.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["HEAD", "upgrade"]

HEAD: Final = "0004"
"""The latest revision. A store that has it needs no Alembic to be opened."""


def upgrade(connection: Connection) -> None:
    """Bring a database to ``HEAD``, in the transaction that ``connection`` is in.

    Raises:
        alembic.util.CommandError: The database has a revision that is not known here.
    """
    # Alembic takes a fifth of a second to import, and most stores that are opened are up to date.
    from alembic.command import upgrade as run  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    run(config, "head")
