"""Facts, the accounts they are about, and how far the feed was read for them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", _ID, nullable=False),
        sa.Column("brand", sa.Text),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
    )
    op.create_table(
        "facts",
        sa.Column("cursor", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("subject", _ID, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("agent", sa.Text),
        sa.Column("detail", sa.Text),
        sa.Column("value", sa.Float),
        sa.PrimaryKeyConstraint("cursor", "place", name="pk_facts"),
    )
    op.create_index("facts_at", "facts", ["at"])
    op.create_table(
        "positions",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("cursor", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_positions"),
    )


def downgrade() -> None:
    for table in ("positions", "facts", "accounts"):
        op.drop_table(table)
