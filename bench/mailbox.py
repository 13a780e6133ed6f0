"""The anchor of ``widgets``: a bare aiohttp server that gives what is posted to a conversation to its one listener.

A conversation's id is its customer's token too, and all have the snapshot that lies in a file.
``python -m bench.mailbox FILE`` prints ``listening on http://HOST:PORT``, as the engine does.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import uvloop
from aiohttp import web

from bench.echo import listen

_boxes: dict[str, asyncio.Queue[bytes]] = {}


async def post(request: web.Request) -> web.Response:
    said = b"id: 1\nevent: message.created\ndata: %s\n\n" % await request.read()
    _boxes[request.match_info["conversation_id"]].put_nowait(said)
    return web.json_response({}, status=201)


async def stream(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    await response.write(b"retry: 2000\n\n")
    box = _boxes[request.headers["Authorization"].removeprefix("Bearer ")] = asyncio.Queue()
    while True:
        await response.write(await box.get())


def main() -> None:
    snapshot = Path(sys.argv[1]).read_bytes()

    async def read(_request: web.Request) -> web.Response:
        return web.Response(body=snapshot, content_type="application/json")

    app = web.Application()
    app.router.add_post("/v1/conversations/{conversation_id}/messages", post)
    app.router.add_get("/v1/conversations/{conversation_id}/snapshot", read)
    app.router.add_get("/v1/stream", stream)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as started:
        started.run(listen(app, handler_cancellation=True))  # else a handler outlives its listener


if __name__ == "__main__":
    main()
