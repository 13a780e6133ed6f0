"""The store on one SQLite file: for one engine, as fast as its disk.

``writer`` has the only connection that writes, ``readers`` some that read; ``lock`` keeps other engines away. Rows are
made on the event loop while the writer waits for the disk.

Source: house page, decisions 3 to 7; ports (``Store``).
"""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlalchemy.dialects.sqlite import dialect

from handoff_sdk.errors import Conflict, NotFound, Unavailable
from handoff_sdk.ports import Change, Standing
from handoff_sdk.store import books, hooks, rows
from handoff_sdk.store.opening import opened
from handoff_sdk.store.pages import Pages
from handoff_sdk.store.readers import Readers
from handoff_sdk.store.statements import Statements
from handoff_sdk.store.step import Step
from handoff_sdk.store.steps import Steps, numbered, steps
from handoff_sdk.store.trouble import checkpoint_risk, unavailable
from handoff_sdk.store.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime

    from handoff_sdk.core.accounts import Account
    from handoff_sdk.core.figures import Told
    from handoff_sdk.core.thread import Thread
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
        ConversationFilter,
        Due,
        EventFilter,
        FactFilter,
        KeptWebhook,
        TicketFilter,
    )
    from handoff_sdk.store.lock import FileLock
    from handoff_sdk.store.statements import Row, Statement

__all__ = ["SqliteStore", "checkpoint_risk"]

T = TypeVar("T")

_FORGET_AT_ONCE: Final = 5_000
"""Answers forgotten in one transaction, so that nobody waits long behind it."""
_SECRET_BYTES: Final = 32


@cache
def _statements() -> tuple[Statements, Pages]:
    # SQLAlchemy's dialects carry no annotations of their own here.
    sqlite_sql = dialect(paramstyle="qmark")
    return Statements(sqlite_sql), Pages(sqlite_sql)


