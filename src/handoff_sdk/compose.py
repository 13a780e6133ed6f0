"""The composition root: settings become a store, a desk and an application. The only place that names a database.

Source: sdk.md, The engine in your own process; api.md, Who calls (keys of a new folder).
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import secrets
import signal
import tempfile
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeGuard

from aiohttp import web

from handoff_sdk.client.client import HandoffClient
from handoff_sdk.connectors.webhook.sender import WebhookSender
from handoff_sdk.core.draft import SYSTEM
from handoff_sdk.desk.clock import SystemClock
from handoff_sdk.desk.configuring import Vetting
from handoff_sdk.desk.desk import Desk
from handoff_sdk.errors import ConfigError, FieldError, HandoffError
from handoff_sdk.models.config import DeskConfig
from handoff_sdk.models.document import DocumentError, read_document
from handoff_sdk.ports import ApiKey, Role
from handoff_sdk.server.app import make_app
from handoff_sdk.server.auth import hash_of
from handoff_sdk.server.doorway import Doorway
from handoff_sdk.server.tokens import TokenReader
from handoff_sdk.store import migrations
from handoff_sdk.store.files import LocalFiles
from handoff_sdk.store.opening import file_revision
from handoff_sdk.store.sqlite import SqliteStore, checkpoint_risk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from handoff_sdk.bot.bot import Bot
    from handoff_sdk.ports import Clock, Store
    from handoff_sdk.store.copying import Copied

__all__ = [
    "OpenDesk",
    "build_desk",
    "checkpoint_risk",
    "copy_desk",
    "new_key",
    "open_desk",
    "schema_of",
    "serve",
    "store_of",
]

_log = logging.getLogger(__name__)

_SQLITE: Final = "sqlite:///"
_POSTGRESQL: Final = ("postgresql://", "postgres://")
ROLES: Final[tuple[Role, ...]] = ("bot", "integrator", "admin")
_WISHES: Final = {"SIGTERM": "stop", "SIGINT": "stop", "SIGHUP": "reread"}
"""What the operator says with a signal."""
_BACKLOG: Final = 1024
"""Connections that may come at once: after a restart, every reader of a stream does."""
_FINISH_WITHIN: Final = 20.0
"""Seconds that requests in flight get when the engine stops."""


def build_desk(
    store: str | Path,
    config: DeskConfig,
    *,
    written: Mapping[str, Any] | None = None,
    clock: Clock | None = None,
    durable: bool = True,
    driven: bool = False,
) -> Desk:
    """A desk on a store; it is not started yet.

    Args:
        store: A URL, as for ``open_desk``, or the path of an SQLite file.
        config: The configuration to start with.
        written: How it was written, where it has ``${NAME}`` in it; by default as it is.
        clock: The time; the system's by default.
        durable: ``False`` for a store that is thrown away: an answer does not wait for the disk.
        driven: Nothing runs by itself; see ``Desk``.

    Raises:
        ConfigError: The URL names no store that there is, or the configuration a URL that nothing will be posted to,
            or a signing key that is none.
    """
    _vet(config)
    return Desk(
        store=store_of(store, durable=durable),
        config=config,
        clock=clock or SystemClock(),
        sender=WebhookSender(config.webhooks_allow),
        driven=driven,
        written=None if written is None else dict(written),
        vetting=Vetting(os.environ, _vet),
    )


def store_of(store: str | Path, *, durable: bool = True) -> Store:
    """The store that a URL names, or that on an SQLite file; it is not open yet.

    Raises:
        ConfigError: It names no store that there is.
    """
    if _on_postgresql(store):
        # A desk on SQLite needs no driver of PostgreSQL.
        from handoff_sdk.store.postgres import PostgresStore  # noqa: PLC0415

        return PostgresStore(store, durable=durable)
    return SqliteStore(_path_of(store), durable=durable)


async def schema_of(store: str | Path) -> tuple[str | None, str]:
    """The revision of a store's schema, ``None`` where it has none yet, and the present one. Nothing is changed.

    Raises:
        ConfigError: It names no store that there is.
        Unavailable: It is something else's, a newer version's, or cannot be reached.
    """
    if _on_postgresql(store):
        from handoff_sdk.store.preparing import present_revision  # noqa: PLC0415 - as above

        return await present_revision(store), migrations.HEAD
    return await asyncio.to_thread(file_revision, _path_of(store)), migrations.HEAD


def copy_desk(source: str, target: str, begin: Callable[[int], Callable[[int], None]]) -> list[Copied]:
    """Copy a desk from an SQLite file into an empty PostgreSQL database, all of it or nothing; see ``store.copying``.

    Raises:
        ConfigError: The URLs are not of this kind.
    """
    if not _on_postgresql(target):
        raise ConfigError("A desk can be copied to a 'postgresql://' URL only.")
    from handoff_sdk.store.copying import copy  # noqa: PLC0415 - as above

    return copy(_path_of(source), target, begin)


class OpenDesk:
    """An engine in this process: the desk, its HTTP API, and clients of it. ``open_desk`` makes it."""

    def __init__(
        self, desk: Desk, socket: Path, keys: Mapping[Role, str], stack: AsyncExitStack, files: LocalFiles | None
    ) -> None:
        self.desk = desk
        self._files = files
        self._socket = socket
        self._keys = keys
        self._stack = stack

    def app(self) -> web.Application:
        """The HTTP API as an application of its own, to be served or mounted in one of yours."""
        return make_app(self.desk, files=self._files)

    def client(self, role: Role = "admin") -> HandoffClient:
        """A client with a key of ``role``, over a Unix socket; it is closed with the desk."""
        client = HandoffClient("http://desk", api_key=self._keys[role], uds=str(self._socket))
        self._stack.push_async_callback(client.aclose)
        return client

    async def key(self, role: Role) -> str:
        """A fresh API key of a role; it stays valid after the desk is closed."""
        return await new_key(self.desk, role)

    async def listen(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Serve the HTTP API on TCP too, until the desk is closed; the URL. Port 0 picks a free one."""
        site_host, site_port = await self._stack.enter_async_context(_listening(self.app(), host, port))
        return f"http://{site_host}:{site_port}"


