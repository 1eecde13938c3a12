"""The habits of sources: what was declared of each last stands beside its keys, as it was taken in so far."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

HABITS = ("rhythm", "settling", "lateness")

standings = sa.table("source_standings", sa.column("tenant"), sa.column("source"), sa.column("row"))
sources = sa.table("sources", sa.column("tenant"), sa.column("name"), *(sa.column(habit) for habit in HABITS))


def upgrade() -> None:
    op.add_column("sources", sa.Column("rhythm", sa.Integer, nullable=True))
    op.add_column("sources", sa.Column("settling", sa.Integer, nullable=False, server_default="90"))
    op.add_column("sources", sa.Column("lateness", sa.Integer, nullable=False, server_default="240"))
    connection = op.get_bind()
    for tenant, name, row in connection.execute(
        sa.select(standings.c.tenant, standings.c.source, standings.c.row)
    ).all():
        known = json.loads(row)
        mine = (sources.c.tenant == tenant) & (sources.c.name == name)
        connection.execute(sa.update(sources).where(mine).values({habit: known[habit] for habit in HABITS}))
