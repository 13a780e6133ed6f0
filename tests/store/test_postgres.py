"""PostgreSQL: whose it is, what happens when it fails or goes away, and what is said of it."""

import asyncio
import logging

import psycopg
import pytest
import uvloop
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect
from tests.conformance.builders import answer, changed, customer, handed_off, kept, offer, said, started, starts, thread

from handoff_sdk.errors import ConfigError, Conflict, InvalidRequest, Unavailable
from handoff_sdk.models.agent import Agent
from handoff_sdk.ports import AgentChange, Change, EventFilter, StaleVersion
from handoff_sdk.store import line as lines
from handoff_sdk.store import sessions, sole, transactions
from handoff_sdk.store.outage import named
from handoff_sdk.store.postgres import PostgresStore
from handoff_sdk.store.schema import SEQUENCE, metadata
from handoff_sdk.store.step import Step


def store_on(url, **options):
    """A store whose sessions have settings of their own."""
    set_so = "&options=" + "%20".join(f"-c%20{name}%3D{value}" for name, value in options.items()) if options else ""
    return PostgresStore(url + set_so, durable=False)


@pytest.fixture
async def store(postgresql):
    made = store_on(postgresql)
    await made.open()
    yield made
    await made.close()


@pytest.fixture
async def other(store, postgresql):
    """A session of somebody else."""
    async with await psycopg.AsyncConnection.connect(postgresql, autocommit=True) as connection:
        yield connection


async def cut(other):
    """End all sessions of the engine, as a server does that restarts."""
    await other.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid != pg_backend_pid()"
    )


def end_session(url, pid):
    """End one session; returns when it is gone."""
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 10000)", (pid,))


async def waits_for_a_lock(other):
    """Return once somebody waits for what ``other`` holds."""
    async with asyncio.timeout(10):
        while not await (await other.execute("SELECT 1 FROM pg_locks WHERE NOT granted")).fetchone():
            pass


# Whose it is


async def test_a_second_engine_is_told_who_has_which_database(store, postgresql):
    with pytest.raises(
        Unavailable, match=r"Another engine has the database .* open: session \d+ \(handoff "
    ) as refused:
        await store_on(postgresql).open()
    assert named(postgresql) in refused.value.detail
    store.check()


async def test_a_database_of_something_else_stays_as_it_is(new_database):
    url = new_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
        with pytest.raises(Unavailable, match="something else"):
            await store_on(url).open()
        assert [("recipes",)] == connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall()


async def test_a_database_of_a_newer_version_is_left_alone(new_database):
    url = new_database()
    store = store_on(url)
    await store.open()
    await store.close()
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(Unavailable, match="newer handoff-sdk"):
        await store.open()


def test_the_revisions_make_what_the_schema_says(store, postgresql):
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(postgresql))
    with engine.connect() as connection:
        assert [] == compare_metadata(MigrationContext.configure(connection), metadata)
        assert [SEQUENCE] == inspect(connection).get_sequence_names()
        made = inspect(connection)
        for table in metadata.sorted_tables:
            found = {index["name"]: bool(index["unique"]) for index in made.get_indexes(table.name)}
            assert {index.name: bool(index.unique) for index in table.indexes} == found
    engine.dispose()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://ada:secret@db.example:5433/desk", "the database desk at db.example:5433"),
        ("postgresql://ada:secret@/", "the database ada at the default address"),
    ],
)
def test_a_database_is_called_by_its_name_and_never_by_its_password(url, expected):
    assert expected == named(url)


def test_a_url_that_cannot_be_read_is_refused_without_repeating_it():
    with pytest.raises(ConfigError, match="not one that PostgreSQL takes") as refused:
        PostgresStore("postgresql://ada:se cret@db/desk")
    assert "cret" not in refused.value.detail


async def test_a_server_that_is_not_there_is_named():
    with pytest.raises(Unavailable, match=r"The database desk at 127\.0\.0\.1:1 cannot be reached: .*refused"):
        await PostgresStore("postgresql://127.0.0.1:1/desk").open()


async def test_a_database_that_is_not_there_is_named(postgresql_server):
    with pytest.raises(Unavailable, match='"nowhere" does not exist'):
        await PostgresStore(postgresql_server.url("nowhere")).open()


# What the database itself sees to, whoever writes


async def test_a_version_that_somebody_else_has_raised_is_a_conflict(store, other):
    before = await starts(store)
    await other.execute("UPDATE conversations SET version = version + 1")
    with pytest.raises(StaleVersion):
        await store.submit(said(before))


async def test_somebody_elses_change_that_commits_first_is_a_conflict(store, other):
    before = await starts(store)
    async with other.transaction():
        await other.execute("UPDATE conversations SET version = version + 1")
        future = store.submit(said(before))
        await waits_for_a_lock(other)
    with pytest.raises(StaleVersion):
        await future


