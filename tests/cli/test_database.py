"""What ``handoff doctor`` says of a PostgreSQL database."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest

from handoff_sdk.cli.database import database
from handoff_sdk.compose import store_of
from handoff_sdk.desk.clock import SystemClock
from handoff_sdk.store import inspecting
from handoff_sdk.store.migrations import HEAD
from handoff_sdk.store.outage import named


def found_of(url):
    return {finding.check: (finding.verdict, finding.found) for finding in database(url)}


@pytest.fixture(scope="module")
def used(new_database):
    """A database with a desk in it, whose engine does not run."""
    url = new_database()

    async def used_once():
        store = store_of(url)
        await store.open()
        await store.close()

    asyncio.run(used_once())
    return url


def test_a_database_that_rests_is_well_and_looking_changes_nothing(handoff, used, postgresql_server):
    status, out, err = handoff("doctor", "--store", used)
    found = found_of(used)
    assert (1, []) == (status, err)  # the tests' own server may lose what it acknowledged
    assert {"durability"} == {check for check, (verdict, _) in found.items() if verdict != "ok"}
    assert ("ok", f"{named(used)}, PostgreSQL {postgresql_server.version}") == found["database"]
    assert ("ok", f"up to date at {HEAD}") == found["schema"]
    assert ("ok", "free: no engine runs on it") == found["engine's lock"]
    assert ("ok", "agrees with this machine's") == found["database's clock"]
    assert "ok" == found["connections"][0]
    assert re.fullmatch(r"\d+ [kMG]B: \w+ \d+ [kM]B.*, \w+ .*, \w+ .*", found["size"][1])
    assert any("up to date at" in line for line in out)


def test_an_engine_on_it_is_told_and_its_password_is_not(shell, used):
    with shell.serving("--store", used) as engine:
        found = found_of(used.replace("postgres@", "postgres:hunter2@"))
        assert "hunter2" not in str(found)
        verdict, told = found["engine's lock"]
        assert ("ok", True) == (verdict, f" {engine.process.pid}) from the same machine" in told)


def test_an_empty_database_says_what_makes_the_schema(new_database):
    found = found_of(new_database())
    assert ("ok", f"none yet: 'handoff serve' or 'handoff migrate up' makes it, at {HEAD}") == found["schema"]


def test_an_old_schema_a_newer_one_and_something_elses_are_told(new_database):
    url = new_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
        assert ("fail", True) == (found_of(url)["schema"][0], "something else" in found_of(url)["schema"][1])
        connection.execute("CREATE TABLE alembic_version AS SELECT '0001' AS version_num")
        connection.execute("CREATE TABLE events (x INT)")
        connection.execute("CREATE TABLE conversations (x INT)")
        told = f"at 0001: 'handoff serve' or, before that, 'handoff migrate up' brings it to {HEAD}"
        assert ("warn", told) == found_of(url)["schema"]
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        assert ("fail", True) == (found_of(url)["schema"][0], "by a newer handoff-sdk" in found_of(url)["schema"][1])


def test_who_holds_others_up_is_named_with_what_ends_it(used):
    with (
        psycopg.connect(used, application_name="psql") as holding,
        psycopg.connect(used, options="-c statement_timeout=60s") as held_up,
        ThreadPoolExecutor() as threads,
    ):
        pid = holding.info.backend_pid
        holding.execute("LOCK TABLE events")
        waiting = threads.submit(held_up.execute, "SELECT count(*) FROM events")
        found = {}
        while "locks" not in found:
            found = found_of(used)
            assert not waiting.done()
        holding.rollback()
    told, size = found["locks"], found["size"]
    begins = f"1 session held up by session {pid} (psql) from the same machine, whose transaction"
    ends = f"SELECT pg_terminate_backend({pid})"
    assert ("warn", begins, ends) == (told[0], told[1][: len(begins)], told[1][-len(ends) :])
    assert re.fullmatch(r"\d+ kB", size[1])  # what is held cannot be measured


def test_a_transaction_that_lasts_is_told_before_anybody_waits_for_it(used, monkeypatch):
    monkeypatch.setattr(inspecting, "_LINGERING", inspecting._LINGERING.replace("> 60", "> -1"))
    with psycopg.connect(used, application_name="psql") as idle:
        idle.execute("SELECT 1")
        verdict, told = found_of(used)["locks"]
    assert ("warn", "nobody waits yet for session ") == (verdict, told[:29])


def test_a_server_that_is_not_there_is_a_failure_that_says_where(handoff):
    url = "postgresql://ada:hunter2@127.0.0.1:1/desk"
    status, out, err = handoff("doctor", "--store", url)
    assert (1, []) == (status, err)
    last = out[-1]
    assert last.startswith("fail  database  The database desk at 127.0.0.1:1 cannot be reached: ")
    assert "hunter2" not in last


def test_clocks_that_differ_are_a_warning(used, monkeypatch):
    now = SystemClock.now
    monkeypatch.setattr(SystemClock, "now", lambda clock: now(clock) - timedelta(minutes=3))
    verdict, told = found_of(used)["database's clock"]
    assert ("warn", "+180 s from this machine's") == (verdict, told.partition(":")[0])


def test_a_server_that_may_lose_what_it_acknowledged_is_a_failure(used):
    verdict, told = found_of(used)["durability"]
    assert ("fail", "fsync and full_page_writes off") == (verdict, told.partition(":")[0])
