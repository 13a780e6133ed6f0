"""Posting webhooks with aiohttp, to checked addresses only.

A name is resolved once a connection; all its addresses are checked, and one of just these is connected to, so that a
second look-up cannot lead elsewhere. Redirects are not followed, proxies of the environment not used, cookies not kept,
and of an answer no more is read than makes the connection usable again.

Source: api.md, Webhooks out (2xx within 15 s); ports (``Sender``).
"""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from importlib.metadata import version
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from handoff_sdk.connectors.webhook.guard import Guard, NotAllowed
from handoff_sdk.ports import Posted

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

__all__ = ["WebhookSender"]

_ANSWER_WITHIN: Final = 15.0
_MOST_READ: Final = 16 * 1024
_READ_FOR: Final = 1.0
"""Seconds to wait for the rest of an answer whose status is known."""
_SUCCESS: Final = range(200, 300)
_LOOKUPS_AT_ONCE: Final = 16
_LONGEST_ERROR: Final = 300


class WebhookSender:
    """The way out for webhooks; see ``ports.Sender``. Connections are made at the first post.

    Args:
        allow: Networks, addresses and names of one's own; see ``Guard``.
        answer_within: Seconds within which an answer has to come.
        lookup: The addresses of a name; the system's by default.
    """

    def __init__(
        self,
        allow: Iterable[str] = (),
        *,
        answer_within: float = _ANSWER_WITHIN,
        lookup: Callable[[str], Awaitable[Iterable[str]]] | None = None,
    ) -> None:
        self._guard = Guard(allow)
        self._answer_within = answer_within
        self._names = _Names(lookup)
        self._session: aiohttp.ClientSession | None = None

    async def allow(self, hosts: Iterable[str]) -> None:
        """Go from now on to these hosts of one's own, and to no others; connections that were made before are closed.

        What is under way then fails, and is tried again.
        """
        self._guard = Guard(hosts)
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def refusal(self, url: str) -> str | None:
        """Why nothing will be posted to ``url``, as far as that shows without asking for addresses."""
        try:
            self._guard.check_url(url)
        except NotAllowed as error:
            return str(error)
        return None

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Posted:
        """Post a body once and say what came of it; it raises nothing."""
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            async with asyncio.timeout(self._answer_within):
                answer = await self._answer(url, headers, body)
        except NotAllowed as refused:
            error = str(refused)
        except TimeoutError:
            error = f"No answer came within {self._answer_within:g} s."
        except (aiohttp.ClientError, OSError, ValueError) as failed:
            error = f"{type(failed).__name__}: {failed}"[:_LONGEST_ERROR]
        else:
            status, seconds = answer.status, clock() - began
            await _let_go(answer)
            return Posted(status, seconds, None if status in _SUCCESS else f"It answered {status}.")
        return Posted(None, clock() - began, error)

    async def close(self) -> None:
        """Let go of connections."""
        if self._session is not None:
            await self._session.close()
        self._session = None
        self._names.shut()

    async def _answer(self, url: str, headers: Mapping[str, str], body: bytes) -> aiohttp.ClientResponse:
        checked = self._guard.check_url(url)
        return await self._opened().post(checked, data=body, headers=headers, allow_redirects=False)

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            # No bound of its own: each webhook bounds what it has under way, and a dead one must not fill a common one.
            connector = aiohttp.TCPConnector(
                resolver=_CheckedResolver(self._guard, self._names.lookup), use_dns_cache=False, limit=0
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": f"handoff-sdk/{version('handoff-sdk')}"},
                timeout=aiohttp.ClientTimeout(),
                auto_decompress=False,
                trust_env=False,
                read_bufsize=_MOST_READ,
            )
        return self._session


async def _let_go(answer: aiohttp.ClientResponse) -> None:
    """Read what little an answer should say, so that its connection can be used again; else close it."""
    left = _MOST_READ
    with suppress(aiohttp.ClientError, TimeoutError, OSError):
        async with asyncio.timeout(_READ_FOR):
            while left > 0 and (chunk := await answer.content.read(left)):
                left -= len(chunk)
    if answer.content.at_eof():
        answer.release()
    else:
        answer.close()


class _CheckedResolver(AbstractResolver):
    """Gives a connection the addresses of its host, all of them checked."""

    def __init__(self, guard: Guard, lookup: Callable[[str], Awaitable[Iterable[str]]]) -> None:
        self._guard = guard
        self._lookup = lookup

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002 - each address has its own
    ) -> list[ResolveResult]:
        """The addresses of ``host``.

        Raises:
            NotAllowed: One of them may not be connected to.
            OSError: It has none.
        """
        addresses = [ip_address(text) for text in await self._lookup(host)]
        if not addresses:
            raise OSError(None, f"{host} has no address")
        for address in addresses:
            self._guard.check_address(address, host)
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET if address.version == 4 else socket.AF_INET6,  # noqa: PLR2004 - or it is 6
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        """Nothing is held."""


class _Names:
    """Looks names up, one at a time each: a name whose servers are dead takes one thread, not all."""

    def __init__(self, lookup: Callable[[str], Awaitable[Iterable[str]]] | None) -> None:
        self._asked = lookup or self._system
        self._running: dict[str, asyncio.Task[list[str]]] = {}
        self._threads: ThreadPoolExecutor | None = None

    async def lookup(self, host: str) -> list[str]:
        """The addresses of a name."""
        running = self._running.get(host)
        if running is None:
            running = self._running[host] = asyncio.ensure_future(self._listed(host))
            running.add_done_callback(partial(self._done, host))
        # Who waits no longer must not end it for the others.
        return await asyncio.shield(running)

    def shut(self) -> None:
        """Wait for no look-up any more."""
        for running in self._running.values():
            running.cancel()
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
        self._threads = None

    def _done(self, host: str, task: asyncio.Task[list[str]]) -> None:
        self._running.pop(host, None)
        if not task.cancelled():
            task.exception()  # whoever still waits gets it; nobody has to

    async def _listed(self, host: str) -> list[str]:
        return list(await self._asked(host))

    async def _system(self, host: str) -> Iterable[str]:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(_LOOKUPS_AT_ONCE, thread_name_prefix="handoff-names")
        ask = partial(socket.getaddrinfo, host, None, type=socket.SOCK_STREAM)
        found = await asyncio.get_running_loop().run_in_executor(self._threads, ask)
        return dict.fromkeys(str(address[0]) for *_, address in found)
