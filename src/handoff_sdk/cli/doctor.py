"""``handoff doctor``: whether this machine, a data folder, a configuration and a running engine are fit for work.

It looks and changes nothing. Every check answers with findings; one that breaks is a finding too.

Source: sdk.md, Command line; house page, decision 4 (SQLite).
"""

from __future__ import annotations

import os
import re
import sqlite3
import sys
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from .database import database
from .findings import SKEW, Finding, counted
from .serve import DATA

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

__all__ = ["doctor", "holder"]

_COLOURS: Final = {"ok": typer.colors.GREEN, "warn": typer.colors.YELLOW, "fail": typer.colors.RED}
_NEEDED: Final = (3, 11)
_EARLIEST: Final = datetime(2025, 1, 1, tzinfo=UTC)
"""Before this package was made: a clock that says so was never set."""
_ANSWER_WITHIN: Final = 5.0


def doctor(
    *,
    data: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help=f"The data folder to look at.  [default: {DATA}, if there]")
    ] = None,
    store: Annotated[
        str | None,
        typer.Option(metavar="URL", help="The store, where it is another than the folder's; as for 'handoff serve'."),
    ] = None,
    config: Annotated[Path | None, typer.Option(metavar="FILE", help="The configuration to check.")] = None,
    url: Annotated[str | None, typer.Option(metavar="URL", help="A running engine, to be asked.")] = None,
) -> None:
    """Check whether all is fit for the engine.

    Python, SQLite, packages and the clock; and the folder, the store, the configuration and the running engine that you
    name. Of PostgreSQL it says who holds which locks, what is large, and what is set so that data may be lost.

    The exit status is 1 when a check fails, else 0.

    \b
    Examples:
      handoff doctor --data desk --config desk.yaml --url http://127.0.0.1:8080
      handoff doctor --store postgresql://handoff@db.example/handoff
    """  # noqa: D301 - typer keeps the lines after a real \b as they are
    findings = [*_machine()]
    if data is not None or DATA.is_dir():
        findings += _folder(data or DATA)
    if store is not None:
        findings += _store_of(store)
    if config is not None:
        findings.append(_config(config))
    if url is not None:
        findings += _engine(url)
    width = max(len(finding.check) for finding in findings)
    for finding in findings:
        verdict = typer.style(f"{finding.verdict:<4}", fg=_COLOURS[finding.verdict])
        typer.echo(f"{verdict}  {finding.check:<{width}}  {finding.found}")
    raise typer.Exit(int(any(finding.verdict == "fail" for finding in findings)))


def _machine() -> Iterator[Finding]:
    python = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info >= _NEEDED:
        yield Finding("Python", "ok", python)
    else:
        yield Finding("Python", "fail", f"{python}; the engine needs {_NEEDED[0]}.{_NEEDED[1]} or newer")
    yield _sqlite()
    yield _packages()
    yield _clock()


def _sqlite() -> Finding:
    try:
        from handoff_sdk.compose import checkpoint_risk
    except ModuleNotFoundError as error:  # what the engine needs is told by the check of the packages
        return Finding("SQLite", "warn", f"{sqlite3.sqlite_version}; not looked at, {error.name} is missing")
    risk = checkpoint_risk()
    return Finding("SQLite", "warn", risk) if risk else Finding("SQLite", "ok", sqlite3.sqlite_version)


def _packages() -> Finding:
    """The packages of the ``server`` extra, as the installed package names them."""
    missing = []
    for requirement in metadata.requires("handoff-sdk") or ():
        name, _, marker = requirement.partition(";")
        named = re.match(r"[A-Za-z0-9._-]+", name)
        if named is None or "extra == 'server'" not in marker.replace('"', "'"):
            continue
        try:
            metadata.version(named[0])
        except metadata.PackageNotFoundError:
            missing.append(named[0])
    optional = {"uvloop"}
    if set(missing) - optional:
        return Finding("packages", "fail", f"{', '.join(missing)} missing: pip install 'handoff-sdk[server]'")
    if missing:
        return Finding("packages", "warn", "uvloop is missing: the engine works, more slowly")
    return Finding("packages", "ok", "all of handoff-sdk[server]")


def _clock() -> Finding:
    now = _now()
    if now < _EARLIEST:
        return Finding("clock", "fail", f"it says {now:%Y-%m-%d %H:%M}Z; set it (NTP), all timers depend on it")
    return Finding("clock", "ok", f"{now:%Y-%m-%d %H:%M:%S}Z")


