"""What agents log in with, and what was attached to messages."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "credentials",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("agent_id", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger),
        sa.Column("secret", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_credentials"),
    )
    op.create_index("credentials_agent", "credentials", ["agent_id"])
    op.create_table(
        "attachments",
        sa.Column("id", _ID, nullable=False),
        sa.Column("conversation_id", _ID),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_attachments"),
    )
    for table, name, column, where in (
        ("credentials", "over", "expires_at", "expires_at IS NOT NULL"),
        ("attachments", "conversation", "conversation_id", "conversation_id IS NOT NULL"),
        ("attachments", "unsent", "created_at", "conversation_id IS NULL"),
    ):
        some = sa.text(where)
        op.create_index(f"{table}_{name}", table, [column], sqlite_where=some, postgresql_where=some)


def downgrade() -> None:
    for table in ("attachments", "credentials"):
        op.drop_table(table)
