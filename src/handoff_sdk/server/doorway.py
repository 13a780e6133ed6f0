"""The way in: connections, before anything they bring is a call.

There is a bound to how many there are, and to how long one may be idle or take over the head of a request. Whoever
speaks something else than HTTP is answered in the words of every other refusal, and not written into the log.

Source: api.md, Errors; RFC 9110, 15.5; RFC 6585, 5.
"""

from __future__ import annotations

import logging
import sys
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web
from aiohttp.http_exceptions import ContentEncodingError, HttpProcessingError, LineTooLong

from handoff_sdk.errors import HandoffError, InvalidRequest, NotFound, TooLarge, Unavailable, UnsupportedMedia

from .app import SERVICE
from .body import PACKINGS
from .middleware import ALWAYS, Internal, request_id
from .problem import problem

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable

    from aiohttp.web_protocol import RequestHandler

    from .call import Service

__all__ = ["Doorway"]

_log = logging.getLogger(__name__)

_KEPT_BACK: Final = 64
"""Files that the engine opens itself: its store, and the ways out for webhooks."""


class Doorway(web.AppRunner):
    """Runs an application made by ``make_app`` for those who connect.

    Args:
        app: The application; its limits count.
        finish_within: Seconds that calls in flight get when it is cleaned up.
    """

    __slots__ = ("_service",)

    def __init__(self, app: web.Application, *, finish_within: float) -> None:
        service = app[SERVICE]
        super().__init__(app, shutdown_timeout=finish_within, access_log=None, keepalive_timeout=service.limits.idle)
        self._service = service

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return _Server(self._service, made.request_handler, request_factory=made.request_factory, **self._kwargs)


class _Server(web.Server):
    """Makes the protocol of each connection, and counts them."""

    def __init__(self, service: Service, handler: Callable[..., Awaitable[Any]], **more: Any) -> None:
        super().__init__(_in_our_words(handler), **more)
        self._service = service
        self._most = min(service.limits.connections, _files() - _KEPT_BACK)

    def __call__(self) -> RequestHandler:
        return _Connection(self, loop=self._loop, **self._kwargs)

    def connection_made(self, handler: RequestHandler, transport: asyncio.Transport) -> None:
        """Take a connection in, or tell it that there are too many."""
        super().connection_made(handler, transport)
        service = self._service
        service.connections += 1
        if service.connections > self._most:
            service.refused["connections"] += 1
            transport.write(_too_many())
            self._loop.call_soon(transport.close)  # after aiohttp has begun to wait for a request

    def connection_lost(self, handler: RequestHandler, exc: BaseException | None = None) -> None:
        """Let go of a connection."""
        super().connection_lost(handler, exc)
        self._service.connections -= 1


class _Connection(web.RequestHandler):
    """One connection. What aiohttp refuses by itself is refused in our words."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,  # noqa: ARG002 - follows from the error
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to what is not HTTP, or failed outside of any route."""
        if request.writer.output_size > 0:
            raise ConnectionError
        if isinstance(exc, HttpProcessingError):
            _log.debug("not HTTP, from %s: %s", request.remote, message)
        else:
            _log.error("%s %s failed", request.method, request.path, exc_info=exc)
        response = _refused(*_refusal(exc))
        response.force_close()
        return response


def _in_our_words(handler: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """``handler``, with what finds no route at all (``OPTIONS *``, ``CONNECT``) refused as what is not there."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            answer: web.StreamResponse = await handler(request)
        except web.HTTPException:
            return _refused(NotFound(f"There is nothing at {request.raw_path[:100]!r}; GET /openapi.json tells more."))
        return answer

    return handle


def _refusal(error: BaseException | None) -> tuple[HandoffError, int | None]:
    """What is told of something that aiohttp could not read, without giving it back, and the status."""
    match error:
        case LineTooLong():
            told = "The URL or a header is longer than 8190 bytes."
            return TooLarge(told), HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        case ContentEncodingError():
            return UnsupportedMedia(f"Content-Encoding: {PACKINGS}."), None
        case HttpProcessingError():
            why = error.message.partition("\n")[0].rstrip(":.")
            return InvalidRequest(f"This is no HTTP/1.1 request: {why}."), None
        case _:
            return Internal("The engine's log says more."), None


def _refused(error: HandoffError, status: int | None = None) -> web.Response:
    name = request_id(None)
    status, body, headers = problem(error, name, status)
    return web.Response(body=body, status=status, headers={**ALWAYS, **headers, "X-Request-Id": name})


def _too_many() -> bytes:
    """An answer to who has asked nothing yet."""
    name = request_id(None)
    status, body, headers = problem(Unavailable("Too many connections are open.", retry_after=1), name)
    more = {"Connection": "close", "Content-Length": str(len(body)), "X-Request-Id": name}
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
    lines += [f"{header}: {value}" for header, value in (ALWAYS | headers | more).items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def _files() -> int:
    """How many files this process may have open."""
    if sys.platform == "win32":
        return sys.maxsize
    import resource  # noqa: PLC0415 - there is none on Windows

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if soft == resource.RLIM_INFINITY else soft
