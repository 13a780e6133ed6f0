"""A load of HTTP requests over kept-open connections, each sending its next request when it has its answer.

Requests are bytes made beforehand and answers are read by their length only, so that the load costs little of what is
measured; it runs in a process of its own.
"""

from __future__ import annotations

import asyncio
import multiprocessing
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Load:
    """What a load found: requests a second, and the latency in seconds that 50 and 99 of 100 stayed within."""

    rate: float
    p50: float
    p99: float


def request(method: str, path: str, token: str, body: bytes = b"", agent: str | None = None) -> bytes:
    """One HTTP/1.1 request as it goes over the wire; ``agent``: for whom it acts."""
    acting = f"Handoff-Agent: {agent}\r\n" if agent else ""
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n{acting}"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def summed_up(latencies: list[float], seconds: float) -> Load:
    """What a load found, from the latency of each request and how long all took together."""
    latencies.sort()
    return Load(len(latencies) / seconds, latencies[len(latencies) // 2], latencies[len(latencies) * 99 // 100])


def run(host: str, port: int, requests: Sequence[bytes], connections: int, rate: float | None = None) -> Load:
    """Send all requests over so many connections, in a process of its own; with a ``rate``, so many a second.

    With one, a request that has to wait for its connection counts from when it was its turn.

    Raises:
        RuntimeError: An answer was not a 2xx.
    """
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_run, (host, port, requests, connections, rate))


def _run(host: str, port: int, requests: Sequence[bytes], connections: int, rate: float | None) -> Load:
    return asyncio.run(_all(host, port, requests, connections, rate))


async def _all(host: str, port: int, requests: Sequence[bytes], connections: int, rate: float | None) -> Load:
    begun = perf_counter()
    left = ((begun + number / rate if rate else 0.0, one) for number, one in enumerate(requests))
    latencies: list[float] = []
    async with asyncio.timeout(_PATIENCE * 10 + (len(requests) / rate if rate else 0)):
        await asyncio.gather(*(_connection(host, port, left, latencies) for _ in range(connections)))
    return summed_up(latencies, perf_counter() - begun)


async def _connection(host: str, port: int, left: Iterator[tuple[float, bytes]], latencies: list[float]) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    for turn, one in left:
        if (early := turn - perf_counter()) > 0:
            await asyncio.sleep(early)
        begun = turn or perf_counter()
        await exchange(reader, writer, one)
        latencies.append(perf_counter() - begun)
    writer.close()


async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, one: bytes) -> bytes:
    """Send a request over an open connection; the answer's body.

    Raises:
        RuntimeError: The answer was not a 2xx.
    """
    writer.write(one)
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _PATIENCE)
    status = head[9:12]
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    body = await reader.readexactly(length)
    if not status.startswith(b"2"):
        raise RuntimeError(f"answered {status.decode()}: {body.decode()}")
    return body
