"""Whether a database is the engine's own, and of which version.

Source: ports (``Store.open``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from handoff_sdk.errors import Unavailable
from handoff_sdk.store import migrations

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

__all__ = ["make_sure_it_is_known", "make_sure_it_is_ours"]

_OURS: Final = {"alembic_version", "conversations", "events"}


def make_sure_it_is_ours(tables: AbstractSet[str], name: str, kind: str) -> None:
    """Refuse what has tables, but not ours. ``kind`` is what the engine should get instead of ``name``.

    Raises:
        Unavailable: It is something else's.
    """
    if tables and not tables >= _OURS:
        raise Unavailable(f"{name} is a database of something else; give the engine {kind} of its own.")


def make_sure_it_is_known(revision: str, name: str, kind: str) -> None:
    """Refuse what a newer version has written.

    Raises:
        Unavailable: Its schema is not known yet.
    """
    if revision > migrations.HEAD:
        raise Unavailable(
            f"{name} was written by a newer handoff-sdk (its schema is {revision}, this one knows {migrations.HEAD}). "
            f"Install that version again, or give this one another {kind}."
        )
