import sqlite3
from contextlib import closing

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from tests.conformance.builders import starts

from handoff_sdk.errors import Unavailable
from handoff_sdk.store import migrations
from handoff_sdk.store.schema import metadata
from handoff_sdk.store.sqlite import SqliteStore

SCRIPTS = ScriptDirectory(migrations.__path__[0])


def schema_of(path):
    with closing(sqlite3.connect(path)) as connection:
        made = connection.execute("SELECT type, name, sql FROM sqlite_master WHERE tbl_name != 'alembic_version'")
        return {
            (kind, name, frozenset(columns_of(connection, name)) if kind == "table" else sql)
            for kind, name, sql in made.fetchall()
        }


def columns_of(connection, table):
    """Name, type, whether it may be empty, default and place in the key: a column that was added stands last."""
    return [column[1:] for column in connection.execute(f"PRAGMA table_info({table})")]


async def test_the_revisions_make_what_the_schema_says(store, path, tmp_path):
    other = tmp_path / "schema.db"
    engine = create_engine(f"sqlite:///{other}")
    metadata.create_all(engine)
    engine.dispose()

    assert schema_of(other) == schema_of(path)


async def test_a_file_that_is_upgraded_becomes_what_a_fresh_one_is(store, path, tmp_path):
    other = tmp_path / "upgraded.db"
    engine = create_engine(f"sqlite:///{other}")
    with engine.begin() as connection:
        migrations.upgrade(connection)
    engine.dispose()

    assert schema_of(other) == schema_of(path)


def test_the_latest_revision_is_the_one_that_stores_ask_for():
    assert [migrations.HEAD] == SCRIPTS.get_heads()


def test_revisions_sort_by_age():
    names = [script.revision for script in SCRIPTS.walk_revisions()]
    assert sorted(names, reverse=True) == names


async def test_a_file_of_a_newer_version_is_left_alone(path):
    store = SqliteStore(path)
    await store.open()
    await store.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()

    with pytest.raises(Unavailable, match="newer handoff-sdk"):
        await SqliteStore(path).open()


async def test_a_database_of_something_else_stays_as_it_is(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    before = path.read_bytes()

    with pytest.raises(Unavailable, match="something else"):
        await SqliteStore(path).open()

    assert before == path.read_bytes()


async def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(Unavailable, match=r"There is no folder .*/nowhere"):
        await SqliteStore(tmp_path / "nowhere" / "desk.db").open()


async def test_a_folder_in_the_files_place_is_refused(path):
    path.mkdir()
    with pytest.raises(Unavailable, match="cannot be opened"):
        await SqliteStore(path).open()


async def test_the_file_is_for_its_owner_alone(store, path):
    await starts(store)
    for suffix in ("", "-wal", "-shm", ".lock"):
        assert 0o600 == path.with_name(path.name + suffix).stat().st_mode & 0o777


async def test_a_name_with_odd_characters_is_a_name(tmp_path):
    path = tmp_path / "what? 100%#1.db"
    store = SqliteStore(path)
    await store.open()
    expected = await starts(store)
    assert expected == await store.thread("cnv_1")
    await store.close()
    assert path.is_file()


async def test_a_closed_store_leaves_one_file_and_its_lock(path):
    store = SqliteStore(path)
    await store.open()
    await starts(store)
    await store.close()

    assert {"desk.db", "desk.db.lock"} == {file.name for file in path.parent.iterdir()}
