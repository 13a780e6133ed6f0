"""What surrounds every route: who calls, what they send, and how refusals are told.

One closure a route, made once, instead of aiohttp's middlewares: what can be known before a call is known before it.

Source: api.md, Who calls and Errors.
"""

from __future__ import annotations

import logging
import re
from http import HTTPStatus
from itertools import count
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from handoff_sdk.errors import Forbidden, HandoffError, InvalidRequest, NotFound, RateLimited, Unavailable

from .auth import BLOCKED, has_key
from .body import command_parser, read_body, read_query
from .call import Call
from .origins import is_listed
from .problem import INTERNAL, problem

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from .auth import Caller
    from .call import Service
    from .route import Capacity, Route

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

__all__ = ["ALWAYS", "Internal", "entrance", "request_id", "unrouted", "waved_on"]

_log = logging.getLogger(__name__)
_audit = logging.getLogger("handoff_sdk.audit")

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_NUMBERS = count(1)
_PROCESS: Final = token_hex(5)
_LONGEST_NAME: Final = 255

ALWAYS: Final = {
    "Server": "handoff",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_API: Final = {**ALWAYS, "Cache-Control": "no-store"}

_SENT: Final = (
    "Authorization, Content-Disposition, Content-Type, Idempotency-Key, If-Match, Last-Event-ID, X-Request-Id"
)
_READ: Final = "ETag, Idempotent-Replay, Retry-After, X-Request-Id"
_SAFE: Final = frozenset({"GET", "HEAD"})


class Internal(HandoffError):
    """The engine got something wrong itself."""

    code = INTERNAL
    status = 500
    title = "The engine failed"


def entrance(service: Service, route: Route) -> Handler:
    """The handler of a route: from a request to its answer, a problem document where it is refused."""
    handler, who, query = route.handler, route.who, route.query
    parse = command_parser(route, service.limits.depth) if route.command else None
    takes_if_match = "if_match" in route.from_elsewhere
    of_api = route.path.startswith("/v1")
    takes_place = of_api and not route.live
    headers = _API if of_api else ALWAYS
    caller_of, limits, gate = service.authority.caller, service.limits, service.gate

    async def arguments(call: Call) -> list[Any]:
        """What the handler takes."""
        request = call.request
        parameters: Mapping[str, str] = request.match_info
        _require_names(parameters)
        if who is not None:
            call.known = await caller_of(request.headers, changes=request.method not in _SAFE)
            _require_one_of(who, call)
        found: list[Any] = [call]
        if parse is not None:
            call.body = await read_body(request, limits, service.arrivals)
        if takes_place:
            call.take_place()
        if parse is not None:
            found.append(parse(call.body, _with_version(parameters, request) if takes_if_match else parameters))
        if query is not None:
            found.append(read_query(request, query))
        return found

    async def enter(request: web.Request) -> web.StreamResponse:
        call = _call(service, request, headers)
        service.running += 1
        try:
            if of_api:
                # Before credentials and body are looked at: to refuse has to cost next to nothing.
                gate.look(by_key=has_key(request.headers))
            return await handler(*await arguments(call))
        except Exception as error:  # noqa: BLE001 - the last one who can tell of it
            return await _failed(call, error)
        finally:
            call.leave()
            service.running -= 1

    return enter


def unrouted(service: Service, routes: Sequence[Route]) -> Handler:
    """The handler of everything that no route takes: 405 where the path takes other methods, preflights, else 404."""
    patterns = [(route.pattern, route.methods) for route in routes]

    async def enter(request: web.Request) -> web.StreamResponse:
        call = _call(service, request, _API)
        path = "/" + request.match_info["rest"]  # without what another application mounted this one at
        allowed = {method for pattern, methods in patterns if pattern.fullmatch(path) for method in methods}
        told = ", ".join(sorted({*allowed, "OPTIONS"}))
        if not allowed:
            return _refused(call, NotFound(f"There is nothing at {path!r}; GET /openapi.json tells what there is."))
        call.headers["Allow"] = told
        if request.method == "OPTIONS":
            if "Access-Control-Allow-Origin" in call.headers:
                call.headers["Access-Control-Allow-Methods"] = told
                call.headers["Access-Control-Allow-Headers"] = _SENT
                call.headers["Access-Control-Max-Age"] = "600"
            return web.Response(status=HTTPStatus.NO_CONTENT, headers=call.headers)
        wrong = InvalidRequest(f"{path!r} does not take {request.method}, but {told}.")
        return _refused(call, wrong, HTTPStatus.METHOD_NOT_ALLOWED)

    return enter


async def waved_on(request: web.Request) -> None:
    """Ask for the body of a request that waits to be asked for it (``Expect: 100-continue``)."""
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0


def request_id(given: str | None) -> str:
    """What a request is called in answers and in the log: as its caller calls it, where that is a sane name."""
    return given if given and _REQUEST_ID.fullmatch(given) else f"req_{_PROCESS}{next(_NUMBERS):07x}"


def _call(service: Service, request: web.Request, headers: dict[str, str]) -> Call:
    named = request_id(request.headers.get("X-Request-Id"))
    headers = {**headers, "X-Request-Id": named}
    origin = request.headers.get("Origin")
    if origin is not None:
        headers["Vary"] = "Origin"
        if is_listed(origin, service.desk.config):
            headers["Access-Control-Allow-Origin"] = origin
            headers["Access-Control-Expose-Headers"] = _READ
    return Call(service, request, named, headers)


async def _failed(call: Call, error: Exception) -> web.Response:
    """The answer to a call that raised. What is the engine's own fault is logged, and no more told of it."""
    if isinstance(error, (RateLimited, Unavailable)):
        await call.service.gate.hold_back()
    if isinstance(error, HandoffError):
        return _refused(call, error)
    if isinstance(error, web.HTTPException):
        return _refused(call, InvalidRequest(error.reason), error.status)
    request = call.request
    if isinstance(error, ConnectionError) and (request.transport is None or request.transport.is_closing()):
        return web.Response()  # nobody is there to be told
    _log.error("%s %s failed [%s]", request.method, request.path, call.request_id, exc_info=error)
    return _refused(call, Internal(f"The engine's log says more under {call.request_id}."))


def _refused(call: Call, error: HandoffError, status: int | None = None) -> web.Response:
    status, body, headers = problem(error, call.request_id, status)
    call.headers.update(headers)
    return web.Response(body=body, status=status, headers=call.headers)


def _require_names(parameters: Mapping[str, str]) -> None:
    """Raise ``NotFound`` where a parameter of the path is no name that anything could have."""
    for name in parameters.values():
        if len(name) > _LONGEST_NAME or "\0" in name:
            raise NotFound


def _require_one_of(who: frozenset[Capacity], call: Call) -> None:
    """Raise ``Forbidden`` unless the caller is one of ``who`` and not blocked; note who acts for an agent."""
    caller = call.caller
    if caller.capacity not in who:
        raise _not_for(caller, who)
    if caller.blocked and call.request.method not in _SAFE:
        raise Forbidden(BLOCKED)
    if caller.agent_id is not None and call.request.method not in _SAFE:
        _log_acting(call, caller)


def _not_for(caller: Caller, who: frozenset[Capacity]) -> Forbidden:
    if caller.capacity == "staff" and "agent" in who:
        return Forbidden("Agents do this: say for which one with the header Handoff-Agent.")
    name = {"staff": "An integrator's or admin's key", "bot": "A bot's key", "agent": "An agent"}.get(
        caller.capacity, "A customer"
    )
    return Forbidden(f"{name} may not do this.")


def _log_acting(call: Call, caller: Caller) -> None:
    request = call.request
    by = f"key {caller.key.id} acts for agent" if caller.key else "a session of agent"
    _audit.info("%s %s: %s %s [%s]", by, caller.agent_id, request.method, request.path, call.request_id)


def _with_version(parameters: Mapping[str, str], request: web.Request) -> Mapping[str, str]:
    """The parameters with the version that ``If-Match`` names; where it names none, the command's model says so.

    ``*`` is any version (RFC 9110, 13.1.1).
    """
    if_match = request.headers.get("If-Match")
    return parameters if if_match in {None, "*"} else {**parameters, "if_match": if_match.removeprefix("W/").strip('"')}
