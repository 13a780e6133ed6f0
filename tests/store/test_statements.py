import sqlite3

import pytest
from sqlalchemy.schema import CreateIndex, CreateTable

from handoff_sdk.ports import ConversationFilter, EventFilter, TicketFilter
from handoff_sdk.store.dialects import POSTGRESQL, SQLITE
from handoff_sdk.store.pages import Pages
from handoff_sdk.store.schema import metadata
from handoff_sdk.store.statement import Statement
from handoff_sdk.store.statements import Statements

STATEMENTS = {name: made.sql for name, made in vars(Statements(SQLITE)).items() if isinstance(made, Statement)}
PAGES = {
    "tickets of a conversation": Pages(SQLITE).tickets(TicketFilter(conversation_id="x"), None, 10),
    "tickets by status": Pages(SQLITE).tickets(TicketFilter(statuses=("new", "open")), "x", 10),
    "conversations of a customer": Pages(SQLITE).conversations(ConversationFilter(customer_id="x"), None, None, 10),
    "feed": Pages(SQLITE).events(EventFilter(), 0, 10),
    "feed of a conversation": Pages(SQLITE).events(EventFilter(conversation_id="x"), 0, 10),
    "feed of a customer": Pages(SQLITE).events(EventFilter(customer_id="x", public=True), 0, 10),
    "last event": Pages(SQLITE).last_event("x", "ticket.closed", None, None),
    "history": Pages(SQLITE).messages("x", 0, None, 10, public=True, latest=True),
    "later history": Pages(SQLITE).messages("x", 0, 9, 10, public=False, latest=False),
}
EVERYTHING = STATEMENTS | {name: sql for name, (sql, _) in PAGES.items()}
LOOKING_EVERYWHERE = ("drop_answers_with",)
"""Who is erased may be in any answer that was kept within a day; no index knows every word, and it happens seldom."""
SMALL = ("agents", "api_keys", "bots", "breakers", "configurations", "slots", "webhooks")
BY_INDEX_OF_PART = ("tickets_waiting", "tickets_live", "conversations_at_work", "SCAN CONSTANT ROW", "SCAN anon_")


@pytest.fixture(scope="module")
def database():
    connection = sqlite3.connect(":memory:")
    for table in metadata.sorted_tables:
        connection.execute(str(CreateTable(table).compile(dialect=SQLITE)))
        for index in table.indexes:
            connection.execute(str(CreateIndex(index).compile(dialect=SQLITE)))
    yield connection
    connection.close()


@pytest.mark.parametrize("name", [name for name in EVERYTHING if name not in LOOKING_EVERYWHERE])
def test_no_statement_reads_a_whole_table(database, name):
    sql = EVERYTHING[name]
    plan = [line for *_, line in database.execute(f"EXPLAIN QUERY PLAN {sql}", [1] * sql.count("?"))]
    scans = [line for line in plan if line.startswith("SCAN") and not any(part in line for part in BY_INDEX_OF_PART)]

    assert [] == [line for line in scans if line.split()[1] not in SMALL]


@pytest.mark.parametrize("name", ["history", "feed", "feed of a conversation", "conversations of a customer", "due"])
def test_pages_come_in_order_without_sorting(database, name):
    sql = EVERYTHING[name]
    plan = " ".join(line for *_, line in database.execute(f"EXPLAIN QUERY PLAN {sql}", [1] * sql.count("?")))
    assert "TEMP B-TREE" not in plan


def test_follow_ups_are_counted_without_a_look_at_other_events(database):
    plan = [line for *_, line in database.execute(f"EXPLAIN QUERY PLAN {STATEMENTS['followups_sent']}", [1, 1])]
    [events] = [line for line in plan if "events" in line]

    assert "INDEX events_followups (conversation_id=? AND at>?)" in events


def test_every_statement_can_be_said_in_postgresql_too():
    said = [made.sql for made in vars(Statements(POSTGRESQL)).values() if isinstance(made, Statement)]

    assert len(STATEMENTS) == len(said)
    assert not any("?" in sql for sql in said)


def test_a_filter_is_compiled_once_for_each_set_of_conditions():
    pages = Pages(SQLITE)
    for name in ("a", "b", "c"):
        pages.tickets(TicketFilter(assignee=name), None, 10)
        pages.tickets(TicketFilter(assignee=name, statuses=("new", name)), "x", 10)

    assert 2 == len(pages._made)


def test_a_statements_parameters_are_in_the_order_of_its_text():
    sql, row = Pages(SQLITE).tickets(TicketFilter(groups=("a", "b"), brand="acme"), "tkt_9", 5)

    assert ("acme", "a", "b", "tkt_9", 5, 0) == row
    assert len(row) == sql.count("?")
