"""What pages show: whole rows of learners, offerings and sources, replaced when a newer version of their record speaks.

Columns are what pages filter, sort and join by; `row` is the whole of it (`milepost_schemas.projections`) as JSON with
instants as milliseconds. No foreign keys: rows of different records come in any order.
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, SmallInteger, Table, UniqueConstraint

from milepost.store.tables.columns import METADATA, instant, json_text, maybe_instant, maybe_text, number, text


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False)


def _version() -> Column[int]:
    return Column("version", BigInteger, nullable=False)


learners = Table(
    "learners",
    METADATA,
    text("tenant", key=True),
    text("learner", key=True),
    _version(),
    instant("as_of"),
)

journeys = Table(
    "journeys",
    METADATA,
    text("tenant", key=True),
    text("learner", key=True),
    text("program", key=True),
    Column("program_version", Integer, nullable=False),
    maybe_text("cohort"),
    text("state"),
    maybe_text("stage"),
    instant("enrolled_at"),
    maybe_instant("next_due_at"),
    # A JourneyRow with its stages and steps: a line of the grid.
    json_text("row"),
    # For counts: how many learners of a program, or of a cohort in it, are in which stage.
    Index("ix_journeys_counts", "tenant", "program", "cohort", "stage", "state"),
)

steps = Table(
    "steps",
    METADATA,
    text("tenant", key=True),
    text("learner", key=True),
    text("program", key=True),
    text("step", key=True),
    Column("occurrence", Integer, primary_key=True, nullable=False, autoincrement=False),
    maybe_text("cohort"),
    text("stage"),
    text("state"),
    maybe_instant("due_at"),
    maybe_instant("done_at"),
    # For counts: how many learners of a program, or of a cohort in it, stand how at which step.
    Index("ix_steps_counts", "tenant", "program", "cohort", "step", "occurrence", "state"),
    Index(None, "tenant", "state", "due_at"),
)

seats = Table(
    "seats",
    METADATA,
    text("tenant", key=True),
    text("learner", key=True),
    text("offering", key=True),
    text("course"),
    maybe_text("state"),
    # A SeatRow with its sessions.
    json_text("row"),
    Index(None, "tenant", "offering"),
)

offerings = Table(
    "offerings",
    METADATA,
    text("tenant", key=True),
    text("offering", key=True),
    _version(),
    instant("as_of"),
    maybe_text("course"),
    text("title"),
    maybe_text("cohort"),
    Column("capacity", Integer, nullable=True),
    Index(None, "tenant", "course"),
)

sessions = Table(
    "sessions",
    METADATA,
    text("tenant", key=True),
    text("offering", key=True),
    text("session", key=True),
    instant("start_at"),
    instant("end_at"),
    _flag("canceled"),
    _flag("closed"),
    # A SessionRow with its channels and without its participants.
    json_text("row"),
    Index(None, "tenant", "start_at"),
)

participants = Table(
    "participants",
    METADATA,
    text("tenant", key=True),
    text("offering", key=True),
    text("session", key=True),
    Column("place", Integer, primary_key=True, nullable=False, autoincrement=False),
    maybe_text("learner"),
    text("standing"),
    maybe_text("state"),
    Column("minutes", Integer, nullable=False),
    maybe_instant("joined_at"),
    # A ParticipantRow.
    json_text("row"),
    Index(None, "tenant", "learner"),
    # For the page of those who are nobody yet.
    Index(None, "tenant", "standing", "state"),
)

source_standings = Table(
    "source_standings",
    METADATA,
    text("tenant", key=True),
    text("source", key=True),
    _version(),
    instant("as_of"),
    maybe_instant("last_heard_at"),
    maybe_instant("heard_until"),
    # A SourceProjected without gaps and changes.
    json_text("row"),
)

gaps = Table(
    "gaps",
    METADATA,
    text("tenant", key=True),
    text("gap_id", key=True),
    # The record that tells of it: `learner`, `offering` or `source`, and its name.
    text("owner_kind"),
    text("owner"),
    text("gap"),
    text("state"),
    # True while it is open or mitigated.
    _flag("stands"),
    text("severity"),
    # 0 info, 1 warning, 2 high, 3 critical.
    Column("urgency", SmallInteger, nullable=False),
    instant("since"),
    instant("opened_at"),
    instant("changed_at"),
    maybe_instant("ended_at"),
    _flag("historical"),
    maybe_text("learner"),
    maybe_text("program"),
    maybe_text("cohort"),
    maybe_text("step"),
    maybe_text("offering"),
    maybe_text("session"),
    maybe_text("identifier"),
    maybe_text("source"),
    # A GapRow.
    json_text("row"),
    Index(None, "tenant", "owner_kind", "owner"),
    # For counts by everything that gaps are filtered by.
    Index("ix_gaps_counts", "tenant", "stands", "state", "historical", "gap", "severity", "program", "cohort"),
    Index("ix_gaps_last_changed", "tenant", "changed_at"),
    Index(None, "tenant", "program", "cohort", "stands"),
    Index(None, "tenant", "learner"),
    Index(None, "tenant", "offering", "session"),
)

# As the page of gaps lists them.
worst_first = Index(
    "ix_gaps_worst_first", gaps.c.tenant, gaps.c.stands, gaps.c.urgency.desc(), gaps.c.since, gaps.c.gap_id
)

changes = Table(
    "changes",
    METADATA,
    number("number"),
    text("tenant"),
    text("owner_kind"),
    text("owner"),
    # The version of the record that said it, and its place in what it said: told again, it changes nothing.
    _version(),
    Column("place", Integer, nullable=False),
    instant("at"),
    text("type"),
    maybe_text("program"),
    maybe_text("gap_id"),
    # A change (`milepost_schemas.changes`).
    json_text("row"),
    UniqueConstraint("tenant", "owner_kind", "owner", "version", "place"),
    Index(None, "tenant", "owner_kind", "owner", "number"),
    Index(None, "tenant", "number"),
    Index(None, "tenant", "gap_id", "number"),
    sqlite_autoincrement=True,
)
