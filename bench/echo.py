"""The anchor of ``messages``: a bare aiohttp server that parses a message with pydantic and gives it back.

``python -m bench.echo`` prints ``listening on http://HOST:PORT``, as the engine does.
"""

from __future__ import annotations

import asyncio
import sys

import uvloop
from aiohttp import web

from handoff_sdk.models.command import NewMessage


async def echo(request: web.Request) -> web.Response:
    message = NewMessage.model_validate_json(await request.read())
    return web.Response(body=message.model_dump_json().encode(), status=201, content_type="application/json")


async def main() -> None:
    app = web.Application()
    app.router.add_post("/v1/conversations/{conversation_id}/messages", echo)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0]
    print(f"listening on http://{host}:{port}", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as started:
        started.run(main())
