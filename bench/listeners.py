"""Readers of server-sent events, many at once in a process of its own: they count messages and look at nothing else."""

from __future__ import annotations

import asyncio
import multiprocessing
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from multiprocessing.connection import Connection

__all__ = ["listeners"]

_MESSAGE = b"event: message.created"
_PATIENCE = 600.0


@contextmanager
def listeners(
    host: str, port: int, requests: Sequence[bytes], messages: int | None = None
) -> Iterator[Callable[[], float]]:
    """Each request opens a stream; all are open when the context begins.

    What it gives waits until they have read so many messages between them, and tells when: ``time.monotonic()``.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_listen, args=(host, port, requests, messages, theirs), daemon=True)
    process.start()

    def told() -> float:
        if not ours.poll(_PATIENCE):
            raise RuntimeError("the listeners did not hear everything")
        return float(ours.recv())

    try:
        told()
        yield told
    finally:
        process.terminate()
        process.join()


def _listen(host: str, port: int, requests: Sequence[bytes], messages: int | None, tell: Connection) -> None:
    asyncio.run(_all(host, port, requests, messages, tell))


async def _all(host: str, port: int, requests: Sequence[bytes], messages: int | None, tell: Connection) -> None:
    loop = asyncio.get_running_loop()
    count = _Count(messages)
    for one in requests:
        reader = _Reader(one, count)
        await loop.create_connection(lambda reader=reader: reader, host, port)  # type: ignore[misc]
        await asyncio.wait_for(reader.begun.wait(), _PATIENCE)
    tell.send(monotonic())
    await count.reached.wait()
    tell.send(count.at)
    await asyncio.get_running_loop().create_future()  # until the process is ended


class _Count:
    """How many messages all readers have read together, and when they had read enough."""

    def __init__(self, enough: int | None) -> None:
        self.reached = asyncio.Event()
        self.at = 0.0
        self._enough = enough
        self._messages = 0

    def one_more(self) -> None:
        self._messages += 1
        if self._messages == self._enough:
            self.at = monotonic()
            self.reached.set()


class _Reader(asyncio.Protocol):
    def __init__(self, request: bytes, count: _Count) -> None:
        self.begun = asyncio.Event()
        self._request = request
        self._count = count
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.write(self._request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        if not self.begun.is_set():
            if not data.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(data.decode())
            self.begun.set()
        data = self._rest + data
        for _ in range(data.count(_MESSAGE)):
            self._count.one_more()
        # The beginning of a line that is not whole yet; never a whole one, which would be counted again.
        self._rest = data[1 - len(_MESSAGE) :]
