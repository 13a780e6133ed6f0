"""Whole hand-offs a second over HTTP, beside as many requests to a bare aiohttp and pydantic echo.

One is six requests: a customer writes, the bot hands off, an agent takes the ticket, answers, the customer thanks, and
the agent hands back. Everything is durable, as in ``messages``.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

from bench import load
from bench.engine import listening, served

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CYCLES = 2_000
CONNECTIONS = 32
ROUNDS = 3
REQUESTS = 6

_CONFIG: dict[str, Any] = {"brands": {"default": {"bot": "ada"}}, "agents": {"ana": {}}}
_PATIENCE = 600.0


def measure(*, small: bool = False) -> dict[str, float]:
    cycles, rounds = (30, 1) if small else (CYCLES, ROUNDS)
    anchor, engine = [], []
    with (
        tempfile.TemporaryDirectory() as folder,
        served(Path(folder), _CONFIG) as ours,
        listening("bench.echo") as echo,
        multiprocessing.get_context("spawn").Pool(1) as pool,
    ):
        said = load.request("POST", "/v1/conversations/any/messages", ours.keys["admin"], _body(content=_text("Hello")))
        for _ in range(rounds):
            anchor.append(load.run(*echo.address, [said] * (cycles * REQUESTS), CONNECTIONS))
            engine.append(pool.apply(_run, (*ours.address, ours.keys, cycles)))
    bare, rate = median(one.rate for one in anchor), median(one.rate for one in engine)
    return {
        "bare echo, requests/s": bare,
        "hand-offs/s": rate,
        "requests/s": rate * REQUESTS,
        "ratio of requests": rate * REQUESTS / bare,
        "a hand-off, p50, ms": median(one.p50 for one in engine) * 1000,
        "a hand-off, p99, ms": median(one.p99 for one in engine) * 1000,
    }


def _run(host: str, port: int, keys: Mapping[str, str], cycles: int) -> load.Load:
    return asyncio.run(_all(host, port, keys, cycles))


async def _all(host: str, port: int, keys: Mapping[str, str], cycles: int) -> load.Load:
    left = iter(range(cycles))
    latencies: list[float] = []
    begun = perf_counter()
    async with asyncio.timeout(_PATIENCE):
        await asyncio.gather(*(_one_after_another(host, port, keys, left, latencies) for _ in range(CONNECTIONS)))
    return load.summed_up(latencies, perf_counter() - begun)


async def _one_after_another(
    host: str, port: int, keys: Mapping[str, str], left: Iterator[int], latencies: list[float]
) -> None:
    reader, writer = await asyncio.open_connection(host, port)

    async def ask(path: str, role: str, agent: str | None = None, **body: object) -> Any:  # noqa: ANN401 - JSON
        sent = load.request("POST", f"/v1/{path}", keys[role], _body(**body), agent)
        return json.loads(await load.exchange(reader, writer, sent))

    for number in left:
        begun = perf_counter()
        customer = {"external_id": f"customer-{number}"}
        conversation = await ask("conversations", "admin", customer=customer, message={"content": _text("A human!")})
        where = f"conversations/{conversation['id']}"
        ticket = (await ask(f"{where}/handoff", "bot", epoch=conversation["epoch"], reason="asked"))["ticket"]
        await ask(f"tickets/{ticket['id']}/take", "admin", "ana")
        await ask(f"{where}/messages", "admin", "ana", content=_text("Ana here. It comes tomorrow."))
        await ask(f"{where}/messages", "admin", content=_text("Thanks!"))
        await ask(f"tickets/{ticket['id']}/hand_back", "admin", "ana")
        latencies.append(perf_counter() - begun)
    writer.close()


def _text(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}


def _body(**fields: object) -> bytes:
    return json.dumps(fields).encode()
