"""The command line as a whole: every command under its name.

Source: sdk.md, Command line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, cast

import typer

from . import check, demo, doctor, hooks, keys, migrate, nudge, report, scenario, serve, tail

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["run"]

_MISUSE: Final = cast(
    "type[typer.BadParameter]", next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")
)
"""What typer raises for a command that it does not understand: the base of all of it, which it does not export."""

_app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)


def run(args: Sequence[str]) -> int:
    """Run a command; its exit status."""
    try:
        status = typer.main.get_command(_app).main(args=list(args), prog_name="handoff", standalone_mode=False)
    except _MISUSE as error:
        return _misused(error)
    return status if isinstance(status, int) else 0


def _misused(error: typer.BadParameter) -> int:
    """Tell, in a line, what was wrong with a command; the exit status."""
    message = error.format_message()
    if not message.startswith("Usage:"):  # the help of a command that needs more than its name
        context = getattr(error, "ctx", None)
        path = context.command_path if context else "handoff"
        sentence = " ".join(message.split()).replace("Value error, ", "").rstrip(".")
        message = f"{path}: {sentence}{'' if sentence.endswith('?') else '.'} Try '{path} --help'."
    typer.echo(message, err=True)
    return error.exit_code


def _version(asked: bool) -> None:  # noqa: FBT001 - typer calls it so
    if asked:
        from handoff_sdk import __version__

        typer.echo(f"handoff-sdk {__version__}")
        raise typer.Exit


@_app.callback(context_settings={"help_option_names": ["-h", "--help"]})
def _handoff(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    """Hand conversations from a bot to people, and back.

    \b
    handoff demo                              a whole story, in seconds
    handoff serve --data desk                 an engine on port 8080
    handoff check desk.yaml                   is a configuration right?
    handoff keys --data desk                  its API keys
    handoff tail --api-key hk_...             what happens, as it happens
    handoff nudge --silent-for 3d --say TEXT  a follow-up to all who went silent
    handoff report --html report.html         what happened, for people
    handoff doctor --data desk                is this machine fit for it?
    handoff scenario run my.scenario.yaml     try a set-up on a virtual clock
    handoff hooks check URL --secret whsec_   is an endpoint fit for webhooks?
    handoff migrate --data desk               is its schema up to date?
    """  # noqa: D301 - typer keeps the lines after a real \b as they are


_app.command("demo")(demo.demo)
_app.command("serve")(serve.serve)
_app.command("check")(check.check)
_app.add_typer(keys.app, name="keys")
_app.command("tail")(tail.tail)
_app.command("nudge")(nudge.nudge)
_app.command("report")(report.report)
_app.command("doctor")(doctor.doctor)
_app.add_typer(scenario.app, name="scenario")
_app.add_typer(hooks.app, name="hooks")
_app.add_typer(migrate.app, name="migrate")
