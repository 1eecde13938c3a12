"""Indexes from which pages count gaps and journeys without reading their rows, and find decisions among facts."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

DECIDED = sa.text("type = 'milepost.identity.decided.v1'")
GAPS = ["tenant", "stands", "state", "historical", "gap", "severity", "program", "cohort"]


def upgrade() -> None:
    op.drop_index("ix_handlings_tenant_changed_at", table_name="handlings")
    op.drop_index("ix_gaps_counts", table_name="gaps")
    op.create_index("ix_gaps_counts", "gaps", GAPS)
    op.drop_index("ix_journeys_tenant_program_cohort", table_name="journeys")
    op.create_index("ix_journeys_counts", "journeys", ["tenant", "program", "cohort", "stage", "state"])
    op.create_index(
        "ix_facts_decisions",
        "facts",
        ["tenant", "recorded_at", "filed"],
        sqlite_where=DECIDED,
        postgresql_where=DECIDED,
    )