@asynccontextmanager
async def open_desk(
    url: str = "sqlite:///handoff.db",
    config: str | Path | Mapping[str, Any] | DeskConfig | None = None,
    *,
    clock: Clock | None = None,
) -> AsyncIterator[OpenDesk]:
    """Run an engine in this process for as long as the context lasts.

    Args:
        url: The store: ``sqlite:///`` and a path (relative to the working folder), or ``postgresql://`` and what
            libpq takes, naming a database that is there and the engine's own. Attachments lie in a folder beside an
            SQLite file; with PostgreSQL none are taken here.
        config: A configuration, a mapping of one, or the path of a YAML file; the empty one by default.
        clock: The time; the system's by default.

    Raises:
        ConfigError: The configuration cannot be used, or the URL names no store that there is.
        Unavailable: Another engine holds the store.
    """
    async with AsyncExitStack() as stack:
        parsed, written = _config_of(config)
        desk = build_desk(url, parsed, written=written, clock=clock)
        await stack.enter_async_context(desk)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="handoff-")))
        keys = {role: await new_key(desk, role, name="in-process") for role in ROLES}
        stack.push_async_callback(_drop_keys, desk)
        socket = folder / "desk.sock"
        files = None if _on_postgresql(url) else LocalFiles(_path_of(url).with_suffix(".attachments"))
        await stack.enter_async_context(_listening_on_socket(make_app(desk, files=files), socket))
        yield OpenDesk(desk, socket, keys, stack, files)


