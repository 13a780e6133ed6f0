"""``handoff check``: what is wrong with a configuration, and what is doubtful, all of it at once.

Source: sdk.md, Command line; config.md, Lint.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from handoff_sdk.models.finding import Finding

__all__ = ["check"]


def check(
    config: Annotated[
        Path | None, typer.Argument(metavar="CONFIG", help="The configuration, YAML.", show_default=False)
    ] = None,
    *,
    strict: Annotated[bool, typer.Option("--strict", help="Let warnings fail the check too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what is found as JSON.")] = False,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of the file, for editors, and check nothing.")
    ] = False,
) -> None:
    """Check a configuration before an engine gets it.

    Errors keep it from being loaded, warnings do not. ${NAME} reads the environment, and a name it lacks is an error.

    The exit status is 0 without errors, 1 with some, 2 when the file cannot be read.

    \b
    Examples:
      handoff check desk.yaml
      handoff check desk.yaml --strict --json
      handoff check --schema > desk.schema.json
    """  # noqa: D301 - typer keeps the lines after a real \b as they are
    if schema:
        from handoff_sdk.models.shape import shape

        typer.echo(json.dumps(shape(), indent=2, ensure_ascii=False))
        return
    if config is None:
        raise typer.BadParameter("give the configuration to check, or --schema", param_hint="CONFIG")
    found = _found(config)
    if as_json:
        told = [finding.model_dump(mode="json", exclude_none=True) for finding in found]
        typer.echo(json.dumps({"findings": told}, indent=2, ensure_ascii=False))
    else:
        for finding in found:
            typer.echo(_line(finding))
        typer.echo(f"{config}: {_summary(found)}")
    raise typer.Exit(int(any(strict or finding.level == "error" for finding in found)))


def _found(path: Path) -> tuple[Finding, ...]:
    from handoff_sdk.core.lint import inspected
    from handoff_sdk.models.document import DocumentError, read_document
    from handoff_sdk.models.finding import Finding

    try:
        document = read_document(path)
    except DocumentError as error:
        return (Finding(level="error", path="", message=error.problem, line=error.line),)
    return inspected(document.value, document, environ=os.environ)


def _line(finding: Finding) -> str:
    place = f"{finding.path}: " if finding.path else ""
    line = f" (line {finding.line})" if finding.line is not None else ""
    return f"{finding.level}  {place}{' '.join(finding.message.split())}{line}"


def _summary(found: tuple[Finding, ...]) -> str:
    """How many of each there are.

    >>> _summary(())
    'fine'
    """
    levels = [finding.level for finding in found]
    counts = [(levels.count(level), level) for level in ("error", "warning")]
    return ", ".join(f"{count} {level}{'' if count == 1 else 's'}" for count, level in counts if count) or "fine"
