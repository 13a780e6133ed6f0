"""A job for cron: whoever has not answered an agent for three days is written to, once, however often the job runs.

    python examples/06_followups_from_cron.py

``remind`` is the whole job. What must not happen twice has a key: the engine sends at most one follow-up under it in a
conversation, whoever asks. The desk's clock is ours here, so that three days take no time.
"""

import asyncio
import tempfile
from datetime import UTC, datetime, timedelta

from handoff_sdk import HandoffClient, open_desk
from handoff_sdk.testing import VirtualClock

CONFIG = {"brands": {"default": {"bot": "none"}}, "agents": {"ana": {"name": "Ana"}}}

REMINDER = {"en": "Is it still of interest to you?", "de": "Ist das noch aktuell für Sie?"}
CUSTOMERS = {"Mia": "de", "Tom": "en", "Lea": "en"}


async def remind(client: HandoffClient) -> None:
    """Write to all who let an agent wait for three days."""
    async for silent in client.conversations.list(silent_for="3d", last_author="agent"):
        await client.followups.schedule(silent.id, say=REMINDER, key="reminder-1")


async def asks(client: HandoffClient, name: str, language: str) -> str:
    """A customer asks, and Ana answers; the conversation's id."""
    customer = {"external_id": name, "name": name, "language": language}
    conversation = await client.conversations.create(customer=customer, message="Do you have it in blue?")
    await client.as_agent("ana").messages.create(conversation.id, text="We do. Shall I put one aside?")
    return conversation.id


async def main() -> None:
    """Three customers ask. Tom answers; Mia and Lea do not."""
    clock = VirtualClock(datetime(2026, 1, 5, 9, tzinfo=UTC))
    with tempfile.TemporaryDirectory() as folder:
        async with open_desk(f"sqlite:///{folder}/desk.db", config=CONFIG, clock=clock) as desk:
            client = desk.client(role="integrator")
            conversations = {name: await asks(client, name, language) for name, language in CUSTOMERS.items()}
            clock.advance_to(clock.now() + timedelta(days=2))
            await client.messages.create(conversations["Tom"], text="Yes, please!")
            clock.advance_to(clock.now() + timedelta(days=1))

            # Two machines run the job at the same time, and one of them an hour later again.
            await asyncio.gather(remind(client), remind(client))
            clock.advance_to(clock.now() + timedelta(hours=1))
            await remind(client)

            for name, conversation_id in conversations.items():
                said = [f"{said.author.type}: {said.text}" async for said in client.messages.list(conversation_id)]
                print(name, *said, sep="\n  ")


asyncio.run(main())
