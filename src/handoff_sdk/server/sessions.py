"""Agents' sessions in a browser: logging in once, and being known by a cookie from then on.

- A log-in takes a link that is good once and for a quarter of an hour, or a password. Whoever guesses is told the same,
  and as slowly, whether the agent or the password is not known.
- A session is over half a day after its last call, and a week after it began. A new password ends all others of its
  agent; an agent that the configuration does not know any more has none.
- What a browser presents is kept as a hash alone. Cookies are made of a seed and the engine's own secret, so that an
  answer that is kept for its idempotency key opens nothing.

Source: api.md, Who calls; OWASP, Session Management Cheat Sheet.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from handoff_sdk.errors import NotFound, Unauthenticated
from handoff_sdk.models.nearest import did_you_mean
from handoff_sdk.ports import Credential

from .passwords import Passwords

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from handoff_sdk.desk.desk import Desk

__all__ = [
    "ABSOLUTE",
    "COOKIE",
    "Opened",
    "Sessions",
    "link_token",
    "login_link",
    "new_link",
    "require_agent",
    "session_token",
]

_audit = logging.getLogger("handoff_sdk.audit")

COOKIE: Final = "handoff_session"
IDLE: Final = timedelta(hours=12)
ABSOLUTE: Final = timedelta(days=7)
LINK_FOR: Final = timedelta(minutes=15)
_PROLONG_EVERY: Final = timedelta(minutes=5)
_LOOK_EVERY: Final = 5.0
_LONGEST: Final = 256
_REFUSED: Final = "The link was used, is over, or never was; or agent and password do not fit."


@dataclass(frozen=True, slots=True)
class Opened:
    """A session as its browser gets it: ``token`` in the cookie, ``csrf`` in the answer."""

    agent_id: str
    token: str
    expires_at: datetime

    @property
    def csrf(self) -> str:
        """What goes along with every call that changes something. Only who can read our answers knows it."""
        return _text(sha256(b"csrf:" + self.token.encode()).digest())


class Sessions:
    """The sessions of one desk's agents."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._passwords = Passwords()
        self._alive: dict[str, datetime] = {}
        """When those are over whose cookies were seen."""
        self._looked_at = float("-inf")

    async def by_link(self, token: str) -> tuple[str, str]:
        """The agent whose link this is, used up by now, and the seed of a new session.

        Raises:
            Unauthenticated: It is not good, or not any more.
        """
        store, link_id = self._desk.store, _id(token)
        link = await store.credential(link_id)
        good = link is not None and link.kind == "link" and _is_good(link, self._desk.clock.now())
        if link is None or not await store.drop_credential(link_id) or not good:
            raise Unauthenticated(_REFUSED)
        return link.agent_id, await self._begin(link.agent_id, "a link")

    async def by_password(self, agent_id: str, password: str) -> tuple[str, str]:
        """The agent, and the seed of a new session.

        Raises:
            Unauthenticated: The password is not theirs, or there is no such agent.
            Unavailable: Too many log in.
        """
        kept = await self._desk.store.credential(_password_id(agent_id))
        if not await self._passwords.fits(kept.secret if kept else None, password):
            _audit.warning("a log-in for agent %r was refused", agent_id)
            raise Unauthenticated(_REFUSED)
        return agent_id, await self._begin(agent_id, "a password")

    async def set_password(self, agent_id: str, password: str) -> str:
        """Give an agent a password and end all their sessions; the seed of a new one."""
        secret = await self._passwords.hash(password)
        await self.end_all(agent_id)
        now = self._desk.clock.now()
        kept = Credential(_password_id(agent_id), "password", agent_id, now, secret=secret)
        await self._desk.store.keep_credential(kept)
        return await self._begin(agent_id, "a new password")

    async def opened(self, agent_id: str, seed: str) -> Opened:
        """The session that was begun with a seed.

        Raises:
            Unauthenticated: It has ended.
        """
        session = await self._desk.store.credential(_id(token := await self._token(seed)))
        if session is None or session.expires_at is None:
            raise Unauthenticated("The session has ended; log in again.")
        return Opened(agent_id, token, session.expires_at)

    async def find(self, token: str) -> Opened:
        """The session of a cookie, which lives on for a while because of this call.

        Raises:
            Unauthenticated: There is none, or it is over.
        """
        now, session_id = self._desk.clock.now(), _id(token)
        session = await self._desk.store.credential(session_id) if len(token) <= _LONGEST else None
        known = session is not None and session.kind == "session" and session.agent_id in self._desk.config.agents
        if session is None or session.expires_at is None or not known or not _is_good(session, now):
            self._alive.pop(session_id, None)
            raise Unauthenticated("The session has ended; log in again.")
        expires_at = min(now + IDLE, session.created_at + ABSOLUTE)
        if expires_at - session.expires_at >= _PROLONG_EVERY:
            await self._desk.store.prolong_credential(session_id, expires_at)
        else:
            expires_at = session.expires_at
        self._alive[session_id] = expires_at
        return Opened(session.agent_id, token, expires_at)

    async def end(self, token: str) -> None:
        """End one session."""
        self._alive.pop(_id(token), None)
        await self._desk.store.drop_credential(_id(token))

    async def end_all(self, agent_id: str) -> None:
        """End all sessions of an agent, and make their links worthless."""
        for credential in await self._desk.store.credentials(agent_id):
            if credential.kind != "password":
                self._alive.pop(credential.id, None)
                await self._desk.store.drop_credential(credential.id)

    def alive(self, token: str) -> bool:
        """Whether a session that was found lives on, as far as is known without asking the store."""
        expires_at = self._alive.get(_id(token))
        return expires_at is not None and expires_at > self._desk.clock.now()

    async def look(self) -> None:
        """See whether sessions were ended or prolonged elsewhere, unless that was done just now."""
        now = asyncio.get_running_loop().time()
        if now - self._looked_at < _LOOK_EVERY:
            return
        self._looked_at = now
        for session_id in tuple(self._alive):
            session = await self._desk.store.credential(session_id)
            if session is None or session.expires_at is None or session.agent_id not in self._desk.config.agents:
                self._alive.pop(session_id, None)
            else:
                self._alive[session_id] = session.expires_at
        await self._desk.store.forget_credentials(self._desk.clock.now())

    async def _begin(self, agent_id: str, by: str) -> str:
        if agent_id not in self._desk.config.agents:
            raise Unauthenticated(_REFUSED)
        now, seed = self._desk.clock.now(), secrets.token_urlsafe(16)
        session_id = _id(await self._token(seed))
        await self._desk.store.keep_credential(Credential(session_id, "session", agent_id, now, now + IDLE))
        _audit.info("agent %s logged in with %s", agent_id, by)
        return seed

    async def _token(self, seed: str) -> str:
        return await _made_of(self._desk, f"session:{seed}")


