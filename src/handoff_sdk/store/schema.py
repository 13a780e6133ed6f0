"""The tables.

- An instant is an INTEGER: microseconds since the epoch, UTC. JSON is TEXT.
- A noun lies whole in ``body``. Beside it stand the columns that a query or a constraint needs, and no others: every
  further one is paid for with each message.
- What must not be raced is a constraint: one version a conversation, one live ticket, one ticket an offer, one customer
  an ``external_id``, one answer an idempotency key, one event a ``seq``.
- Ids grow with time, so "newest first" is the order of ids.
- Messages have no table. One lies in the event that told of it, under ``data["message"]``.
- What falls due for a conversation or an agent stands in its row. A table of its own would mean one more statement a
  message.
- ``events`` has the one index by conversation, and history filters while it reads. A unique index on ``public_seq``
  and one of messages alone would dirty two more pages a message, which is a quarter of what the desk can take; that
  ``public_seq`` has no repeats follows from the version of the conversation it is counted in.
- Follow-ups sent have an index of their own, which no other event pays for: each is counted for the day's budget.
- ``answers`` has the key before the scope: keys that grow with time then fall on the same page.

Source: house page, decisions 3, 4, 7 and 8.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Sequence,
    Table,
    Text,
    literal_column,
    true,
)

from handoff_sdk.store.watermark import SEQUENCE

__all__ = [
    "AT_WORK",
    "CLOSED",
    "ERASED",
    "EVENT",
    "LIVE",
    "PENDING",
    "SENT",
    "WAITING",
    "accounts",
    "agents",
    "answers",
    "api_keys",
    "attachments",
    "bots",
    "breakers",
    "configurations",
    "conversations",
    "credentials",
    "customers",
    "deliveries",
    "events",
    "facts",
    "metadata",
    "positions",
    "secrets",
    "slots",
    "tickets",
    "webhooks",
]

metadata = MetaData(naming_convention={"pk": "pk_%(table_name)s"})

# Where several transactions write at once, cursors come from here; SQLite has one writer, who counts, and no sequences.
Sequence(SEQUENCE, metadata=metadata)

# SQLite keeps a table in the order of its key only where the type is called INTEGER.
_Cursor = BigInteger().with_variant(Integer, "sqlite")

# Ids are compared by their characters, as Python and SQLite do, and not as a dictionary would sort them.
_Id = Text().with_variant(Text(collation="C"), "postgresql")

# An index of part of a table serves only the queries that spell its condition out, as these do.
CLOSED: ColumnElement[str] = literal_column("'closed'", Text)
PENDING: ColumnElement[str] = literal_column("'pending'", Text)
AT_HAND: tuple[ColumnElement[str], ...] = (literal_column("'new'", Text), literal_column("'open'", Text))
ERASED = "erased"
"""Under this name ``positions`` has the feed's last cursor at the time when something was erased."""
SENT: ColumnElement[str] = literal_column("'followup.sent'", Text)
conversations = Table(
    "conversations",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("customer_id", _Id, nullable=False),
    Column("brand", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("status", Text, doc="of the latest ticket"),
    Column("latest_ticket_id", _Id),
    Column("last_author", Text),
    Column("last_message_at", BigInteger, doc="without a message, when it began"),
    Column("load_agent", Text, doc="whose capacity the live ticket uses, beside who is asked to take it over"),
    Column("customer_connected", Boolean, nullable=False),
    Column("bot_at_work", Text, doc="the bot that has turns to do"),
    Column("due_at", BigInteger),
    Column("due_rank", Integer),
    Column("body", Text, nullable=False, doc="Thread without customer and tickets"),
    Column(
        "config_version", BigInteger, nullable=False, server_default="0", doc="of the configuration that due_at is by"
    ),
)

tickets = Table(
    "tickets",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("conversation_id", _Id, nullable=False),
    Column("number", Integer, nullable=False),
    Column("live", Boolean, nullable=False),
    Column("status", Text, nullable=False),
    Column("brand", Text, nullable=False),
    Column("priority", Text),
    Column("grp", Text, doc="group, which is a word of SQL"),
    Column("assignee", Text),
    Column("email_agent", Text, doc="whose email capacity it uses"),
    Column("offer_id", _Id),
    Column("offered_to", Text),
    Column("handoff_id", _Id),
    Column("eligible_waiting", Boolean, nullable=False, doc="live, new or open, without assignee, messaging work"),
    Column("body", Text, nullable=False, doc="Ticket"),
)

AT_WORK: ColumnElement[bool] = conversations.c.bot_at_work.is_not(None)
LIVE: ColumnElement[bool] = tickets.c.live.is_(true())
WAITING: ColumnElement[bool] = tickets.c.eligible_waiting.is_(true())

events = Table(
    "events",
    metadata,
    Column("cursor", _Cursor, primary_key=True, autoincrement=False),
    Column("id", _Id, nullable=False),
    Column("conversation_id", _Id),
    Column("seq", BigInteger, nullable=False),
    Column("public_seq", BigInteger),
    Column("type", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("ticket_id", _Id),
    Column("actor_type", Text, nullable=False),
    Column("actor_id", Text),
    Column("message_id", _Id, doc="of the message that the event tells of"),
    Column("standby", Boolean, nullable=False),
    Column("data", Text, nullable=False),
)

EVENT = tuple(column for column in events.columns if column.name != "message_id")
"""The columns of an event as ``rows.event`` reads them."""

customers = Table(
    "customers",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("external_id", Text),
    Column("email", Text, doc="case-folded"),
    Column("body", Text, nullable=False, doc="Customer"),
)

agents = Table(
    "agents",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("used", Integer, nullable=False, doc="messaging capacity in use"),
    Column("due_at", BigInteger),
    Column("due_rank", Integer),
    Column("body", Text, nullable=False, doc="Agent"),
)

answers = Table(
    "answers",
    metadata,
    Column("key", Text, primary_key=True),
    Column("scope", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("role", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("name", Text),
)

credentials = Table(
    "credentials",
    metadata,
    Column("id", Text, primary_key=True, doc="hash of what is presented, or, for a password, whose it is"),
    Column("kind", Text, nullable=False),
    Column("agent_id", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("secret", Text, doc="hash of a password"),
)

attachments = Table(
    "attachments",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("conversation_id", _Id, doc="where it was sent"),
    Column("created_at", BigInteger, nullable=False),
    Column("body", Text, nullable=False, doc="Attachment"),
)

bots = Table(
    "bots",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("body", Text, nullable=False, doc="RegisteredBot"),
)

breakers = Table(
    "breakers",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("body", Text, nullable=False, doc="Breaker"),
)

configurations = Table(
    "configurations",
    metadata,
    Column("version", _Cursor, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("source", Text, nullable=False),
    Column("actor_type", Text, nullable=False),
    Column("actor_id", Text),
    Column("body", Text, nullable=False, doc="as it was written"),
)

slots = Table(
    "slots",
    metadata,
    Column("ladder", Text, primary_key=True),
    Column("at", BigInteger, primary_key=True, doc="the second"),
    Column("taken", Integer, nullable=False, doc="how many held messages leave in it"),
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("secrets", Text, nullable=False, doc="each with when it is over"),
    Column("body", Text, nullable=False, doc="Webhook"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("webhook_id", _Id, nullable=False),
    Column("state", Text, nullable=False),
    Column("body", Text, nullable=False, doc="Delivery"),
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", _Id, primary_key=True, doc="of the conversation, ticket or agent"),
    Column("brand", Text),
    Column("body", Text, nullable=False, doc="Account"),
)

facts = Table(
    "facts",
    metadata,
    Column("cursor", BigInteger, primary_key=True, autoincrement=False, doc="of the event it was read from"),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("subject", _Id, nullable=False, doc="the account it is about"),
    Column("key", Text, nullable=False),
    Column("agent", Text),
    Column("detail", Text),
    Column("value", Float),
)

positions = Table(
    "positions",
    metadata,
    Column("id", Text, primary_key=True, doc="whoever reads the feed for good"),
    Column("cursor", BigInteger, nullable=False),
)

secrets = Table(
    "secrets",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)


def _index(name: str, *columns: Column[object], unique: bool = False, where: ColumnElement[bool] | None = None) -> None:
    Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where)


_index("conversations_customer", conversations.c.customer_id, conversations.c.id)
_index(
    "conversations_due",
    conversations.c.due_at,
    conversations.c.due_rank,
    conversations.c.id,
    where=conversations.c.due_at.is_not(None),
)
_index("conversations_at_work", conversations.c.id, where=AT_WORK)

_index("tickets_number", tickets.c.conversation_id, tickets.c.number, unique=True)
_index("tickets_live", tickets.c.conversation_id, unique=True, where=LIVE)
_index("tickets_offer", tickets.c.offer_id, unique=True, where=tickets.c.offer_id.is_not(None))
_index("tickets_handoff", tickets.c.handoff_id, unique=True, where=tickets.c.handoff_id.is_not(None))
_index("tickets_offered", tickets.c.offered_to, tickets.c.id, where=tickets.c.offered_to.is_not(None))
_index(
    "tickets_assigned",
    tickets.c.assignee,
    tickets.c.id,
    where=tickets.c.assignee.is_not(None) & (tickets.c.status != CLOSED),
)
_index("tickets_emailed", tickets.c.email_agent, where=tickets.c.email_agent.is_not(None))
_index("tickets_waiting", tickets.c.conversation_id, where=WAITING)
_index("tickets_status", tickets.c.status, tickets.c.id)

_index("events_id", events.c.id, unique=True)
_index("events_seq", events.c.conversation_id, events.c.seq, unique=True, where=events.c.conversation_id.is_not(None))
_index("events_message", events.c.message_id, unique=True, where=events.c.message_id.is_not(None))

_index("events_followups", events.c.conversation_id, events.c.at, where=events.c.type == SENT)

_index("customers_external", customers.c.external_id, unique=True, where=customers.c.external_id.is_not(None))
_index(
    "customers_email",
    customers.c.email,
    customers.c.id,
    where=customers.c.email.is_not(None) & customers.c.external_id.is_not(None),
)

_index("agents_due", agents.c.due_at, agents.c.due_rank, agents.c.id, where=agents.c.due_at.is_not(None))
_index("answers_at", answers.c.at)
_index("credentials_agent", credentials.c.agent_id)
_index("credentials_over", credentials.c.expires_at, where=credentials.c.expires_at.is_not(None))
_index("attachments_conversation", attachments.c.conversation_id, where=attachments.c.conversation_id.is_not(None))
_index("attachments_unsent", attachments.c.created_at, where=attachments.c.conversation_id.is_(None))
_index("facts_at", facts.c.at)
_index("deliveries_webhook", deliveries.c.webhook_id, deliveries.c.id)
_index("deliveries_state", deliveries.c.webhook_id, deliveries.c.state, deliveries.c.id)
