"""A store full of conversations in which nobody speaks: each waits for the step of a ladder.

The rules make one of them, and the rows that the store would write of it are written again and again, with other ids
and another instant, thousands in a transaction.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from typing import TYPE_CHECKING, Any

from handoff_sdk.core.deadlines import next_due
from handoff_sdk.core.decide import decide, start
from handoff_sdk.desk.clock import SystemClock
from handoff_sdk.desk.ids import Ids
from handoff_sdk.desk.reports import READER
from handoff_sdk.models.command import PostMessage, StartConversation
from handoff_sdk.models.config import DeskConfig
from handoff_sdk.models.customer import Customer
from handoff_sdk.models.event import Actor
from handoff_sdk.ports import Due
from handoff_sdk.store import rows
from handoff_sdk.store.dialects import SQLITE
from handoff_sdk.store.statements import Statements

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from handoff_sdk.store.statements import Row, Statement

__all__ = ["CONFIG", "fill"]

CONFIG: dict[str, Any] = {
    "brands": {"default": {"bot": "ada", "followups": "nudge"}},
    "followups": {"nudge": {"while": ["bot"], "steps": [{"after": "30d", "say": {"en": "Are you still there?"}}]}},
}

_WAIT = timedelta(days=30)
_VERSION = 1
"""Of the configuration, in a store that an engine has opened once."""
_MARK = "~" * 26
"""Stands in all ids of a conversation for the digits that make them its own; the last two tell them apart."""
_SINCE = datetime(2001, 1, 1, tzinfo=UTC)
"""Stands for the instant from which a conversation waits."""
_AT_A_TIME = 10_000


def fill(file: Path, instants: Sequence[datetime]) -> list[str]:
    """Add a conversation for each instant, in which a follow-up falls due then; their ids.

    Args:
        file: A store that an engine with ``CONFIG`` has opened, and closed.
        instants: With a zone.
    """
    first = int(Ids(SystemClock())("").strip("_")[: len(_MARK)], 16)
    marks = [f"{first + number:0{len(_MARK)}x}" for number in range(len(instants))]
    originals = _conversation()
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        (last,) = connection.execute("SELECT coalesce(max(cursor), 0) FROM events").fetchone()
        pairs, cursors = zip(marks, instants, strict=True), count(last + 1)
        while batch := [*islice(pairs, _AT_A_TIME)]:
            connection.execute("BEGIN")
            for statement, values in originals:
                connection.executemany(statement.sql, _copies(statement, values, batch, cursors))
            connection.execute("COMMIT")
        # An engine that had lived through all this would have read it for its figures long ago.
        connection.execute("REPLACE INTO positions (id, cursor) SELECT ?, max(cursor) FROM events", (READER,))
    # Or the engine's commits would wait for all this to be written out.
    os.sync()
    conversation_id: str = originals[1][1]["id"]
    return [conversation_id.replace(_MARK, mark) for mark in marks]


def _copies(
    statement: Statement, values: dict[str, Any], batch: Sequence[tuple[str, datetime]], cursors: Iterator[int]
) -> Iterator[Row]:
    texts = {name: value for name, value in values.items() if isinstance(value, str) and _MARK in value}
    since = _SINCE.isoformat().replace("+00:00", "Z")
    for mark, instant in batch:
        own = {name: text.replace(_MARK, mark) for name, text in texts.items()}
        if "due_at" in values:
            own |= {"due_at": rows.micros(instant), "body": own["body"].replace(since, (instant - _WAIT).isoformat())}
        if "cursor" in values:
            own["cursor"] = next(cursors)
        yield statement.row(values | own)


def _conversation() -> list[tuple[Statement, dict[str, Any]]]:
    """The statements that write a conversation in which a bot has spoken last, and their values."""
    to, config, now, numbers = Statements(SQLITE), DeskConfig.parse(CONFIG), datetime.now(UTC), count()

    def new_id(prefix: str) -> str:
        return f"{prefix}_{_MARK}{next(numbers):02x}"

    customer = Customer(id=f"cus_{_MARK}ff", created_at=now)
    actor, bot = Actor(type="customer", id=customer.id), Actor(type="bot", id="ada")
    begun = start(StartConversation(), customer, actor=actor, now=now, config=config, new_id=new_id)
    body = {"conversation_id": begun.thread.conversation.id, "epoch": 1, "author": {"type": "bot", "id": "ada"}}
    said = PostMessage.model_validate({**body, "content": {"type": "text", "text": "Anything else?"}})
    decision = decide(begun.thread, said, actor=bot, now=now, config=config, new_id=new_id)
    ladder = decision.thread.followups.ladder
    if ladder is None:
        raise RuntimeError("the bot's message has armed no ladder")
    followups = decision.thread.followups.model_copy(update={"ladder": ladder.model_copy(update={"since": _SINCE})})
    thread = decision.thread.model_copy(update={"followups": followups, "config_version": _VERSION})
    item = next_due(thread, config)
    if item is None or item.at != _SINCE + _WAIT:
        raise RuntimeError("the ladder does not wait for its step")
    due = Due("conversation", thread.conversation.id, item.at, item.order)
    return [
        (to.keep_customer, rows.customer_row(customer)),
        (to.add_conversation, rows.conversation_row(thread, None, due)),
        *((to.add_event, rows.event_row(event, 0)) for event in begun.events + decision.events),
    ]
