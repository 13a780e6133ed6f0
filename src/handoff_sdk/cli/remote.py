"""How a command is told of a running engine: where it is, and a key for it.

Source: sdk.md, Command line.
"""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

import typer

__all__ = ["URL", "ApiKey", "EngineUrl", "StaffKey"]

URL: Final = "http://127.0.0.1:8080"
"""Where ``handoff serve`` listens if it is told nothing else."""

ApiKey: TypeAlias = Annotated[
    str,
    typer.Option(
        envvar="HANDOFF_API_KEY", metavar="KEY", help="A key of any role; the environment keeps it from other users."
    ),
]
StaffKey: TypeAlias = Annotated[
    str,
    typer.Option(
        envvar="HANDOFF_API_KEY",
        metavar="KEY",
        help="An integrator's or admin's key; the environment keeps it from other users.",
    ),
]
EngineUrl: TypeAlias = Annotated[str, typer.Option(envvar="HANDOFF_URL", metavar="URL", help="Where the engine is.")]
