"""A trace: everything that happened in a scenario, a line an event.

Source: scenario.md (``--trace``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from handoff_sdk.testing.words import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from handoff_sdk.models.noun import JsonObject
    from handoff_sdk.testing.stage import Happened

__all__ = ["trace_lines"]


def trace_lines(happened: Sequence[Happened]) -> Iterator[str]:
    """The lines of a trace, in columns: instant, conversation, type, and what there is to know.

    Args:
        happened: In order, as ``Report.events`` has it.
    """
    whole_seconds = all(entry.event.at.microsecond == 0 for entry in happened)
    rows = [
        (
            _instant(entry.event.at, whole_seconds=whole_seconds),
            entry.conversation or "-",
            entry.event.type,
            " ".join(_TOLD.get(entry.event.type, _plain)(entry.event.data).split()),
        )
        for entry in happened
    ]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    for row in rows:
        columns = (text.ljust(width) for text, width in zip(row, widths, strict=False))
        yield "  ".join((*columns, row[-1])).rstrip()


def _instant(at: datetime, *, whole_seconds: bool) -> str:
    return at.isoformat(timespec="seconds" if whole_seconds else "microseconds").replace("+00:00", "Z")


def _pairs(data: Mapping[str, Any]) -> str:
    """The keys that say something, each with its value."""
    return ", ".join(f"{key} {_value(value)}" for key, value in data.items() if value not in (None, "", [], (), {}))


def _value(value: object) -> str:
    return value if isinstance(value, str) else shown(value)


def _picked(*keys: str, inside: str | None = None) -> Callable[[JsonObject], str]:
    def told(data: JsonObject) -> str:
        within = data[inside] if inside else data
        return _pairs({key: within.get(key) for key in keys})

    return told


def _plain(data: JsonObject) -> str:
    """What is not an id of something that has no name in a scenario; agents go by their ids there."""
    return _pairs(
        {
            "agent" if key == "agent_id" else key: value
            for key, value in data.items()
            if key == "agent_id" or not key.endswith("_id")
        }
    )


def _message(data: JsonObject) -> str:
    message = data["message"]
    author, content = message["author"], message["content"]
    speaker = author["type"] if author["type"] in ("customer", "system") else f"{author['type']} {author['id']}"
    remarks = [remark for remark in (message["via"], "note" if message["visibility"] == "internal" else None) if remark]
    return f"{' '.join([speaker, *(f'({remark})' for remark in remarks)])}: {content.get('text') or content['type']}"


def _changes(data: JsonObject) -> str:
    return ", ".join(f"{key} {_value(old)} -> {_value(new)}" for key, (old, new) in data["changes"].items())


def _agent_status(data: JsonObject) -> str:
    return f"{data['agent_id']}: {data.get('from')} -> {data['status']}"


_TOLD: Final[Mapping[str, Callable[[JsonObject], str]]] = {
    "agent.status": _agent_status,
    "control.passed": _picked("owner", "epoch"),
    "control.returned": lambda data: ", ".join(
        (_picked("owner", "epoch")(data), _picked("reason", "outcome", "note", inside="returned")(data))
    ),
    "control.taken_over": lambda data: f"{_picked('owner', 'epoch')(data)}, agent {data['agent_id']}",
    "conversation.created": _picked("brand", "channel", "owner", "bot", inside="conversation"),
    "message.created": _message,
    "ticket.assigned": lambda data: f"{data['agent_id']}, by {data['by']}",
    "ticket.created": _picked("number", "priority", "group", "style", "tags", "fields", "subject", inside="ticket"),
    "ticket.offered": lambda data: f"{data['agent_id']}, until {data['expires_at']}",
    "ticket.updated": _changes,
}
