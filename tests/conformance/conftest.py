"""The stores that the suite runs on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from handoff_sdk.store.postgres import PostgresStore
from handoff_sdk.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from handoff_sdk.ports import Store


@pytest.fixture(params=["sqlite", "postgresql"])
def closed_store(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Store]:
    """Makes stores that are not open yet, all on the same database."""
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql")
        return lambda: PostgresStore(url, durable=False)
    path = tmp_path / "desk.db"
    return lambda: SqliteStore(path, durable=False)


@pytest.fixture
async def store(closed_store: Callable[[], Store]) -> AsyncIterator[Store]:
    made = closed_store()
    await made.open()
    yield made
    await made.close()
