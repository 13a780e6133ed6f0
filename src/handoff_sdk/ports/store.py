"""The store: keeps all of a ``Change`` or nothing of it, and answers only when it is durable.

Source: house page, decisions 3 to 8.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from handoff_sdk.core.accounts import Account
    from handoff_sdk.core.figures import Told
    from handoff_sdk.core.pace import Slot
    from handoff_sdk.core.thread import Thread
    from handoff_sdk.models.agent import Agent
    from handoff_sdk.models.attachment import StoredAttachment
    from handoff_sdk.models.bot import RegisteredBot
    from handoff_sdk.models.conversation import Conversation, Session
    from handoff_sdk.models.customer import Customer
    from handoff_sdk.models.event import Event
    from handoff_sdk.models.followup import Breaker
    from handoff_sdk.models.message import Message
    from handoff_sdk.models.ticket import Ticket
    from handoff_sdk.models.webhook import Delivery, DeliveryState
    from handoff_sdk.ports.change import Answer, Change, ConfigSource, Due, KeptConfig, KeptWebhook
    from handoff_sdk.ports.credential import ApiKey, Credential
    from handoff_sdk.ports.filter import ConversationFilter, EventFilter, FactFilter, TicketFilter

__all__ = ["Standing", "Store"]


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

    async def events_with(self, conversation_id: str, text: str) -> Sequence[Event]:
        """Stored events of a conversation whose data has a text in it, and perhaps others, in their order."""
        ...

    async def last_event(
        self, conversation_id: str, event_type: str, *, ticket_id: str | None = None, actor_type: str | None = None
    ) -> Event | None:
        """The latest event of this type in a conversation, about one ticket or by one type of actor where given."""
        ...

    async def last_cursor(self, conversation_id: str) -> int:
        """The cursor of the last event of a conversation; 0 where there is none."""
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

    async def erase_conversation(self, conversation_id: str) -> None:
        """Forget a conversation with its tickets, events, attachments and all answers kept about it.

        Of what is counted, its tickets' tags and fields are forgotten. The feed's cursors go on as if it were there.
        """
        ...

    async def erase_customer(self, customer_id: str) -> None:
        """Forget a customer and all answers kept about them; their conversations were erased before."""
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

    async def answers_with(self, text: str, since: datetime) -> Sequence[Answer]:
        """The answers kept since an instant whose body has a text in it."""
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

    async def attachments_of(self, conversation_id: str) -> Sequence[StoredAttachment]:
        """The attachments that were sent in a conversation, oldest first."""
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
