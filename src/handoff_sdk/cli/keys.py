"""``handoff keys``: the API keys of a data folder, or of another store, whose engine does not run; links for agents.

Source: api.md, Who calls; sdk.md, Command line.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from handoff_sdk.ports import Role

from .doctor import holder
from .remote import URL, EngineUrl
from .serve import DATA, KEYS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from handoff_sdk.desk.desk import Desk
    from handoff_sdk.ports import ApiKey

__all__ = ["app"]

T = TypeVar("T")

Folder = Annotated[Path | None, typer.Option("--data", metavar="FOLDER", help=f"The data folder.  [default: {DATA}]")]
Url = Annotated[
    str | None, typer.Option("--store", metavar="URL", help="A store: sqlite:///FILE or postgresql://... instead.")
]

app = typer.Typer()


@app.callback(invoke_without_command=True)
def _list(
    context: typer.Context,
    *,
    data: Folder = None,
    store: Url = None,
    agent: Annotated[
        str | None, typer.Option(metavar="ID", help="Print a link for an agent to log in with, good once.")
    ] = None,
    url: EngineUrl = URL,
) -> None:
    """List, add and revoke API keys; let agents log in.

    The keys are those of a data folder or of another store, while no engine runs on it. Links for agents to
    log in with are made beside a running engine too, with the admin's key of the folder's keys.json; they are good for
    15 minutes.

    \b
    Examples:
      handoff keys --data desk
      handoff keys --agent ana --data desk --url https://desk.example.com
      handoff keys add --role bot --name "refund bot" --data desk
      handoff keys revoke key_0f3a9c2d41b7e685 --data desk
      handoff keys --store postgresql://handoff@db.example/handoff
    """  # noqa: D301 - typer keeps the lines after a real \b as they are
    context.obj = store or data or DATA
    if agent is not None:
        typer.echo(f"{url.rstrip('/')}/console#login={_login_token(context.obj, data or DATA, agent, url)}")
    elif context.invoked_subcommand is None:
        for line in _table(_with_desk(context.obj, lambda desk: desk.store.keys())):
            typer.echo(line)


@app.command()
def add(
    context: typer.Context,
    *,
    role: Annotated[Role, typer.Option(help="What the key may do.")],
    name: Annotated[str | None, typer.Option(metavar="NAME", help="Who it is for, for the list.")] = None,
    data: Folder = None,
    store: Url = None,
) -> None:
    """Make a key and print its secret, this once: only its hash is kept."""
    from handoff_sdk.compose import new_key

    typer.echo(_with_desk(store or data or context.obj, lambda desk: new_key(desk, role, name)))


@app.command()
def revoke(
    context: typer.Context,
    key_id: Annotated[str, typer.Argument(metavar="ID", help="The key's id, from the list.", show_default=False)],
    *,
    data: Folder = None,
    store: Url = None,
) -> None:
    """Make a key worthless, at once and for good."""
    place = store or data or context.obj
    if not _with_desk(place, lambda desk: desk.store.drop_key(key_id)):
        named = "the store" if isinstance(place, str) else place
        raise typer.BadParameter(f"{named} has no key {key_id!r}; 'handoff keys' lists them", param_hint="ID")
    typer.echo(f"revoked {key_id}")


def _login_token(place: Path | str, data: Path, agent_id: str, url: str) -> str:
    """A token for an agent to log in with, made in the store or, where an engine has it, by the engine."""
    from handoff_sdk.errors import Unavailable
    from handoff_sdk.server.sessions import login_link

    try:
        return _with_desk(place, lambda desk: login_link(desk, agent_id))
    except Unavailable:
        if not (data / KEYS).is_file():
            raise
        key = json.loads((data / KEYS).read_text(encoding="utf-8"))["admin"]
        return asyncio.run(_asked_for(key, agent_id, url))


async def _asked_for(key: str, agent_id: str, url: str) -> str:
    from handoff_sdk.client.client import HandoffClient

    async with HandoffClient(url, api_key=key) as client:
        return (await client.agents.login_link(agent_id)).token


def _with_desk(place: Path | str, act: Callable[[Desk], Awaitable[T]]) -> T:
    """What ``act`` does on the store of a folder or a URL, which nobody else uses meanwhile.

    Raises:
        Unavailable: An engine holds the store.
    """
    from handoff_sdk.compose import build_desk
    from handoff_sdk.errors import Unavailable
    from handoff_sdk.models.config import DeskConfig

    kept = place if isinstance(place, str) else place / "handoff.db"
    if isinstance(kept, Path) and not kept.is_file():
        raise typer.BadParameter(
            f"{place} is no data folder; 'handoff serve --data {place}' makes one", param_hint="--data"
        )

    async def done() -> T:
        desk = build_desk(kept, DeskConfig())
        try:
            await desk.store.open()
        except Unavailable:
            process = holder(kept) if isinstance(kept, Path) else None
            if process is None:
                raise
            raise Unavailable(
                f"{place} is in use by an engine, process {process}; stop it, then run this again"
            ) from None
        try:
            return await act(desk)
        finally:
            await desk.store.close()

    return asyncio.run(done())


def _table(keys: Sequence[ApiKey]) -> list[str]:
    rows = [("ID", "ROLE", "NAME", "CREATED")]
    rows += [(key.id, key.role, key.name or "-", f"{key.created_at:%Y-%m-%d %H:%M}Z") for key in keys]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]
