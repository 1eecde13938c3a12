"""Room devices: what sits in a source's meetings and is nobody's attendance."""

import sqlalchemy as sa
from alembic import op

from milepost.store.tables.columns import TEXT

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sources", sa.Column("devices", TEXT, nullable=False, server_default="[]"))
