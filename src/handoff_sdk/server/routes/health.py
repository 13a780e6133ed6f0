"""Whether the engine is up and works, and what it can do: health, figures, and the OpenAPI document with its page.

Source: api.md, first paragraph.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from re import DOTALL, search
from typing import TYPE_CHECKING, Final, Literal

from aiohttp import web
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from handoff_sdk.errors import Unavailable
from handoff_sdk.models.noun import Noun
from handoff_sdk.server.metrics import figures
from handoff_sdk.server.route import Route

if TYPE_CHECKING:
    from handoff_sdk.server.call import Call

__all__ = ["ROUTES"]

_PAGE: Final = files("handoff_sdk.server").joinpath("docs.html").read_text(encoding="utf-8")


def _hash_of(element: str) -> str:
    """What a content security policy calls the page's own script or style by."""
    found = search(f"<{element}>(.*?)</{element}>", _PAGE, DOTALL)
    if found is None:
        raise ValueError(element)
    return "'sha256-" + b64encode(sha256(found[1].encode()).digest()).decode() + "'"


_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        f"script-src {_hash_of('script')}",
        f"style-src {_hash_of('style')}",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)


class Health(Noun):
    """It works."""

    status: Literal["ok"]


async def up(call: Call) -> web.StreamResponse:
    """Tell that the process is up."""
    return call.told({"status": "ok"})


async def ready(call: Call) -> web.StreamResponse:
    """Tell whether calls will be served."""
    if call.service.closing:
        raise Unavailable("The engine is stopping.", retry_after=1)
    call.desk.check()
    return call.told({"status": "ok"})


async def metrics(call: Call) -> web.StreamResponse:
    """Tell Prometheus."""
    call.headers["Content-Type"] = CONTENT_TYPE_PLAIN_0_0_4
    return web.Response(body=figures(call.service), headers=call.headers)


async def document(call: Call) -> web.StreamResponse:
    """Give the OpenAPI document."""
    return call.answer(call.service.document())


async def docs(call: Call) -> web.StreamResponse:
    """Show the OpenAPI document."""
    call.headers["Content-Type"] = "text/html; charset=utf-8"
    call.headers["Content-Security-Policy"] = _POLICY
    return web.Response(body=_PAGE.encode(), headers=call.headers)


ROUTES = (
    Route(method="GET", path="/healthz", handler=up, summary="The process is up", who=None, answer=Health),
    Route(
        method="GET",
        path="/readyz",
        handler=ready,
        summary="The store can be reached, clock and queues run",
        who=None,
        answer=Health,
        errors=(Unavailable,),
    ),
    Route(method="GET", path="/metrics", handler=metrics, summary="Figures", who=None, media="text/plain"),
    Route(method="GET", path="/openapi.json", handler=document, summary="This document", who=None, answer=dict),
    Route(method="GET", path="/docs", handler=docs, summary="This document, to read", who=None, media="text/html"),
)
