"""``handoff hooks``: is an endpoint for webhooks fit for what an engine posts, and for what others do?

Source: api.md, Webhooks out; sdk.md, Testing your bot (``faults``).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from handoff_sdk.testing.endpoint import Found, Grade

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _hooks() -> None:
    """Check whether an endpoint is fit for webhooks."""


@app.command()
def check(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where the endpoint is.", show_default=False)],
    *,
    secret: Annotated[
        str | None,
        typer.Option(
            envvar="HANDOFF_WEBHOOK_SECRET", metavar="SECRET", help="The webhook's secret: whsec_...", show_envvar=True
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="All of it as JSON.")] = False,
) -> None:
    """Post good and bad webhooks to an endpoint, and grade it.

    It gets events that happened nowhere, in a conversation named cnv_check_...: point this at an endpoint whose data
    does not matter. Without the secret only forgeries are posted. The exit status is 0 when all that was checked holds,
    1 when something does not, 2 when the endpoint cannot be reached.

    \b
    Grades: A all holds; B up to two things do not; C more do not; F it is not safe.

    \b
    Example:
      HANDOFF_WEBHOOK_SECRET=whsec_... handoff hooks check http://localhost:3000/hook
    """  # noqa: D301 - typer keeps the lines after a real \b as they are
    from handoff_sdk.desk.clock import SystemClock
    from handoff_sdk.models.webhook import secret_bytes
    from handoff_sdk.testing.endpoint import NothingAnswers, examined, graded

    if secret is not None:
        try:
            secret_bytes(secret)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--secret") from None
    try:
        found = asyncio.run(examined(url, secret, SystemClock()))
    except NothingAnswers as error:
        raise typer.BadParameter(str(error), param_hint="URL") from None
    grade = graded(found)
    if json:
        typer.echo(_as_json(url, found, grade))
    else:
        for one in found:
            typer.echo(one.line)
        typer.echo(_summary(found, grade))
    raise typer.Exit(int(any(one.state == "failed" for one in found)))


_MEANING: Final[Mapping[Grade | None, str]] = {
    "A": "all holds",
    "B": "it works, but for what failed above",
    "C": "events will be lost or come again and again",
    "F": "it is not safe, or takes nothing",
    None: "not all was checked: give --secret",
}


def _summary(found: Sequence[Found], grade: Grade | None) -> str:
    states = [one.state for one in found]
    told = ", ".join(f"{states.count(state)} {state}" for state in ("ok", "failed", "skipped") if state in states)
    return f"grade {grade or '-'}: {_MEANING[grade]} ({told})"


def _as_json(url: str, found: Sequence[Found], grade: Grade | None) -> str:
    from dataclasses import asdict
    from json import dumps

    return dumps({"url": url, "grade": grade, "checks": [asdict(one) for one in found]}, indent=2)
