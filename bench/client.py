"""Calls of ``HandoffClient``, beside the same requests made with bare httpx and bare aiohttp: many at once, and one.

All ask the bare echo server for a conversation; httpx and aiohttp parse its JSON, the client makes it a model.
"""

from __future__ import annotations

import asyncio
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

import aiohttp
import httpx

from bench.engine import listening
from handoff_sdk import HandoffClient

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

CALLS = 3_000
AT_ONCE = 64
ROUNDS = 3

_PATH = "/v1/conversations/cnv_1"
_AUTHORIZATION = {"Authorization": "Bearer hk_bench"}


def measure(*, small: bool = False) -> dict[str, float]:
    calls, rounds = (100, 1) if small else (CALLS, ROUNDS)
    with listening("bench.echo") as echo:
        return asyncio.run(_measured(echo.url, calls, rounds))


async def _measured(url: str, calls: int, rounds: int) -> dict[str, float]:
    figures: dict[str, float] = {}
    async with (
        HandoffClient(url, api_key="hk_bench") as sdk,
        httpx.AsyncClient(base_url=url, headers=_AUTHORIZATION) as plain,
        aiohttp.ClientSession(url, headers=_AUTHORIZATION) as session,
    ):

        async def with_sdk() -> object:
            return await sdk.conversations.get("cnv_1")

        async def with_httpx() -> object:
            return (await plain.get(_PATH)).json()

        async def with_aiohttp() -> object:
            async with session.get(_PATH) as answer:
                return await answer.json()

        ways = {"client": with_sdk, "httpx": with_httpx, "aiohttp": with_aiohttp}
        for at_once in (AT_ONCE, 1):
            found: dict[str, list[float]] = {name: [] for name in ways}
            for _ in range(rounds):
                for name, call in ways.items():
                    found[name].append(await _rate(call, calls if at_once > 1 else calls // 3, at_once))
            rates = {name: median(each) for name, each in found.items()}
            figures |= {f"{name}, {at_once} at once, calls/s": rate for name, rate in rates.items()}
            figures[f"client to httpx, {at_once} at once"] = rates["client"] / rates["httpx"]
            figures[f"client to aiohttp, {at_once} at once"] = rates["client"] / rates["aiohttp"]
    return figures


async def _rate(call: Callable[[], Awaitable[object]], calls: int, at_once: int) -> float:
    """Calls a second."""
    left = iter(range(calls))

    async def one_after_another() -> None:
        for _ in left:
            await call()

    begun = perf_counter()
    await asyncio.gather(*(one_after_another() for _ in range(at_once)))
    return calls / (perf_counter() - begun)
