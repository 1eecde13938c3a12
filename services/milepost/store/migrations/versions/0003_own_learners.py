"""Who an identifier is without anybody's decision, so that its record can be made anew from the facts table."""

import json

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")

DECIDED = """
    SELECT i.tenant, i.actor FROM identifiers i JOIN facts f ON f.tenant = i.tenant
    AND f.subject = i.tenant || '/' || i.actor AND f.type = 'milepost.identity.decided.v1'
"""
REPORTED = """
    SELECT position, tenant, body FROM log WHERE position > :after AND body LIKE :reported ORDER BY position LIMIT 1000
"""
REPORTED_LIKE = '{"type":"milepost.actor.reported.v1"%'


def upgrade() -> None:
    with op.batch_alter_table("identifiers") as table:
        table.add_column(sa.Column("own_learner", TEXT, nullable=True))
    op.execute("UPDATE identifiers SET own_learner = learner")
    _restore_what_decisions_replaced()
    with op.batch_alter_table("identifiers") as table:
        table.alter_column("own_learner", existing_type=TEXT, nullable=False)


def _restore_what_decisions_replaced() -> None:
    """Look up, for those whom somebody decided about, whom the gateway had proposed first: the log still has it."""
    connection = op.get_bind()
    missing = {(row.tenant, row.actor) for row in connection.execute(sa.text(DECIDED))}
    after = 0
    while missing:
        rows = connection.execute(sa.text(REPORTED), {"after": after, "reported": REPORTED_LIKE}).all()
        if not rows:
            return
        after = rows[-1].position
        for row in rows:
            said = json.loads(row.body)
            who = (row.tenant, said["actor"])
            if who in missing:
                missing.discard(who)
                connection.execute(
                    sa.text("UPDATE identifiers SET own_learner = :learner WHERE tenant = :tenant AND actor = :actor"),
                    {"tenant": who[0], "actor": who[1], "learner": said["candidate_learner"]},
                )
