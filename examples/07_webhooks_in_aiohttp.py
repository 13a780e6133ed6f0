"""Webhooks in an aiohttp application: what the engine posts is checked, taken once, and answered at once.

    python examples/07_webhooks_in_aiohttp.py

The events of a conversation come in their order, each at least once: one that was not acknowledged comes again, and so
does one that somebody asks for. ``event.id`` tells them apart; note what you have seen where you keep your own records.
"""

import asyncio
import base64
import os
import tempfile

from aiohttp import ClientSession, web

from handoff_sdk import Event, HandoffClient, Unauthenticated, open_desk, verify_webhook

# The engine posts to no private address unless it is told that this one is ours.
CONFIG = {
    "brands": {"default": {"bot": "none", "style": "live_chat"}},
    "agents": {"ana": {"name": "Ana"}},
    "webhooks_allow": ["127.0.0.1"],
}

SECRET = "whsec_" + base64.b64encode(os.urandom(32)).decode()

NEWS = web.AppKey("news", asyncio.Queue[Event])
SEEN = web.AppKey("seen", set[str])


async def hook(request: web.Request) -> web.Response:
    """What the engine calls. It waits 15 seconds for the answer, so the work is done elsewhere."""
    try:
        event = verify_webhook(await request.read(), request.headers, SECRET)
    except Unauthenticated as error:
        print("refused:", error.detail)
        return web.Response(status=401)
    if event.id in request.app[SEEN]:
        print(f"seen before: {event.type}")
    else:
        request.app[SEEN].add(event.id)
        request.app[NEWS].put_nowait(event)
    return web.Response(status=204)


async def story(client: HandoffClient, url: str, news: asyncio.Queue[Event]) -> None:
    """Mia is helped; then one event is sent again, and somebody else tries to send one."""
    webhook = await client.webhooks.create(
        url, events=["message.created", "ticket.created", "ticket.closed"], secret=SECRET
    )

    mia = await client.conversations.create(message="My parcel is lost!")
    ana = client.as_agent("ana")
    await ana.messages.create(mia.id, text="I found it. It arrives today.")
    async for ticket in client.tickets.list(conversation=mia.id):
        await ana.tickets.update(ticket.id, status="solved")

    while (event := await news.get()).type != "ticket.closed":
        print(f"{event.seq:>3} {event.type}")

    *_, oldest = await client.webhooks.deliveries(webhook.id).all()
    await client.webhooks.redeliver(webhook.id, oldest.id)

    async with ClientSession() as stranger, stranger.post(url, data=event.model_dump_json()) as answer:
        print("a stranger is answered", answer.status)


async def main() -> None:
    """Run your application and the engine in this process; they talk over TCP."""
    app = web.Application()
    app[NEWS], app[SEEN] = asyncio.Queue[Event](), set[str]()
    app.router.add_post("/hook", hook)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0]
        with tempfile.TemporaryDirectory() as folder:
            async with open_desk(f"sqlite:///{folder}/desk.db", config=CONFIG) as desk:
                await story(desk.client(role="integrator"), f"http://{host}:{port}/hook", app[NEWS])
    finally:
        await runner.cleanup()


asyncio.run(main())
