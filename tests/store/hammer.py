"""Writes to the store named on the command line for ever, and prints what it was told is durable. Made to be killed."""

import asyncio
import sys

from tests.conformance.builders import said, started, thread

from handoff_sdk.compose import store_of
from handoff_sdk.ports import Store


async def talk(store: Store, name: str) -> None:
    change = started(thread(name))
    while True:
        await store.submit(change)
        print(change.after.conversation.id, change.after.seq, flush=True)  # noqa: T201 - this is how it speaks
        change = said(change.after, f"{change.after.seq}")


async def main() -> None:
    store = store_of(sys.argv[1])
    await store.open()
    await asyncio.gather(*(talk(store, f"{n}") for n in range(8)))


asyncio.run(main())
