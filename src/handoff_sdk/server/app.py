"""The HTTP API as an aiohttp application, to serve or to mount in another one.

Source: api.md; house page, floors.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from aiohttp import web

from .call import Service
from .limits import Limits
from .middleware import entrance, unrouted, waved_on
from .openapi import document
from .routes.demo import DEMO
from .routes.pages import PAGES
from .table import ROUTES
from .tokens import TokenReader

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from handoff_sdk.desk.desk import Desk
    from handoff_sdk.ports import Files

__all__ = ["SERVICE", "make_app"]

SERVICE = web.AppKey("service", Service)


def make_app(
    desk: Desk, *, limits: Limits | None = None, files: Files | None = None, demo: bool = False
) -> web.Application:
    """The HTTP API of a desk.

    Args:
        desk: The desk; whoever made it starts it before the application and stops it afterwards. Its store has the
            keys, its configuration the signing keys and origins.
        limits: How much one caller may ask for.
        files: Where attachments are kept; without, none are taken.
        demo: There is a page with the widget, and who is on this machine may be any agent.

    Raises:
        ConfigError: a signing key of the configuration is none.
    """
    limits = limits or Limits()
    TokenReader(desk.config.auth.signing_keys, bytes(32))
    service = Service(desk, limits, partial(document, ROUTES), files)
    app = web.Application(client_max_size=limits.body)
    app[SERVICE] = service
    routes = (*ROUTES, *PAGES, *(DEMO if demo else ()))
    for route in routes:
        enter = entrance(service, route)
        for method in route.methods:
            app.router.add_route(method, route.path, enter, expect_handler=waved_on)
    app.router.add_route("*", "/{rest:.*}", unrouted(service, routes), expect_handler=waved_on)
    app.cleanup_ctx.append(_watching)
    app.on_shutdown.append(_closing)
    return app


async def _watching(app: web.Application) -> AsyncIterator[None]:
    """Watch over streams and gate while the application runs."""
    service = app[SERVICE]
    await service.attachments.ready()
    watches = [
        asyncio.create_task(service.streams.watch(), name="streams"),
        asyncio.create_task(service.gate.watch(), name="gate"),
        asyncio.create_task(service.attachments.sweep(), name="attachments"),
    ]
    yield
    for watch in watches:
        watch.cancel()
        with suppress(asyncio.CancelledError):
            await watch


async def _closing(app: web.Application) -> None:
    """End what would not end by itself."""
    service = app[SERVICE]
    service.closing = True
    service.arrivals.close()
    service.streams.close()