async def new_link(desk: Desk, agent_id: str) -> tuple[str, datetime]:
    """Make a log-in link of an agent: the seed of its token, and when it is over."""
    seed, now = secrets.token_urlsafe(16), desk.clock.now()
    expires_at = now + LINK_FOR
    await desk.store.keep_credential(Credential(_id(await link_token(desk, seed)), "link", agent_id, now, expires_at))
    return seed, expires_at


async def link_token(desk: Desk, seed: str) -> str:
    """The token that was made of a seed, to be put behind ``/console#login=``."""
    return await _made_of(desk, f"link:{seed}")


async def login_link(desk: Desk, agent_id: str) -> str:
    """The token of a new log-in link of an agent."""
    seed, _ = await new_link(desk, agent_id)
    return await link_token(desk, seed)


async def _made_of(desk: Desk, seed: str) -> str:
    """What is presented, of what is kept of it."""
    return _text(hmac.digest(await desk.store.secret("sessions"), seed.encode(), "sha256"))


def require_agent(desk: Desk, agent_id: str) -> None:
    """Raise ``NotFound`` where the configuration does not know an agent."""
    agents = desk.config.agents
    if agent_id not in agents:
        raise NotFound(f"There is no agent {agent_id!r}{did_you_mean(agent_id, agents)}")


def session_token(headers: Mapping[str, str]) -> str | None:
    """The session that a browser presents in its cookies."""
    for cookie in headers.get("Cookie", "").split(";"):
        name, _, value = cookie.strip().partition("=")
        if name == COOKIE and value:
            return value
    return None


def _is_good(credential: Credential, now: datetime) -> bool:
    return credential.expires_at is not None and credential.expires_at > now


def _id(token: str) -> str:
    return sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def _password_id(agent_id: str) -> str:
    return f"password:{agent_id}"


def _text(digest: bytes) -> str:
    return urlsafe_b64encode(digest).decode().rstrip("=")
