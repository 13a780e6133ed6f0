"""Customers whose widgets are there, many at once in a process of its own, and an agent who writes to each of them.

Each customer does what the widget does: reads a snapshot of their conversation and follows the stream from its cursor.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

from bench import load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from multiprocessing.connection import Connection

__all__ = ["MARK", "Round", "visitors"]

MARK = "Your parcel is on its way."
"""The text of what is counted; a customer hears of other things too."""

_CONNECTIONS = 8
_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Round:
    """One message to each customer: until its customer had read it, and until its writer was answered."""

    delivered: load.Load
    answered: load.Load


@contextmanager
def visitors(
    host: str, port: int, customers: Sequence[tuple[str, str]]
) -> Iterator[Callable[[Sequence[bytes], float], Round]]:
    """Customers (the id of a conversation, and a token), all of whom follow it when the context begins.

    What it gives sends one request for each of them, in their order and so many a second, each of which has to bring
    ``MARK`` to its customer.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_visit, args=(host, port, customers, theirs), daemon=True)
    process.start()
    theirs.close()

    def told() -> object:
        if not ours.poll(_PATIENCE * 10):
            raise RuntimeError("not every customer got their message")
        return ours.recv()

    def write(requests: Sequence[bytes], rate: float) -> Round:
        ours.send((requests, rate))
        found = told()
        if not isinstance(found, Round):
            raise TypeError(found)
        return found

    try:
        told()
        yield write
    finally:
        process.terminate()
        process.join()


def _visit(host: str, port: int, customers: Sequence[tuple[str, str]], tell: Connection) -> None:
    asyncio.run(_all(host, port, customers, tell))


async def _all(host: str, port: int, customers: Sequence[tuple[str, str]], tell: Connection) -> None:
    opened = [await _followed(host, port, *customer) for customer in customers]
    streams = [reader for reader, _ in opened]  # the writers are kept too: one that is forgotten hangs up
    tell.send(len(streams))
    while True:
        requests, rate = await asyncio.to_thread(tell.recv)
        tell.send(await _round(host, port, streams, requests, rate))


async def _followed(
    host: str, port: int, conversation_id: str, token: str
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """The stream of one customer, from the snapshot on."""
    reader, writer = await asyncio.open_connection(host, port)
    path = f"/v1/conversations/{conversation_id}/snapshot"
    cursor = json.loads(await load.exchange(reader, writer, load.request("GET", path, token)))["cursor"]
    writer.write(load.request("GET", f"/v1/stream?after={cursor}", token))
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _PATIENCE)
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(head.decode())
    return reader, writer


async def _round(
    host: str, port: int, streams: Sequence[asyncio.StreamReader], requests: Sequence[bytes], rate: float
) -> Round:
    begun = perf_counter()
    turns = ((begun + number / rate, number, request) for number, request in enumerate(requests))
    written = [0.0] * len(requests)
    answered: list[float] = []
    async with asyncio.timeout(_PATIENCE + len(requests) / rate):
        heard = asyncio.gather(*(_heard(stream) for stream in streams))
        await asyncio.gather(*(_write(host, port, turns, written, answered) for _ in range(_CONNECTIONS)))
        delivered = [at - since for at, since in zip(await heard, written, strict=True)]
    seconds = perf_counter() - begun
    return Round(load.summed_up(delivered, seconds), load.summed_up(answered, seconds))


async def _heard(stream: asyncio.StreamReader) -> float:
    """When the message has come."""
    await stream.readuntil(MARK.encode())
    return perf_counter()


async def _write(
    host: str, port: int, turns: Iterator[tuple[float, int, bytes]], written: list[float], answered: list[float]
) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    for turn, number, request in turns:
        if (early := turn - perf_counter()) > 0:
            await asyncio.sleep(early)
        written[number] = turn
        await load.exchange(reader, writer, request)
        answered.append(perf_counter() - turn)
    writer.close()
