"""The anchor of ``messages``, ``cycle`` and ``client``: a bare aiohttp server.

It parses a message with pydantic and gives it back, and answers every question for a conversation with the same one.
``python -m bench.echo`` prints ``listening on http://HOST:PORT``, as the engine does.
"""

from __future__ import annotations

import asyncio
import json
import sys

import uvloop
from aiohttp import web

from handoff_sdk.models.command import NewMessage

_CONVERSATION = json.dumps(
    {"id": "cnv_1", "customer_id": "cus_1", "owner": "bot", "epoch": 1, "created_at": "2026-01-05T09:00:00Z"}
).encode()


async def echo(request: web.Request) -> web.Response:
    message = NewMessage.model_validate_json(await request.read())
    return web.Response(body=message.model_dump_json().encode(), status=201, content_type="application/json")


async def read(_request: web.Request) -> web.Response:
    return web.Response(body=_CONVERSATION, content_type="application/json")


async def listen(app: web.Application, *, handler_cancellation: bool = False) -> None:
    """Serve until the standard input ends."""
    runner = web.AppRunner(app, access_log=None, handler_cancellation=handler_cancellation)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0]
    print(f"listening on http://{host}:{port}", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


def main() -> None:
    app = web.Application()
    app.router.add_post("/v1/conversations/{conversation_id}/messages", echo)
    app.router.add_get("/v1/conversations/{conversation_id}", read)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as started:
        started.run(listen(app))


if __name__ == "__main__":
    main()
