"""``handoff scenario``: play scenario files.

Source: scenario.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _scenario() -> None:
    """Play customers, a bot and agents on a virtual clock.

    The engine is the real one. A scenario says what people do and what must then hold.

    \b
    Example:
      handoff scenario run my.scenario.yaml --trace
    """  # noqa: D301 - typer keeps the lines after a real \b as they are


@app.command()
def run(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Scenario files, YAML.", show_default=False)],
    *,
    trace: Annotated[bool, typer.Option("--trace", help="Print every event with its virtual time.")] = False,
) -> None:
    """Play each file on a fresh desk and print one line for it, in order.

    The exit status is 0 when all hold, 1 otherwise, 2 when a file cannot be read.
    """
    from handoff_sdk.testing import ScenarioError, play, trace_lines

    status = 0
    for file in files:
        try:
            report = play(file)
        except ScenarioError as error:
            typer.echo(str(error), err=True)
            status = 2
            continue
        if trace:
            for line in trace_lines(report.events):
                typer.echo(line)
        typer.echo(report.line)
        if not report.ok:
            status = max(status, 1)
    raise typer.Exit(status)