async def serve(
    *,
    data: Path,
    config: Path | DeskConfig | None = None,
    store: str | None = None,
    host: str = "127.0.0.1",
    port: int = 8080,
    demo: Bot | None = None,
    announce: Callable[[str], None],
) -> None:
    """Run an engine and its HTTP API until SIGTERM or SIGINT; then requests in flight are finished and all is closed.

    SIGHUP, where there is one, reads the file again; one that cannot be used leaves the configuration as it is.

    Args:
        data: The folder for the store and ``keys.json``; made where there is none.
        config: A YAML file, or a configuration; the empty one by default.
        store: A URL of a store; by default ``handoff.db`` in the folder.
        host: The address to listen on.
        port: The port; 0 picks a free one.
        demo: A bot to run in this process; then there is a page with the widget, and who is on this machine may be
            any agent.
        announce: Gets the lines that the operator should see; the first is ``listening on http://HOST:PORT``.

    Raises:
        ConfigError, Unavailable: As ``open_desk``.
        OSError: The address cannot be listened on, or the folder not be written.
    """
    await asyncio.to_thread(data.mkdir, parents=True, exist_ok=True)
    told, wishes = asyncio.Event(), set[str]()

    def wants(wish: str) -> None:
        wishes.add(wish)
        told.set()

    loop = asyncio.get_running_loop()
    for name, wish in _WISHES.items():
        if hasattr(signal, name):
            loop.add_signal_handler(getattr(signal, name), wants, wish)
    parsed, written = _config_of(config)
    file = config if isinstance(config, Path) else None
    async with build_desk(store or data / "handoff.db", parsed, written=written) as desk:
        new = await _first_keys(desk, data / "keys.json")
        async with AsyncExitStack() as stack:
            app = make_app(desk, files=LocalFiles(data / "attachments"), demo=demo is not None)
            site_host, site_port = await stack.enter_async_context(_listening(app, host, port))
            announce(f"listening on http://{site_host}:{site_port}")
            for role, secret in new.items():
                announce(f"{role} key: {secret}")
            if new:
                announce(f"these keys are kept in {data / 'keys.json'}")
            announce(_running(desk, file))
            if demo is not None:
                await stack.enter_async_context(_answering(demo, desk))
                announce(f"open http://{site_host}:{site_port}/ as the customer, and from there be the agent")
            while True:
                await told.wait()
                if "stop" in wishes:
                    break
                told.clear()
                wishes.clear()
                announce(await _reread(desk, file))
            announce("stopping: finishing what is in flight")


async def _reread(desk: Desk, file: Path | None) -> str:
    """Put the file in force as it is now; what became of that, in a line or, for each thing wrong, one more."""
    if file is None:
        return f"{_running(desk, file)}; there is no file to read again, start with --config FILE"
    try:
        _, written = await asyncio.to_thread(_config_of, file)
        await desk.configure(written or {}, by=SYSTEM, source="file")
    except (HandoffError, OSError) as error:
        return f"configuration: version {desk.configuration.version} stays, {file} cannot be used: {error}"
    return _running(desk, file)


def _running(desk: Desk, file: Path | None) -> str:
    """Which configuration runs, in a line."""
    kept = desk.configuration
    if kept.source == "api":
        where = "put in force over the API" + (f"; {file} says the same as before that" if file else "")
    else:
        where = str(file) if file else "without a file"
    return f"configuration: version {kept.version}, {where}"


