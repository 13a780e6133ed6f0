"""``handoff migrate``: the schema of a store, and moving a desk from SQLite to PostgreSQL.

Source: sdk.md, Command line.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .serve import DATA

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["app"]

Folder = Annotated[Path | None, typer.Option("--data", metavar="FOLDER", help=f"The data folder.  [default: {DATA}]")]
Url = Annotated[
    str | None, typer.Option("--store", metavar="URL", help="A store: sqlite:///FILE or postgresql://... instead.")
]

app = typer.Typer()


@app.callback(invoke_without_command=True)
def _migrate(context: typer.Context, *, data: Folder = None, store: Url = None) -> None:
    """Bring a store's schema up to date, or move a desk to PostgreSQL.

    'handoff serve' brings the schema up by itself; 'up' does it before, while no engine runs.

    \b
    Examples:
      handoff migrate --data desk
      handoff migrate up --store postgresql://handoff@db.example/handoff
      handoff migrate copy --from sqlite:///desk/handoff.db --to postgresql://handoff@db.example/handoff
    """  # noqa: D301 - typer keeps the lines after a real \b as they are
    context.obj = (data, store)
    if context.invoked_subcommand is None:
        _told(_store(data, store))


@app.command()
def status(context: typer.Context, *, data: Folder = None, store: Url = None) -> None:
    """Say which schema a store has; 1 where it is not the present one. Nothing is changed."""
    _told(_store(data, store, context))


@app.command()
def up(context: typer.Context, *, data: Folder = None, store: Url = None) -> None:
    """Bring a store to the present schema, all of it or nothing."""
    from handoff_sdk.compose import schema_of, store_of

    target = _store(data, store, context)

    async def raised() -> tuple[str | None, str]:
        before, _ = await schema_of(target)
        opened = store_of(target)
        await opened.open()
        await opened.close()
        _, after = await schema_of(target)
        return before, after

    before, after = asyncio.run(raised())
    typer.echo(f"up to date at {after}" if before == after else f"brought from {before or 'nothing'} to {after}")


@app.command()
def copy(
    *,
    source: Annotated[str, typer.Option("--from", metavar="URL", help="The desk: sqlite:///FILE.")],
    target: Annotated[str, typer.Option("--to", metavar="URL", help="An empty database: postgresql://...")],
) -> None:
    """Copy a desk from SQLite to PostgreSQL, all or nothing.

    Every table is read back and compared. No engine may run on either. The file stays as it is. Conversations, events,
    customers, agents, API keys and secrets come along, so that clients go on with the keys they have.
    """
    from handoff_sdk.compose import copy_desk

    copied = copy_desk(source, target, _progress)
    typer.echo("")
    width = max(len(table.table) for table in copied)
    for table in copied:
        typer.echo(f"{table.table:<{width}}  {table.rows:>12,} rows  checksum {table.checksum}")
    typer.echo("everything was copied, read back and compared")


def _progress(total: int) -> Callable[[int], None]:
    """Shows on a terminal how far it is."""
    done = 0
    shown = typer.get_text_stream("stderr")

    def tell(rows: int) -> None:
        nonlocal done
        done += rows
        if shown.isatty():
            shown.write(f"\rcopying and comparing: {done * 100 // max(total, 1):>3} %")
            shown.flush()

    return tell


def _store(data: Path | None, store: str | None, context: typer.Context | None = None) -> str | Path:
    """The store that is meant, by this command's options or those before it."""
    before, url_before = context.obj if context is not None else (None, None)
    data, store = data or before, store or url_before
    if data is not None and store is not None:
        raise typer.BadParameter("give a data folder or a store, not both", param_hint="--store")
    return store or (data or DATA) / "handoff.db"


def _told(store: str | Path) -> None:
    from handoff_sdk.compose import schema_of

    found, present = asyncio.run(schema_of(store))
    if found == present:
        typer.echo(f"up to date at {present}")
        return
    typer.echo(
        f"{'there is no desk in it' if found is None else f'at {found}'}; 'handoff migrate up' brings it to {present}"
    )
    raise typer.Exit(1)
