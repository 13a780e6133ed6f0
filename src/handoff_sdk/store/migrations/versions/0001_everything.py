"""Everything that the first release keeps."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_CURSOR = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_CURSORS = sa.Sequence("events_cursor")


def _index(name: str, table: str, columns: list[str], *, unique: bool = False, where: object = None) -> None:
    op.create_index(name, table, columns, unique=unique, sqlite_where=where, postgresql_where=where)


def upgrade() -> None:
    if op.get_context().dialect.supports_sequences:
        op.execute(sa.schema.CreateSequence(_CURSORS))

    op.create_table(
        "conversations",
        sa.Column("id", _ID, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("customer_id", _ID, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("status", sa.Text),
        sa.Column("latest_ticket_id", _ID),
        sa.Column("last_author", sa.Text),
        sa.Column("last_message_at", sa.BigInteger),
        sa.Column("load_agent", sa.Text),
        sa.Column("customer_connected", sa.Boolean, nullable=False),
        sa.Column("bot_at_work", sa.Text),
        sa.Column("due_at", sa.BigInteger),
        sa.Column("due_rank", sa.Integer),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_conversations"),
    )
    _index("conversations_customer", "conversations", ["customer_id", "id"])
    _index("conversations_due", "conversations", ["due_at", "due_rank", "id"], where=sa.text("due_at IS NOT NULL"))
    _index("conversations_at_work", "conversations", ["id"], where=sa.text("bot_at_work IS NOT NULL"))

    op.create_table(
        "tickets",
        sa.Column("id", _ID, nullable=False),
        sa.Column("conversation_id", _ID, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("live", sa.Boolean, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("priority", sa.Text),
        sa.Column("grp", sa.Text),
        sa.Column("assignee", sa.Text),
        sa.Column("email_agent", sa.Text),
        sa.Column("offer_id", _ID),
        sa.Column("offered_to", sa.Text),
        sa.Column("handoff_id", _ID),
        sa.Column("eligible_waiting", sa.Boolean, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tickets"),
    )
    live = sa.column("live", sa.Boolean).is_(sa.true())
    waiting = sa.column("eligible_waiting", sa.Boolean).is_(sa.true())
    assigned = sa.text("assignee IS NOT NULL AND status != 'closed'")
    _index("tickets_number", "tickets", ["conversation_id", "number"], unique=True)
    _index("tickets_live", "tickets", ["conversation_id"], unique=True, where=live)
    _index("tickets_offer", "tickets", ["offer_id"], unique=True, where=sa.text("offer_id IS NOT NULL"))
    _index("tickets_handoff", "tickets", ["handoff_id"], unique=True, where=sa.text("handoff_id IS NOT NULL"))
    _index("tickets_offered", "tickets", ["offered_to", "id"], where=sa.text("offered_to IS NOT NULL"))
    _index("tickets_assigned", "tickets", ["assignee", "id"], where=assigned)
    _index("tickets_emailed", "tickets", ["email_agent"], where=sa.text("email_agent IS NOT NULL"))
    _index("tickets_waiting", "tickets", ["conversation_id"], where=waiting)
    _index("tickets_status", "tickets", ["status", "id"])

    op.create_table(
        "events",
        sa.Column("cursor", _CURSOR, autoincrement=False, nullable=False),
        sa.Column("id", _ID, nullable=False),
        sa.Column("conversation_id", _ID),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("public_seq", sa.BigInteger),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("ticket_id", _ID),
        sa.Column("actor_type", sa.Text, nullable=False),
        sa.Column("actor_id", sa.Text),
        sa.Column("message_id", _ID),
        sa.Column("standby", sa.Boolean, nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("cursor", name="pk_events"),
    )
    _index("events_id", "events", ["id"], unique=True)
    in_one = sa.text("conversation_id IS NOT NULL")
    _index("events_seq", "events", ["conversation_id", "seq"], unique=True, where=in_one)
    _index("events_message", "events", ["message_id"], unique=True, where=sa.text("message_id IS NOT NULL"))
    _index("events_followups", "events", ["conversation_id", "at"], where=sa.text("type = 'followup.sent'"))

    op.create_table(
        "customers",
        sa.Column("id", _ID, nullable=False),
        sa.Column("external_id", sa.Text),
        sa.Column("email", sa.Text),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_customers"),
    )
    signed_in = sa.text("email IS NOT NULL AND external_id IS NOT NULL")
    _index("customers_external", "customers", ["external_id"], unique=True, where=sa.text("external_id IS NOT NULL"))
    _index("customers_email", "customers", ["email", "id"], where=signed_in)

    op.create_table(
        "agents",
        sa.Column("id", _ID, nullable=False),
        sa.Column("used", sa.Integer, nullable=False),
        sa.Column("due_at", sa.BigInteger),
        sa.Column("due_rank", sa.Integer),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_agents"),
    )
    _index("agents_due", "agents", ["due_at", "due_rank", "id"], where=sa.text("due_at IS NOT NULL"))

    op.create_table(
        "answers",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("key", "scope", name="pk_answers"),
    )
    _index("answers_at", "answers", ["at"])

    op.create_table(
        "api_keys",
        sa.Column("id", _ID, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("name", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
    )
    op.create_table(
        "bots",
        sa.Column("id", _ID, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_bots"),
    )
    op.create_table(
        "breakers",
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("channel", name="pk_breakers"),
    )
    op.create_table(
        "slots",
        sa.Column("ladder", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("taken", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("ladder", "at", name="pk_slots"),
    )
    op.create_table(
        "webhooks",
        sa.Column("id", _ID, nullable=False),
        sa.Column("secrets", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhooks"),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", _ID, nullable=False),
        sa.Column("webhook_id", _ID, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
    )
    _index("deliveries_webhook", "deliveries", ["webhook_id", "id"])
    _index("deliveries_state", "deliveries", ["webhook_id", "state", "id"])

    op.create_table(
        "secrets",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("value", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_secrets"),
    )


def downgrade() -> None:
    for table in (
        "secrets",
        "deliveries",
        "webhooks",
        "slots",
        "breakers",
        "bots",
        "api_keys",
        "answers",
        "agents",
        "customers",
        "events",
        "tickets",
        "conversations",
    ):
        op.drop_table(table)
    if op.get_context().dialect.supports_sequences:
        op.execute(sa.schema.DropSequence(_CURSORS))
