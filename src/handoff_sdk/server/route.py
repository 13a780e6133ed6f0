"""One row of the table that makes both the routes of the HTTP API and its OpenAPI document.

Source: api.md, Resources.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiohttp import web
    from pydantic import BaseModel

    from handoff_sdk.errors import HandoffError

__all__ = ["AGENT", "ANYBODY", "BOT", "BUSINESS", "CUSTOMER", "STAFF", "Capacity", "Route"]

Capacity = Literal["customer", "bot", "staff", "agent"]
"""In which capacity somebody calls; ``staff`` is an integrator's or admin's key, ``agent`` one with an agent."""

CUSTOMER: frozenset[Capacity] = frozenset({"customer"})
BOT: frozenset[Capacity] = frozenset({"bot"})
STAFF: frozenset[Capacity] = frozenset({"staff"})
AGENT: frozenset[Capacity] = frozenset({"agent"})
BUSINESS = BOT | STAFF | AGENT
ANYBODY = BUSINESS | CUSTOMER

_PARAMETER = re.compile(r"\{(\w+)(?::([^{}]+))?\}")
"""A name in braces and, after a colon, what it looks like where it is not all that stands between two slashes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """What one call of the API takes, does and answers.

    ``handler`` gets the call, then the ``command`` and the ``query`` where the route has them, and gives the response.
    Fields of the command that are parameters of the path, and ``if_match``, are not taken from the body.

    Args:
        who: Who may call; ``None``: no credential is asked for.
        answer: The type of the answer's JSON; ``None`` where it is not JSON.
        status: Of an answer that is not a refusal.
        media: The answer's media type.
        errors: The refusals of this route's own, beside those that follow from its other fields.
        live: The answer takes as long as it takes.
    """

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    handler: Callable[..., Awaitable[web.StreamResponse]]
    summary: str
    who: frozenset[Capacity] | None
    command: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    answer: Any = None
    status: int = 200
    media: str = "application/json"
    errors: tuple[type[HandoffError], ...] = ()
    live: bool = False

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the path's parameters, in their order."""
        return tuple(name for name, _ in _PARAMETER.findall(self.path))

    @property
    def from_elsewhere(self) -> frozenset[str]:
        """The command's fields that do not come from the body."""
        if self.command is None:
            return frozenset()
        return frozenset({*self.parameters, "if_match"} & self.command.model_fields.keys())

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods it is called with: where something is read and has an end, also ``HEAD``."""
        return ("GET", "HEAD") if self.method == "GET" and not self.live else (self.method,)

    @property
    def pattern(self) -> re.Pattern[str]:
        """What the paths of this route look like."""
        return re.compile(_PARAMETER.sub(lambda named: named[2] or "[^/]+", self.path))
