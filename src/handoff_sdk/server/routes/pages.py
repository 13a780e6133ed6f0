"""What browsers load: the widget's loader, the files that widget and console are made of, and the console's page.

They are no part of the API and in no document of it. The loader has an address that stays and is asked for anew every
few minutes; the files have the hash of all of them in their path and are kept for a year. Both are for anybody, from
any site: where a widget may speak to the engine is said by ``auth.origins``.

Source: house page, rooms (``web``); W3C, Content Security Policy Level 3.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from aiohttp import web

from handoff_sdk.errors import NotFound
from handoff_sdk.server.route import Route
from handoff_sdk.web import assets, page
from handoff_sdk.web.assets import TYPES

if TYPE_CHECKING:
    from handoff_sdk.server.call import Call

__all__ = ["PAGES", "show"]

_LOADER_KEPT: Final = "public, max-age=300"
_ASSETS_KEPT: Final = "public, max-age=31536000, immutable"
_GZIP: Final = re.compile(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))", re.IGNORECASE)

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob: data:; "
    "media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_OF_PAGES: Final = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}


async def loader(call: Call) -> web.StreamResponse:
    """Give the small script that brings the widget."""
    found = assets()
    tag = f'"{found.hash}"'
    call.headers |= {"ETag": tag, "Cache-Control": _LOADER_KEPT, "Content-Type": TYPES[".js"]}
    _for_anybody(call)
    if tag in call.request.headers.get("If-None-Match", ""):
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=call.headers)
    return web.Response(body=found.loader, headers=call.headers)


async def asset(call: Call) -> web.StreamResponse:
    """Give one file of this version."""
    found, named = assets(), call.request.match_info
    path = named["path"]
    content = found.files.get(path) if named["hash"] == found.hash else None
    _for_anybody(call)
    if content is None:
        raise NotFound(
            f"There is no file {path!r} of the version {named['hash']!r}; GET /widget.js names the present one."
        )
    call.headers |= {
        "Cache-Control": _ASSETS_KEPT,
        "Content-Type": TYPES[PurePosixPath(path).suffix],
        "Vary": "Accept-Encoding",
    }
    if _GZIP.search(call.request.headers.get("Accept-Encoding", "")):
        call.headers["Content-Encoding"] = "gzip"
        content = found.packed[path]
    return web.Response(body=content, headers=call.headers)


async def console(call: Call) -> web.StreamResponse:
    """Show the agents' console."""
    return show(call, "console")


def show(call: Call, name: str, **blanks: str) -> web.Response:
    """One of the package's own pages, which loads nothing from elsewhere and stands in nobody's frame.

    Raises:
        NotFound: There is no such page.
    """
    body = page(name, **blanks)
    if body is None:
        raise NotFound
    call.headers |= _OF_PAGES
    return web.Response(body=body, headers=call.headers)


def _for_anybody(call: Call) -> None:
    call.headers["Access-Control-Allow-Origin"] = "*"
    call.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    call.headers.pop("Vary", None)


PAGES = (
    Route(
        method="GET",
        path="/widget.js",
        handler=loader,
        summary="The widget's loader",
        who=None,
        media="text/javascript",
    ),
    Route(
        method="GET",
        path="/assets/{hash}/{path:.+}",
        handler=asset,
        summary="A file of widget or console",
        who=None,
        media="text/javascript",
    ),
    Route(
        method="GET",
        path="/console",
        handler=console,
        summary="The agents' console",
        who=None,
        media="text/html",
    ),
)
"""Rows like those of the API's table, which are not in its document."""
