"""One call of the API: who calls, as whom they act, and how it is answered once.

Source: api.md, Who calls and Resources (``Idempotency-Key``).
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from aiohttp import web
from pydantic_core import to_json

from handoff_sdk.desk.desk import Once
from handoff_sdk.errors import HandoffError, IdempotencyMismatch, InvalidRequest, NotFound
from handoff_sdk.models.event import Actor
from handoff_sdk.ports import Answer, AnswerKept

from .arrivals import Arrivals
from .attachments import AttachmentDesk
from .auth import Authority
from .gate import Gate
from .limits import Bucket, Limits
from .streams import Streams

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from handoff_sdk.desk.desk import Desk, Outcome
    from handoff_sdk.models.conversation import Conversation
    from handoff_sdk.models.noun import Command
    from handoff_sdk.ports import Files

    from .auth import Caller

__all__ = ["Call", "Service"]

_audit = logging.getLogger("handoff_sdk.audit")

_KEPT_FOR: Final = timedelta(hours=24)
_LONGEST_KEY: Final = 255


class Service:
    """What all calls of one server share.

    Args:
        desk: The desk that is spoken to; started by whoever made it.
        limits: How much one caller may ask for.
        document: Gives the OpenAPI document.
        files: Where attachments are kept.
    """

    def __init__(self, desk: Desk, limits: Limits, document: Callable[[], bytes], files: Files | None = None) -> None:
        self.desk = desk
        self.document = document
        self.limits = limits
        self.attachments = AttachmentDesk(desk, files)
        self.authority = Authority(desk)
        self.streams = Streams(self.authority, limits)
        self.anonymous = Bucket(limits.anonymous)
        self.logins = Bucket(limits.logins)
        self.guesses = Bucket(limits.guesses)
        self.writes = Bucket(limits.writes)
        self.activity = Bucket(limits.activity)
        self.running = 0
        self.connections = 0
        self.refused = dict.fromkeys(("connections", "arriving", "full", "share"), 0)
        self.gate = Gate(limits.running, self.refused)
        self.arrivals = Arrivals(limits, self.refused)
        self.closing = False
        self._turns: dict[tuple[str, str], asyncio.Lock] = {}

    @asynccontextmanager
    async def turn(self, scope: str, key: str) -> AsyncIterator[None]:
        """One at a time of those who use the same idempotency key."""
        lock = self._turns.setdefault((scope, key), asyncio.Lock())
        try:
            async with lock:
                yield
        finally:
            if not lock.locked():
                self._turns.pop((scope, key), None)


@dataclass(slots=True)
class Call:
    """One request on its way to an answer. ``headers`` go with every answer; ``body`` is as it came.

    ``holds``: for whom it has a place in the gate.
    """

    service: Service
    request: web.Request
    request_id: str
    headers: dict[str, str]
    known: Caller | None = None
    body: bytes = b""
    holds: str | None = None

    @property
    def caller(self) -> Caller:
        """Who calls; only on routes that ask for a credential."""
        if self.known is None:
            raise TypeError(self.request.path)
        return self.known

    @property
    def scope(self) -> str:
        """For whom the call is counted: a credential or, where none is asked for, an address."""
        return f"address:{self.address}" if self.known is None else self.known.scope

    @property
    def desk(self) -> Desk:
        """The desk."""
        return self.service.desk

    @property
    def address(self) -> str:
        """The address the call came from, as far as the proxies in front can be believed."""
        forwarded = self.request.headers.get("X-Forwarded-For", "")
        hops = [hop.strip() for hop in forwarded.split(",")]
        proxies = self.service.limits.proxies
        return hops[-proxies] if proxies and forwarded and len(hops) >= proxies else self.request.remote or ""

    @property
    def secure(self) -> bool:
        """Whether the call came by https, as far as the proxies in front can be believed."""
        forwarded = self.service.limits.proxies and self.request.headers.get("X-Forwarded-Proto") == "https"
        return self.request.secure or bool(forwarded)

    def take_place(self) -> None:
        """Take a place in the gate, which ``leave`` gives back.

        Raises:
            RateLimited, Unavailable: there is none for this caller.
        """
        scope = self.scope
        self.service.gate.enter(scope, by_key=self.known is not None and self.known.customer_id is None)
        self.holds = scope

    def leave(self) -> None:
        """Give back the place in the gate, if the call has one."""
        if self.holds is not None:
            self.service.gate.leave(self.holds)

    async def conversation(self, conversation_id: str) -> Conversation:
        """A conversation that is there for the caller.

        Raises:
            NotFound: there is none, or it is somebody else's.
        """
        conversation = await self.desk.queries.conversation(conversation_id)
        caller = self.caller
        theirs = caller.customer_id is None or caller.customer_id == conversation.customer_id
        if not theirs or not caller.may_see(conversation.brand):
            raise NotFound(f"There is no conversation {conversation_id}.")
        return conversation

    def actor(self, conversation: Conversation) -> Actor:
        """As whom the caller acts in a conversation: the key of an integrator as its customer."""
        caller = self.caller
        if caller.capacity == "agent":
            return Actor(type="agent", id=caller.agent_id)
        if caller.capacity == "bot":
            return Actor(type="bot", id=conversation.bot)
        return Actor(type="customer", id=conversation.customer_id)

    @property
    def auditor(self) -> Actor:
        """As whom the caller is written down where they act in nobody's name: an agent, or a key and its role."""
        caller = self.caller
        if caller.capacity == "agent":
            return Actor(type="agent", id=caller.agent_id)
        return Actor(type=caller.role or "system", id=caller.key.id if caller.key else None)

    def audit(self, deed: str) -> None:
        """Write down what a key did to somebody."""
        by = self.auditor
        _audit.info("%s %s %s [%s]", by.type, by.id, deed, self.request_id)

    def answer(self, body: bytes, status: int = 200) -> web.Response:
        """An answer in JSON."""
        self.headers["Content-Type"] = "application/json"
        return web.Response(body=body, status=status, headers=self.headers)

    def told(self, value: object, status: int = 200) -> web.Response:
        """``value``, of models and plain values, as the answer."""
        return self.answer(to_json(value, by_alias=True), status)

    async def handle(
        self, command: Command, actor: Actor, answer: Callable[[Outcome], object], status: int = 200
    ) -> web.Response:
        """Have the desk do what is asked, once, and answer.

        Args:
            command: What is asked.
            actor: As whom the caller asks it.
            answer: Tells what was done, as models and plain values; called before it is durable.
            status: Of the answer.
        """
        key = self._idempotency_key()
        if key is None:
            outcome = await self.desk.handle(command, actor)
            return self.told(answer(outcome), status)
        said: list[bytes] = []

        def kept(outcome: Outcome) -> tuple[int, bytes]:
            said[:] = [to_json(answer(outcome), by_alias=True)]
            return status, said[0]

        scope, digest = self.caller.scope, self._digest()
        once = Once(scope, key, digest, kept)
        for last in (False, True):
            try:
                outcome = await self.desk.handle(command, actor, once)
            except (AnswerKept, HandoffError) as error:
                replay = await self._replay(scope, key, digest)
                if replay is not None:
                    return replay
                if isinstance(error, HandoffError) or last:
                    raise
                await self.desk.store.forget_answers(self.desk.clock.now() - _KEPT_FOR)
                continue
            if said:
                return self.answer(said[0], status)
            return await self._keep(scope, key, digest, kept(outcome))
        raise AssertionError

    async def once(
        self,
        make: Callable[[], Awaitable[object]],
        status: int = 200,
        *,
        scope: str | None = None,
        reveal: Callable[[bytes], Awaitable[bytes]] | None = None,
    ) -> web.Response:
        """Do once what is no command of the desk, and answer.

        Args:
            make: Does it and tells of it.
            status: Of the answer.
            scope: Whose idempotency keys count; the caller's by default.
            reveal: Makes the answer's body of what is kept, where that must not be kept itself.
        """
        scope = scope or self.caller.scope
        async with self.alone(scope):
            answer = await self.replayed(scope)
            if answer is None:
                body = to_json(await make(), by_alias=True)
                key = self._idempotency_key()
                answer = self.answer(body, status)
                if key is not None:
                    answer = await self._keep(scope, key, self._digest(), (status, body))
        if reveal and isinstance(answer.body, bytes):
            answer.body = await reveal(answer.body)
        return answer

    @asynccontextmanager
    async def alone(self, scope: str | None = None) -> AsyncIterator[None]:
        """One at a time of those with the same idempotency key."""
        key = self._idempotency_key()
        if key is None:
            yield
        else:
            async with self.service.turn(scope or self.caller.scope, key):
                yield

    async def replayed(self, scope: str | None = None) -> web.Response | None:
        """The first answer to this call; ``None`` where this is the first time."""
        key = self._idempotency_key()
        return None if key is None else await self._replay(scope or self.caller.scope, key, self._digest())

    def _idempotency_key(self) -> str | None:
        key = self.request.headers.get("Idempotency-Key") if self.request.method == "POST" else None
        if key is not None and not (0 < len(key) <= _LONGEST_KEY and key.isascii() and key.isprintable()):
            raise InvalidRequest(f"Idempotency-Key: 1 to {_LONGEST_KEY} printable ASCII characters.")
        return key

    def _digest(self) -> bytes:
        agent = (self.known and self.known.agent_id) or ""
        return sha256(f"{self.request.method}\n{self.request.path}\n{agent}\n".encode() + self.body).digest()

    async def _replay(self, scope: str, key: str, digest: bytes) -> web.Response | None:
        """The answer kept under a key, if it is young enough."""
        kept = await self.desk.store.answer(scope, key)
        if kept is None or kept.at < self.desk.clock.now() - _KEPT_FOR:
            return None
        if kept.digest != digest:
            raise IdempotencyMismatch("This Idempotency-Key was used for another call, or with another body, before.")
        self.headers["Idempotent-Replay"] = "true"
        return self.answer(kept.body, kept.status)

    async def _keep(self, scope: str, key: str, digest: bytes, answer: tuple[int, bytes]) -> web.Response:
        """Keep an answer and give it; where another was kept meanwhile, that one."""
        status, body = answer
        now = self.desk.clock.now()
        for last in (False, True):
            try:
                await self.desk.store.keep_answer(Answer(scope, key, digest, status, body, now))
            except AnswerKept:
                replay = await self._replay(scope, key, digest)
                if replay is not None:
                    return replay
                if last:
                    raise
                await self.desk.store.forget_answers(now - _KEPT_FOR)
            else:
                break
        return self.answer(body, status)
