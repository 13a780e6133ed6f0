"""``handoff serve``: the engine, until it is told to stop.

Source: sdk.md, Command line; api.md, Who calls (the keys of a new folder).
"""

from __future__ import annotations

import asyncio
import errno
import gc
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from handoff_sdk.bot.bot import Bot
    from handoff_sdk.models.config import DeskConfig

__all__ = ["DATA", "KEYS", "serve"]

DATA: Final = Path("handoff-data")
"""The data folder where none is named."""

KEYS: Final = "keys.json"
"""The file of a data folder with its first keys."""

DEMO_DATA: Final = Path("handoff-demo")
"""The same for a demo, which leaves real data alone."""

_COLLECT_EVERY: Final = 50_000
"""Objects that are new before cycles are looked for: more than what all requests in flight hold together."""

_NOT_OURS: Final = {
    errno.EADDRINUSE: "is in use already; stop what listens there, or choose another --port (0 picks a free one)",
    errno.EADDRNOTAVAIL: "is not an address of this machine; choose another --host",
    errno.EACCES: "may not be listened on by this user; choose a --port from 1024 on",
}


def serve(
    *,
    config: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, readable=True, metavar="FILE", help="The configuration, YAML."),
    ] = None,
    data: Annotated[
        Path, typer.Option(file_okay=False, metavar="FOLDER", help="Where everything is kept; made if need be.")
    ] = DATA,
    store: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Another store than the folder's: sqlite:///FILE or postgresql://..."),
    ] = None,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, metavar="PORT", help="The port; 0 picks a free one.")] = 8080,
    demo: Annotated[
        bool,
        typer.Option("--demo", help="A shop to try it in: one brand, two agents, a bot and a page with the widget."),
    ] = False,
) -> None:
    """Run the engine and its HTTP API.

    A new folder gets one API key a role; they are printed once and kept in FOLDER/keys.json, for you alone to read.
    SIGTERM and Ctrl-C stop the engine after the requests in flight; SIGHUP reads FILE again. The API explains itself at
    /docs.

    PostgreSQL needs handoff-sdk[postgres] and a database of its own. Its password may stand in PGPASSWORD or ~/.pgpass.

    \b
    Examples:
      handoff serve
      handoff serve --demo
      handoff serve --config desk.yaml --data /var/lib/handoff --port 80
      handoff serve --config desk.yaml --store postgresql://handoff@db.example/handoff
    """  # noqa: D301 - typer keeps the lines after a real \b as they are
    from handoff_sdk import compose

    settings: DeskConfig | Path | None = config
    bot: Bot | None = None
    if demo:
        if config is not None:
            raise typer.BadParameter(
                "the demo has a configuration of its own; leave one of the two out", param_hint="--demo"
            )
        from . import playground

        settings, bot = playground.CONFIG, playground.bot
        data = DEMO_DATA if data == DATA else data
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("handoff_sdk").setLevel(logging.INFO)
    _collect_seldom()
    work = compose.serve(data=data, config=settings, store=store, host=host, port=port, demo=bot, announce=typer.echo)
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(work)
    except OSError as error:
        problem = _NOT_OURS.get(error.errno or 0)
        if problem is None or error.filename is not None:
            raise
        raise typer.BadParameter(f"{host}:{port} {problem}", param_hint="--host/--port") from None


def _collect_seldom() -> None:
    """Look for cycles of objects seldom, and never again among all that was imported.

    What a request makes is freed when it is answered, without being looked for. Python's default, every 700 objects,
    costs a fifth of the engine's time, and now and then it goes through everything while all requests wait.
    """
    gc.collect()
    gc.freeze()
    _, second, third = gc.get_threshold()
    gc.set_threshold(_COLLECT_EVERY, second, third)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """That of uvloop where it is installed."""
    try:
        import uvloop
    except ModuleNotFoundError:
        return None
    return uvloop.new_event_loop
