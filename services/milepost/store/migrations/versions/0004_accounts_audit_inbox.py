"""Accounts with their sign-ins, the audit log, and the inbox of gaps."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def number() -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column("number", kind, autoincrement=True, nullable=False)


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("password", TEXT, nullable=True),
        sa.Column("key_digest", TEXT, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.name"], name=op.f("fk_accounts_tenant")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_accounts")),
        sa.UniqueConstraint("key_digest", name=op.f("uq_accounts_key_digest")),
    )
    op.create_index(op.f("ix_accounts_tenant"), "accounts", ["tenant"])
    op.create_table(
        "sign_ins",
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("account", TEXT, nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.name"], name=op.f("fk_sign_ins_account")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_sign_ins")),
    )
    op.create_index(op.f("ix_sign_ins_account"), "sign_ins", ["account"])
    op.create_table(
        "sign_in_attempts",
        number(),
        sa.Column("name_digest", TEXT, nullable=False),
        sa.Column("address", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_sign_in_attempts")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_sign_in_attempts_name_digest_at"), "sign_in_attempts", ["name_digest", "at"])
    op.create_index(op.f("ix_sign_in_attempts_address_at"), "sign_in_attempts", ["address", "at"])
    op.create_table(
        "audit",
        number(),
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("account", TEXT, nullable=True),
        sa.Column("what", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=True),
        sa.Column("details", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_audit_tenant_number"), "audit", ["tenant", "number"])
    op.create_index(
        op.f("ix_audit_tenant_account_what_subject_at"), "audit", ["tenant", "account", "what", "subject", "at"]
    )
    op.create_index(op.f("ix_audit_at"), "audit", ["at"])
    op.create_table(
        "handlings",
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("gap_id", TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("assigned_to", TEXT, nullable=True),
        sa.Column("acknowledged_at", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged_by", TEXT, nullable=True),
        sa.Column("snoozed_until", sa.BigInteger(), nullable=True),
        sa.Column("snoozed_by", TEXT, nullable=True),
        sa.Column("seen_urgency", sa.SmallInteger(), nullable=False),
        sa.Column("seen_version", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_by", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("tenant", "gap_id", name=op.f("pk_handlings")),
    )
    op.create_index(op.f("ix_handlings_tenant_assigned_to"), "handlings", ["tenant", "assigned_to"])
    op.create_index(op.f("ix_handlings_tenant_changed_at"), "handlings", ["tenant", "changed_at"])
    op.create_table(
        "notes",
        number(),
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("gap_id", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("account", TEXT, nullable=True),
        sa.Column("text", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_notes")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_notes_tenant_gap_id_number"), "notes", ["tenant", "gap_id", "number"])
