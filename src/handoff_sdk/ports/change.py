"""What is written in one transaction.

Source: house page, decisions 3 to 7.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import datetime

    from handoff_sdk.core.accounts import Account, Fact
    from handoff_sdk.core.pace import Slot
    from handoff_sdk.core.thread import Thread
    from handoff_sdk.models.agent import Agent
    from handoff_sdk.models.customer import Customer
    from handoff_sdk.models.event import Actor, Event
    from handoff_sdk.models.followup import Breaker
    from handoff_sdk.models.noun import JsonObject
    from handoff_sdk.models.webhook import Delivery, Webhook

__all__ = [
    "AgentChange",
    "Answer",
    "BookChange",
    "Change",
    "ConfigSource",
    "Due",
    "HookChange",
    "HookSecret",
    "KeptConfig",
    "KeptWebhook",
    "Posted",
    "Redaction",
]

ConfigSource = Literal["file", "api"]


@dataclass(frozen=True, slots=True)
class Due:
    """Something falls due for a conversation or an agent: the one indexed instant each has.

    ``rank`` orders the kinds of one instant (lifecycle.md, 10); then the id does, which grows with time.
    """

    kind: Literal["conversation", "agent"]
    id: str
    at: datetime
    rank: int


@dataclass(frozen=True, slots=True)
class Answer:
    """The first answer to a request with an idempotency key. ``digest`` is that of the request's path and body."""

    scope: str
    key: str
    digest: bytes
    status: int
    body: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class AgentChange:
    """A change of an agent within a transaction.

    ``agent`` gives status, connection, lapses and the instant of the last offer as they are afterwards; ``load`` is
    added to the used messaging capacity, ``email`` to that of emails, ``inactive`` to the silent conversations they
    hold. With ``limit`` the store refuses the whole change (``CapacityReached``) when the capacity used afterwards
    would exceed it. ``due`` replaces the agent's instant (``None``: nothing is due).
    """

    agent: Agent
    load: int = 0
    limit: int | None = None
    inactive: int = 0
    email: int = 0
    due: Due | None = None


@dataclass(frozen=True, slots=True)
class HookSecret:
    """A secret of a webhook; it signs until ``until``, or, where that is ``None``, until it is replaced."""

    secret: str = field(repr=False)
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class KeptWebhook:
    """A webhook as it is kept. Its cursor says: what lies before is settled, or is a delivery that is kept."""

    webhook: Webhook
    secrets: tuple[HookSecret, ...]


@dataclass(frozen=True, slots=True)
class HookChange:
    """A change of a webhook and of deliveries to it; ``new``: it is not in the store yet."""

    kept: KeptWebhook
    deliveries: tuple[Delivery, ...] = ()
    new: bool = False


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of a post: the status it was answered with, or why there is none. ``seconds`` it took."""

    status: int | None
    seconds: float
    error: str | None = None


@dataclass(frozen=True, slots=True)
class BookChange:
    """What a page of the feed adds to the books: the ``reader`` goes on from ``was`` to ``cursor``, both or neither."""

    reader: str
    was: int
    cursor: int
    facts: tuple[Fact, ...] = ()
    accounts: tuple[Account, ...] = ()


@dataclass(frozen=True, slots=True)
class KeptConfig:
    """A version of the configuration as it is kept: as it was written, ``${NAME}`` where a secret is not.

    ``source`` says whether it was the file that the engine was started with; ``by`` who put it in force otherwise.
    """

    version: int
    at: datetime
    source: ConfigSource
    by: Actor
    written: JsonObject


@dataclass(frozen=True, slots=True)
class Redaction:
    """A message that is taken back: events and kept answers that held it, as they are without its content.

    Where one of them is not there any more, the store refuses the whole change (``StaleVersion``).
    """

    message_id: str
    events: tuple[Event, ...]
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """All that one transaction writes.

    ``before`` is ``None`` for a new conversation; ``after`` is ``None`` where no conversation is touched.
    ``load_agent`` is the agent whose capacity the live ticket uses afterwards, beside the one who is asked to take it
    over from another. ``due`` replaces the instant of the conversation (``None``: nothing is due). ``slot`` is taken
    once more; ``breaker`` is the fuse of its channel afterwards; ``config`` is a new version of the configuration;
    ``redaction`` writes anew what was kept.
    """

    before: Thread | None = None
    after: Thread | None = None
    events: tuple[Event, ...] = ()
    load_agent: str | None = None
    due: Due | None = None
    agents: tuple[AgentChange, ...] = ()
    customer: Customer | None = None
    answer: Answer | None = None
    hook: HookChange | None = None
    books: BookChange | None = None
    slot: Slot | None = None
    breaker: Breaker | None = None
    config: KeptConfig | None = None
    redaction: Redaction | None = None
