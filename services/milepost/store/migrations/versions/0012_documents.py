"""Documents, which content and platforms keep for themselves."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "documents",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("resource", TEXT, nullable=False),
        sa.Column("activity", TEXT, nullable=False),
        sa.Column("agent", TEXT, nullable=False),
        sa.Column("place", TEXT, nullable=False),
        sa.Column("registration", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("person", TEXT, nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("content_type", TEXT, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_documents")),
        sa.UniqueConstraint("place", "registration", "name", name=op.f("uq_documents_place_registration_name")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_documents_tenant_person"), "documents", ["tenant", "person"])
    op.create_index(op.f("ix_documents_changed_at"), "documents", ["changed_at"])
