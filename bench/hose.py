"""The anchor of ``fanout``: a bare aiohttp server that gives what is posted to all who listen.

``python -m bench.hose`` prints ``listening on http://HOST:PORT``, as the engine does.
"""

from __future__ import annotations

import asyncio

import uvloop
from aiohttp import web

from bench.echo import listen

_queues: set[asyncio.Queue[bytes]] = set()


async def post(request: web.Request) -> web.Response:
    said = b"event: message.created\ndata: %s\n\n" % await request.read()
    for queue in _queues:
        queue.put_nowait(said)
    return web.json_response({})


async def stream(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    await response.write(b"retry: 2000\n\n")
    queue: asyncio.Queue[bytes] = asyncio.Queue()
    _queues.add(queue)
    try:
        while True:
            await response.write(await queue.get())
    finally:
        _queues.discard(queue)


def main() -> None:
    app = web.Application()
    app.router.add_post("/v1/conversations/{conversation_id}/messages", post)
    app.router.add_get("/v1/stream", stream)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as started:
        started.run(listen(app, handler_cancellation=True))  # else a handler outlives its listener


if __name__ == "__main__":
    main()
