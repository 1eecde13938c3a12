"""Statements are found by what they name: each stands in an index once for each of its terms."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from milepost.store.querying import index_all

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    with op.batch_alter_table("statements") as table:
        table.drop_index("ix_statements_tenant_stored_at")
    op.create_table(
        "statement_terms",
        sa.Column("term", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("stored_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("statement_id", TEXT, nullable=False),
        sa.Column("plain", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("term", "stored_at", "statement_id", name=op.f("pk_statement_terms")),
        sqlite_with_rowid=False,
    )
    _index_what_is_there()


def _index_what_is_there() -> None:
    # The same function as for new statements, or they would not be found alike. When it changes, whoever changes it
    # empties this table and fills it anew, by a migration that comes after this one.
    index_all(op.get_bind())