def _now() -> datetime:
    from handoff_sdk.desk.clock import SystemClock

    return SystemClock().now()


def _folder(folder: Path) -> Iterator[Finding]:
    if not folder.is_dir():
        yield Finding("data folder", "fail", f"{folder} is not there; 'handoff serve --data {folder}' makes it")
        return
    if os.access(folder, os.W_OK | os.X_OK):
        yield Finding("data folder", "ok", f"{folder} can be written")
    else:
        yield Finding("data folder", "fail", f"{folder} cannot be written by this user")
    store = folder / "handoff.db"
    if store.is_file():
        yield _store(store)
    yield _keys(folder / "keys.json")


def _store_of(url: str) -> Iterator[Finding]:
    try:
        from handoff_sdk.compose import on_postgresql, path_of
    except ModuleNotFoundError as error:  # as above
        yield Finding("store", "warn", f"not looked at, {error.name} is missing")
        return
    if on_postgresql(url):
        yield from database(url)
        return
    file = path_of(url)
    yield _store(file) if file.is_file() else Finding("store", "fail", f"there is no file {file}")


def _store(path: Path) -> Finding:
    process = holder(path)
    changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    if changed > _now() + SKEW:
        return Finding(
            "store", "warn", f"{path.name} was changed at {changed:%Y-%m-%d %H:%M}Z: was the clock set back?"
        )
    if process is not None:
        return Finding("store", "ok", f"{path.name} is in use by an engine, process {process}")
    return Finding("store", "ok", f"{path.name} is not in use")


def holder(store: Path) -> str | None:
    """The process whose engine has the store open, as its lock says; ``None`` where none has."""
    lock = store.with_name(f"{store.name}.lock")
    try:
        import fcntl
    except ModuleNotFoundError:  # Windows: it cannot be asked without taking the lock
        return None
    if not lock.exists():
        return None
    with lock.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return file.read().strip() or "unknown"
    return None


def _keys(path: Path) -> Finding:
    if not path.exists():
        return Finding("keys.json", "ok", "not there (it is made with a new store)")
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        return Finding("keys.json", "fail", f"others may read it (mode {mode:04o}): chmod 600 {path}")
    return Finding("keys.json", "ok", f"mode {mode:04o}, for its owner alone")


def _config(path: Path) -> Finding:
    from handoff_sdk.errors import ConfigError
    from handoff_sdk.models.config import DeskConfig

    try:
        config = DeskConfig.load(path)
    except ConfigError as error:
        first, *more = str(error).splitlines()
        return Finding("config", "fail", first + (f" (and {len(more)} more)" if more else ""))
    except OSError as error:
        return Finding("config", "fail", f"{path}: {error.strerror}")
    except ModuleNotFoundError as error:
        return Finding("config", "fail", str(error))
    counts = f"{counted(len(config.brands), 'brand')}, {counted(len(config.agents), 'agent')}"
    if not config.agents:
        return Finding("config", "warn", f"{path}: {counts}; what is handed off will wait for ever")
    return Finding("config", "ok", f"{path}: {counts}")


def _engine(url: str) -> Iterator[Finding]:
    """Whether an engine takes work, and whether its clock and ours agree."""
    import httpx

    try:
        answer = httpx.get(f"{url.rstrip('/')}/readyz", timeout=_ANSWER_WITHIN)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        yield Finding("engine", "fail", f"{url} does not answer: {error}")
        return
    if answer.is_success:
        yield Finding("engine", "ok", f"{url} takes work")
    else:
        yield Finding("engine", "fail", f"{url} answers {answer.status_code} at /readyz: {_detail(answer)}")
    yield from _skew(answer.headers.get("date"))


def _detail(answer: httpx.Response) -> str:
    try:
        told = answer.json()
    except ValueError:
        told = None
    return str(told.get("detail")) if isinstance(told, dict) and told.get("detail") else answer.reason_phrase


def _skew(date: str | None) -> Iterator[Finding]:
    from email.utils import parsedate_to_datetime

    if date is None:
        return
    skew = parsedate_to_datetime(date) - _now()
    if abs(skew) > SKEW:
        yield Finding("engine's clock", "warn", f"{skew.total_seconds():+.0f} s from this machine's")
    else:
        yield Finding("engine's clock", "ok", "agrees with this machine's")
