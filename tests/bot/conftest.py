"""A desk of one bot, small enough to be told what to do when: the real one decides by itself.

It keeps what a bot can see: owners and epochs, idempotency keys, an event feed. ``test_desk.py`` uses the real one.
"""

import asyncio
import json

import pytest
from aiohttp import web

from handoff_sdk import HandoffClient, Retries

AT = "2026-01-05T09:00:00Z"


class SmallDesk:
    def __init__(self):
        self.bot = "acme-bot"
        self.events = []
        self.said = []
        self.posts = []
        self.handoffs = []
        self.ended = []
        self.conversations = {}
        self.answers = {}
        self.more = asyncio.Condition()
        self.following = asyncio.Event()

    def conversation(self, name):
        return self.conversations.setdefault(
            name,
            {"id": name, "customer_id": f"cus_{name}", "owner": "bot", "bot": self.bot, "epoch": 1, "created_at": AT},
        )

    async def tell(self, event_type, conversation, actor, **data):
        async with self.more:
            number = len(self.events) + 1
            event = {
                "id": f"evt_{number}", "cursor": number, "seq": number, "type": event_type, "at": AT,
                "conversation_id": conversation["id"], "actor": {"type": actor}, "data": data,
            }  # fmt: skip
            self.events.append(event)
            self.more.notify_all()
            return event

    async def customer_says(self, text, name="c", author="customer", **content):
        conversation = self.conversation(name)
        message = {
            "id": f"msg_{len(self.events)}", "conversation_id": name, "author": {"type": author, "id": f"cus_{name}"},
            "content": {"type": "text", "text": text, **content}, "epoch": conversation["epoch"], "seq": 1, "at": AT,
        }  # fmt: skip
        return await self.tell("message.created", conversation, author, message=message)

    async def passes(self, name="c", event_type="control.taken_over"):
        conversation = self.conversation(name)
        conversation.update(owner="human", epoch=conversation["epoch"] + 1)
        await self.tell(event_type, conversation, "agent", owner="human", epoch=conversation["epoch"])

    async def returns(self, name="c", reason="handed_back"):
        conversation = self.conversation(name)
        conversation.update(owner="bot", epoch=conversation["epoch"] + 1)
        returned = {"reason": reason, "outcome": "solved", "ticket_id": "tkt_1", "number": 1, "handed_off_at": AT}
        await self.tell(
            "control.returned", conversation, "agent", owner="bot", epoch=conversation["epoch"], returned=returned
        )

    async def until(self, true):
        """Wait until something is true; looks again whenever something was posted."""
        async with asyncio.timeout(10), self.more:
            await self.more.wait_for(true)

    def app(self):
        app = web.Application()
        app.router.add_get("/v1/stream", self.stream)
        app.router.add_get("/v1/conversations/{id}", self.read)
        app.router.add_get("/v1/customers/{id}", self.customer)
        app.router.add_post("/v1/conversations/{id}/{verb}", self.post)
        return app

    async def stream(self, request):
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        after = int(request.headers.get("Last-Event-ID", len(self.events)))
        await response.write(b"id: %d\n\n" % after)
        self.following.set()
        while True:
            async with self.more:
                await self.more.wait_for(lambda seen=after: len(self.events) > seen)
                told, after = self.events[after:], len(self.events)
            for event in told:
                await response.write(b"id: %d\ndata: %s\n\n" % (event["cursor"], json.dumps(event).encode()))

    async def read(self, request):
        return web.json_response(self.conversation(request.match_info["id"]))

    async def customer(self, request):
        return web.json_response({"id": request.match_info["id"], "name": "Mia", "created_at": AT})

    async def post(self, request):
        name, verb, body = request.match_info["id"], request.match_info["verb"], await request.json()
        key = request.headers["Idempotency-Key"]
        async with self.more:
            if verb != "release":
                self.posts.append((verb, key))
            self.more.notify_all()
            if key in self.answers:
                kept, answer = self.answers[key]
                return web.json_response(answer) if kept == body else _problem(422, "idempotency_mismatch")
            conversation = self.conversation(name)
            if conversation["owner"] != "bot" or conversation["epoch"] != body.get("epoch"):
                return _problem(409, "control_lost")
            answer = getattr(self, f"_{verb}")(conversation, body)
            self.answers[key] = (body, answer)
        if verb == "handoff":
            await self.tell("control.passed", conversation, "bot", owner="human", epoch=conversation["epoch"])
        return web.json_response(answer)

    def _messages(self, conversation, body):
        self.said.append((conversation["id"], body["content"]["text"]))
        return {
            "id": f"msg_said_{len(self.said)}", "conversation_id": conversation["id"], "author": body["author"],
            "content": body["content"], "epoch": body["epoch"], "seq": 1, "at": AT,
        }  # fmt: skip

    def _handoff(self, conversation, body):
        self.handoffs.append(body)
        conversation.update(owner="human", epoch=conversation["epoch"] + 1)
        ticket = {
            "id": "tkt_1", "number": 1, "conversation_id": conversation["id"], "brand": "default", "channel": "web",
            "style": "live_chat", "created_at": AT, "updated_at": AT, "status_at": AT,
        }  # fmt: skip
        handoff = {"id": "hnd_1", "conversation_id": conversation["id"], "ticket_id": "tkt_1", "state": "queued"}
        return {"handoff": handoff, "ticket": ticket, "conversation": dict(conversation)}

    def _release(self, conversation, body):
        return dict(conversation)

    def _end_session(self, conversation, body):
        self.ended.append(conversation["id"])
        return dict(conversation)


def _problem(status, code):
    body = {"code": code, "detail": code, "status": status}
    return web.json_response(body, status=status, content_type="application/problem+json")


@pytest.fixture
async def desk():
    desk = SmallDesk()
    runner = web.AppRunner(desk.app(), handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    desk.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield desk
    await runner.cleanup()


@pytest.fixture
async def client(desk):
    async with HandoffClient(desk.url, api_key="hk_bot", retries=Retries(total=1)) as client:
        yield client


@pytest.fixture
async def serving(desk, client):
    """Serves a bot until the test is over; gives its task once the bot follows the events."""
    tasks = []

    async def serve(bot, **options):
        task = asyncio.create_task(bot.serve(client, **options))
        tasks.append(task)
        await desk.following.wait()
        return task

    yield serve
    for task in tasks:
        task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        assert outcome is None or isinstance(outcome, asyncio.CancelledError)
