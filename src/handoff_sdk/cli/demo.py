"""``handoff demo``: a whole story on the real engine, in seconds and without any set-up.

Source: sdk.md, Command line.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from typing import TYPE_CHECKING, Final

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from handoff_sdk.client.client import HandoffClient
    from handoff_sdk.models.event import Event

    from .story import Story

__all__ = ["demo"]

_WIDTH: Final = 120
"""Of what is no terminal."""

_GAP: Final = 25
"""Seconds of the desk's clock from which a jump is worth a line."""

_LINES: Final = {
    "agent.status": "{agent_id}: {from} -> {status}",
    "control.passed": "control passes from the bot to people (epoch {epoch})",
    "control.returned": "control returns to the bot (epoch {epoch})",
    "session.active": "the session is active again",
    "session.inactive": "the session is inactive and uses no place any more",
    "ticket.assigned": "assigned to {name}",
    "ticket.closed": "closed",
    "ticket.offer_lapsed": "{agent_id} let the offer lapse",
    "ticket.offered": "offered to {agent_id}",
    "ticket.queued": "waits in the queue {queue!r}",
    "ticket.solved": "solved",
}
"""What the desk does, in the words of the event's data."""


def demo() -> None:
    """Tell a whole story, in seconds.

    A bot asks and hands off, one agent lets the offer lapse, another takes it, silence frees capacity, the ticket is
    solved and closes, control returns, a late post of the bot is refused, and the next contact is a new ticket.

    The engine is the real one, over loopback HTTP; only its clock is moved by hand, because days pass. There is nothing
    to set up, and nothing is kept.
    """
    from rich.console import Console

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_WIDTH)
    raise typer.Exit(asyncio.run(_told(console)))


async def _told(console: Console) -> int:
    """The exit status, after the story was told."""
    from handoff_sdk.compose import open_desk
    from handoff_sdk.testing.clock import VirtualClock

    from .story import CONFIG, START, NotAsTold, Story

    began = time.perf_counter()
    clock = VirtualClock(START)
    with tempfile.TemporaryDirectory(prefix="handoff-demo-") as folder:
        async with open_desk(f"sqlite:///{folder}/demo.db", CONFIG, clock=clock) as engine:
            url = await engine.listen()
            console.print(f"The engine listens on {url}, for as long as this takes.")
            console.print("Times are the desk's: its clock stands still until it is moved, so days take no time.\n")
            async with (
                _client(url, await engine.key("bot")) as bot,
                _client(url, await engine.key("integrator")) as people,
            ):
                story = Story(clock, bot=bot, people=people, tell=_narrator(console))
                try:
                    await story.play()
                except NotAsTold as error:
                    typer.echo(f"handoff demo: not as told: {error}", err=True)
                    return 1
    _print_table(console, story, time.perf_counter() - began)
    return 0


def _client(url: str, api_key: str) -> HandoffClient:
    """A client that goes straight to loopback, whatever proxies the environment names."""
    from aiohttp import ClientSession
    from httpx_aiohttp import AiohttpTransport

    from handoff_sdk.client.client import HandoffClient

    return HandoffClient(url, api_key=api_key, transport=AiohttpTransport(client=ClientSession))


def _narrator(console: Console) -> Callable[[Event], None]:
    """Prints what happens, a line an event: when, whose conversation, and what."""
    from rich.text import Text

    from handoff_sdk.models.duration import format_duration

    customers: dict[str | None, str] = {}
    last: list[Event] = []

    def tell(event: Event) -> None:
        if event.type == "message.created":
            author = event.data["message"]["author"]
            if author["type"] == "customer":
                customers[event.conversation_id] = author["name"]
            speaker = author["name"] or author["id"] or "desk"
            told = Text(event.data["message"]["content"]["text"], style="bold" if author["type"] == "customer" else "")
        elif event.type in _LINES:
            speaker, told = "desk", Text(_LINES[event.type].format_map(event.data), style="dim")
        else:
            return
        gap = event.at - last[-1].at if last else event.at - event.at
        last[:] = [event]
        if gap.total_seconds() > _GAP:
            console.print(f"          ... {format_duration(gap)} later", style="cyan")
        whose = customers.get(event.conversation_id, "")
        console.print(Text(f"{event.at:%H:%M:%S}  {whose:<4} {speaker:>5}  ").append_text(told), soft_wrap=True)

    return tell


def _print_table(console: Console, story: Story, total: float) -> None:
    """What happened, and how long each took."""
    from rich import box
    from rich.table import Table

    from handoff_sdk.models.duration import format_duration

    def real(seconds: float) -> str:
        return f"{seconds * 1000:,.0f} ms"

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("what happened", overflow="fold")
    table.add_column("desk's clock", justify="right", no_wrap=True)
    table.add_column("real time", justify="right", no_wrap=True)
    for chapter in story.chapters:
        table.add_row(chapter.what, format_duration(chapter.desk), real(chapter.real))
    table.add_section()
    moved = sum((chapter.desk for chapter in story.chapters), start=story.chapters[0].desk * 0)
    table.add_row("all of it, and starting the engine", format_duration(moved), real(total))
    console.print()
    console.print(table)
    console.print("The desk's clock was moved by hand; real time was measured here, over loopback HTTP.")
