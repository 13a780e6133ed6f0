"""The feed on PostgreSQL, while transactions commit in another order than they drew their cursors in."""

import asyncio

import psycopg
import pytest
from tests.conformance.builders import event, said, starts, thread

from handoff_sdk.ports import Change, EventFilter, StaleVersion
from handoff_sdk.store import rows
from handoff_sdk.store.dialects import POSTGRESQL
from handoff_sdk.store.order import Telling
from handoff_sdk.store.postgres import PostgresStore
from handoff_sdk.store.statements import Statements

ADD_EVENT = Statements(POSTGRESQL).add_event


class Writer:
    """Another process that adds events, each call in a transaction that lasts until it is told to end it."""

    def __init__(self, connection):
        self.connection = connection

    async def adds(self, name):
        added = event(thread(name), "conversation.created", seq=1, public_seq=1)
        row = rows.event_row(added, 0)
        done = await psycopg.AsyncRawCursor(self.connection).execute(ADD_EVENT.sql, ADD_EVENT.row(row))
        return (await done.fetchone())[0]

    async def commits(self):
        await self.connection.commit()

    async def rolls_back(self):
        await self.connection.rollback()

    async def dies(self):
        await self.connection.close()


@pytest.fixture
async def store(postgresql):
    made = PostgresStore(postgresql, durable=False)
    await made.open()
    yield made
    await made.close()


@pytest.fixture
async def slow(store, postgresql):
    async with await psycopg.AsyncConnection.connect(postgresql) as connection:
        yield Writer(connection)


@pytest.fixture
async def slower(store, postgresql):
    async with await psycopg.AsyncConnection.connect(postgresql) as connection:
        yield Writer(connection)


async def feed(store, after=0, which=EventFilter()):  # noqa: B008 - frozen
    return [one.cursor for one in await store.events(which, after=after, limit=100)]


async def kept(store):
    """The cursors that a reader without a watermark would see."""
    return await store._all(("SELECT cursor FROM events ORDER BY cursor", ()), lambda row: row[0])


async def test_an_event_that_commits_late_holds_the_feed_before_it(store, slow):
    await starts(store, "1")
    held = await slow.adds("slow")
    later = (await starts(store, "2")).conversation.id

    assert [1, 3] == await kept(store)
    assert (2, [1]) == (held, await feed(store))
    await slow.commits()

    assert [1, 2, 3] == await feed(store)
    assert later == (await store.events(EventFilter(), after=2, limit=1))[0].conversation_id


async def test_a_reader_who_goes_on_from_where_they_were_skips_nothing(store, slow, slower):
    await slow.adds("a")
    await starts(store, "1")
    await slower.adds("b")
    await starts(store, "2")
    seen = await feed(store)
    await slower.commits()
    seen += await feed(store, max(seen, default=0))
    await slow.commits()
    seen += await feed(store, max(seen, default=0))

    assert [1, 2, 3, 4] == seen


async def test_one_that_is_rolled_back_or_dies_lets_the_feed_go_on(store, slow, slower):
    await slow.adds("a")
    await slower.adds("b")
    await starts(store, "1")
    assert [] == await feed(store)

    await slow.rolls_back()
    assert [] == await feed(store)
    await slower.dies()
    async with asyncio.timeout(10):
        while [3] != await feed(store):
            pass


async def test_one_that_began_early_and_draws_late_holds_nothing_back(store, slow, slower):
    await slow.connection.execute("SELECT pg_current_xact_id()")
    await starts(store, "1")

    assert [1] == await feed(store)


async def test_one_conversation_needs_no_watermark(store, slow):
    await slow.adds("slow")
    before = await starts(store, "1")
    await store.submit(said(before))

    assert [2, 3] == await feed(store, which=EventFilter(conversation_id="cnv_1"))
    assert [] == await feed(store, which=EventFilter(customer_id="cus_mia"))


async def test_the_cursor_of_the_feed_is_not_beyond_the_watermark(store, slow):
    await starts(store, "1")
    await slow.adds("slow")
    await starts(store, "2")
    assert 1 == await store.cursor()
    await slow.commits()
    assert 3 == await store.cursor()


async def test_a_refused_change_draws_and_holds_nothing_back(store):
    before = await starts(store)
    stale = Change(before=before.model_copy(update={"version": 9}), after=before, events=said(before).events)
    with pytest.raises(StaleVersion):
        await store.submit(stale)
    await store.submit(said(before))

    assert await store.cursor() == (await feed(store))[-1]


# What one process tells its own listeners


@pytest.fixture
def told():
    return []


@pytest.fixture
def telling(told):
    outcomes = Telling()

    def end(number, cursor, name):
        outcomes.end(number, cursor, lambda: told.append(name))

    outcomes.done = end
    return outcomes


def test_a_higher_cursor_waits_for_whoever_may_have_drawn_a_lower_one(telling, told):
    first, second = telling.begin(), telling.begin()
    telling.done(second, 2, "second")
    assert [] == told
    telling.done(first, 1, "first")
    assert ["first", "second"] == told


def test_who_began_later_holds_nobody_up(telling, told):
    first, second = telling.begin(), telling.begin()
    telling.done(first, 4, "first")
    third = telling.begin()
    telling.done(second, 5, "second")
    assert ["first"] == told
    telling.done(third, 6, "third")
    assert ["first", "second", "third"] == told


def test_outcomes_without_events_come_after_all_that_is_known(telling, told):
    first, second, third = (telling.begin() for _ in range(3))
    telling.done(second, 7, "second")
    telling.done(third, 0, "refused")
    assert [] == told
    telling.done(first, 3, "first")
    assert ["first", "second", "refused"] == told


def test_alone_everybody_is_told_at_once(telling, told):
    for name in "abc":
        telling.done(telling.begin(), 0, name)
    assert ["a", "b", "c"] == told
