"""Names of any length: no page looks people up by the index of their labels, and PostgreSQL's has a longest entry."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_people_tenant_label", table_name="people")