@pytest.mark.parametrize(
    ("facts", "taken"),
    [
        ({"offer": offer("ana", "ofr_1")}, "UPDATE tickets SET offer_id = 'ofr_1'"),
        ({"handoff_id": "hnd_1"}, "UPDATE tickets SET handoff_id = 'hnd_1'"),
    ],
)
async def test_an_offer_and_a_handoff_that_somebody_else_writes_first_are_a_conflict(store, other, facts, taken):
    await store.submit(handed_off(await starts(store, "1")))
    before = await starts(store, "2")
    async with other.transaction():
        await other.execute(taken)
        future = store.submit(handed_off(before, **facts))
        await waits_for_a_lock(other)
    with pytest.raises(StaleVersion):
        await future


async def test_transactions_that_stand_in_each_others_way_are_written_again(postgresql):
    store = store_on(postgresql, deadlock_timeout="20ms")
    await store.open()
    before = await starts(store)
    await store.submit(Change(agents=(AgentChange(Agent(id="ana")),)))
    change = said(before)
    async with await psycopg.AsyncConnection.connect(postgresql) as other:
        await other.execute("SET deadlock_timeout = '60s'")
        await other.execute("UPDATE agents SET used = 5")
        future = store.submit(
            Change(before=before, after=change.after, events=change.events, agents=(AgentChange(Agent(id="ana"), 1),))
        )
        await waits_for_a_lock(other)
        await other.execute("UPDATE conversations SET owner = owner")
        await other.commit()

    assert [2] == [event.cursor for event in await future]
    assert {"ana": 6} == dict(await store._all(("SELECT id, used FROM agents", ()), tuple))
    await store.close()


async def test_a_lock_of_another_program_is_named_and_passes(postgresql, caplog):
    store = store_on(postgresql)
    await store.open()
    before = await starts(store)
    async with await psycopg.AsyncConnection.connect(postgresql) as other:
        await other.execute("LOCK TABLE events")
        with pytest.raises(Unavailable, match="Another session holds a lock") as refused:
            await store.submit(said(before))
        assert 1 == refused.value.retry_after
        with pytest.raises(Unavailable, match="Another session holds a lock"):
            store.check()
    await store.submit(said(before))
    store.check()
    await store.close()


# A value that PostgreSQL does not keep


async def test_a_character_that_it_does_not_keep_is_named(store):
    with pytest.raises(InvalidRequest, match="NUL"):
        await store.submit(Change(customer=customer(external_id="a\x00b")))
    with pytest.raises(InvalidRequest, match="NUL"):
        await store.customer_by(external_id="a\x00b")
    store.check()


async def test_much_may_be_said_at_once(store):
    before = await starts(store)
    text = "Größe «L» fehlt 👟 " * 200_000
    change = changed(before, "ticket.updated", about={"data": {"text": text}}, answer=answer(body=text.encode()))
    await store.submit(change)

    assert text == (await store.last_event("cnv_1", "ticket.updated")).data["text"]
    assert text.encode() == (await store.answer("key:bot", "key-1")).body


# The server goes away and comes back


async def test_reads_and_writes_go_on_after_the_server_came_back(store, other):
    before = await starts(store)
    await cut(other)

    after = await kept(store, said(before))
    assert after == await store.thread("cnv_1")
    assert [1, 2] == [event.cursor for event in await store.events(EventFilter(), after=0, limit=9)]
    store.check()


async def test_a_change_whose_connection_is_lost_is_written_once(store, other):
    """It waits for somebody's lock when it is cut off; then nobody knows what became of it."""
    before = await starts(store)
    async with other.transaction():
        await other.execute("UPDATE conversations SET owner = owner")
        future = store.submit(said(before))
        await waits_for_a_lock(other)
        await cut(other)
    (event,) = await future

    assert [event] == list(await store.events(EventFilter(), after=1, limit=9))


async def test_a_change_that_was_written_before_its_connection_was_lost_is_not_written_again(store, other, monkeypatch):
    """The commit went through, and the answer never came."""
    before = await starts(store)
    send = transactions.Line.send
    lost = 0

    async def without_answer(line, steps):
        nonlocal lost
        values = await send(line, steps)
        if not lost:
            lost += 1
            await line.close()
            raise transactions.LineLost("cut")
        return values

    monkeypatch.setattr(transactions.Line, "send", without_answer)
    change = said(before)
    (event,) = await store.submit(change)

    assert 1 == lost
    assert [event] == list(await store.events(EventFilter(), after=1, limit=9))
    assert change.after == await store.thread("cnv_1")


async def test_of_a_change_that_tells_nothing_it_is_said_that_it_may_be_written(store, other):
    await store.submit(Change(customer=customer("ben")))
    async with other.transaction():
        await other.execute("UPDATE customers SET body = body")
        future = store.submit(Change(customer=customer("ben", name="Ben")))
        await waits_for_a_lock(other)
        await cut(other)
    with pytest.raises(Unavailable, match="It may be"):
        await future


