"""The versions of the configuration, and by which of them a conversation's next instant was worked out."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_VERSION = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("conversations", sa.Column("config_version", sa.BigInteger, nullable=False, server_default="0"))
    op.create_table(
        "configurations",
        sa.Column("version", _VERSION, autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("actor_type", sa.Text, nullable=False),
        sa.Column("actor_id", sa.Text),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_configurations"),
    )


def downgrade() -> None:
    op.drop_table("configurations")
    op.drop_column("conversations", "config_version")
