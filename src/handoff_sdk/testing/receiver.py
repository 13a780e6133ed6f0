"""Receivers of webhooks on a virtual desk: handlers and URLs, and what may go wrong on the way to them.

What is posted is signed as of the real present, not the desk's: that is the time a receiver compares it with.

Source: sdk.md, Testing your bot (``faults``); api.md, Webhooks out; ports (``Sender``).
"""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass, replace
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from handoff_sdk.connectors.webhook.sender import WebhookSender
from handoff_sdk.core.hooks import signed_headers
from handoff_sdk.desk.clock import SystemClock
from handoff_sdk.errors import HandoffError
from handoff_sdk.models.event import Event
from handoff_sdk.ports import Posted

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from handoff_sdk.ports import Clock

__all__ = ["SECRET", "Arrived", "Handler", "HookFault", "Mail", "OnTheWay", "Receiver"]

HookFault = Literal["duplicate", "late", "reordered", "bad_signature", "rate_limited"]
Handler: TypeAlias = "Callable[[bytes, Mapping[str, str]], Awaitable[int | None]]"
"""Takes the body as it came and the headers; answers a status, or nothing for 204. What it raises is the status of that
error, or 500."""

SECRET: Final = "whsec_aGFuZG9mZi1zZGsgdmlydHVhbCBkZXNrIQ=="  # noqa: S105 - it opens nothing but tests
"""What posts are signed with unless somebody says otherwise."""

_FORGED: Final = "whsec_bm90IHRoZSBzZWNyZXQgb2YgdGhpcyB3ZWJob29rIQ=="
_SUCCESS: Final = range(200, 300)
_ANYWHERE: Final = ("0.0.0.0/0", "::/0")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OnTheWay:
    """What goes wrong with a delivery: ``times`` it is refused, or for how long nothing arrives."""

    fault: HookFault
    times: int = 1
    lasts: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Arrived:
    """A post that reached the receiver: the event, the fault it came with, and the status it was answered with."""

    event: Event
    fault: HookFault | None
    status: int | None


class Receiver:
    """Somebody whom the desk posts webhooks to.

    Args:
        target: A handler, or a URL.
        url: What the desk calls it.
        events: Types of events, or patterns of them.
        secret: What posts are signed with.

    Attributes:
        arrived: What was posted so far and arrived, in order.
    """

    def __init__(self, target: Handler | str, url: str, *, events: Sequence[str], secret: str) -> None:
        self.url = url
        self.secret = secret
        self.events = tuple(events)
        self.arrived: list[Arrived] = []
        self.faults: deque[OnTheWay] = deque()
        self.down_until: datetime | None = None
        self.held: tuple[str, bytes] | None = None
        self._target = target

    async def post(
        self, sender: WebhookSender, message_id: str, body: bytes, fault: HookFault | None, *, forged: bool = False
    ) -> Posted:
        """Let a body arrive, and what came of it."""
        secret = _FORGED if forged else self.secret
        headers = {
            "Content-Type": "application/json",
            **signed_headers([secret], message_id, SystemClock().now(), body),
        }
        if isinstance(self._target, str):
            posted = await sender.post(self._target, headers, body)
        else:
            status = await _answered(self._target, body, headers)
            posted = Posted(status, 0.0, None if status in _SUCCESS else f"It answered {status}.")
        self.arrived.append(Arrived(Event.model_validate_json(body), fault, posted.status))
        return posted


async def _answered(handler: Handler, body: bytes, headers: Mapping[str, str]) -> int:
    try:
        status = await handler(body, headers)
    except HandoffError as error:
        return error.status or HTTPStatus.INTERNAL_SERVER_ERROR
    except Exception:  # noqa: BLE001 - it may raise anything
        _log.exception("a handler of webhooks failed")
        return HTTPStatus.INTERNAL_SERVER_ERROR
    return HTTPStatus.NO_CONTENT if status is None else status


class Mail:
    """The way out for webhooks of a virtual desk; see ``ports.Sender``.

    Args:
        clock: The desk's time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._receivers: dict[str, Receiver] = {}
        self._web = WebhookSender(_ANYWHERE)

    def add(self, receiver: Receiver) -> None:
        """Post to this one too."""
        self._receivers[receiver.url] = receiver

    async def allow(self, hosts: Iterable[str]) -> None:
        """Nothing leaves this desk, wherever it may go."""

    def refusal(self, url: str) -> str | None:
        """Why nothing will be posted to ``url``."""
        return None if url in self._receivers else self._web.refusal(url)

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Posted:
        """Post a body, with whatever is to go wrong with it."""
        receiver = self._receivers.get(url)
        if receiver is None:
            return Posted(None, 0.0, f"Nobody receives webhooks at {url} on this desk.")
        message_id = headers["webhook-id"]
        trouble = receiver.faults.popleft() if receiver.faults else None
        match trouble and trouble.fault:
            case "rate_limited" if trouble is not None:
                if trouble.times > 1:
                    receiver.faults.appendleft(replace(trouble, times=trouble.times - 1))
                return Posted(HTTPStatus.TOO_MANY_REQUESTS, 0.0, "It answered 429.")
            case "late" if trouble is not None:
                receiver.down_until = self._clock.now() + trouble.lasts
            case "reordered":
                receiver.held = (message_id, body)
                return Posted(HTTPStatus.OK, 0.0)
            case "bad_signature":
                await receiver.post(self._web, message_id, body, "bad_signature", forged=True)
            case "duplicate":
                await receiver.post(self._web, message_id, body, None)
        fault: HookFault | None = "duplicate" if trouble and trouble.fault == "duplicate" else None
        if receiver.down_until is not None:
            if self._clock.now() < receiver.down_until:
                return Posted(None, 0.0, "The way is down.")
            receiver.down_until, fault = None, "late"
        posted = await receiver.post(self._web, message_id, body, fault)
        await self._bring_held(receiver)
        return posted

    async def flush(self) -> None:
        """Bring what was held back for something that did not come."""
        for receiver in self._receivers.values():
            await self._bring_held(receiver)

    async def close(self) -> None:
        """Let go of connections."""
        await self._web.close()

    async def _bring_held(self, receiver: Receiver) -> None:
        held, receiver.held = receiver.held, None
        if held is not None:
            await receiver.post(self._web, *held, "reordered")
