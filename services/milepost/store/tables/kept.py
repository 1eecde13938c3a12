"""What the tracker keeps: how far it has read, records with what they wait for, the facts, the programs."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, Table, UniqueConstraint, false

from milepost.store.tables.columns import METADATA, instant, json_text, maybe_text, number, text

positions = Table(
    "positions",
    METADATA,
    text("reader", key=True),
    Column("position", BigInteger, nullable=False),
)

ticks = Table(
    "ticks",
    METADATA,
    text("tenant", key=True),
    instant("at"),
)

records = Table(
    "records",
    METADATA,
    text("topic", key=True),
    text("key", key=True),
    Column("record", LargeBinary, nullable=False),
)

waits = Table(
    "waits",
    METADATA,
    text("topic", key=True),
    text("key", key=True),
    # "" is our own clock.
    text("source", key=True),
    text("tenant"),
    instant("until"),
    Index(None, "topic", "tenant", "source", "until"),
    sqlite_with_rowid=False,
)

facts = Table(
    "facts",
    METADATA,
    number("filed"),
    text("tenant"),
    text("fact_id"),
    # The identifier of a person, or the key of what else it is about.
    text("subject"),
    maybe_text("actor"),
    text("type"),
    maybe_text("activity"),
    text("source"),
    instant("occurred_at"),
    instant("recorded_at"),
    instant("received_at"),
    # False for an activity that no program knew.
    Column("known", Boolean, nullable=False),
    json_text("body"),
    UniqueConstraint("tenant", "fact_id"),
    Index(None, "tenant", "subject", "filed"),
    sqlite_autoincrement=True,
)

unknown_facts = Index(
    "ix_facts_unknown",
    facts.c.tenant,
    facts.c.source,
    facts.c.activity,
    facts.c.received_at,
    sqlite_where=facts.c.known == false(),
    postgresql_where=facts.c.known == false(),
)

DECIDED = "milepost.identity.decided.v1"

decisions = Index(
    "ix_facts_decisions",
    facts.c.tenant,
    facts.c.recorded_at,
    facts.c.filed,
    sqlite_where=facts.c.type == DECIDED,
    postgresql_where=facts.c.type == DECIDED,
)

programs = Table(
    "programs",
    METADATA,
    number("published"),
    text("tenant"),
    text("program"),
    Column("version", Integer, nullable=False),
    instant("published_at"),
    json_text("definition"),
    UniqueConstraint("tenant", "program", "version"),
    sqlite_autoincrement=True,
)

dead_letters = Table(
    "dead_letters",
    METADATA,
    # The position in the log of a message that the tracker could not take in.
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    text("tenant"),
    instant("at"),
    text("reason"),
    json_text("body"),
)
