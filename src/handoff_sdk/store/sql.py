"""Everything that a store answers, for whatever database speaks SQL.

Source: ports (``Store``); house page, decisions 3 to 8.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from handoff_sdk.errors import Conflict
from handoff_sdk.ports import Change
from handoff_sdk.store import books, hooks, procedures, rows
from handoff_sdk.store.database import Database
from handoff_sdk.store.step import Step

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from handoff_sdk.core.accounts import Account
    from handoff_sdk.core.figures import Told
    from handoff_sdk.core.thread import Thread
    from handoff_sdk.models.attachment import StoredAttachment
    from handoff_sdk.models.bot import RegisteredBot
    from handoff_sdk.models.conversation import Conversation, Session
    from handoff_sdk.models.customer import Customer
    from handoff_sdk.models.event import Event
    from handoff_sdk.models.message import Message
    from handoff_sdk.models.ticket import Ticket
    from handoff_sdk.models.webhook import Delivery, DeliveryState
    from handoff_sdk.ports import (
        Answer,
        ApiKey,
        ConfigSource,
        ConversationFilter,
        Credential,
        Due,
        EventFilter,
        FactFilter,
        KeptConfig,
        KeptWebhook,
        Standing,
        TicketFilter,
    )
    from handoff_sdk.store.statement import Row, Statement

__all__ = ["SqlStore"]


class SqlStore(Database):
    """A store but for what its database says in its own way."""

    @abstractmethod
    def submit(self, change: Change) -> asyncio.Future[tuple[Event, ...]]:
        """Write ``change`` in one transaction; see ``ports.Store``."""

    async def thread(self, conversation_id: str) -> Thread | None:
        """The conversation as the rules see it."""
        found = await self.threads((conversation_id,))
        return found[0] if found else None

    async def threads(self, conversation_ids: Sequence[str]) -> Sequence[Thread]:
        """Those of these conversations that there are, as the rules see them, in this order."""
        asked = self._sql.thread
        each = [(asked.sql, asked.row({"this": conversation_id})) for conversation_id in conversation_ids]
        return [thread for found in await self._read_each(each, rows.threads) for thread in found]

    async def conversation_of(self, *, ticket_id: str = "", offer_id: str = "", handoff_id: str = "") -> str | None:
        """The id of the conversation that this ticket, running offer or hand-off belongs to."""
        if ticket_id:
            return await self._one(self._sql.conversation_of_ticket, ticket_id, str)
        if offer_id:
            return await self._one(self._sql.conversation_of_offer, offer_id, str)
        return await self._one(self._sql.conversation_of_handoff, handoff_id, str)

    async def ticket(self, ticket_id: str) -> Ticket | None:
        """One ticket, also a closed one."""
        return await self._one(self._sql.ticket, ticket_id, rows.ticket)

    async def ticket_of_handoff(self, handoff_id: str) -> Ticket | None:
        """The ticket a hand-off made."""
        return await self._one(self._sql.ticket_of_handoff, handoff_id, rows.ticket)

    async def tickets(self, which: TicketFilter, *, before: str | None, limit: int) -> Sequence[Ticket]:
        """Tickets, newest first."""
        return await self._all(self._pages.tickets(which, before, limit), lambda row: rows.ticket(row[0]))

    async def conversations(
        self, which: ConversationFilter, *, before: str | None, limit: int
    ) -> Sequence[tuple[Conversation, Ticket | None]]:
        """Conversations with their latest ticket, newest first."""
        silent_since = rows.micros(which.silent_since) if which.silent_since else None
        return await self._all(self._pages.conversations(which, silent_since, before, limit), rows.conversation)

    async def conversations_of(self, customer_id: str) -> int:
        """How many conversations a customer has."""
        return await self._one(self._sql.conversation_count, customer_id, int) or 0

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
        """Messages with ``after < seq < before``, oldest first; with ``latest`` the last ``limit`` of them."""
        asked = self._pages.messages(conversation_id, after, before, limit, public=public, latest=latest)
        found = await self._all(asked, lambda row: rows.message(row[0]))
        return found[::-1] if latest else found

    async def message(self, message_id: str) -> Message | None:
        """One message."""
        return await self._one(self._sql.message, message_id, rows.message)

    async def events(self, which: EventFilter, *, after: int, limit: int) -> Sequence[Event]:
        """Stored events with a cursor past ``after``, in the order of the feed."""
        return await self._all(self._pages.events(which, after, limit), rows.event)

    async def event(self, event_id: str) -> Event | None:
        """One stored event."""
        asked = self._sql.event
        return next(iter(await self._all((asked.sql, asked.row({"this": event_id})), rows.event)), None)

    async def events_with(self, conversation_id: str, text: str) -> Sequence[Event]:
        """Stored events of a conversation whose data has a text in it, and perhaps others, in their order."""
        asked = self._sql.events_with
        return await self._all((asked.sql, asked.row({"this": conversation_id, "pattern": f"%{text}%"})), rows.event)

    async def last_event(
        self, conversation_id: str, event_type: str, *, ticket_id: str | None = None, actor_type: str | None = None
    ) -> Event | None:
        """The latest event of this type in a conversation, about one ticket or by one type of actor where given."""
        asked = self._pages.last_event(conversation_id, event_type, ticket_id, actor_type)
        return next(iter(await self._all(asked, rows.event)), None)

    async def last_cursor(self, conversation_id: str) -> int:
        """The cursor of the last event of a conversation; 0 where there is none."""
        return await self._one(self._sql.last_cursor, conversation_id, lambda cursor: cursor or 0) or 0

    async def followups_sent(self, customer_id: str, since: datetime) -> int:
        """How many follow-ups a customer was sent since an instant, over all conversations."""
        asked = self._sql.followups_sent
        row = asked.row({"this": customer_id, "since": rows.micros(since)})
        return (await self._all((asked.sql, row), lambda row: int(row[0])))[0]

    async def cursor(self) -> int:
        """The cursor of the last event; 0 in an empty store."""
        return (await self._all((self._sql.cursor.sql, ()), lambda row: row[0] or 0))[0]

    async def customer(self, customer_id: str) -> Customer | None:
        """One customer by the desk's id."""
        return await self._one(self._sql.customer, customer_id, rows.customer)

    async def customer_by(self, *, external_id: str | None = None, email: str | None = None) -> Customer | None:
        """The customer with this external id, or else the signed-in one with this email."""
        if external_id is not None:
            found = await self._one(self._sql.customer_by_external_id, external_id, rows.customer)
            if found is not None:
                return found
        wanted = rows.email_key(email)
        return await self._one(self._sql.customer_by_email, wanted, rows.customer) if wanted else None

    async def merge_customers(self, anonymous_id: str, customer_id: str) -> Sequence[str]:
        """Give all conversations of one customer to another and forget the first.

        Their versions grow, so that what is decided on the old ones meanwhile is decided again.

        Raises:
            NotFound: There is no customer ``customer_id``.
        """
        return await self._do(lambda: procedures.merged(self._sql, anonymous_id, customer_id))

    async def erase_conversation(self, conversation_id: str) -> None:
        """Forget a conversation with its tickets, events, attachments and all answers kept about it."""
        await self._do(lambda: procedures.conversation_erased(self._sql, conversation_id))

    async def erase_customer(self, customer_id: str) -> None:
        """Forget a customer and all answers kept about them; their conversations were erased before."""
        await self._do(lambda: procedures.customer_erased(self._sql, customer_id))

    async def due(self, until: datetime, limit: int) -> Sequence[Due]:
        """What is due at or before ``until``, by instant, rank and id."""
        asked = self._sql.due
        return await self._all((asked.sql, asked.row({"until": rows.micros(until), "limit": limit})), rows.due)

    async def next_due(self) -> datetime | None:
        """The instant of the earliest thing that falls due."""
        found = await self._all((self._sql.next_due.sql, ()), lambda row: row[0])
        return min((rows.instant(at) for at in found if at is not None), default=None)

    async def behind(self, config_version: int, *, after: str, limit: int) -> Sequence[str]:
        """Conversations with work left past the id ``after`` that an earlier configuration decided about, by id."""
        asked = self._sql.behind
        row = asked.row({"this": config_version, "after": after, "limit": limit})
        return await self._all((asked.sql, row), lambda row: str(row[0]))

    async def config(self, source: ConfigSource | None = None) -> KeptConfig | None:
        """The last version of the configuration, or the last one of this source."""
        asked = self._sql.config if source is None else self._sql.config_from
        return next(iter(await self._all((asked.sql, asked.row({"this": source})), rows.config)), None)

    async def standing(self) -> Standing:
        """Threads with a waiting ticket, a running offer, a connected customer or open turns, and the agents.

        The load of each agent is counted anew, and kept as counted.
        """
        return await self._do(lambda: procedures.standing(self._sql))

    async def open_conversations(self, customer_id: str) -> Sequence[str]:
        """The ids of a customer's conversations that have a live ticket."""
        asked = self._sql.open_conversations
        return await self._all((asked.sql, asked.row({"this": customer_id})), lambda row: str(row[0]))

    async def agent_tickets(self, agent_id: str) -> Sequence[Ticket]:
        """Tickets on offer to an agent or assigned to them that are not closed, oldest first."""
        asked = self._sql.agent_tickets
        return await self._all((asked.sql, asked.row({"this": agent_id})), lambda row: rows.ticket(row[1]))

    async def live(self) -> Sequence[tuple[Ticket, Session]]:
        """All live tickets, in any order, with the session of their conversations."""
        return await self._all((self._sql.live.sql, ()), rows.live)

    async def position(self, reader: str) -> int:
        """The cursor up to which a reader has read the feed; 0 at first."""
        return await self._one(self._sql.position, reader, int) or 0

    async def accounts(self, ids: Collection[str]) -> Sequence[Account]:
        """The accounts of these conversations, tickets and agents, as far as there are any."""
        asked = self._sql.account
        each = [(asked.sql, asked.row({"this": one})) for one in ids]
        return [account for found in await self._read_each(each, _accounts) for account in found]

    async def facts(self, which: FactFilter) -> Sequence[Told]:
        """Facts with the accounts they are about, in the order of the feed."""
        since = rows.micros(which.since) if which.since else None
        return await self._read(self._pages.facts(which, since, rows.micros(which.until)), books.told)

    async def answer(self, scope: str, key: str) -> Answer | None:
        """The answer kept under an idempotency key."""
        asked = self._sql.answer
        found = await self._all((asked.sql, asked.row({"scope": scope, "key": key})), rows.answer)
        return found[0] if found else None

    async def answers_with(self, text: str, since: datetime) -> Sequence[Answer]:
        """The answers kept since an instant whose body has a text in it."""
        asked = self._sql.answers_with
        row = asked.row({"wanted": text.encode(), "since": rows.micros(since)})
        return await self._all((asked.sql, row), rows.answer)

    async def keep_answer(self, answer: Answer) -> None:
        """Keep an answer that no other change carries. Raises ``AnswerKept``."""
        await self.submit(Change(answer=answer))

    async def forget_answers(self, before: datetime) -> int:
        """Forget answers kept before an instant; answers how many."""
        forgotten, more = 0, True
        while more:
            count, more = await self._do(lambda: procedures.forgotten(self._sql, before))
            forgotten += count
        return forgotten

    async def forget_slots(self, before: datetime) -> None:
        """Forget the places in seconds before an instant."""
        await self._wrote(self._sql.forget_slots, before=rows.micros(before))

    async def bots(self) -> Sequence[RegisteredBot]:
        """The bots that have registered, by id."""
        return await self._all((self._sql.bots.sql, ()), lambda row: rows.bot(row[0]))

    async def keep_bot(self, bot: RegisteredBot) -> None:
        """Keep what a bot registered with."""
        await self._write(Step(self._sql.keep_bot.sql, self._sql.keep_bot.row(rows.bot_row(bot)), Conflict))

    async def webhooks(self) -> Sequence[KeptWebhook]:
        """All webhooks, oldest first."""
        return await self._all((self._sql.webhooks.sql, ()), hooks.webhook)

    async def drop_webhook(self, webhook_id: str) -> None:
        """Forget a webhook and its deliveries."""
        await self._do(lambda: procedures.webhook_dropped(self._sql, webhook_id))

    async def deliveries(
        self, webhook_id: str, *, state: DeliveryState | None = None, before: str | None = None, limit: int
    ) -> Sequence[Delivery]:
        """Deliveries to a webhook, newest first."""
        return await self._all(
            self._pages.deliveries(webhook_id, state, before, limit), lambda row: hooks.delivery(row[0])
        )

    async def delivery(self, delivery_id: str) -> Delivery | None:
        """One delivery."""
        return await self._one(self._sql.delivery, delivery_id, hooks.delivery)

    async def forget_deliveries(self, webhook_id: str, keep: int) -> None:
        """Forget all settled deliveries to a webhook that are older than the newest ``keep``."""
        await self._wrote(self._sql.forget_deliveries, this=webhook_id, keep=keep)

    async def keys(self) -> Sequence[ApiKey]:
        """All API keys, oldest first."""
        return await self._all((self._sql.keys.sql, ()), rows.key)

    async def add_key(self, key: ApiKey) -> None:
        """Keep a new API key."""
        await self._write(Step(self._sql.add_key.sql, self._sql.add_key.row(rows.key_row(key)), Conflict))

    async def drop_key(self, key_id: str) -> bool:
        """Forget an API key; whether there was one."""
        return await self._wrote(self._sql.drop_key, this=key_id) > 0

    async def credential(self, credential_id: str) -> Credential | None:
        """One credential."""
        found = await self._credentials(self._sql.credential, credential_id)
        return found[0] if found else None

    async def credentials(self, agent_id: str) -> Sequence[Credential]:
        """All credentials of an agent, oldest first."""
        return await self._credentials(self._sql.credentials, agent_id)

    async def keep_credential(self, credential: Credential) -> None:
        """Keep a credential; another one with its id goes."""
        asked = self._sql.keep_credential
        await self._write(Step(asked.sql, asked.row(rows.credential_row(credential)), Conflict))

    async def prolong_credential(self, credential_id: str, expires_at: datetime) -> bool:
        """Let a credential be over at another instant; whether there was one."""
        until = rows.micros(expires_at)
        return await self._wrote(self._sql.prolong_credential, this=credential_id, expires_at=until) > 0

    async def drop_credential(self, credential_id: str) -> bool:
        """Forget a credential; whether there was one."""
        return await self._wrote(self._sql.drop_credential, this=credential_id) > 0

    async def forget_credentials(self, before: datetime) -> None:
        """Forget all credentials that were over before an instant."""
        await self._wrote(self._sql.forget_credentials, before=rows.micros(before))

    async def attachment(self, attachment_id: str) -> StoredAttachment | None:
        """What is kept of an attachment beside its bytes."""
        return await self._one(self._sql.attachment, attachment_id, rows.attachment)

    async def attachments_of(self, conversation_id: str) -> Sequence[StoredAttachment]:
        """The attachments that were sent in a conversation, oldest first."""
        asked = self._sql.attachments_of
        return await self._all((asked.sql, asked.row({"this": conversation_id})), lambda row: rows.attachment(row[0]))

    async def keep_attachment(self, attachment: StoredAttachment) -> None:
        """Keep what is known of an attachment."""
        asked = self._sql.keep_attachment
        await self._write(Step(asked.sql, asked.row(rows.attachment_row(attachment)), Conflict))

    async def unsent_attachments(self, before: datetime) -> Sequence[StoredAttachment]:
        """Attachments that were uploaded before an instant and sent in no conversation."""
        asked = self._sql.unsent_attachments
        row = asked.row({"before": rows.micros(before)})
        return await self._all((asked.sql, row), lambda found: rows.attachment(found[0]))

    async def drop_attachment(self, attachment_id: str) -> None:
        """Forget an attachment."""
        await self._wrote(self._sql.drop_attachment, this=attachment_id)

    async def secret(self, name: str) -> bytes:
        """32 random bytes kept under a name, made at first use."""
        return await self._do(lambda: procedures.kept_secret(self._sql, name))

    async def _wrote(self, asked: Statement, **values: object) -> int:
        """How many rows a statement wrote, in a transaction of its own."""
        return await self._do(lambda: procedures.counted(asked, asked.row(values)))

    async def _credentials(self, asked: Statement, this: str) -> list[Credential]:
        return await self._all((asked.sql, asked.row({"this": this})), rows.credential)


def _accounts(found: Iterable[Row]) -> list[Account]:
    return [books.account(body) for (body,) in found]