def test_a_line_whose_socket_is_in_error_is_lost_soon(postgresql, monkeypatch):
    """The server ends with its last words, and has not read all. Then libuv watches the socket no more."""
    monkeypatch.setattr(lines, "_LOOK_EVERY", 0.05)

    async def story():
        cut_off = lines.Line(await sessions.connected(postgresql, durable=False))
        (pid,) = await cut_off.send([Step("SELECT pg_backend_pid()::text", (), Conflict)])
        sleeps = Step("SELECT pg_sleep(30)", (), Conflict)
        unread = Step("SELECT length($1::text)", ("long " * 10_000,), Conflict)
        answer = cut_off.send([sleeps, unread])
        end_session(postgresql, int(pid))  # while this waits, the event loop hears of nothing
        async with asyncio.timeout(10):
            with pytest.raises(lines.LineLost):
                await answer
        await cut_off.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(story())


async def test_the_engine_takes_its_lock_again(store, other, postgresql, monkeypatch, caplog):
    monkeypatch.setattr(sole, "_AGAIN_AFTER", 0)
    monkeypatch.setattr(sole, "_LOOK_EVERY", 0)
    caplog.set_level(logging.INFO)
    store._sole._watch.cancel()
    store._sole.hold()
    await cut(other)
    async with asyncio.timeout(10):
        while "is held again" not in caplog.text:
            await other.execute("SELECT 1")

    with pytest.raises(Unavailable, match="Another engine"):
        await store_on(postgresql).open()
    store.check()


async def test_an_engine_that_was_cut_off_while_another_took_over_ends(store, other, monkeypatch):
    monkeypatch.setattr(sole, "_AGAIN_AFTER", 0)
    monkeypatch.setattr(sole, "_OURS_LINGERS_FOR", 0)
    before = await starts(store)
    store._sole._watch.cancel()
    await store._sole._session.close()
    async with asyncio.timeout(10):
        while (True,) != await (await other.execute(sole._TAKE)).fetchone():  # the server notices a moment later
            pass
        assert not await store._sole._taken_again()

    with pytest.raises(Unavailable, match="Another engine took over"):
        store.check()
    with pytest.raises(Unavailable, match="Another engine took over"):
        await store.submit(said(before))


async def test_while_the_server_is_away_everything_fails_soon_and_says_so(store, monkeypatch):
    before = await starts(store)

    async def refused(url, *, durable):
        raise psycopg.OperationalError("connection refused")

    monkeypatch.setattr(transactions, "connected", refused)
    for line in store._transactions._idle:
        await line.close()
    outcomes = await asyncio.gather(
        *(store.submit(Change(answer=answer(f"{n}"))) for n in range(50)),
        store.submit(said(before)),
        return_exceptions=True,
    )

    assert {"Unavailable"} == {type(outcome).__name__ for outcome in outcomes}
    with pytest.raises(Unavailable, match="cannot be reached: connection refused"):
        store.check()


# Bounds


async def test_too_many_changes_at_once_are_put_off(store, monkeypatch):
    monkeypatch.setattr(transactions, "_MOST_WAITING", 10)
    futures = [store.submit(Change(answer=answer(f"{n}"))) for n in range(12)]
    outcomes = await asyncio.gather(*futures, return_exceptions=True)

    assert [False] * 10 + [True] * 2 == [isinstance(outcome, Unavailable) for outcome in outcomes]
    assert 1 == outcomes[-1].retry_after


async def test_too_many_reads_at_once_are_put_off(postgresql, monkeypatch):
    monkeypatch.setattr(sessions, "_MOST_WAITING", 10)
    store = store_on(postgresql)
    await store.open()
    reads = (store.thread("cnv_none") for _ in range(100))
    outcomes = await asyncio.gather(*reads, return_exceptions=True)

    assert {None, "Unavailable"} == {outcome and type(outcome).__name__ for outcome in outcomes}
    assert await store.thread("cnv_none") is None
    await store.close()


async def test_the_engine_keeps_to_its_number_of_connections(store, other):
    changes = [started(thread(f"{n}")) for n in range(200)]
    await asyncio.gather(*(store.submit(change) for change in changes), *(store.thread(f"{n}") for n in range(200)))
    (used,) = await (
        await other.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'handoff %'")
    ).fetchone()

    assert used <= 25


async def test_every_session_waits_for_the_disk_and_for_nothing_for_ever(postgresql):
    store = PostgresStore(postgresql + "&options=-c%20synchronous_commit%3Doff")
    await store.open()
    names = ("synchronous_commit", "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    shown = [(await store._all((f"SHOW {name}", ()), lambda row: row[0]))[0] for name in names]
    await store.close()

    assert ["on", "10s", "2s", "30s"] == shown
