"""First tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "changes",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("owner_kind", TEXT, nullable=False),
        sa.Column("owner", TEXT, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("type", TEXT, nullable=False),
        sa.Column("program", TEXT, nullable=True),
        sa.Column("gap_id", TEXT, nullable=True),
        sa.Column("row", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_changes")),
        sa.UniqueConstraint(
            "tenant",
            "owner_kind",
            "owner",
            "version",
            "place",
            name=op.f("uq_changes_tenant_owner_kind_owner_version_place"),
        ),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("changes", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_changes_tenant_gap_id_number"), ["tenant", "gap_id", "number"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_changes_tenant_number"), ["tenant", "number"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_changes_tenant_owner_kind_owner_number"),
            ["tenant", "owner_kind", "owner", "number"],
            unique=False,
        )

    op.create_table(
        "dead_letters",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("body", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_dead_letters")),
    )
    op.create_table(
        "facts",
        sa.Column("filed", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("fact_id", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("actor", TEXT, nullable=True),
        sa.Column("type", TEXT, nullable=False),
        sa.Column("activity", TEXT, nullable=True),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("known", sa.Boolean(), nullable=False),
        sa.Column("body", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("filed", name=op.f("pk_facts")),
        sa.UniqueConstraint("tenant", "fact_id", name=op.f("uq_facts_tenant_fact_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("facts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_facts_tenant_subject_filed"), ["tenant", "subject", "filed"], unique=False)
        batch_op.create_index(
            "ix_facts_unknown",
            ["tenant", "source", "activity", "received_at"],
            unique=False,
            sqlite_where=sa.text("known = 0"),
            postgresql_where=sa.text("known = false"),
        )

    op.create_table(
        "gaps",
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("gap_id", TEXT, nullable=False),
        sa.Column("owner_kind", TEXT, nullable=False),
        sa.Column("owner", TEXT, nullable=False),
        sa.Column("gap", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("stands", sa.Boolean(), nullable=False),
        sa.Column("severity", TEXT, nullable=False),
        sa.Column("urgency", sa.SmallInteger(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("historical", sa.Boolean(), nullable=False),
        sa.Column("learner", TEXT, nullable=True),
        sa.Column("program", TEXT, nullable=True),
        sa.Column("cohort", TEXT, nullable=True),
        sa.Column("step", TEXT, nullable=True),
        sa.Column("offering", TEXT, nullable=True),
        sa.Column("session", TEXT, nullable=True),
        sa.Column("identifier", TEXT, nullable=True),
        sa.Column("source", TEXT, nullable=True),
        sa.Column("row", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "gap_id", name=op.f("pk_gaps")),
    )
    with op.batch_alter_table("gaps", schema=None) as batch_op:
        batch_op.create_index("ix_gaps_counts", ["tenant", "stands", "gap", "severity", "historical"], unique=False)
        batch_op.create_index("ix_gaps_last_changed", ["tenant", "changed_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_gaps_tenant_learner"), ["tenant", "learner"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_gaps_tenant_offering_session"), ["tenant", "offering", "session"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_gaps_tenant_owner_kind_owner"), ["tenant", "owner_kind", "owner"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_gaps_tenant_program_cohort_stands"), ["tenant", "program", "cohort", "stands"], unique=False
        )
        batch_op.create_index(
            "ix_gaps_worst_first",
            ["tenant", "stands", sa.literal_column("urgency DESC"), "since", "gap_id"],
            unique=False,
        )

    op.create_table(
        "identifiers",
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("identifier", TEXT, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("learner", TEXT, nullable=False),
        sa.Column("standing", TEXT, server_default="provisional", nullable=False),
        sa.PrimaryKeyConstraint("tenant", "identifier", name=op.f("pk_identifiers")),
        sa.UniqueConstraint("tenant", "actor", name=op.f("uq_identifiers_tenant_actor")),
    )
    with op.batch_alter_table("identifiers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_identifiers_tenant_learner"), ["tenant", "learner"], unique=False)

    op.create_table(
        "journeys",
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("learner", TEXT, nullable=False),
        sa.Column("program", TEXT, nullable=False),
        sa.Column("program_version", sa.Integer(), nullable=False),
        sa.Column("cohort", TEXT, nullable=True),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("stage", TEXT, nullable=True),
        sa.Column("enrolled_at", sa.BigInteger(), nullable=False),
        sa.Column("next_due_at", sa.BigInteger(), nullable=True),
        sa.Column("row", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "learner", "program", name=op.f("pk_journeys")),
    )
    with op.batch_alter_table("journeys", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_journeys_tenant_program_cohort"), ["tenant", "program", "cohort"], unique=False
        )

    op.create_table(
        "learners",
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("learner", TEXT, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "learner", name=op.f("pk_learners")),
    )
    op.create_table(
        "log",
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("raw_number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("body", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_log")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("log", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_log_raw_number"), ["raw_number"], unique=False)

    op.create_table(
        "offerings",
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("offering", TEXT, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("course", TEXT, nullable=True),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("cohort", TEXT, nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "offering", name=op.f("pk_offerings")),
    )
    with op.batch_alter_table("offerings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_offerings_tenant_course"), ["tenant", "course"], unique=False)

    op.create_table(
        "participants",
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("offering", TEXT, nullable=False),
        sa.Column("session", TEXT, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("learner", TEXT, nullable=True),
        sa.Column("standing", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("joined_at", sa.BigInteger(), nullable=True),
        sa.Column("row", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "offering", "session", "place", name=op.f("pk_participants")),
    )
    with op.batch_alter_table("participants", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_participants_tenant_learner"), ["tenant", "learner"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_participants_tenant_standing_state"), ["tenant", "standing", "state"], unique=False
        )

    op.create_table(
        "people",
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("identifier", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=True),
        sa.Column("mail", TEXT, nullable=True),
        sa.Column("label", TEXT, nullable=False),
        sa.Column("rank", sa.SmallInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "actor", name=op.f("pk_people")),
    )
    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_people_tenant_label"), ["tenant", "label"], unique=False)

    op.create_table(
        "positions",
        sa.Column("reader", TEXT, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("reader", name=op.f("pk_positions")),
    )
    op.create_table(
        "programs",
        sa.Column(
            "published", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("program", TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.Column("definition", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("published", name=op.f("pk_programs")),
        sa.UniqueConstraint("tenant", "program", "version", name=op.f("uq_programs_tenant_program_version")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "raw_messages",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("route", TEXT, nullable=False),
        sa.Column("outcome", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=True),
        sa.Column("content_type", TEXT, nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_raw_messages")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("raw_messages", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_raw_messages_received_at"), ["received_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_raw_messages_tenant_source_number"), ["tenant", "source", "number"], unique=False
        )

    op.create_table(
        "records",
        sa.Column("topic", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("topic", "key", name=op.f("pk_records")),
    )
    op.create_table(
        "seats",
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("learner", TEXT, nullable=False),
        sa.Column("offering", TEXT, nullable=False),
        sa.Column("course", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=True),
        sa.Column("row", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "learner", "offering", name=op.f("pk_seats")),
    )
    with op.batch_alter_table("seats", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_seats_tenant_offering"), ["tenant", "offering"], unique=False)

    op.create_table(
        "sessions",
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("offering", TEXT, nullable=False),
        sa.Column("session", TEXT, nullable=False),
        sa.Column("start_at", sa.BigInteger(), nullable=False),
        sa.Column("end_at", sa.BigInteger(), nullable=False),
        sa.Column("canceled", sa.Boolean(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("row", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "offering", "session", name=op.f("pk_sessions")),
    )
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sessions_tenant_start_at"), ["tenant", "start_at"], unique=False)

    op.create_table(
        "source_standings",
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("last_heard_at", sa.BigInteger(), nullable=True),
        sa.Column("heard_until", sa.BigInteger(), nullable=True),
        sa.Column("row", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "source", name=op.f("pk_source_standings")),
    )
    op.create_table(
        "statements",
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("statement_id", TEXT, nullable=False),
        sa.Column("authority", TEXT, nullable=False),
        sa.Column("verb", TEXT, nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("stored_at", sa.BigInteger(), nullable=False),
        sa.Column("voids", TEXT, nullable=True),
        sa.Column("voided_by", TEXT, nullable=True),
        sa.Column("facts", TEXT, nullable=False),
        sa.Column("body", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "statement_id", name=op.f("pk_statements")),
    )
    with op.batch_alter_table("statements", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_statements_tenant_stored_at"), ["tenant", "stored_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_statements_tenant_voids"), ["tenant", "voids"], unique=False)

    op.create_table(
        "steps",
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("learner", TEXT, nullable=False),
        sa.Column("program", TEXT, nullable=False),
        sa.Column("step", TEXT, nullable=False),
        sa.Column("occurrence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("cohort", TEXT, nullable=True),
        sa.Column("stage", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "learner", "program", "step", "occurrence", name=op.f("pk_steps")),
    )
    with op.batch_alter_table("steps", schema=None) as batch_op:
        batch_op.create_index(
            "ix_steps_counts", ["tenant", "program", "cohort", "step", "occurrence", "state"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_steps_tenant_state_due_at"), ["tenant", "state", "due_at"], unique=False)

    op.create_table(
        "tenants",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_tenants")),
    )
    op.create_table(
        "ticks",
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", name=op.f("pk_ticks")),
    )
    op.create_table(
        "waits",
        sa.Column("topic", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("topic", "key", "source", name=op.f("pk_waits")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("waits", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_waits_topic_tenant_source_until"), ["topic", "tenant", "source", "until"], unique=False
        )

    op.create_table(
        "sources",
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("heard_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.name"], name=op.f("fk_sources_tenant")),
        sa.PrimaryKeyConstraint("tenant", "name", name=op.f("pk_sources")),
    )
    op.create_table(
        "source_keys",
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("hint", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant", "source"], ["sources.tenant", "sources.name"], name=op.f("fk_source_keys_tenant_source")
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_source_keys")),
    )
    with op.batch_alter_table("source_keys", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_source_keys_tenant_source"), ["tenant", "source"], unique=False)
