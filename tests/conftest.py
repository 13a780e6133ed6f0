"""PostgreSQL for whichever test asks for it; a run without a server fails, unless that was allowed, and says so."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from tests import postgres

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        postgres.make_folder()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        postgres.end()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    server = postgres.running()
    if server is not None:
        terminalreporter.write_line(f"databases: SQLite, PostgreSQL {server.version} ({server.binaries})")
    elif os.environ.get(postgres.LIMITS):
        terminalreporter.write_line(
            f"databases: SQLite; PostgreSQL was left out, as {postgres.LIMITS} allows", red=True
        )
    else:
        terminalreporter.write_line("databases: SQLite; no test asked for PostgreSQL, or it could not be started")


@pytest.fixture(scope="session")
def postgresql_server(worker_id: str) -> postgres.Server:
    if os.environ.get(postgres.LIMITS):
        pytest.skip(f"{postgres.LIMITS} allows to leave PostgreSQL out")
    return postgres.started(os.getpid() if worker_id == "master" else os.getppid())


@pytest.fixture(scope="session")
def new_database(postgresql_server: postgres.Server, worker_id: str) -> Callable[[], str]:
    """Makes databases; the URL of each. They go with the server."""
    import psycopg  # noqa: PLC0415 - a run that leaves PostgreSQL out needs no driver

    count = 0

    def made() -> str:
        nonlocal count
        count += 1
        name = f"{worker_id}_{count}"
        with psycopg.connect(postgresql_server.url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return postgresql_server.url(name)

    return made


@pytest.fixture(scope="session")
def shared_database(new_database: Callable[[], str]) -> str:
    return new_database()


@pytest.fixture
def postgresql(shared_database: str) -> Iterator[str]:
    """The URL of a database in which there is nothing."""
    yield shared_database
    postgres.empty(shared_database)
