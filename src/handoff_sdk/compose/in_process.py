"""The engine in the process of who uses it.

Source: sdk.md, The engine in your own process.
"""

from __future__ import annotations

import tempfile
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handoff_sdk.client.client import HandoffClient
from handoff_sdk.compose.building import build_desk, config_of
from handoff_sdk.compose.keys import ROLES, drop_keys, new_key
from handoff_sdk.compose.listening import listening, listening_on_socket
from handoff_sdk.compose.stores import on_postgresql, path_of
from handoff_sdk.server.app import make_app
from handoff_sdk.store.files import LocalFiles

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from aiohttp import web

    from handoff_sdk.desk.desk import Desk
    from handoff_sdk.models.config import DeskConfig
    from handoff_sdk.ports import Clock, Role

__all__ = ["OpenDesk", "open_desk"]


class OpenDesk:
    """An engine in this process: the desk, its HTTP API, and clients of it. ``open_desk`` makes it."""

    def __init__(
        self, desk: Desk, socket: Path, keys: Mapping[Role, str], stack: AsyncExitStack, files: LocalFiles
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
        site_host, site_port = await self._stack.enter_async_context(listening(self.app(), host, port))
        return f"http://{site_host}:{site_port}"


@asynccontextmanager
async def open_desk(
    url: str = "sqlite:///handoff.db",
    config: str | Path | Mapping[str, Any] | DeskConfig | None = None,
    *,
    attachments: str | Path | None = None,
    clock: Clock | None = None,
) -> AsyncIterator[OpenDesk]:
    """Run an engine in this process for as long as the context lasts.

    Args:
        url: The store: ``sqlite:///`` and a path (relative to the working folder), or ``postgresql://`` and what
            libpq takes, naming a database that is there and the engine's own.
        config: A configuration, a mapping of one, or the path of a YAML file; the empty one by default.
        attachments: The folder that attachments' files lie in, made with the first of them. By default the SQLite
            file's name with ``.attachments``; with PostgreSQL ``handoff.attachments`` in the working folder, which has
            to be the same one each time.
        clock: The time; the system's by default.

    Raises:
        ConfigError: The configuration cannot be used, or the URL names no store that there is.
        Unavailable: Another engine holds the store.
    """
    async with AsyncExitStack() as stack:
        parsed, written = config_of(config)
        desk = build_desk(url, parsed, written=written, clock=clock)
        await stack.enter_async_context(desk)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="handoff-")))
        keys = {role: await new_key(desk, role, name="in-process") for role in ROLES}
        stack.push_async_callback(drop_keys, desk)
        socket = folder / "desk.sock"
        files = LocalFiles(_folder_for(url, attachments).absolute())
        await stack.enter_async_context(listening_on_socket(make_app(desk, files=files), socket))
        yield OpenDesk(desk, socket, keys, stack, files)


def _folder_for(url: str, given: str | Path | None) -> Path:
    """Where attachments lie."""
    if given is not None:
        return Path(given)
    return Path("handoff.attachments") if on_postgresql(url) else path_of(url).with_suffix(".attachments")
