"""``handoff``, the command. One file a command; ``app`` puts them together.

Exit status: 0 done; 1 the engine refused, or what was checked does not hold; 2 the command was given wrongly; 130
stopped with Ctrl-C. Whatever a user can get wrong is told in one line on standard error, without a traceback.

Source: sdk.md, Command line.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from handoff_sdk.errors import ConfigError, HandoffError, InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]

_EXTRAS: Final = {
    **dict.fromkeys(("alembic", "joserfc", "rich", "sqlalchemy", "typer", "yaml"), "server"),
    **dict.fromkeys(("psycopg", "psycopg_pool"), "postgres"),
}
"""Which extra installs a module that the package does not."""

_REFUSED: Final = 1
_GIVEN_WRONGLY: Final = 2
_INTERRUPTED: Final = 130


def main() -> None:
    """Run the command that the process was started with, and exit."""
    try:
        status = _status(sys.argv[1:])
    except KeyboardInterrupt:
        status = _INTERRUPTED
    except (HandoffError, ModuleNotFoundError, OSError) as error:
        status = _told(error)
    sys.exit(status)


def _status(args: Sequence[str]) -> int:
    """The exit status of the command that ``args`` give; without any its help."""
    from .app import run

    return run(list(args) or ["--help"])


def _told(error: HandoffError | ModuleNotFoundError | OSError) -> int:
    """Tell what went wrong, in a line; the exit status."""
    line = str(error)
    match error:
        case ConfigError() | InvalidRequest():  # of a configuration a line for each problem
            status = _GIVEN_WRONGLY
        case HandoffError():
            status = _REFUSED
            line += f" (request {error.request_id})" if error.request_id else ""
        case ModuleNotFoundError():
            status = _REFUSED
            module = (error.name or "").partition(".")[0]
            if module not in _EXTRAS:
                raise error
            line = f"{module} is not installed, which the engine needs: pip install 'handoff-sdk[{_EXTRAS[module]}]'"
        case _:
            status = _GIVEN_WRONGLY
            line = f"{error.filename}: {error.strerror}" if error.filename else error.strerror or line
    sys.stderr.write(f"handoff: {line}\n")
    return status
