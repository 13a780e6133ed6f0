"""A desk moves from SQLite to PostgreSQL: all of it, or nothing."""

import sqlite3
from contextlib import closing

import psycopg
import pytest
from tests.conformance.builders import answer, at, changed, customer, due, handed_off, kept, offer, said, starts, thread

from handoff_sdk.errors import Conflict, InvalidRequest, Unavailable
from handoff_sdk.models.agent import Agent
from handoff_sdk.models.bot import RegisteredBot
from handoff_sdk.ports import AgentChange, ApiKey, ConversationFilter, EventFilter, TicketFilter
from handoff_sdk.store.copying import copy
from handoff_sdk.store.postgres import PostgresStore
from handoff_sdk.store.schema import metadata
from handoff_sdk.store.sqlite import SqliteStore

EVERYTHING = {"before": None, "limit": 100}


async def read(store):
    """All that a desk has."""
    threads = [await store.thread(f"cnv_{n}") for n in range(3)]
    return {
        "threads": threads,
        "events": list(await store.events(EventFilter(), after=0, limit=100)),
        "messages": [list(await store.messages(one.conversation.id)) for one in threads],
        "tickets": list(await store.tickets(TicketFilter(), **EVERYTHING)),
        "conversations": list(await store.conversations(ConversationFilter(), **EVERYTHING)),
        "due": list(await store.due(at(99), 10)),
        "keys": list(await store.keys()),
        "bots": list(await store.bots()),
        "answer": await store.answer("key:bot", "key-1"),
        "secret": await store.secret("tokens"),
        "cursor": await store.cursor(),
        "standing": await store.standing(),
    }


@pytest.fixture
async def desk(tmp_path):
    """A file with something of everything; what is in it."""
    path = tmp_path / "desk.db"
    store = SqliteStore(path, durable=False)
    await store.open()
    mia = customer(external_id="42", name="Größe «L» 👟\t\\N\n", email="mia@example.com")
    before = await starts(store, "0", mia)
    before = await kept(store, said(before, "It's \\ lost\n\u2028", answer=answer(body=b"\x00\xff")))
    ana = Agent(id="ana", status="online")
    await store.submit(handed_off(before, offer=offer(), handoff_id="hnd_1", due=due(before, 30)))
    await starts(store, "1")
    await kept(store, changed(await starts(store, "2"), "session.ended", agents=(AgentChange(ana, 1),)))
    await store.add_key(ApiKey("key_1", "bot", b"\x00hash", at(), None))
    await store.keep_bot(RegisteredBot(id="ada", registered_at={"default": at()}))
    await store.secret("tokens")
    expected = await read(store)
    await store.close()
    return path, expected


def silent(total):
    return lambda rows: None


async def test_everything_comes_along(desk, new_database):
    path, expected = desk
    url, told = new_database(), []

    def begin(total):
        told.append(total)
        return lambda rows: told.append(-rows)

    copied = copy(path, url, begin)

    store = PostgresStore(url)
    await store.open()
    assert expected == await read(store)
    (event,) = await store.submit(said(expected["threads"][1]))
    assert expected["cursor"] < event.cursor
    await store.close()
    assert {table.name for table in metadata.sorted_tables} == {table.table for table in copied}
    assert len(expected["events"]) == {table.table: table.rows for table in copied}["events"]
    assert 0 == sum(told)


async def test_the_file_stays_as_it_is(desk, new_database):
    path, expected = desk
    before = path.read_bytes()
    copy(path, new_database(), silent)
    assert before == path.read_bytes()

    store = SqliteStore(path)
    await store.open()
    assert expected == await read(store)
    await store.close()


async def test_a_database_with_a_desk_in_it_is_left_alone(desk, new_database):
    path, _ = desk
    url = new_database()
    store = PostgresStore(url)
    await store.open()
    await starts(store, "theirs")
    with pytest.raises(Unavailable, match="An engine has"):
        copy(path, url, silent)
    await store.close()
    with pytest.raises(Conflict, match="a desk in it already"):
        copy(path, url, silent)

    await store.open()
    assert [thread("theirs").conversation.id] == [
        one.conversation_id for one in await store.events(EventFilter(), after=0, limit=9)
    ]
    await store.close()


async def test_a_file_that_an_engine_uses_is_refused(desk, new_database):
    path, _ = desk
    store = SqliteStore(path)
    await store.open()
    with pytest.raises(Unavailable, match="Another engine"):
        copy(path, new_database(), silent)
    await store.close()


async def test_a_file_that_is_not_there_or_not_a_desk_is_refused(tmp_path, new_database):
    with pytest.raises(Unavailable, match="There is no file"):
        copy(tmp_path / "none.db", "postgresql://nowhere", silent)
    path = tmp_path / "recipes.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    with pytest.raises(Unavailable, match="something else"):
        copy(path, new_database(), silent)


async def test_a_row_that_cannot_be_kept_leaves_nothing_behind(desk, new_database):
    path, _ = desk
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE customers SET external_id = 'a' || char(0) || 'b'")
        connection.commit()
    url = new_database()
    with pytest.raises(InvalidRequest, match="customers 'cus_mia' holds what PostgreSQL does not keep"):
        copy(path, url, silent)

    assert [] == tables(url)


async def test_what_is_read_back_otherwise_is_not_kept(desk, new_database):
    """A trigger of somebody else's changes what is written."""
    path, _ = desk
    url = new_database()
    store = PostgresStore(url)
    await store.open()
    await store.close()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN NEW.status := 'solved'; RETURN NEW; END $$"
        )
        connection.execute("CREATE TRIGGER spoil BEFORE INSERT ON tickets FOR EACH ROW EXECUTE FUNCTION spoil()")
        with pytest.raises(Conflict, match="tickets was read back otherwise"):
            copy(path, url, silent)
        for table in metadata.sorted_tables:
            assert [(0,)] == connection.execute(f"SELECT count(*) FROM {table.name}").fetchall()  # noqa: S608


async def test_a_server_that_is_not_there_is_named(desk):
    path, _ = desk
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1 cannot be reached"):
        copy(path, "postgresql://127.0.0.1:1/desk", silent)


def tables(url):
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
