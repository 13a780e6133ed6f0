"""The door of a bot that is woken by webhooks: a server that takes them in, and remembers."""

import asyncio
import json
from base64 import b64encode
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from handoff_sdk.core.hooks import signed_headers

SECRET = "whsec_" + b64encode(b"a secret that everybody knows...").decode()


class Door:
    """Where webhooks arrive. ``handler`` takes them in; all that came are in ``posts``, with what was answered."""

    def __init__(self):
        self.handler = None
        self.posts = []
        self.answers = asyncio.Queue()
        self.url = ""

    async def enter(self, request):
        self.posts.append((dict(request.headers), await request.read()))
        answer = await self.handler(request) if self.handler else web.Response(status=500)
        self.answers.put_nowait(answer.status)
        return answer

    async def answered(self):
        """The next answer."""
        async with asyncio.timeout(20):
            return await self.answers.get()

    @property
    def types(self):
        return [json.loads(body)["type"] for _, body in self.posts]


@asynccontextmanager
async def opened_door():
    door, app = Door(), web.Application()
    app.router.add_post("/hook", door.enter)
    async with TestServer(app, host="127.0.0.1") as server:
        door.url = f"http://127.0.0.1:{server.port}/hook"
        yield door


def signed(clock, body, secret=SECRET):
    return signed_headers([secret], "msg_1", clock.now(), body)


async def posted(door, headers, body):
    """What the door answers to a post."""
    async with aiohttp.ClientSession() as session, session.post(door.url, headers=headers, data=body) as answer:
        return answer.status, await answer.text()


def signed_now(shop, body):
    return signed(shop.clock, body)
