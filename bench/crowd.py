"""Customers who do not wait: each posts its next message as soon as it has an answer, refused or not.

A crowd runs in a process of its own and says what became of its messages. Bytes are made beforehand.
"""

from __future__ import annotations

import asyncio
import multiprocessing
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_PATIENCE = 60.0


@dataclass(slots=True)
class Crowd:
    """What became of a crowd's messages. Latencies in seconds, sorted; ``others``: answers that were neither."""

    seconds: float = 0.0
    accepted: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    others: dict[str, int] = field(default_factory=dict)

    def within(self, percent: int) -> float:
        """The latency that so many of a hundred accepted messages stayed within."""
        return self.accepted[len(self.accepted) * percent // 100] if self.accepted else float("nan")


def run(host: str, port: int, requests: Sequence[bytes], seconds: float) -> Crowd:
    """Send each request again and again over a connection of its own, for so long."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_run, (host, port, requests, seconds))


def _run(host: str, port: int, requests: Sequence[bytes], seconds: float) -> Crowd:
    return asyncio.run(_all(host, port, requests, seconds))


async def _all(host: str, port: int, requests: Sequence[bytes], seconds: float) -> Crowd:
    crowd, begun = Crowd(), perf_counter()
    async with asyncio.timeout(seconds + _PATIENCE):
        await asyncio.gather(*(_one(host, port, each, begun + seconds, crowd) for each in requests))
    crowd.seconds = perf_counter() - begun
    crowd.accepted.sort()
    crowd.refused.sort()
    return crowd


async def _one(host: str, port: int, request: bytes, until: float, crowd: Crowd) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    while (begun := perf_counter()) < until:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0]))
        status, latency = head[9:12].decode(), perf_counter() - begun
        if status == "201":
            crowd.accepted.append(latency)
        elif status in {"429", "503"} and b"\r\nRetry-After: " in head:
            crowd.refused.append(latency)
        else:
            crowd.others[status] = crowd.others.get(status, 0) + 1
    writer.close()
