"""Who calls: API keys by role, customers by their tokens, agents by ``Handoff-Agent`` on top of a key or by a session.

What has been found good is remembered under its hash for a while, so that a message does not cost a signature: a key
that was dropped and a customer who was merged are found out within seconds, an expired token at once.

Source: api.md, Who calls.
"""

from __future__ import annotations

import asyncio
import hmac
import time
from collections import OrderedDict
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from handoff_sdk.core.views import STAFF as STAFF_AUDIENCE
from handoff_sdk.core.views import Audience
from handoff_sdk.errors import Forbidden, Unauthenticated
from handoff_sdk.models.customer import CustomerProfile
from handoff_sdk.models.nearest import did_you_mean

from .sessions import Opened, Sessions, session_token
from .tokens import AnonymousClaims, TokenReader, UserClaims, is_over

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from handoff_sdk.desk.desk import Desk
    from handoff_sdk.models.config import Auth
    from handoff_sdk.models.customer import Customer
    from handoff_sdk.ports import ApiKey, Role, Store

    from .route import Capacity

__all__ = ["BLOCKED", "Authority", "Caller", "has_credential", "has_key", "hash_of"]

BLOCKED: Final = "You are blocked here: you can read your conversations, and write nothing."

_KEY_PREFIX: Final = "hk_"
_KEYS_GOOD_FOR: Final = 5.0
_KEYS_READ_EVERY: Final = 1.0
_TOKENS_GOOD_FOR: Final = 60.0
_TOKENS_KEPT: Final = 50_000


def hash_of(secret: str) -> bytes:
    """What is kept of an API key's secret."""
    return sha256(secret.encode("utf-8", "surrogateescape")).digest()


def has_key(headers: Mapping[str, str]) -> bool:
    """Whether the credential is an API key or an agent's session, by the look of it."""
    authorization = headers.get("Authorization")
    if authorization is None:
        return session_token(headers) is not None
    return authorization.startswith(f"Bearer {_KEY_PREFIX}")


def has_credential(headers: Mapping[str, str]) -> bool:
    """Whether any credential is among the headers."""
    return "Authorization" in headers or session_token(headers) is not None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and in which capacity.

    Args:
        scope: The credential: whose idempotency keys and limits are used.
        role: Of the API key.
        brands: The brands that may be seen; ``None``: all.
        groups: The groups whose tickets an agent's views show, beside those of no group; ``None``: all.
        leads: An agent who may act for the others.
        blocked: A customer who may read what is theirs, and do nothing.
        exp: When a customer's token is over, in seconds since 1970.
        session: Of an agent who logged in.
    """

    capacity: Capacity
    scope: str
    role: Role | None = None
    key: ApiKey | None = None
    agent_id: str | None = None
    customer_id: str | None = None
    name: str | None = None
    anonymous: bool = False
    brands: frozenset[str] | None = None
    groups: frozenset[str] | None = None
    leads: bool = False
    blocked: bool = False
    exp: float | None = None
    session: Opened | None = None

    @property
    def audience(self) -> Audience:
        """As whom the caller reads."""
        if self.capacity == "customer":
            return Audience("customer", self.customer_id)
        if self.capacity == "agent":
            return Audience("agent", self.agent_id)
        return Audience("bot") if self.capacity == "bot" else STAFF_AUDIENCE

    def may_see(self, brand: str) -> bool:
        """Whether things of ``brand`` are there for the caller."""
        return self.brands is None or brand in self.brands


class KeyRing:
    """The API keys, by the hash of their secret. An unknown one makes it look again, at most once a second."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._keys: dict[bytes, ApiKey] = {}
        self._read_at = float("-inf")
        self._reading = asyncio.Lock()

    def known(self, key: ApiKey) -> bool:
        """Whether a key was still there when they were last read."""
        return self._keys.get(key.hash) == key

    async def key(self, digest: bytes) -> ApiKey | None:
        """The key with this hash."""
        asked_at = time.monotonic()
        if asked_at - self._read_at >= _KEYS_GOOD_FOR:
            await self._read(asked_at, unless_read_within=0)
        key = self._keys.get(digest)
        if key is None:
            await self._read(asked_at, unless_read_within=_KEYS_READ_EVERY)
            key = self._keys.get(digest)
        return key if key is not None and hmac.compare_digest(key.hash, digest) else None

    async def look(self) -> None:
        """Read the keys again, unless that was done just now."""
        now = time.monotonic()
        if now - self._read_at >= _KEYS_GOOD_FOR:
            await self._read(now, unless_read_within=0)

    async def _read(self, asked_at: float, unless_read_within: float) -> None:
        async with self._reading:
            if self._read_at >= asked_at:  # somebody else waited for the same
                return
            wait = self._read_at + unless_read_within - time.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            read_at = time.monotonic()
            self._keys = {key.hash: key for key in await self._store.keys()}
            self._read_at = read_at


