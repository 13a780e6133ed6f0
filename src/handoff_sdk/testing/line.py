"""The connection of a bot's process to the desk: it knows which step sends what, and it can be cut there.

A dead process sends nothing any more. What a step sends is all that others can see of it, so that a cut before and one
after each request are all the places where a process can die and it makes a difference.

Source: sdk.md, Testing your bot (``crash``); sdk.md, A bot (how it survives).
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import httpx

from handoff_sdk.errors import RateLimited

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["STEPS", "Cut", "Killed", "Line", "TooMany"]

_SENT: Final[Mapping[str, str]] = {
    r"PATCH /v1/conversations/[^/]+": "state",
    r"PATCH /v1/customers/[^/]+": "customer.update",
    r"POST /v1/conversations/[^/]+/activity": "typing",
    r"POST /v1/conversations/[^/]+/end_session": "end_session",
    r"POST /v1/conversations/[^/]+/followups": "followup",
    r"POST /v1/conversations/[^/]+/handoff": "handoff",
    r"POST /v1/conversations/[^/]+/leave_queue": "cancel",
    r"POST /v1/conversations/[^/]+/pass": "pass_to",
    r"POST /v1/conversations/[^/]+/preview": "preview",
    r"POST /v1/bots/[^/]+/turns/[^/]+/done": "done",
    r"GET /v1/.*": "read",
}
_POSTED: Final = frozenset({"say", "ask", "ask_yes_no", "ask_choice", "collect"})
"""Steps that post a message; the idempotency key of the post ends with the step's name."""

STEPS: Final = (*sorted(_POSTED), *dict.fromkeys(_SENT.values()))
"""What the requests of a bot are called: after the step that sends them. ``state`` is what a step writes down before it
goes on (``once`` after its function; ``handoff``, ``end_session`` and ``pass_to`` before they do it), ``done`` the end
of the turn, ``read`` whatever only reads."""

_STREAM: Final = "/v1/stream"


class Killed(BaseException):
    """The process of a bot dies here. No handler and no runtime gets hold of it."""


@dataclass(slots=True)
class Cut:
    """Where a process dies: at the ``nth`` request from now that ``step`` sends (``None``: that any sends).

    ``after``: the desk gets it, but its answer arrives nowhere.
    """

    step: str | None
    nth: int
    after: bool
    met: str = ""

    def meets(self, step: str) -> bool:
        """Take in a request; whether it is the one."""
        self.nth -= self.step in {None, step}
        if self.nth == 0 and self.step in {None, step}:
            self.met = step
            return True
        return False

    def __str__(self) -> str:
        when = "after the desk got" if self.after else "before the desk got"
        return f"the process died {when} {self.met or self.step!r}"


@dataclass(slots=True)
class TooMany:
    """How many requests are still answered with 429."""

    left: int = 0


class Line(httpx.AsyncBaseTransport):
    """A transport that may die.

    Args:
        socket: Where the desk listens.
        cuts: Where to die; one that was met is taken out.
        too_many: How many requests to refuse for now.
    """

    def __init__(self, socket: Path, cuts: list[Cut], too_many: TooMany) -> None:
        self._inner = httpx.AsyncHTTPTransport(uds=str(socket), verify=False)
        self._cuts = cuts
        self._too_many = too_many
        self._watching: dict[asyncio.Task[object], asyncio.Future[None]] = {}
        self.dead = False
        self.sent = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, as long as the process lives."""
        if self.dead:
            raise Killed
        if self._too_many.left > 0:
            self._too_many.left -= 1
            return _refused(request)
        step = _step_of(request)
        self.sent += 1
        met = [cut for cut in self._cuts if cut.meets(step)]
        for cut in met:
            self._cuts.remove(cut)
        self.dead = bool(met)
        if met and not met[0].after:
            raise Killed(step)
        self._note_watching(request)
        response = await self._inner.handle_async_request(request)
        if met:
            await response.aread()
            raise Killed(step)
        return response

    def watched(self, task: asyncio.Task[object]) -> asyncio.Future[None]:
        """Done as soon as ``task`` follows the events, which has no end of its own."""
        future = self._watching[task] = asyncio.get_running_loop().create_future()
        task.add_done_callback(lambda done: self._watching.pop(done, None))
        return future

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()

    def _note_watching(self, request: httpx.Request) -> None:
        task = asyncio.current_task()
        future = self._watching.get(task) if task is not None and request.url.path == _STREAM else None
        if future is not None and not future.done():
            future.set_result(None)


def _step_of(request: httpx.Request) -> str:
    """What a request is called."""
    step = str(request.headers.get("Idempotency-Key", "")).rpartition(":")[2]
    if step in _POSTED and request.url.path.endswith("/messages"):
        return step
    asked = f"{request.method} {request.url.path}"
    return next((name for pattern, name in _SENT.items() if re.fullmatch(pattern, asked)), asked)


def _refused(request: httpx.Request) -> httpx.Response:
    body = {"status": int(HTTPStatus.TOO_MANY_REQUESTS), "code": RateLimited.code, "title": RateLimited.title}
    headers = {"Retry-After": "1", "Content-Type": "application/problem+json"}
    return httpx.Response(HTTPStatus.TOO_MANY_REQUESTS, headers=headers, json=body, request=request)
