"""Agents' sessions in a browser: logging in and out, and the links to log in with.

Source: api.md, Who calls; sdk.md, Command line (``handoff keys``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import from_json, to_json

from handoff_sdk.errors import Forbidden, NotFound, RateLimited, Unauthenticated
from handoff_sdk.models.agent import Agent, LoginLink
from handoff_sdk.models.noun import Command, Identifier, Instant, Noun
from handoff_sdk.server.route import AGENT, STAFF, Route
from handoff_sdk.server.sessions import ABSOLUTE, COOKIE, Opened, link_token, new_link, require_agent

if TYPE_CHECKING:
    from aiohttp import web

    from handoff_sdk.server.call import Call

__all__ = ["ROUTES"]

Token = Annotated[str, StringConstraints(min_length=1, max_length=256)]


class LogIn(Command):
    """How an agent logs in: with the ``token`` of a link, or as an ``agent`` with a ``password``."""

    token: Token | None = None
    agent: Identifier | None = None
    password: Annotated[str, StringConstraints(min_length=1, max_length=1024)] | None = Field(default=None, repr=False)

    @model_validator(mode="after")
    def _one_way(self) -> LogIn:
        by_link, by_password = self.token is not None, self.agent is not None and self.password is not None
        if by_link == by_password or (by_link and (self.agent, self.password) != (None, None)):
            message = "give either 'token', or 'agent' and 'password'"
            raise ValueError(message)
        return self


class NewPassword(Command):
    """An agent's new password."""

    password: Annotated[str, StringConstraints(min_length=10, max_length=1024)] = Field(repr=False)


class SessionAgent(Agent):
    """The agent who logged in, and what they may do."""

    role: Literal["agent", "lead", "admin"]


class BrowserSession(Noun):
    """A session; its id is in a cookie. ``csrf`` goes with every call but GETs in the header ``X-CSRF-Token``."""

    agent: SessionAgent
    csrf: str
    expires_at: Instant


class Nothing(Noun):
    """Done; there is nothing to tell."""


async def log_in(call: Call, command: LogIn) -> web.StreamResponse:
    """Begin a session."""
    _require_same_site(call)
    service, sessions, scope = call.service, call.service.authority.sessions, f"address:{call.address}"
    service.logins.take(scope)
    if command.agent is not None:
        service.guesses.take(command.agent)

    async def begin() -> object:
        if command.token is not None:
            agent_id, seed = await sessions.by_link(command.token)
        else:
            agent_id, seed = await sessions.by_password(command.agent or "", command.password or "")
        return {"agent_id": agent_id, "seed": seed}

    return await _begun(call, await call.once(begin, 201, scope=scope))


async def read(call: Call) -> web.StreamResponse:
    """Tell of the session, for a page that was loaded anew."""
    return call.told(_told(call, _session(call)))


async def log_out(call: Call) -> web.StreamResponse:
    """End the session."""
    await call.service.authority.sessions.end(_session(call).token)
    answer = call.told({})
    answer.del_cookie(COOKIE, path="/", httponly=True, samesite="Strict")
    return answer


async def set_password(call: Call, command: NewPassword) -> web.StreamResponse:
    """Set the agent's password; all their sessions end, and this one goes on under another id."""
    agent_id = _session(call).agent_id

    async def begin() -> object:
        seed = await call.service.authority.sessions.set_password(agent_id, command.password)
        return {"agent_id": agent_id, "seed": seed}

    return await _begun(call, await call.once(begin))


async def make_link(call: Call) -> web.StreamResponse:
    """Make a link to log in with."""
    agent_id = _managed(call)

    async def make() -> object:
        seed, expires_at = await new_link(call.desk, agent_id)
        return {"seed": seed, "expires_at": expires_at}

    async def reveal(kept: bytes) -> bytes:
        """The token logs in: it is made anew, not kept."""
        made = from_json(kept)
        token = await link_token(call.desk, made["seed"])
        return to_json({"token": token, "path": f"/console#login={token}", "expires_at": made["expires_at"]})

    return await call.once(make, 201, reveal=reveal)


async def end_all(call: Call) -> web.StreamResponse:
    """End all sessions of an agent."""
    await call.service.authority.sessions.end_all(_managed(call))
    return call.told({})


async def _begun(call: Call, kept: web.Response) -> web.StreamResponse:
    """The answer with a new session's cookie, of what is kept of it."""
    begun = from_json(kept.body if isinstance(kept.body, bytes) else b"")
    opened = await call.service.authority.sessions.opened(begun["agent_id"], begun["seed"])
    kept.body = to_json(_told(call, opened))
    kept.set_cookie(
        COOKIE,
        opened.token,
        max_age=int(ABSOLUTE.total_seconds()),
        path="/",
        httponly=True,
        samesite="Strict",
        secure=call.secure,
    )
    return kept


def _told(call: Call, opened: Opened) -> BrowserSession:
    agent = call.desk.queries.agent(opened.agent_id)
    role = call.desk.config.agents[opened.agent_id].role
    told = SessionAgent.model_validate({**agent.model_dump(), "role": role})
    return BrowserSession(agent=told, csrf=opened.csrf, expires_at=opened.expires_at)


def _session(call: Call) -> Opened:
    session = call.caller.session
    if session is None:
        raise NotFound("There is no session: the call came with an API key.")
    return session


def _managed(call: Call) -> str:
    """The agent that the path names, whose log-in an administrator's key may manage."""
    if call.caller.role != "admin":
        raise Forbidden("Only an admin's key manages how agents log in.")
    agent_id = call.request.match_info["agent_id"]
    require_agent(call.desk, agent_id)
    return agent_id


def _require_same_site(call: Call) -> None:
    """Nobody is logged in by another site, where what they then do is seen by somebody else."""
    if call.request.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"}:
        raise Forbidden("Agents log in on the engine's own pages.")


ROUTES = (
    Route(
        method="POST",
        path="/v1/session",
        handler=log_in,
        summary="Log an agent in, with a link or a password; the session's id is in the cookie handoff_session",
        who=None,
        command=LogIn,
        answer=BrowserSession,
        status=201,
        errors=(Unauthenticated, Forbidden, RateLimited),
    ),
    Route(
        method="GET",
        path="/v1/session",
        handler=read,
        summary="The session of a browser",
        who=AGENT,
        answer=BrowserSession,
        errors=(NotFound,),
    ),
    Route(
        method="DELETE",
        path="/v1/session",
        handler=log_out,
        summary="Log out",
        who=AGENT,
        answer=Nothing,
        errors=(NotFound,),
    ),
    Route(
        method="POST",
        path="/v1/session/password",
        handler=set_password,
        summary="Set a password, of 10 characters at least; all other sessions of the agent end",
        who=AGENT,
        command=NewPassword,
        answer=BrowserSession,
        errors=(NotFound,),
    ),
    Route(
        method="POST",
        path="/v1/agents/{agent_id}/login_link",
        handler=make_link,
        summary="A link for an agent to log in with, good once and for 15 minutes (admins only)",
        who=STAFF,
        answer=LoginLink,
        status=201,
    ),
    Route(
        method="DELETE",
        path="/v1/agents/{agent_id}/sessions",
        handler=end_all,
        summary="End all sessions of an agent (admins only)",
        who=STAFF,
        answer=Nothing,
    ),
)