class Authority:
    """Tells who calls.

    Args:
        desk: Whose keys, configuration and customers count.
    """

    def __init__(self, desk: Desk) -> None:
        self.sessions = Sessions(desk)
        self._desk = desk
        self._keys = KeyRing(desk.store)
        self._reader: TokenReader | None = None
        self._auth: Auth | None = None
        self._seen: OrderedDict[bytes, tuple[Caller, float]] = OrderedDict()

    async def caller(self, headers: Mapping[str, str], *, changes: bool = False) -> Caller:
        """Who sent these headers, in order to read or, where it ``changes`` something, to write.

        Raises:
            Unauthenticated: no good credential is among them.
            Forbidden: it is good, but may not be used like this.
        """
        if "Authorization" not in headers and (cookie := session_token(headers)) is not None:
            return await self._logged_in(cookie, headers, changes=changes)
        scheme, _, secret = headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not secret:
            raise Unauthenticated("Send an API key or a customer's token: Authorization: Bearer ...")
        digest = hash_of(secret)
        if secret.startswith(_KEY_PREFIX):
            key = await self._keys.key(digest)
            if key is None:
                raise Unauthenticated("The API key is not known, or not any more.")
            caller = Caller("bot" if key.role == "bot" else "staff", f"key:{key.id}", role=key.role, key=key)
        else:
            caller = await self._customer(secret, digest)
        agent_id = headers.get("Handoff-Agent")
        return caller if agent_id is None else self._acting(caller, agent_id)

    async def look(self) -> None:
        """See whether keys were dropped and sessions ended."""
        await self._keys.look()
        await self.sessions.look()

    def still_good(self, caller: Caller) -> bool:
        """Whether somebody who was let in would be now, as far as is known without asking the store."""
        if caller.agent_id is not None and caller.agent_id not in self._desk.config.agents:
            return False
        if caller.key is not None:
            return self._keys.known(caller.key)
        if caller.session is not None:
            return self.sessions.alive(caller.session.token)
        return not is_over(caller.exp, self._desk.clock.now())

    async def anonymous_token(self, customer_id: str, expires_at: datetime) -> str:
        """The token of an anonymous customer; the same for the same arguments."""
        return (await self._token_reader()).anonymous(customer_id, expires_at)

    async def anonymous_customer(self, token: str) -> str:
        """Which customer an anonymous token was made for.

        Raises:
            Unauthenticated: it is none, or not any more.
        """
        claims = (await self._token_reader()).claims(token, self._desk.clock.now())
        if not isinstance(claims, AnonymousClaims):
            raise Unauthenticated("The token is not one of an anonymous customer.")
        return claims.sub

    def forget(self, customer_id: str) -> None:
        """Check a customer's tokens anew when they come next."""
        for digest in [digest for digest, (caller, _) in self._seen.items() if caller.customer_id == customer_id]:
            del self._seen[digest]

    def _acting(self, caller: Caller, agent_id: str) -> Caller:
        if caller.capacity != "staff":
            raise Forbidden("Only an integrator's or admin's key acts for an agent (Handoff-Agent).")
        agents = self._desk.config.agents
        if agent_id not in agents:
            raise Forbidden(f"Handoff-Agent: there is no agent {agent_id!r}{did_you_mean(agent_id, agents)}")
        return self._as_agent(caller, agent_id)

    async def _logged_in(self, cookie: str, headers: Mapping[str, str], *, changes: bool) -> Caller:
        """The agent whose session this is.

        Raises:
            Unauthenticated: It is over.
            Forbidden: It would change something, and does not come from a page that the session was told to.
        """
        session = await self.sessions.find(cookie)
        given = headers.get("X-CSRF-Token", "").encode("utf-8", "surrogateescape")
        if changes and not hmac.compare_digest(given, session.csrf.encode()):
            raise Forbidden("With a session's cookie, send its 'csrf' in the header X-CSRF-Token.")
        if headers.get("Handoff-Agent", session.agent_id) != session.agent_id:
            raise Forbidden("A session is one agent's own; it acts for no other (Handoff-Agent).")
        caller = Caller("agent", f"agent:{session.agent_id}", session=session)
        return self._as_agent(caller, session.agent_id)

    def _as_agent(self, caller: Caller, agent_id: str) -> Caller:
        agent = self._desk.config.agents[agent_id]
        brands = None if agent.brands is None else frozenset(agent.brands)
        leads = agent.role != "agent"
        return replace(
            caller,
            capacity="agent",
            agent_id=agent_id,
            name=agent.name,
            brands=brands,
            groups=None if leads else frozenset(agent.groups),
            leads=leads,
        )

    async def _customer(self, token: str, digest: bytes) -> Caller:
        seen = self._seen.get(digest)
        if seen is not None and self._auth is self._desk.config.auth:
            caller, good_until = seen
            if time.monotonic() < good_until and not is_over(caller.exp, self._desk.clock.now()):
                self._seen.move_to_end(digest)
                return caller
            del self._seen[digest]
        claims = (await self._token_reader()).claims(token, self._desk.clock.now())
        customer = await (self._signed_in(claims) if isinstance(claims, UserClaims) else self._anonymous(claims))
        brand = claims.brand if isinstance(claims, UserClaims) else None
        caller = Caller(
            "customer",
            f"customer:{customer.id}",
            customer_id=customer.id,
            name=customer.name,
            anonymous=customer.external_id is None,
            blocked=customer.blocked,
            brands=None if brand is None else frozenset({brand}),
            exp=claims.exp,
        )
        self._seen[digest] = (caller, time.monotonic() + _TOKENS_GOOD_FOR)
        if len(self._seen) > _TOKENS_KEPT:
            self._seen.popitem(last=False)
        return caller

    async def _signed_in(self, claims: UserClaims) -> Customer:
        given = {"external_id": claims.external_id, "name": claims.name}
        if claims.email_verified is not False:
            given["email"] = claims.email
        profile = CustomerProfile.model_validate({key: value for key, value in given.items() if value is not None})
        try:
            return await self._desk.identify(profile)
        except Forbidden:
            raise Unauthenticated("The token's email belongs to another external_id.") from None

    async def _anonymous(self, claims: AnonymousClaims) -> Customer:
        if not self._desk.config.auth.anonymous:
            raise Forbidden("Customers have to sign in here.")
        customer = await self._desk.store.customer(claims.sub)
        if customer is None or customer.external_id is not None:
            raise Unauthenticated(
                "The anonymous customer is not there any more; the one who signed in has the conversations."
            )
        return customer

    async def _token_reader(self) -> TokenReader:
        """The reader for the configuration in force."""
        auth = self._desk.config.auth
        if self._reader is None or self._auth is not auth:
            reader = TokenReader(auth.signing_keys, await self._desk.store.secret("anonymous"))
            self._reader, self._auth = reader, auth
            self._seen.clear()
        return self._reader
