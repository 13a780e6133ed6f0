"""The configuration: read, replace, check.

Source: api.md, Resources (``/v1/config``); config.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff_sdk.errors import ConfigError, Conflict, Forbidden, InvalidRequest
from handoff_sdk.models.configuration import CheckConfig, Configuration, Findings, ReplaceConfig
from handoff_sdk.models.event import Actor
from handoff_sdk.server.route import STAFF, Route

if TYPE_CHECKING:
    from aiohttp import web

    from handoff_sdk.server.call import Call

__all__ = ["ROUTES"]


async def read(call: Call) -> web.StreamResponse:
    """Read the configuration in force."""
    return _told(call)


async def replace(call: Call, command: ReplaceConfig) -> web.StreamResponse:
    """Put another configuration in force."""
    _require_admin(call)
    if not call.body:
        raise InvalidRequest("Send the whole configuration as the body; {} is the empty one.")
    # An actor is of the audit what the key is: the role, and which key of it.
    by = Actor(type="admin", id=call.caller.key.id if call.caller.key else None)
    await call.desk.configure(command.model_extra or {}, by=by, if_version=command.if_match)
    return _told(call)


async def check(call: Call, command: CheckConfig) -> web.StreamResponse:
    """Look through a configuration; nothing changes."""
    _require_admin(call)
    return call.told(Findings(findings=call.desk.configuration.findings(command.model_extra or {})))


def _require_admin(call: Call) -> None:
    if call.caller.role != "admin":
        raise Forbidden("Only an admin's key changes or checks the configuration.")


def _told(call: Call) -> web.Response:
    configuration = call.desk.configuration
    call.headers["ETag"] = f'"{configuration.version}"'
    return call.told(Configuration(version=configuration.version, config=configuration.shown()))


ROUTES = (
    Route(
        method="GET",
        path="/v1/config",
        handler=read,
        summary="The configuration in force, without its secrets",
        who=STAFF,
        answer=Configuration,
    ),
    Route(
        method="PUT",
        path="/v1/config",
        handler=replace,
        summary="Put another configuration in force; the whole of it is the body",
        who=STAFF,
        command=ReplaceConfig,
        answer=Configuration,
        errors=(ConfigError, Conflict),
    ),
    Route(
        method="POST",
        path="/v1/config/check",
        handler=check,
        summary="What is found in a configuration; nothing changes",
        who=STAFF,
        command=CheckConfig,
        answer=Findings,
    ),
)
