"""The engine as a process of its own: it listens until a signal ends it, and says what its operator should know.

Source: sdk.md, Command line (``handoff serve``); api.md, Who calls (keys of a new folder).
"""

from __future__ import annotations

import asyncio
import logging
import signal
import tempfile
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from handoff_sdk.client.client import HandoffClient
from handoff_sdk.compose.building import build_desk, config_of
from handoff_sdk.compose.keys import drop_keys, first_keys, new_key
from handoff_sdk.compose.listening import FINISH_WITHIN, listening, listening_on_socket
from handoff_sdk.core.draft import SYSTEM
from handoff_sdk.errors import HandoffError
from handoff_sdk.server.app import make_app
from handoff_sdk.store.files import LocalFiles

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from handoff_sdk.bot.bot import Bot
    from handoff_sdk.desk.desk import Desk
    from handoff_sdk.models.config import DeskConfig

__all__ = ["serve"]

_log = logging.getLogger(__name__)
_WISHES: Final = {"SIGTERM": "stop", "SIGINT": "stop", "SIGHUP": "reread"}
"""What the operator says with a signal."""


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
    parsed, written = config_of(config)
    file = config if isinstance(config, Path) else None
    async with build_desk(store or data / "handoff.db", parsed, written=written) as desk:
        new = await first_keys(desk, data / "keys.json")
        async with AsyncExitStack() as stack:
            app = make_app(desk, files=LocalFiles(data / "attachments"), demo=demo is not None)
            site_host, site_port = await stack.enter_async_context(listening(app, host, port))
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
        _, written = await asyncio.to_thread(config_of, file)
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
        stack.push_async_callback(drop_keys, desk)
        key = await new_key(desk, "bot", name="in-process")
        await stack.enter_async_context(listening_on_socket(make_app(desk), folder / "desk.sock"))
        client = HandoffClient("http://desk", api_key=key, uds=str(folder / "desk.sock"))
        await stack.enter_async_context(client)
        serving = asyncio.create_task(bot.serve(client), name=f"bot {bot.name}")
        serving.add_done_callback(_told)
        try:
            yield
        finally:
            bot.stop()
            await asyncio.wait({serving}, timeout=FINISH_WITHIN)
            serving.cancel()


def _told(serving: asyncio.Task[None]) -> None:
    if not serving.cancelled() and (error := serving.exception()) is not None:
        _log.error("%s does not answer any more", serving.get_name(), exc_info=error)
