"""The engine inside your own aiohttp application: no other server, no other process.

    python examples/02_in_your_aiohttp_app.py

Your pages and the desk's API share one port; the API is below ``/desk/``. Your handlers talk to the desk through the
same client that other machines use, over a Unix socket of this process.
"""

import asyncio
import tempfile

from aiohttp import ClientSession, web

from handoff_sdk import HandoffClient, open_desk

# Without a bot every message goes straight to people.
CONFIG = {"brands": {"default": {"bot": "none"}}, "agents": {"ana": {"name": "Ana"}}}

DESK = web.AppKey("desk", HandoffClient)


async def contact(request: web.Request) -> web.Response:
    """A page of yours: what somebody writes into your contact form becomes a conversation on the desk."""
    form = await request.post()
    conversation = await request.app[DESK].conversations.create(
        customer={"external_id": str(form["account"])}, message=str(form["question"])
    )
    return web.json_response({"conversation": conversation.id})


async def visit(url: str, key: str) -> None:
    """What happens from outside: somebody uses your page, and somebody else the desk's API."""
    form = {"account": "42", "question": "Do you ship to Norway?"}
    async with ClientSession() as browser, browser.post(f"{url}/contact", data=form) as answer:
        started = await answer.json()
        print("your page answered", answer.status)

    async with HandoffClient(f"{url}/desk", api_key=key) as client:
        conversation = await client.conversations.get(started["conversation"])
        print("the desk's API says that the conversation belongs to a", conversation.owner)

        ana = client.as_agent("ana")
        await ana.agents.set_status("ana", "online")
        # Who comes online is offered what waits. ``cursor=0`` begins in the past, where that may have happened already.
        async with client.events.follow(cursor=0, types={"ticket.offered"}) as events:
            offered = await anext(events)
        ticket = await ana.offers.accept(offered.data["offer_id"])
        await ana.messages.create(conversation.id, text="We do.")
        print("the ticket is", ticket.status, "and with", ticket.assignee)


async def main() -> None:
    """Serve until the visit is over; yours would run for as long as your application does."""
    with tempfile.TemporaryDirectory() as folder:
        async with open_desk(f"sqlite:///{folder}/desk.db", config=CONFIG) as desk:
            app = web.Application()
            app[DESK] = desk.client(role="integrator")
            app.router.add_post("/contact", contact)
            app.add_subapp("/desk/", desk.app())  # that is all

            runner = web.AppRunner(app)
            await runner.setup()
            try:
                await web.TCPSite(runner, "127.0.0.1", 0).start()
                host, port = runner.addresses[0]
                await visit(f"http://{host}:{port}", key=await desk.key("integrator"))
            finally:
                await runner.cleanup()


asyncio.run(main())
