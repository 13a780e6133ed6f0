"""What the desk needs of the world, as protocols. The composition root gives it the real ones.

Every instant is aware UTC. A store keeps all of a ``Change`` or nothing of it, and answers only when it is durable.

Source: house page, decisions 3 to 8.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator, Collection, Mapping, Sequence
    from datetime import datetime

    from .core.accounts import Account, Fact
    from .core.figures import Told
    from .core.pace import Slot
    from .core.thread import Thread
    from .models.agent import Agent
    from .models.attachment import StoredAttachment
    from .models.bot import RegisteredBot
    from .models.conversation import Conversation, Session
    from .models.customer import Customer
    from .models.event import Actor, Event
    from .models.followup import Breaker
    from .models.message import Message
    from .models.noun import JsonObject
    from .models.ticket import Ticket
    from .models.webhook import Delivery, DeliveryState, Webhook

Role = Literal["bot", "integrator", "admin"]
CredentialKind = Literal["session", "link", "password"]
ConfigSource = Literal["file", "api"]


class StaleVersion(Exception):
    """The thread was changed by another commit since it was read."""


class CapacityReached(Exception):
    """The agent's load would exceed the maximum that the engine may give."""


class AnswerKept(Exception):
    """An answer is kept under this idempotency key already."""


class IdentityTaken(Exception):
    """Another customer has this external id."""


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
class Change:
    """All that one transaction writes.

    ``before`` is ``None`` for a new conversation; ``after`` is ``None`` where no conversation is touched.
    ``load_agent`` is the agent whose capacity the live ticket uses afterwards, beside the one who is asked to take it
    over from another. ``due`` replaces the instant of the conversation (``None``: nothing is due). ``slot`` is taken
    once more; ``breaker`` is the fuse of its channel afterwards; ``config`` is a new version of the configuration.
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


@dataclass(frozen=True, slots=True)
class ConversationFilter:
    """Which conversations to list; ``None`` means any. ``silent_since``: no message after this instant."""

    customer_id: str | None = None
    brand: str | None = None
    owner: str | None = None
    status: str | None = None
    last_author: str | None = None
    silent_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """Which tickets to list; ``None`` means any, ``brands`` and ``groups`` any of these (and no group)."""

    conversation_id: str | None = None
    statuses: tuple[str, ...] | None = None
    assignee: str | None = None
    group: str | None = None
    brand: str | None = None
    priority: str | None = None
    brands: tuple[str, ...] | None = None
    groups: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events to read: all, one conversation's or one customer's. ``public``: only those with ``public_seq``."""

    conversation_id: str | None = None
    customer_id: str | None = None
    public: bool = False


@dataclass(frozen=True, slots=True)
class FactFilter:
    """Which facts to read: those before ``until``, from ``since`` on where given, of any of these brands."""

    until: datetime
    since: datetime | None = None
    brands: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key as it is kept: the hash of the secret, never the secret."""

    id: str
    role: Role
    hash: bytes
    created_at: datetime
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Credential:
    """What an agent logs in with, or came in with.

    ``id`` is the hash of what a browser presents; a password's is its agent's id, and its own hash is ``secret``.
    ``expires_at`` is when it is over if nothing is done, ``None`` for a password.
    """

    id: str
    kind: CredentialKind
    agent_id: str
    created_at: datetime
    expires_at: datetime | None = None
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the desk stands when it starts: its waiting and loaded work, and what is kept for all follow-ups.

    ``used`` is the messaging capacity that each agent uses, ``emails`` that of emails, ``inactive`` how many silent
    conversations each holds. ``slots`` are given with how often each was taken.
    """

    threads: tuple[Thread, ...] = ()
    agents: tuple[Agent, ...] = ()
    used: Mapping[str, int] = field(default_factory=dict)
    inactive: Mapping[str, int] = field(default_factory=dict)
    emails: Mapping[str, int] = field(default_factory=dict)
    breakers: tuple[Breaker, ...] = ()
    slots: Mapping[Slot, int] = field(default_factory=dict)


class Clock(Protocol):
    """The time, and waiting for it."""

    def now(self) -> datetime:
        """The present instant, aware UTC."""
        ...

    async def sleep_until(self, instant: datetime) -> None:
        """Return when ``instant`` has come."""
        ...


