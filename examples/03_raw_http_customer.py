"""A customer's side over plain HTTP, without this package's client: what a chat widget does.

    python examples/03_raw_http_customer.py

Three calls are enough: a token for a customer who has not signed in, messages, and the stream of what happens. The
stream is cut off in the middle here; the next one goes on after the last event that came, so that nothing is lost and
nothing comes twice.
"""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import ClientResponse, ClientSession

from handoff_sdk import Bot, Chat, open_desk

CONFIG = {"brands": {"default": {"bot": "echo-bot"}}}

bot = Bot("echo-bot")


@bot.on_message
async def echo(chat: Chat) -> None:
    """Say it again."""
    await chat.say(f"You said: {chat.text}")


async def server_sent_events(response: ClientResponse) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """The events of a stream, each with its id. An empty line ends an event; a line with ':' first is a heartbeat."""
    event_id, data = "", ""
    async for raw in response.content:
        line = raw.decode().rstrip("\r\n")
        if line.startswith("id:"):
            event_id = line[3:].strip()
        elif line.startswith("data:"):
            data += line[5:].strip()
        elif not line and data:
            yield event_id, json.loads(data)
            data = ""


async def read_until(http: ClientSession, last_id: str, text: str) -> str:
    """Print what is said from the event after ``last_id`` on, until somebody says ``text``; the id of that event."""
    async with http.get("/v1/stream", headers={"Last-Event-ID": last_id}) as response:
        response.raise_for_status()
        async for event_id, event in server_sent_events(response):
            # A customer's stream has only what a customer may see; there may be other types than this one.
            if event["type"] == "message.created":
                message = event["data"]["message"]
                print(f"{event_id}: {message['author']['type']}: {message['content']['text']}")
                if message["content"]["text"] == text:
                    return event_id
    raise ConnectionError("the stream ended; a widget would come again with the last id")


async def customer(url: str) -> None:
    """Get a token, start a conversation, and follow it over two connections."""
    async with ClientSession(url) as http, http.post("/v1/customers/anonymous", json={}) as response:
        token = (await response.json())["token"]

    async with ClientSession(url, headers={"Authorization": f"Bearer {token}"}, raise_for_status=True) as http:
        hello = {"message": {"content": {"type": "text", "text": "Hello"}}}
        async with http.post("/v1/conversations", json=hello) as response:
            conversation = await response.json()
        last_id = await read_until(http, "0", "You said: Hello")

        print("-- the connection is gone, and something is said meanwhile")
        messages = f"/v1/conversations/{conversation['id']}/messages"
        again = {"content": {"type": "text", "text": "Are you still there?"}}
        # With an Idempotency-Key a message is posted once, however often it is sent.
        for _ in range(2):
            async with http.post(messages, json=again, headers={"Idempotency-Key": "message-2"}) as response:
                replayed = response.headers.get("Idempotent-Replay", "false")
                print(f"posted: {response.status}, replayed: {replayed}")

        print("-- and the stream goes on after", last_id)
        await read_until(http, last_id, "You said: Are you still there?")


async def main() -> None:
    """Run the engine and the bot in this process; the customer comes over TCP."""
    with tempfile.TemporaryDirectory() as folder:
        async with open_desk(f"sqlite:///{folder}/desk.db", config=CONFIG) as desk:
            serving = asyncio.create_task(bot.serve(desk.client(role="bot"), cursor=0))
            await customer(await desk.listen())
            bot.stop()
            await serving


asyncio.run(main())
