"""``handoff tail``: what happens on a running engine, as it happens, a line an event.

Source: sdk.md, Command line; api.md, Events.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from .remote import URL, ApiKey, EngineUrl

if TYPE_CHECKING:
    from handoff_sdk.models.event import Event
    from handoff_sdk.models.noun import JsonObject

__all__ = ["line_of", "printable", "tail"]

_COLOURS: Final = {
    "message": typer.colors.CYAN,
    "control": typer.colors.MAGENTA,
    "ticket": typer.colors.GREEN,
    "session": typer.colors.YELLOW,
    "agent": typer.colors.BLUE,
}
"""By what an event is about: the first word of its type."""

_TOLD: Final = {
    "conversation": ("owner", "brand", "channel", "bot"),
    "returned": ("reason", "outcome", "note"),
    "ticket": ("number", "status", "priority", "group", "subject"),
}
"""What is worth a line of the nouns that events carry."""

_WIDEST: Final = 160


def tail(
    *,
    api_key: ApiKey,
    url: EngineUrl = URL,
    conversation: Annotated[str | None, typer.Option(metavar="ID", help="Only this conversation's events.")] = None,
    after: Annotated[
        int | None,
        typer.Option(
            min=0, metavar="CURSOR", help="Go on after this event; 0: from the first one. By default, from now on."
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Each event as a line of JSON.")] = False,
) -> None:
    """Follow what happens, a line an event.

    Each with its cursor, instant, type, conversation and what there is to know. A lost connection is made anew, and
    nothing is missed or repeated. Ctrl-C ends it.

    \b
    Examples:
      HANDOFF_API_KEY=hk_... handoff tail
      handoff tail --after 0 --conversation cnv_01kb... --json | jq .type
    """  # noqa: D301 - typer keeps the lines after a real \b as they are
    asyncio.run(_follow(url, api_key, conversation=conversation, after=after, json=json))


async def _follow(url: str, api_key: str, *, conversation: str | None, after: int | None, json: bool) -> None:
    from handoff_sdk.client.client import HandoffClient
    from handoff_sdk.client.retries import Retries

    async with (
        HandoffClient(url, api_key=api_key, retries=Retries(total=0)) as client,
        client.events.follow(cursor=after, conversation=conversation) as events,
    ):
        async for event in events:
            typer.echo(event.model_dump_json() if json else line_of(event))


def line_of(event: Event) -> str:
    """An event as a line, coloured; without anything that a terminal would take for a command."""
    about = event.type.partition(".")[0]
    columns = (
        f"{event.cursor or '-':>6}",
        f"{event.at:%H:%M:%S}",
        typer.style(f"{event.type:<22}", fg=_COLOURS.get(about)),
        typer.style(event.conversation_id or "-", dim=True),
        printable(_gist(event)),
    )
    return "  ".join(columns).rstrip()


def _gist(event: Event) -> str:
    """What there is to know about an event; of a newer engine's too."""
    data = event.data
    if isinstance(message := data.get("message"), dict):
        return _speech(message)
    if isinstance(changes := data.get("changes"), dict):
        return ", ".join(f"{name}: {_change(change)}" for name, change in changes.items())
    told = [_plain(data)]
    for noun, names in _TOLD.items():
        if isinstance(fields := data.get(noun), dict):
            told.append(_plain(fields, *names))
    return " ".join(filter(None, told))


def _speech(message: JsonObject) -> str:
    author, content = message.get("author", {}), message.get("content", {})
    who = " ".join(
        filter(None, (author.get("type"), author.get("name") or (author.get("id") if _has_name(author) else "")))
    )
    note = " (note)" if message.get("visibility") == "internal" else ""
    return f"{who}{note}: {content.get('text') or content.get('type')}"


def _has_name(author: JsonObject) -> bool:
    """Whether people know this one by the id."""
    return author.get("type") in {"agent", "bot"}


def _change(change: object) -> str:
    return " -> ".join(map(str, change)) if isinstance(change, list) else str(change)


def _plain(data: JsonObject, *names: str) -> str:
    """The plain values, of these names or all, each after its name."""
    shown: dict[str, Any] = {name: data.get(name) for name in names or data}
    return " ".join(f"{name}={value}" for name, value in shown.items() if isinstance(value, (str, int, float)))


def printable(text: str) -> str:
    """A text in a line of bounded length, without anything that a terminal would take for a command."""
    shown = "".join(character if character.isprintable() else " " for character in text)
    return shown if len(shown) <= _WIDEST else f"{shown[: _WIDEST - 1]}…"
