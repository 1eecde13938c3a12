"""What signed a source's webhooks before counts beside what signs them now, until somebody ends it."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sources", sa.Column("former_secret", sa.LargeBinary(), nullable=True))
