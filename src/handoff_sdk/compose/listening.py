"""The sockets an application is served on; where one closes, requests in flight are finished.

Source: house page, Rooms (``compose``).
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from aiohttp import web

from handoff_sdk.server.doorway import Doorway

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

__all__ = ["FINISH_WITHIN", "listening", "listening_on_socket"]

_BACKLOG: Final = 1024
"""Connections that may come at once: after a restart, every reader of a stream does."""
FINISH_WITHIN: Final = 20.0
"""Seconds that requests in flight get when the engine stops."""


@asynccontextmanager
async def listening(app: web.Application, host: str, port: int) -> AsyncIterator[tuple[str, int]]:
    """Serve ``app`` on an address; which one it is: host (in brackets where it has colons) and port."""
    runner = Doorway(app, finish_within=FINISH_WITHIN)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, reuse_address=True, backlog=_BACKLOG).start()
        address = runner.addresses[0]
        yield f"[{address[0]}]" if ":" in address[0] else address[0], address[1]
    finally:
        await runner.cleanup()


@asynccontextmanager
async def listening_on_socket(app: web.Application, path: Path) -> AsyncIterator[None]:
    """Serve ``app`` on a Unix socket."""
    runner = Doorway(app, finish_within=FINISH_WITHIN)
    await runner.setup()
    try:
        await web.UnixSite(runner, path).start()
        yield
    finally:
        await runner.cleanup()