class Sender(Protocol):
    """The way out for webhooks. It goes to no address that it was not allowed, whatever a name resolves to."""

    def refusal(self, url: str) -> str | None:
        """Why nothing will be posted to ``url``, as far as that shows without asking for addresses."""
        ...

    async def allow(self, hosts: Sequence[str]) -> None:
        """Go from now on to these networks, addresses and names of one's own, and to no others."""
        ...

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Posted:
        """Post a body once and say what came of it, within a time of its own; it raises nothing."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class Files(Protocol):
    """Where the bytes of attachments are kept, by name."""

    async def keep(self, name: str, chunks: AsyncIterator[bytes]) -> int:
        """Keep what comes, durably; how many bytes that were. Where it breaks off, nothing is kept."""
        ...

    def read(self, name: str) -> AsyncIterator[bytes]:
        """The bytes, some at a time. Raises ``FileNotFoundError``."""
        ...

    async def drop(self, name: str) -> None:
        """Forget a file, if it is there."""
        ...


class Store(Protocol):
    """Where the desk keeps everything."""

    async def open(self) -> None:
        """Migrate to the present schema and make ready. Raises ``Unavailable`` where another engine holds the store."""
        ...

    async def close(self) -> None:
        """Write what was submitted, then let go of everything."""
        ...

    def check(self) -> None:
        """Raise ``Unavailable`` when the store cannot write any more, saying why."""
        ...

    def submit(self, change: Change) -> asyncio.Future[tuple[Event, ...]]:
        """Write ``change`` in one transaction; the result is its events with their cursors, once they are durable.

        Changes are written in the order they were submitted. The future fails with ``StaleVersion``,
        ``CapacityReached``, ``AnswerKept``, ``IdentityTaken`` (nothing was written) or ``Unavailable``.
        """
        ...

    async def thread(self, conversation_id: str) -> Thread | None:
        """The conversation as the rules see it."""
        ...

    async def threads(self, conversation_ids: Sequence[str]) -> Sequence[Thread]:
        """Those of these conversations that there are, as the rules see them, in this order."""
        ...

    async def conversation_of(self, *, ticket_id: str = "", offer_id: str = "", handoff_id: str = "") -> str | None:
        """The id of the conversation that this ticket, running offer or hand-off belongs to."""
        ...

    async def ticket(self, ticket_id: str) -> Ticket | None:
        """One ticket, also a closed one."""
        ...

    async def ticket_of_handoff(self, handoff_id: str) -> Ticket | None:
        """The ticket a hand-off made."""
        ...

    async def tickets(self, which: TicketFilter, *, before: str | None, limit: int) -> Sequence[Ticket]:
        """Tickets, newest first; ``before`` is the id of the last one of the page before."""
        ...

    async def conversations(
        self, which: ConversationFilter, *, before: str | None, limit: int
    ) -> Sequence[tuple[Conversation, Ticket | None]]:
        """Conversations with their latest ticket, newest first; ``before`` is the last id of the page before."""
        ...

    async def conversations_of(self, customer_id: str) -> int:
        """How many conversations a customer has."""
        ...

    async def messages(
        self,
        conversation_id: str,
        *,
        after: int = 0,
        before: int | None = None,
        limit: int = 100,
        public: bool = False,
        latest: bool = False,
    ) -> Sequence[Message]:
        """Messages with ``after < seq < before``, oldest first: the first ``limit`` of them, or the ``latest``."""
        ...

    async def message(self, message_id: str) -> Message | None:
        """One message."""
        ...

    async def events(self, which: EventFilter, *, after: int, limit: int) -> Sequence[Event]:
        """Stored events with a cursor past ``after``, in the order of the feed."""
        ...

    async def event(self, event_id: str) -> Event | None:
        """One stored event."""
        ...

    async def last_event(
        self, conversation_id: str, event_type: str, *, ticket_id: str | None = None, actor_type: str | None = None
    ) -> Event | None:
        """The latest event of this type in a conversation, about one ticket or by one type of actor where given."""
        ...

    async def followups_sent(self, customer_id: str, since: datetime) -> int:
        """How many follow-ups a customer was sent since an instant, over all conversations."""
        ...

    async def cursor(self) -> int:
        """The cursor of the last event; 0 in an empty store."""
        ...

    async def customer(self, customer_id: str) -> Customer | None:
        """One customer by the desk's id."""
        ...

    async def customer_by(self, *, external_id: str | None = None, email: str | None = None) -> Customer | None:
        """The customer with this external id, or else the signed-in one with this email."""
        ...

    async def merge_customers(self, anonymous_id: str, customer_id: str) -> Sequence[str]:
        """Give all conversations of one customer to another and forget the first; the ids of those conversations."""
        ...

    async def due(self, until: datetime, limit: int) -> Sequence[Due]:
        """What is due at or before ``until``, by instant, rank and id."""
        ...

    async def next_due(self) -> datetime | None:
        """The instant of the earliest thing that falls due."""
        ...

    async def behind(self, config_version: int, *, after: str, limit: int) -> Sequence[str]:
        """Conversations past the id ``after`` that were decided by an earlier configuration and have work left, by id.

        Work left is a ticket that is not closed, a turn that waits, or anything that falls due.
        """
        ...

    async def config(self, source: ConfigSource | None = None) -> KeptConfig | None:
        """The last version of the configuration, or the last one of this source."""
        ...

    async def standing(self) -> Standing:
        """Threads with a waiting ticket, a running offer, a connected customer or open turns; agents; follow-ups."""
        ...

    async def open_conversations(self, customer_id: str) -> Sequence[str]:
        """The ids of a customer's conversations that have a live ticket."""
        ...

    async def agent_tickets(self, agent_id: str) -> Sequence[Ticket]:
        """Tickets on offer to an agent or assigned to them that are not closed, oldest first."""
        ...

    async def live(self) -> Sequence[tuple[Ticket, Session]]:
        """All live tickets, in any order, with the session of their conversations."""
        ...

    async def position(self, reader: str) -> int:
        """The cursor up to which a reader has read the feed; 0 at first."""
        ...

    async def accounts(self, ids: Collection[str]) -> Sequence[Account]:
        """The accounts of these conversations, tickets and agents, as far as there are any."""
        ...

    async def facts(self, which: FactFilter) -> Sequence[Told]:
        """Facts with the accounts they are about, in the order of the feed."""
        ...

    async def answer(self, scope: str, key: str) -> Answer | None:
        """The answer kept under an idempotency key."""
        ...

    async def keep_answer(self, answer: Answer) -> None:
        """Keep an answer that no other change carries. Raises ``AnswerKept``."""
        ...

    async def forget_answers(self, before: datetime) -> int:
        """Forget answers kept before an instant; answers how many."""
        ...

    async def forget_slots(self, before: datetime) -> None:
        """Forget the places in seconds before an instant."""
        ...

    async def bots(self) -> Sequence[RegisteredBot]:
        """The bots that have registered, by id."""
        ...

    async def keep_bot(self, bot: RegisteredBot) -> None:
        """Keep what a bot registered with."""
        ...

    async def webhooks(self) -> Sequence[KeptWebhook]:
        """All webhooks, oldest first."""
        ...

    async def drop_webhook(self, webhook_id: str) -> None:
        """Forget a webhook and its deliveries."""
        ...

    async def deliveries(
        self, webhook_id: str, *, state: DeliveryState | None = None, before: str | None = None, limit: int
    ) -> Sequence[Delivery]:
        """Deliveries to a webhook, newest first; ``before`` is the id of the last one of the page before."""
        ...

    async def delivery(self, delivery_id: str) -> Delivery | None:
        """One delivery."""
        ...

    async def forget_deliveries(self, webhook_id: str, keep: int) -> None:
        """Forget all settled deliveries to a webhook that are older than the newest ``keep``."""
        ...

    async def keys(self) -> Sequence[ApiKey]:
        """All API keys, oldest first."""
        ...

    async def add_key(self, key: ApiKey) -> None:
        """Keep a new API key."""
        ...

    async def drop_key(self, key_id: str) -> bool:
        """Forget an API key; whether there was one."""
        ...

    async def credential(self, credential_id: str) -> Credential | None:
        """One credential."""
        ...

    async def credentials(self, agent_id: str) -> Sequence[Credential]:
        """All credentials of an agent, oldest first."""
        ...

    async def keep_credential(self, credential: Credential) -> None:
        """Keep a credential; another one with its id goes."""
        ...

    async def prolong_credential(self, credential_id: str, expires_at: datetime) -> bool:
        """Let a credential be over at another instant; whether there was one, for what was dropped stays so."""
        ...

    async def drop_credential(self, credential_id: str) -> bool:
        """Forget a credential; whether there was one: of many who ask at once, one is told so."""
        ...

    async def forget_credentials(self, before: datetime) -> None:
        """Forget all credentials that were over before an instant."""
        ...

    async def attachment(self, attachment_id: str) -> StoredAttachment | None:
        """What is kept of an attachment beside its bytes."""
        ...

    async def keep_attachment(self, attachment: StoredAttachment) -> None:
        """Keep what is known of an attachment."""
        ...

    async def unsent_attachments(self, before: datetime) -> Sequence[StoredAttachment]:
        """Attachments that were uploaded before an instant and sent in no conversation."""
        ...

    async def drop_attachment(self, attachment_id: str) -> None:
        """Forget an attachment."""
        ...

    async def secret(self, name: str) -> bytes:
        """32 random bytes kept under a name, made at first use."""
        ...
