"""Requests over the wire: httpx does the talking, tenacity the trying again. Nothing else in the package knows them.

No exception of httpx, aiohttp or tenacity leaves this module: what cannot be reached is ``Unreachable``.

Source: sdk.md, A client; house page, decision 9 (httpx over aiohttp).
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing, asynccontextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING, Final

import httpx
from tenacity.asyncio import AsyncRetrying

from handoff_sdk.errors import ClientError, UnexpectedAnswer, Unreachable

from .address import checked_address
from .answer import Answer, error_of
from .retries import RETRIED_METHODS, RETRIED_STATUSES

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncGenerator, Awaitable, Callable

    import tenacity

    from handoff_sdk.errors import HandoffError

    from .request import Request
    from .retries import Retries

__all__ = ["Interrupted", "Transport"]

_SILENCE: Final = 45.0
"""Seconds without a byte after which a stream is taken for dead: three heartbeats of the engine."""

_SHORTEST_ATTEMPT: Final = 0.05
_MOST_CONNECTIONS: Final = 100
_SERVER_ERROR: Final = 500

_FOREIGN: Final[tuple[type[Exception], ...]] = (
    httpx.HTTPError,
    httpx.InvalidURL,
    httpx.StreamError,
    TimeoutError,
    OSError,
)

_HOPELESS: Final[tuple[type[Exception], ...]] = (
    httpx.DecodingError,
    httpx.InvalidURL,
    httpx.LocalProtocolError,
    httpx.StreamError,
    httpx.TooManyRedirects,
    httpx.UnsupportedProtocol,
)


class Interrupted(Exception):
    """There is no stream now, but there may be one later. ``error`` is what a user is told who will not wait."""

    def __init__(self, error: HandoffError) -> None:
        super().__init__(str(error))
        self.error = error


class Transport:
    """Connections to one engine.

    Args:
        url: Where the engine is, up to but without ``/v1``.
        retries: How long a call may take, and how its tries are spread.
        transport: The httpx transport to use instead of httpx over aiohttp.
        uds: The path of a Unix socket to connect to; ``url`` then only names the host.

    Raises:
        InvalidRequest: ``url`` is not an address of HTTP.
    """

    def __init__(
        self,
        url: str,
        *,
        retries: Retries,
        transport: httpx.AsyncBaseTransport | None = None,
        uds: str | None = None,
    ) -> None:
        self.url = checked_address(url)
        self.retries = retries
        self._http = httpx.AsyncClient(transport=transport) if transport is not None else _over_aiohttp(uds)
        self._always = dict(self._http.headers)
        self._foreign, self._hopeless = _exceptions()

    async def send(self, request: Request) -> Answer:
        """The engine's answer, good or not, after as many tries as are safe and fit into the bound.

        Raises:
            Unreachable: Nothing answered.
            UnexpectedAnswer: What answered does not speak HTTP.
        """
        retries = self.retries
        deadline = retries.clock() + retries.total + request.wait
        tries = 0

        async def attempt() -> Answer:
            nonlocal tries
            tries += 1
            most = retries.attempt + request.wait
            left = deadline - retries.clock()
            # The first try gets its full time whatever the bound is.
            return await self._attempt(request, most if tries == 1 else max(_SHORTEST_ATTEMPT, min(most, left)))

        def wait(state: tenacity.RetryCallState) -> float:
            return retries.delay(state.attempt_number, _asked_to_wait(state))

        def stop(state: tenacity.RetryCallState) -> bool:
            return retries.clock() + state.upcoming_sleep >= deadline

        try:
            first = await _outcome_of(attempt)
            if not _is_temporary(first) or request.once or request.method not in RETRIED_METHODS:
                return _given(first)
            # Nearly all calls succeed at once, and what tenacity costs is a tenth of a call.
            outcomes = [first]

            async def outcome() -> Answer:
                return _given(outcomes.pop() if outcomes else await _outcome_of(attempt))

            retrying = AsyncRetrying(
                sleep=retries.sleep,
                wait=wait,
                stop=stop,
                retry=_worth_another_try,
                retry_error_callback=_last_outcome,
            )
            answer: Answer = await retrying(outcome)
        except Interrupted as error:
            made = "1 try" if tries == 1 else f"{tries} tries"
            raise Unreachable(f"{error} ({request.method} {request.path}, {made})") from error.__cause__
        return answer

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncGenerator[AsyncGenerator[bytes]]:
        """The chunks of an event stream, as they come. Leaving the context closes the connection.

        Raises:
            Interrupted: There is no stream, or no more of it; another try may succeed. Also while reading.
            HandoffError: Another try would not help.
        """
        response = await self._opened(request)
        try:
            async with aclosing(self._chunks(response)) as chunks:
                yield chunks
        finally:
            await self._close(response)

    async def aclose(self) -> None:
        """Close all connections."""
        with suppress(*self._foreign):
            await self._http.aclose()

    def _built(self, request: Request, timeout: httpx.Timeout) -> httpx.Request:
        if self._http.is_closed:
            raise ClientError("This client is closed. Make calls inside its 'async with', or before aclose().")
        # What `AsyncClient.build_request` merges with its own settings, which are never others, takes as long again.
        return httpx.Request(
            request.method,
            self.url + request.path,
            params=request.params or None,
            headers=self._always | {name.lower(): value for name, value in request.headers.items()},
            content=request.body,
            extensions={"timeout": timeout.as_dict()},
        )

    async def _response(self, request: httpx.Request) -> httpx.Response:
        """The response to a request, its body unread.

        What ``AsyncClient.send`` does around this (cookies, redirects, logins) is never needed, and takes a third of a
        call. Proxies of the environment and respx have their say where the transport is chosen.
        """
        return await self._http._transport_for_url(request.url).handle_async_request(request)  # noqa: SLF001 - see above

    async def _attempt(self, request: Request, seconds: float) -> Answer:
        try:
            async with asyncio.timeout(seconds):
                response = await self._response(self._built(request, httpx.Timeout(seconds)))
                try:
                    return Answer(response.status_code, response.headers, await response.aread())
                finally:
                    await response.aclose()
        except self._foreign as error:
            raise self._explained(error, seconds) from error

    async def _opened(self, request: Request) -> httpx.Response:
        """The response of a stream that has begun."""
        seconds = self.retries.attempt
        response = None
        try:
            async with asyncio.timeout(seconds):
                built = self._built(request, httpx.Timeout(seconds, read=max(_SILENCE, seconds)))
                response = await self._response(built)
                if _is_event_stream(response):
                    return response
                answer = Answer(response.status_code, response.headers, await response.aread())
        except BaseException as error:
            if response is not None:
                await self._close(response)
            if isinstance(error, self._foreign):
                raise self._explained(error, seconds) from error
            raise
        if answer.good:
            raise UnexpectedAnswer(f"{self.url}{request.path} answered {answer.status}, but with no event stream.")
        refusal = error_of(answer)
        if answer.status >= _SERVER_ERROR or answer.status in RETRIED_STATUSES:
            raise Interrupted(refusal)
        raise refusal

    async def _chunks(self, response: httpx.Response) -> AsyncGenerator[bytes]:
        try:
            async for chunk in response.aiter_bytes():
                yield chunk
        except self._foreign as error:
            raise self._explained(error, _SILENCE) from error
        raise Interrupted(Unreachable(f"{self.url} ended the stream."))

    async def _close(self, response: httpx.Response) -> None:
        with suppress(*self._foreign):
            await response.aclose()

    def _explained(self, error: Exception, seconds: float) -> Exception:
        """What an exception of a library means to us."""
        said = str(error) or (f"no answer within {seconds:g} s" if _is_timeout(error) else type(error).__name__)
        if isinstance(error, self._hopeless):
            return UnexpectedAnswer(f"What answers at {self.url} cannot be understood: {said}.")
        return Interrupted(Unreachable(f"{self.url} cannot be reached: {said}"))


def _over_aiohttp(uds: str | None) -> httpx.AsyncClient:
    # Whoever brings a transport does not pay for the import of this one.
    from httpx_aiohttp import AiohttpTransport, HttpxAiohttpClient  # noqa: PLC0415

    limits = httpx.Limits(max_connections=_MOST_CONNECTIONS)
    tls = _tls()
    if uds is not None:
        return httpx.AsyncClient(transport=AiohttpTransport(verify=tls, uds=uds, limits=limits))
    return HttpxAiohttpClient(verify=tls, limits=limits)


@cache
def _tls() -> ssl.SSLContext:
    """The authorities that are trusted: reading them takes longer than all else a client is made of."""
    return httpx.create_ssl_context()


def _exceptions() -> tuple[tuple[type[Exception], ...], tuple[type[Exception], ...]]:
    """What may come out of the libraries, and which of it the next try would meet again."""
    if "aiohttp" not in sys.modules:
        return _FOREIGN, _HOPELESS
    import aiohttp  # noqa: PLC0415 - it is there already

    # httpx-aiohttp lets some of them through.
    return (*_FOREIGN, aiohttp.ClientError), (*_HOPELESS, aiohttp.ClientResponseError, aiohttp.InvalidURL)


def _is_event_stream(response: httpx.Response) -> bool:
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return response.status_code == httpx.codes.OK and media_type == "text/event-stream"


def _is_timeout(error: Exception) -> bool:
    return isinstance(error, TimeoutError | httpx.TimeoutException)


async def _outcome_of(attempt: Callable[[], Awaitable[Answer]]) -> Answer | Interrupted:
    try:
        return await attempt()
    except Interrupted as error:
        return error


def _given(outcome: Answer | Interrupted) -> Answer:
    if isinstance(outcome, Interrupted):
        raise outcome
    return outcome


def _is_temporary(outcome: object) -> bool:
    return isinstance(outcome, Interrupted) or (isinstance(outcome, Answer) and outcome.status in RETRIED_STATUSES)


def _worth_another_try(state: tenacity.RetryCallState) -> bool:
    outcome = _outcome(state)
    return _is_temporary(outcome.exception() if outcome.failed else outcome.result())


def _asked_to_wait(state: tenacity.RetryCallState) -> float | None:
    outcome = _outcome(state)
    return None if outcome.failed else outcome.result().retry_after


def _last_outcome(state: tenacity.RetryCallState) -> Answer:
    answer: Answer = _outcome(state).result()
    return answer


def _outcome(state: tenacity.RetryCallState) -> tenacity.Future:
    if state.outcome is None:
        raise AssertionError("tenacity asks before a try was made")
    return state.outcome
