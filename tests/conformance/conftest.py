"""The stores that the suite runs on. PostgreSQL joins here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from handoff_sdk.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from handoff_sdk.ports import Store


@pytest.fixture(params=["sqlite"])
def closed_store(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Store]:
    """Makes stores that are not open yet, all on the same database."""
    path = tmp_path / "desk.db"
    return lambda: SqliteStore(path, durable=False)


@pytest.fixture
async def store(closed_store: Callable[[], Store]) -> AsyncIterator[Store]:
    made = closed_store()
    await made.open()
    yield made
    await made.close()