class SqliteStore:
    """A store on the file ``path``, which is made where there is none; its folder must be there.

    Args:
        path: The file. Beside it lie, while the store is open, its ``-wal`` and ``-shm``, and always its ``.lock``.
        durable: ``False`` for a file that is thrown away: an answer does not wait for the disk.
    """

    def __init__(self, path: str | Path, *, durable: bool = True) -> None:
        self._path = Path(path)
        self._durable = durable
        self._sql, self._pages = _statements()
        self._cursor = 0
        self._lock: FileLock | None = None
        self._writer: Writer | None = None
        self._readers: Readers | None = None

    async def open(self) -> None:
        """Migrate to the present schema and make ready.

        Raises:
            Unavailable: Another engine has the file, or it cannot be opened; the text says which and what to do.
        """
        path = self._path.resolve()
        loop = asyncio.get_running_loop()
        self._lock, connection = await loop.run_in_executor(None, lambda: opened(path, durable=self._durable))
        try:
            self._cursor = connection.execute(self._sql.cursor.sql).fetchone()[0] or 0
            self._readers = Readers(path)
        except sqlite3.Error as error:
            connection.close()
            await self.close()
            raise unavailable(error, path) from error
        self._writer = Writer(connection, path)

    async def close(self) -> None:
        """Write what was submitted, then let go of everything."""
        if self._readers is not None:
            await self._readers.close()
        if self._writer is not None:
            await self._writer.close()
        if self._lock is not None:
            self._lock.release()
        self._readers = self._writer = self._lock = None

    def check(self) -> None:
        """Raise ``Unavailable`` when the store cannot write any more, saying why."""
        self._writing.check()

    def submit(self, change: Change) -> asyncio.Future[tuple[Event, ...]]:
        """Write ``change`` in one transaction; see ``ports.Store``. One that is refused leaves a gap in the cursors."""
        events = numbered(change.events, self._cursor)
        try:
            written = steps(change, events, self._sql)
            writer = self._writing
        except Exception as error:  # noqa: BLE001 - one change's bad value is that change's outcome
            failed: asyncio.Future[tuple[Event, ...]] = asyncio.get_running_loop().create_future()
            failed.set_exception(error)
            return failed
        self._cursor = max([self._cursor, *(event.cursor for event in events)])
        return writer.write(written, events)

    async def thread(self, conversation_id: str) -> Thread | None:
        """The conversation as the rules see it."""
        asked = self._sql.thread
        row = asked.row({"this": conversation_id})
        found = await self._reading.run(lambda connection: rows.threads(connection.execute(asked.sql, row)))
        return found[0] if found else None

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

    async def last_event(
        self, conversation_id: str, event_type: str, *, ticket_id: str | None = None, actor_type: str | None = None
    ) -> Event | None:
        """The latest event of this type in a conversation, about one ticket or by one type of actor where given."""
        asked = self._pages.last_event(conversation_id, event_type, ticket_id, actor_type)
        return next(iter(await self._all(asked, rows.event)), None)

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
        return await self._writing.run(lambda connection: self._merged(connection, anonymous_id, customer_id))

    async def due(self, until: datetime, limit: int) -> Sequence[Due]:
        """What is due at or before ``until``, by instant, rank and id."""
        asked = self._sql.due
        return await self._all((asked.sql, asked.row({"until": rows.micros(until), "limit": limit})), rows.due)

    async def next_due(self) -> datetime | None:
        """The instant of the earliest thing that falls due."""
        found = await self._all((self._sql.next_due.sql, ()), lambda row: row[0])
        return min((rows.instant(at) for at in found if at is not None), default=None)

    async def standing(self) -> Standing:
        """Threads with a waiting ticket, a running offer, a connected customer or open turns, and the agents.

        The load of each agent is counted anew, and kept as counted.
        """
        return await self._writing.run(self._standing)

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

        def found(connection: sqlite3.Connection) -> list[Account]:
            each = (connection.execute(asked.sql, (one,)).fetchone() for one in ids)
            return [books.account(row[0]) for row in each if row is not None]

        return await self._reading.run(found)

    async def facts(self, which: FactFilter) -> Sequence[Told]:
        """Facts with the accounts they are about, in the order of the feed."""
        since = rows.micros(which.since) if which.since else None
        sql, row = self._pages.facts(which, since, rows.micros(which.until))
        return await self._reading.run(lambda connection: books.told(connection.execute(sql, row)))

    async def answer(self, scope: str, key: str) -> Answer | None:
        """The answer kept under an idempotency key."""
        asked = self._sql.answer
        found = await self._all((asked.sql, asked.row({"scope": scope, "key": key})), rows.answer)
        return found[0] if found else None

    async def keep_answer(self, answer: Answer) -> None:
        """Keep an answer that no other change carries. Raises ``AnswerKept``."""
        await self.submit(Change(answer=answer))

    async def forget_answers(self, before: datetime) -> int:
        """Forget answers kept before an instant; answers how many."""
        values = {"before": rows.micros(before), "n": _FORGET_AT_ONCE}
        forgotten, more = 0, True
        while more:
            count, more = await self._writing.run(lambda connection: self._forgotten(connection, values))
            forgotten += count
        return forgotten

    async def bots(self) -> Sequence[RegisteredBot]:
        """The bots that have registered, by id."""
        return await self._all((self._sql.bots.sql, ()), lambda row: rows.bot(row[0]))

    async def keep_bot(self, bot: RegisteredBot) -> None:
        """Keep what a bot registered with."""
        step = Step(self._sql.keep_bot.sql, self._sql.keep_bot.row(rows.bot_row(bot)), Conflict)
        await self._writing.write(Steps((step,), ()), None)

    async def webhooks(self) -> Sequence[KeptWebhook]:
        """All webhooks, oldest first."""
        return await self._all((self._sql.webhooks.sql, ()), hooks.webhook)

    async def drop_webhook(self, webhook_id: str) -> None:
        """Forget a webhook and its deliveries."""
        await self._writing.run(lambda connection: self._webhook_dropped(connection, webhook_id))

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
        asked = self._sql.forget_deliveries
        row = asked.row({"this": webhook_id, "keep": keep})
        await self._writing.run(lambda connection: connection.execute(asked.sql, row).rowcount)

    async def keys(self) -> Sequence[ApiKey]:
        """All API keys, oldest first."""
        return await self._all((self._sql.keys.sql, ()), rows.key)

    async def add_key(self, key: ApiKey) -> None:
        """Keep a new API key."""
        step = Step(self._sql.add_key.sql, self._sql.add_key.row(rows.key_row(key)), Conflict)
        await self._writing.write(Steps((step,), ()), None)

    async def drop_key(self, key_id: str) -> bool:
        """Forget an API key; whether there was one."""
        asked = self._sql.drop_key
        row = asked.row({"this": key_id})
        return await self._writing.run(lambda connection: connection.execute(asked.sql, row).rowcount > 0)

    async def secret(self, name: str) -> bytes:
        """32 random bytes kept under a name, made at first use."""
        new = {"name": name, "value": secrets.token_bytes(_SECRET_BYTES)}
        return await self._writing.run(lambda connection: self._secret(connection, new))

    @property
    def _writing(self) -> Writer:
        if self._writer is None:
            raise Unavailable("The store is not open.")
        return self._writer

    @property
    def _reading(self) -> Readers:
        if self._readers is None:
            raise Unavailable("The store is not open.")
        return self._readers

    async def _all(self, asked: tuple[str, Row], read: Callable[[Row], T]) -> list[T]:
        return await self._reading.run(lambda connection: [read(row) for row in connection.execute(*asked)])

    async def _one(self, asked: Statement, this: str, read: Callable[[Any], T]) -> T | None:
        """The first column of the first row."""
        row = asked.row({"this": this})

        def found(connection: sqlite3.Connection) -> T | None:
            first = connection.execute(asked.sql, row).fetchone()
            return read(first[0]) if first else None

        return await self._reading.run(found)

    # What follows runs in the writer's thread.

    def _merged(self, connection: sqlite3.Connection, anonymous_id: str, customer_id: str) -> list[str]:
        sql = self._sql
        if connection.execute(sql.customer.sql, (customer_id,)).fetchone() is None:
            raise NotFound(f"There is no customer {customer_id}.")
        if anonymous_id == customer_id:
            return []
        found = connection.execute(sql.conversations_of.sql, (anonymous_id,)).fetchall()
        for conversation_id, body in found:
            version, moved = rows.moved_body(body, customer_id)
            values = {"this": conversation_id, "customer_id": customer_id, "version": version, "body": moved}
            connection.execute(sql.move_conversation.sql, sql.move_conversation.row(values))
        connection.execute(sql.drop_customer.sql, (anonymous_id,))
        return [conversation_id for conversation_id, _ in found]

    def _standing(self, connection: sqlite3.Connection) -> Standing:
        sql = self._sql
        used = dict(connection.execute(sql.used.sql).fetchall())
        connection.execute(sql.forget_used.sql)
        connection.executemany(
            sql.set_used.sql, [sql.set_used.row({"this": agent_id, "used": count}) for agent_id, count in used.items()]
        )
        return Standing(
            threads=tuple(rows.threads(connection.execute(sql.standing.sql))),
            agents=tuple(rows.agent(body) for (body,) in connection.execute(sql.agents.sql)),
            used=used,
            inactive=dict(connection.execute(sql.inactive.sql).fetchall()),
        )

    def _forgotten(self, connection: sqlite3.Connection, values: dict[str, int]) -> tuple[int, bool]:
        """Forget some answers; how many, and whether there are more."""
        sql = self._sql
        bound = connection.execute(sql.nth_answer.sql, sql.nth_answer.row(values)).fetchone()
        before = {"before": bound[0] + 1} if bound else values
        return connection.execute(sql.drop_answers.sql, sql.drop_answers.row(before)).rowcount, bound is not None

    def _webhook_dropped(self, connection: sqlite3.Connection, webhook_id: str) -> None:
        for statement in (self._sql.drop_deliveries, self._sql.drop_webhook):
            connection.execute(statement.sql, (webhook_id,))

    def _secret(self, connection: sqlite3.Connection, new: dict[str, Any]) -> bytes:
        connection.execute(self._sql.add_secret.sql, self._sql.add_secret.row(new))
        (value,) = connection.execute(self._sql.secret.sql, self._sql.secret.row(new)).fetchone()
        return bytes(value)
