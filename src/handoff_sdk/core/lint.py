"""What is doubtful in a configuration: every lint is a small function of it, and ``_LINTS`` is the table of them all.

What is wrong keeps a configuration from being loaded at all (``models``), so that a loaded one has warnings only.

Source: config.md, Lint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from handoff_sdk.models.config import DeskConfig
from handoff_sdk.models.finding import Finding, as_written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from handoff_sdk.models.document import Document, KeyPath
    from handoff_sdk.models.finding import Level

    _Doubts: TypeAlias = Iterator[tuple[KeyPath, str]]

__all__ = ["findings", "inspected"]


def findings(config: DeskConfig) -> tuple[Finding, ...]:
    """What is found in a loaded configuration, in the order of the file format."""
    return _told("warning", _doubts(config), None)


def inspected(
    value: object, document: Document | None = None, *, environ: Mapping[str, str] | None = None
) -> tuple[Finding, ...]:
    """What is found in a configuration that a mapping of plain values writes: errors, or else warnings.

    Args:
        value: The mapping; ``None`` is the empty one.
        document: Where it was read; gives findings their lines, and their order.
        environ: What ``${NAME}`` in its texts stands for; without it they stay as they are.
    """
    config, problems = DeskConfig.attempted(value, environ)
    if config is None:
        return _told("error", problems.items(), document)
    return _told("warning", _doubts(config), document)


def _told(level: Level, found: Iterable[tuple[KeyPath, str]], document: Document | None) -> tuple[Finding, ...]:
    told = [
        Finding(level=level, path=as_written(path), message=message, line=document.line(path) if document else None)
        for path, message in found
    ]
    return tuple(sorted(told, key=lambda finding: finding.line or 0))


def _doubts(config: DeskConfig) -> _Doubts:
    for lint in _LINTS:
        yield from lint(config)


def _agents_in_no_group(config: DeskConfig) -> _Doubts:
    for name, agent in config.agents.items():
        if config.groups and not agent.groups:
            yield ("agents", name), "is in no group, and serves only what has none; write 'groups: [...]'"


_LINTS: Final[tuple[Callable[[DeskConfig], _Doubts], ...]] = (_agents_in_no_group,)
"""In the order of the file format."""