@asynccontextmanager
async def _answering(bot: Bot, desk: Desk) -> AsyncIterator[None]:
    """Run a bot in this process, over a Unix socket; where it fails, the log says so."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="handoff-")))
        stack.push_async_callback(_drop_keys, desk)
        key = await new_key(desk, "bot", name="in-process")
        await stack.enter_async_context(_listening_on_socket(make_app(desk), folder / "desk.sock"))
        client = HandoffClient("http://desk", api_key=key, uds=str(folder / "desk.sock"))
        await stack.enter_async_context(client)
        serving = asyncio.create_task(bot.serve(client), name=f"bot {bot.name}")
        serving.add_done_callback(_told)
        try:
            yield
        finally:
            bot.stop()
            await asyncio.wait({serving}, timeout=_FINISH_WITHIN)
            serving.cancel()


def _told(serving: asyncio.Task[None]) -> None:
    if not serving.cancelled() and (error := serving.exception()) is not None:
        _log.error("%s does not answer any more", serving.get_name(), exc_info=error)


async def new_key(desk: Desk, role: Role, name: str | None = None) -> str:
    """Make an API key of a role; the secret is answered once and only its hash is kept."""
    secret = f"hk_{secrets.token_urlsafe(32)}"
    key = ApiKey(
        id=f"key_{secrets.token_hex(8)}",
        role=role,
        hash=hash_of(secret),
        created_at=desk.clock.now(),
        name=name,
    )
    await desk.store.add_key(key)
    return secret


async def _first_keys(desk: Desk, path: Path) -> dict[Role, str]:
    """One key a role for a store that has none, kept in a file that only its owner may read."""
    if await desk.store.keys():
        return {}
    keys = {role: await new_key(desk, role, name="first") for role in ROLES}
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(keys, file, indent=2)
    return keys


async def _drop_keys(desk: Desk) -> None:
    for key in await desk.store.keys():
        if key.name == "in-process":
            await desk.store.drop_key(key.id)


@asynccontextmanager
async def _listening(app: web.Application, host: str, port: int) -> AsyncIterator[tuple[str, int]]:
    runner = Doorway(app, finish_within=_FINISH_WITHIN)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, reuse_address=True, backlog=_BACKLOG).start()
        address = runner.addresses[0]
        yield f"[{address[0]}]" if ":" in address[0] else address[0], address[1]
    finally:
        await runner.cleanup()


@asynccontextmanager
async def _listening_on_socket(app: web.Application, path: Path) -> AsyncIterator[None]:
    runner = Doorway(app, finish_within=_FINISH_WITHIN)
    await runner.setup()
    try:
        await web.UnixSite(runner, path).start()
        yield
    finally:
        await runner.cleanup()


def _on_postgresql(store: str | Path) -> TypeGuard[str]:
    return isinstance(store, str) and store.startswith(_POSTGRESQL)


def _path_of(url: str | Path) -> Path:
    if isinstance(url, Path):
        return url
    if not url.startswith(_SQLITE) or url == _SQLITE:
        shown = re.sub(r"//[^/]*@", "//", url)
        raise ConfigError(
            f"{shown!r} is not a store that there is; write 'sqlite:///' and the path of a file, or "
            "'postgresql://USER@HOST/DATABASE'."
        )
    return Path(url.removeprefix(_SQLITE))


def _vet(config: DeskConfig) -> None:
    """Refuse what only the world around the desk can tell: addresses that are not posted to, keys that are none.

    Raises:
        ConfigError: There is any.
    """
    sender = WebhookSender(config.webhooks_allow)
    refused = [
        FieldError(f"webhooks[{index}].url", f"{hook.url}: {problem}")
        for index, hook in enumerate(config.webhooks)
        if (problem := sender.refusal(hook.url))
    ]
    if refused:
        raise ConfigError("\n".join(f"webhooks: {error.message}" for error in refused), refused)
    TokenReader(config.auth.signing_keys, bytes(32))


def _config_of(
    config: str | Path | Mapping[str, Any] | DeskConfig | None,
) -> tuple[DeskConfig, Mapping[str, Any] | None]:
    """A configuration, and how it was written where that is not how it is."""
    match config:
        case DeskConfig():
            return config, None
        case str() | Path():
            try:
                document = read_document(config)
            except DocumentError as error:
                raise ConfigError(str(error), [FieldError("", error.problem)]) from None
            parsed = DeskConfig.parse(document.value, document, environ=os.environ)
            return parsed, document.value if isinstance(document.value, dict) else {}
        case _:
            return DeskConfig.parse(config), None
